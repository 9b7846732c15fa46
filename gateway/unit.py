"""The gateway as a systemd service: started at boot, watched, and shut in a small box.

``unit`` is the text of the unit; secrets come as systemd credentials, never in its text.
``claims_unit`` is the one of ``ecoviv gateway claims``, which belongs to the broker's user.
``contract.line.watchdog`` tells systemd that the gateway is ready and alive.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from contract.config import broker_address, load_territory
from contract.errors import ConfigurationError
from contract.places import SLUG_PATTERN

UNIT_PATH = Path("/etc/systemd/system/ecoviv-gateway.service")
CLAIMS_PATH = Path("/etc/systemd/system/ecoviv-claims.service")
_WATCHDOG_S = 60
_PLAIN = re.compile(r"[A-Za-z0-9/.:_\-\[\]]+")

_BOX = """\
MemoryHigh=120M
MemoryMax=200M
TasksMax=16
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
"""
_UNIT = """\
[Unit]
Description=EcoViv gateway {gateway}
Wants=network-online.target
After=network-online.target mosquitto.service

[Service]
Type=notify
NotifyAccess=main
WatchdogSec={watchdog}
Restart=always
RestartSec=5
ExecStart={program} gateway run --id {gateway} --territory {territory} \\
    --state %S/ecoviv --broker {broker} --wait-s 50
DynamicUser=yes
StateDirectory=ecoviv
StateDirectoryMode=0700
LoadCredential=broker-password:/etc/ecoviv/gateway.password
Environment=ECOVIV_BROKER_USERNAME=service.gateway
Environment=ECOVIV_BROKER_PASSWORD_FILE=%d/broker-password
{box}
[Install]
WantedBy=multi-user.target
"""
_CLAIMS = """\
[Unit]
Description=EcoViv claims: answers sensors that present a claim code
After=mosquitto.service
PartOf=mosquitto.service

[Service]
Restart=always
RestartSec=10
ExecStart={program} gateway claims --territory {territory} --folder {folder} \\
    --broker {broker} --pid-file /run/mosquitto/mosquitto.pid
User=mosquitto
ReadWritePaths={folder}
{box}
[Install]
WantedBy=mosquitto.service
"""


def unit(gateway: str, territory: Path, broker: str) -> str:
    """The unit's text; wrong names, files or addresses are named now, not at the next boot."""
    if not re.match(SLUG_PATTERN, gateway):
        raise ConfigurationError(
            f"{gateway!r} is not a name for a gateway", help="Use lower-case letters, digits and hyphens"
        )
    return _UNIT.format(gateway=gateway, watchdog=_WATCHDOG_S, **_words(territory, broker))


def claims_unit(territory: Path, broker: str, folder: Path) -> str:
    """The text of the unit that answers claim codes, as the broker's user, beside the broker."""
    words = _words(territory, broker)
    _check_plain(str(folder.resolve()))
    return _CLAIMS.format(folder=folder.resolve(), **words)


def _words(territory: Path, broker: str) -> dict[str, str]:
    load_territory(territory)
    url = broker_address(broker).url
    for word in (str(territory.resolve()), url):
        _check_plain(word)
    program = shutil.which("ecoviv") or f"{sys.executable} -m ecoviv"
    return {"program": program, "territory": str(territory.resolve()), "broker": url, "box": _BOX}


def _check_plain(word: str) -> None:
    if not _PLAIN.fullmatch(word):
        raise ConfigurationError(
            f"{word!r} holds a blank or a sign that means something else to systemd",
            help="Use letters, digits and / . : - _ only",
        )


def write_unit(text: str, territory: Path, path: Path = UNIT_PATH) -> None:
    """Write it; ``ConfigurationError`` where the boxed-in service could not read ``territory``."""
    if str(territory.resolve()).startswith(("/home/", "/root/", "/tmp/")):
        raise ConfigurationError(
            f"The service, boxed in as it is, cannot read {territory.resolve()}",
            help="Copy the territory to /etc/ecoviv/territory.toml, readable by all, and name that",
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error}",
            help="Call it with sudo, or use --dry-run and copy the text",
        ) from error
