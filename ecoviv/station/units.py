"""The services of a station as systemd units: started at boot, watched, each shut in a small box.

1. ``StationPlan`` is what a technician chose; ``units`` makes of it the text of each unit.
2. Each service has a user of its own (``sysusers``); nobody writes another's folder.  Sound is for gateway
   and edge worker alone: they share the group ``ecoviv``, by which the one reads the clips of the other,
   what the gate let through is the edge worker's own, and ingest sees neither folder.
3. Secrets come as systemd credentials, never in the text; where no password lies there, none
   is asked for.  ``write`` refuses what the boxed-in services could not read, before it writes.

The edge worker alone may make memory executable: its decoder calls back into Python for
recordings whose header is damaged (libffi).
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.config import broker_address, load_territory
from contract.errors import ConfigurationError
from contract.places import SLUG_PATTERN

SERVICES = ("gateway", "edge", "ingest", "claims")
FOLDER = Path("/etc/systemd/system")
SYSUSERS = Path("/etc/sysusers.d/ecoviv.conf")
KEPT = "/var/lib/ecoviv/edge/kept"
"""What the gate for voices let through, where anything is kept."""
_HEARING = ("gateway", "edge")
_WATCHDOG_S = 60
_PLAIN = re.compile(r"[A-Za-z0-9/.:?=&,@+_\-\[\]]+")
_HIDDEN = ("/home/", "/root/", "/tmp/", "/var/tmp/", "/run/user/")

_BOX = """\
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0027
"""
_UNIT = """\
[Unit]
Description={title}
Wants=network-online.target
After=network-online.target mosquitto.service{after}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
WatchdogSec={watchdog}
Restart=always
RestartSec=5
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
{who}{secrets}MemoryHigh={high}M
MemoryMax={most}M
TasksMax={tasks}
{box}
[Install]
WantedBy={wanted}
"""


@dataclass(frozen=True, slots=True)
class StationPlan:
    """What this station runs, and where things lie."""

    territory: Path
    services: tuple[str, ...] = ("gateway", "edge", "ingest")
    gateway: str = "gateway-1"
    broker: str = "mqtt://127.0.0.1:1883"
    store: str = "sqlite:/var/lib/ecoviv/ingest/store.db"
    secrets: Path = Path("/etc/ecoviv")
    """Folder of ``SERVICE.password`` and ``ca.crt``."""
    claims: Path | None = None
    """The broker's folder, where claim codes are answered here."""
    options: tuple[tuple[str, str], ...] = ()
    """(service, words of its command line), such as ("gateway", "--daily-mb 20")."""
    program: Path = Path(sys.executable).parent / "ecoviv"


def units(choice: StationPlan) -> dict[str, str]:
    """File name → text, of every chosen service; ``ConfigurationError`` says what would go wrong at boot."""
    if not re.match(SLUG_PATTERN, choice.gateway):
        raise ConfigurationError(
            f"{choice.gateway!r} is not a name for a gateway",
            help="Use lower-case letters, digits and hyphens",
        )
    unknown = set(choice.services) - set(SERVICES)
    if unknown or not choice.services:
        raise ConfigurationError(
            f"{', '.join(sorted(unknown)) or 'nothing'!r} is no service",
            help=f"Choose of {', '.join(SERVICES)}",
        )
    load_territory(choice.territory)
    return {f"ecoviv-{name}.service": _unit(name, choice) for name in choice.services}


def sysusers(choice: StationPlan) -> str:
    """What systemd-sysusers reads: a user each, the group ``ecoviv`` for what one may read of another."""
    own = [name for name in choice.services if name != "claims"]
    lines = [f'u ecoviv-{name} - "EcoViv {name}"' for name in own]
    members = [f"m ecoviv-{name} ecoviv" for name in own if name in _HEARING]
    return "\n".join(["g ecoviv -", *lines, *members]) + "\n"


def _unit(name: str, choice: StationPlan) -> str:
    tls = broker_address(choice.broker).tls
    high, most, tasks = {"gateway": (120, 200, 32), "claims": (120, 200, 32)}.get(name, (600, 900, 64))
    return _UNIT.format(
        title=f"EcoViv {name}" + (f" {choice.gateway}" if name == "gateway" else ""),
        after={"gateway": "", "claims": "\nPartOf=mosquitto.service"}.get(name, " ecoviv-gateway.service"),
        watchdog=_WATCHDOG_S,
        command=" ".join(_plain(word) for word in _command(name, choice)),
        who="".join(f"{line}\n" for line in _who(name, choice)),
        secrets="".join(f"{line}\n" for line in _secrets(name, choice, tls=tls)),
        high=high,
        most=most,
        tasks=tasks,
        box=_BOX + ("" if name == "edge" else "MemoryDenyWriteExecute=yes\n"),
        wanted="mosquitto.service" if name == "claims" else "multi-user.target",
    )


