"""The broker of the station that `ecoviv up` runs near by, for commands of the same user.

1. ``leave_note`` writes into the station's folder where its broker is; ``take_note_away`` when it ends.
2. ``find_broker`` is the address for a visitor (``doctor``, ``replay``): as named, else that of the
   station near by.  The station has a name and password for each visitor; they count unless the
   environment names others.

    ecoviv-state/station.json                 {"broker": "mqtt://127.0.0.1:1883"}
    ecoviv-state/secrets/doctor.password      only where the broker asks for names
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import SecretStr

from contract.config import BrokerAddress, broker_address
from contract.errors import ConfigurationError
from contract.nearby import find_station
from contract.terminal import say

NOTE = "station.json"
SECRETS = "secrets"
VISITORS = ("doctor", "replay")
"""Who may come in beside the services, each as ``VISITOR.station``."""
_LOCAL = "mqtt://127.0.0.1:1883"


def visitor_name(visitor: str) -> str:
    """The name under which a visitor logs in; nobody else's, so that neither ends the other's session."""
    return f"{visitor}.station"


def secret_file(folder: Path, name: str) -> Path:
    """Where the station in ``folder`` keeps the password of a service or visitor, mode 0600."""
    return folder / SECRETS / f"{name}.password"


def leave_note(folder: Path, broker: BrokerAddress) -> None:
    """Say where the broker of the station in ``folder`` is."""
    (folder / NOTE).write_text(json.dumps({"broker": broker.url}) + "\n", encoding="utf-8")


def take_note_away(folder: Path) -> None:
    """The station has ended; its log-ins are void at its next start."""
    (folder / NOTE).unlink(missing_ok=True)


def find_broker(
    named: str | None, visitor: str, *, state: Path | None = None, folder: Path = Path()
) -> BrokerAddress:
    """The broker ``named``, else that of the station of the gateway in ``state``, else of the nearest one,
    else that of this machine.  ``ConfigurationError`` where a log-in cannot be read, or two are as near."""
    beside = state.parent / NOTE if state is not None else None
    note = beside if beside is not None and beside.is_file() else find_station(folder)
    url = None if note is None else _url(note)
    if named is None and url is not None:
        say(f"Using the broker {url} of the station in {note.parent if note else ''}; --broker names another")
    address = broker_address(named or url or _LOCAL)
    if note is None or address.url != url or address.username or address.cert_file is not None:
        return address
    secret = secret_file(note.parent, visitor)
    if not secret.is_file():  # this broker asks for no name
        return address
    return address.model_copy(update={"username": visitor_name(visitor), "password": _password(secret)})


def _url(note: Path) -> str:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["broker"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{note} does not say where the broker is: {error}",
            help="Start `ecoviv up` again, or name --broker",
        ) from error


def _password(secret: Path) -> SecretStr:
    try:
        return SecretStr(secret.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{secret} cannot be read: {error}", help="Call this as the user who started `ecoviv up`"
        ) from error
