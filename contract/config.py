"""Configuration: TOML and environment -> checked models, with errors that help.

1. ``load_territory`` reads the territory file; an error names file, key and remedy.
2. ``load_toml`` does the same for any model (the analysis plan uses it too).
3. ``BrokerAddress`` is where the broker is and how to prove who we are; secrets come
   from the environment or a file, never from a command line.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from contract.errors import ConfigurationError
from contract.places import Territory
from contract.places.references import Contradictions

_Model = TypeVar("_Model", bound=BaseModel)
_SHOWN = "`ecoviv init` writes"


class BrokerAddress(BaseModel):
    """Where the broker is and how to log in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = 1883
    tls: bool = False
    username: str = ""
    password: SecretStr | None = None
    ca_file: Path | None = None
    """Whom to believe the broker's certificate; None: whom the system believes."""
    cert_file: Path | None = None
    key_file: Path | None = None
    """Our own certificate and its key, where the broker asks for them."""

    def secret(self) -> str | None:
        """The password in clear, for the client library only."""
        return None if self.password is None else self.password.get_secret_value()

    @property
    def url(self) -> str:
        """The address without any secret, for people and logs."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


class _BrokerSecrets(BaseModel):
    """``ECOVIV_BROKER_…`` in the environment."""

    username: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


def broker_address(url: str) -> BrokerAddress:
    """``mqtt://host:port`` or ``mqtts://…`` joined with the secrets of the environment.

    Without a port: 1883, or 8883 for ``mqtts``.  ``ConfigurationError`` for what is no such
    address, and for a password that stands in it.
    """
    try:
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        port = parts.port
    except ValueError as error:  # of the port, or of the brackets of an address
        raise ConfigurationError(
            f"{url!r} is not a broker address: {error}", help="Write mqtt://127.0.0.1:1883"
        ) from error
    if port == 0:
        raise ConfigurationError(f"{url!r}: no broker listens on port 0", help="Write mqtt://127.0.0.1:1883")
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise ConfigurationError(f"{url!r} is not a broker address", help="Write mqtt://127.0.0.1:1883")
    if parts.password:
        raise ConfigurationError(
            "A password stands in the broker's address, where everybody can read it",
            help="Put it into ECOVIV_BROKER_PASSWORD or the file named by ECOVIV_BROKER_PASSWORD_FILE",
        )
    secrets = from_environment(_BrokerSecrets, "ECOVIV_BROKER_")
    password = secrets.password
    if password is None and secrets.password_file is not None:
        password = SecretStr(_read(secrets.password_file).strip())
    return BrokerAddress(
        host=parts.hostname,
        port=port or (8883 if parts.scheme == "mqtts" else 1883),
        tls=parts.scheme == "mqtts",
        username=parts.username or secrets.username,
        password=password,
        ca_file=secrets.ca_file,
        cert_file=secrets.cert_file,
        key_file=secrets.key_file,
    )


def from_environment(model: type[_Model], prefix: str) -> _Model:
    """``model`` from the variables of the environment that are called ``prefix`` and a field's name."""
    named = {name: os.environ.get(f"{prefix}{name}".upper()) for name in model.model_fields}
    return model.model_validate({name: value for name, value in named.items() if value is not None})


def load_territory(path: Path) -> Territory:
    """The territory in the TOML file at ``path``; ``ConfigurationError`` names file, key and remedy."""
    table = read_toml(path)
    head = table.pop("territory", None)
    if not isinstance(head, dict):
        raise ConfigurationError(
            f"{path}: the table [territory] is missing", help="`ecoviv init` writes an example"
        )
    return validated(Territory, {**head, **table}, path)


def contradictions(path: Path) -> list[tuple[str, str]]:
    """(key, reason) of all that is wrong in the territory file at ``path``; empty: it can be used.

    Raises ``ConfigurationError`` where it is not there or no TOML.
    """
    table = read_toml(path)
    head = table.pop("territory", None)
    if not isinstance(head, dict):
        return [("territory", "this table is missing")]
    try:
        Territory.model_validate({**head, **table})
    except ValidationError as error:
        return [pair for one in error.errors(include_url=False) for pair in _told(one)]
    return []


def _told(one: ErrorDetails) -> Iterator[tuple[str, str]]:
    cause = one.get("ctx", {}).get("error")
    if isinstance(cause, Contradictions):
        for reason in cause.reasons:
            key, _, why = reason.partition(": ")
            yield key, why
        return
    yield ".".join(str(step) for step in one["loc"]), _reason(one["type"], str(one["msg"]))


def load_toml(model: type[_Model], path: Path, shown: str = _SHOWN) -> _Model:
    """``model`` from the TOML file at ``path``; ``ConfigurationError`` names file, key and remedy.

    ``shown``: who shows an example of such a file, as a clause.
    """
    return validated(model, read_toml(path), path, shown)


def read_toml(path: Path) -> dict[str, object]:
    """The tables of a TOML file; ``ConfigurationError`` if it is not there, unreadable or no TOML."""
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}", help="Correct that line") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ConfigurationError(f"{path}: a number has too many digits", help="Correct the file") from error
    except RecursionError as error:
        raise ConfigurationError(
            f"{path} is not TOML: too many brackets stand inside each other", help="Correct the file"
        ) from error


def validated(model: type[_Model], table: object, path: Path, shown: str = _SHOWN) -> _Model:
    """``table`` as ``model``; ``ConfigurationError`` names file, key and remedy, unknown keys first."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        first = min(found, key=lambda one: one["type"] != "extra_forbidden")  # often why another is missing
        key = ".".join(str(step) for step in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ConfigurationError(
            f"{path}: {key or 'the file'}: {_reason(first['type'], str(first['msg']))}{more}",
            help=_remedy(first["type"], key, shown),
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a byte order mark first
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} does not exist", help="Check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", help="Check the file") from error


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "this key is not known"
    if kind == "missing":
        return "this key is missing"
    return message.removeprefix("Value error, ")


def _remedy(kind: str, key: str, shown: str) -> str:
    if kind == "extra_forbidden":
        return f"Remove or correct {key!r}; {shown} every known key"
    if kind == "missing":
        return f"Add {key!r}; {shown} an example"
    return f"Correct {key!r}" if key else "Correct the file"