def _command(name: str, choice: StationPlan) -> Iterator[str]:
    yield str(choice.program)
    territory = ("--territory", str(choice.territory.resolve()))
    match name:
        case "gateway":
            state = "/var/lib/ecoviv/gateway"
            yield from (
                "gateway",
                "run",
                "--id",
                choice.gateway,
                *territory,
                "--state",
                state,
                "--wait-s",
                "50",
            )
        case "edge":
            yield from ("edge", "run", *territory, "--kept", KEPT)
        case "ingest":
            yield from ("ingest", "run", *territory, "--store", choice.store)
        case _:
            yield from ("gateway", "claims", *territory, "--folder", str(_claims(choice)))
            yield from ("--pid-file", "/run/mosquitto/mosquitto.pid")
    yield from ("--broker", broker_address(choice.broker).url)
    for service, words in choice.options:
        if service == name:
            yield from shlex.split(words)


def _who(name: str, choice: StationPlan) -> Iterator[str]:
    if name == "claims":
        yield from ("User=mosquitto", f"ReadWritePaths={_plain(str(_claims(choice)))}")
        return
    yield from (
        f"User=ecoviv-{name}",
        "Group=ecoviv" if name in _HEARING else f"Group=ecoviv-{name}",
        f"StateDirectory=ecoviv/{name}",
        f"StateDirectoryMode={'0700' if name == 'edge' else '0750'}",
    )
    if name == "ingest":
        yield from (f"InaccessiblePaths=-/var/lib/ecoviv/{other}" for other in _HEARING)
    if name == "edge":
        yield from ("BindReadOnlyPaths=-/var/lib/ecoviv/gateway/clips", "Environment=OMP_NUM_THREADS=1")


def _secrets(name: str, choice: StationPlan, *, tls: bool) -> Iterator[str]:
    password, authority = choice.secrets / f"{name}.password", choice.secrets / "ca.crt"
    if name != "claims" and password.exists():
        yield f"LoadCredential=broker-password:{_plain(str(password))}"
        yield f"Environment=ECOVIV_BROKER_USERNAME=service.{name}"
        yield "Environment=ECOVIV_BROKER_PASSWORD_FILE=%d/broker-password"
    if tls and authority.exists():
        yield f"Environment=ECOVIV_BROKER_CA_FILE={_plain(str(authority))}"


def _claims(choice: StationPlan) -> Path:
    if choice.claims is None:
        raise ConfigurationError(
            "Where the broker's files lie is not said",
            help="Add --claims FOLDER, that of `ecoviv gateway enrol`",
        )
    return choice.claims.resolve()


def _plain(word: str) -> str:
    if not _PLAIN.fullmatch(word):
        raise ConfigurationError(
            f"{word!r} holds a blank or a sign that means something else to systemd",
            help="Use letters, digits and / . : - _ only",
        )
    return word


def reachable(choice: StationPlan) -> None:
    """``ConfigurationError`` where a boxed-in service could not read what it needs."""
    for what, path in (("the territory", choice.territory.resolve()), ("the program", choice.program)):
        if str(path).startswith(_HIDDEN):
            raise ConfigurationError(
                f"The services, boxed in as they are, cannot read {path}",
                help=(
                    "Copy the territory to /etc/ecoviv/territory.toml, readable by all, and name that"
                    if what == "the territory"
                    else "Install EcoViv where all may read it, such as /opt/ecoviv"
                ),
            )


def write(choice: StationPlan, folder: Path = FOLDER, people: Path = SYSUSERS) -> list[Path]:
    """Write users and units; the paths.  ``ConfigurationError`` before anything is half done."""
    texts = units(choice)
    reachable(choice)
    wanted = {people: sysusers(choice)} | {folder / name: text for name, text in texts.items()}
    try:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The units cannot be written: {error}",
            help="Call it with sudo, or use --dry-run and copy the text",
        ) from error
    return list(wanted)
