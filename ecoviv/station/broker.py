"""An MQTT broker of one's own for the demo, for ``ecoviv up`` and for tests.

1. ``find_engine``: Debian's ``mosquitto`` if it is there, else the embedded ``iotcore``.
2. ``start_broker`` writes its configuration, starts it and waits until it accepts connections.
   It listens on 127.0.0.1 alone, unless a ``Door`` says otherwise, which takes Mosquitto.
3. ``RunningBroker`` is a context manager; ``kill`` and ``restart`` serve tests of power cuts.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SystemClock
from ecoviv.station.child import spawn, stop
from ecoviv.station.door import Door, config

Engine = Literal["mosquitto", "iotcore"]
_SEARCH = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"])

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 200
max_queued_messages 100000
set_tcp_nodelay true
log_type error
log_type warning
{user}
"""

_IOTCORE = """\
id = 0
[router]
id = 0
max_connections = 1010
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 10
[v5.1]
name = "ecoviv"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 16777216
max_inflight_count = 100
dynamic_filters = false
"""


@dataclass(slots=True)
class RunningBroker:
    """A broker that this process started."""

    engine: Engine
    address: BrokerAddress
    folder: Path
    process: subprocess.Popen[bytes]
    door: Door | None = None

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again on the same port."""
        self.process = _launch(self.engine, self.folder, self.address, self.door)

    def reload(self) -> None:
        """Make it read passwords and rights again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ask it to end, and insist."""
        stop(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def mosquitto_path() -> str | None:
    """The ``mosquitto`` program, also where Debian and Homebrew hide it."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_SEARCH)


def find_engine() -> Engine:
    """The best broker that is installed."""
    if mosquitto_path() is not None:
        return "mosquitto"
    if importlib.util.find_spec("iotcore") is not None:
        return "iotcore"
    raise UnreachableError(
        "No MQTT broker is installed",
        help="Install Debian's mosquitto, or `pip install 'ecoviv[broker]'`",
    )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now, below those that systems hand out to clients.

    Who knocks at the port of a broker that died may else be given that very port as its own, is then
    connected to itself, and the broker cannot come back.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start_broker(
    folder: Path, *, engine: Engine | None = None, port: int | None = None, door: Door | None = None
) -> RunningBroker:
    """Start a broker whose configuration and log lie in ``folder``; with a ``door``, on its address and port.

    ``UnreachableError`` without a broker program, or where a door finds the embedded one only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = engine or find_engine()
    if door is not None and chosen != "mosquitto":
        raise UnreachableError(
            f"Only Mosquitto may listen on {door.address}: the embedded broker stays on this machine",
            help="Install it: `sudo apt install mosquitto`",
        )
    address = BrokerAddress(port=port or free_port())
    if door is not None:
        address = BrokerAddress(host=door.local, port=door.port)
    return RunningBroker(chosen, address, folder, _launch(chosen, folder, address, door), door)


def _arguments(engine: Engine, folder: Path, port: int, door: Door | None) -> list[str]:
    """The command line, once its configuration is written."""
    if engine == "mosquitto":
        path = folder / "mosquitto.conf"
        local = _MOSQUITTO.format(port=port, user="user root" if os.geteuid() == 0 else "")
        path.write_text(local if door is None else config(door, folder))
        return [mosquitto_path() or "mosquitto", "-c", str(path)]
    path = folder / "iotcore.toml"
    path.write_text(_IOTCORE.format(port=port))
    return [sys.executable, "-m", "iotcore", "--config", str(path), "--log-level", "CRITICAL"]


def _launch(
    engine: Engine, folder: Path, address: BrokerAddress, door: Door | None
) -> subprocess.Popen[bytes]:
    argv = _arguments(engine, folder, address.port, door)
    log = folder / "broker.log"
    process = spawn(argv, log=log)
    clock = SystemClock()
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((address.host, address.port)) == 0:
                return process
        clock.sleep(0.05)
    stop(process)
    raise UnreachableError(f"The broker {engine} did not start on {address.url}", help=f"Read {log}")
