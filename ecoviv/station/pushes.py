"""The HTTP door of a station that `ecoviv up` runs: for weather stations that push, and for programs.

1. ``Pushes`` is what a technician chose: where it listens, and the file of the token.
2. ``check`` says beforehand what the gateway would only say in its log.
3. ``advice`` is what to type into a weather station.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contract.errors import UsageError
from ecoviv.station.door import EVERYWHERE, own_address
from gateway.http.listening import listen, read_token


@dataclass(frozen=True, slots=True)
class Pushes:
    """An address of this machine, ``HOST:PORT``, and the token that lets others in."""

    address: str
    token_file: Path | None = None
    """None: nobody but this machine may reach it."""

    def arguments(self) -> list[str]:
        """The same for `ecoviv gateway run`."""
        token = [] if self.token_file is None else ["--http-token-file", str(self.token_file.resolve())]
        return ["--http", self.address, *token]


def check(pushes: Pushes) -> None:
    """As the gateway does it: the errors of ``read_token`` and ``listen``, before anything is started."""
    token = "" if pushes.token_file is None else read_token(pushes.token_file)
    listen(pushes.address, token).close()
    if pushes.address.rstrip("/").rpartition(":")[2].strip("0") == "":
        raise UsageError(f"{pushes.address!r} names no port", help="Write --http 127.0.0.1:8090")


def advice(pushes: Pushes) -> str:
    """What to type into a weather station, as one sentence; the token itself is never shown."""
    host, _, port = pushes.address.rstrip("/").rpartition(":")
    host = host.rpartition("//")[2].strip("[]")
    if host in EVERYWHERE:
        host = own_address()
    path = "/ecowitt" if pushes.token_file is None else f"/ecowitt/ and then the token in {pushes.token_file}"
    return f"Type into a weather station: server {host}, port {port}, protocol Ecowitt, path {path}."
