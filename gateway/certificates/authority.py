"""Certificates from an authority of one's own, and the files that keep them.

1. ``server_certificate`` lets devices know the broker: the authority is made on first use.
2. ``client_certificate`` lets the broker know a device: its name is the common name, which
   Mosquitto takes as the user name, so that the rights of ``gateway.enrol.credentials`` apply.
   ``sign_request`` does so for a device that made its key itself and keeps it.
3. Every certificate of a device is noted in the table ``issued`` before it is given out, so
   that ``gateway.certificates.revocation`` can name it in the list that the broker refuses.

Keys are elliptic (P-256) and readable by their owner only.  The authority's key can sign
anything: keep it off the network, or delete it when all are enrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import ConfigurationError
from contract.instant import SystemClock, to_datetime
from gateway.certificates.issued import note
from gateway.files import changing, not_ours, write_secret

if TYPE_CHECKING:
    from gateway.certificates.x509 import Authority

_NAME = "EcoViv local authority"


def check_library() -> None:
    """Before anything is changed: ``ConfigurationError`` where ``cryptography`` is not installed."""
    from gateway.certificates import x509  # noqa: F401


def server_certificate(folder: Path, hosts: Sequence[str]) -> None:
    """``ca.crt``, ``server.crt`` and ``server.key`` for a broker reached under ``hosts``."""
    from gateway.certificates import x509

    with changing(folder):
        request, key = x509.make_request(hosts[0])
        made = _at_work(folder).certify(hosts[0], request, moment(), hosts)
        write_secret(folder / "server.key", key)
        write_secret(folder / "server.crt", made.text)


def client_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """(certificate, key) of the device or service ``name``."""
    from gateway.certificates import x509

    with changing(folder):
        request, key = x509.make_request(name)
        text = sign_request(folder, name, request)
        write_secret(folder / f"{name}.key", key)
        write_secret(folder / f"{name}.crt", text)
    return folder / f"{name}.crt", folder / f"{name}.key"


def check_request(name: str, request: str) -> None:
    """``ConfigurationError`` unless ``request`` is one (PKCS#10, PEM), signed, for CN = ``name``."""
    from gateway.certificates import x509

    found = x509.name_in_request(request)
    if found != f"CN={name}":
        raise ConfigurationError(
            f"The request is for {found[:80]!r}, not for CN={name}",
            help="Make the request again with this name",
        )


def sign_request(folder: Path, name: str, request: str) -> str:
    """A certificate (PEM) of ``name`` for the key in ``request``, which was checked before.

    The caller is alone with the folder (``changing``).
    """
    made = _at_work(folder).certify(name, request, moment())
    note(folder, made.serial, made.ends, name)
    return made.text


def make_request(key: Path, name: str) -> str:
    """A new key in the file ``key``, readable by its owner only, and the request for a certificate."""
    from gateway.certificates import x509

    request, text = x509.make_request(name)
    write_secret(key, text)
    return request


def read_authority(folder: Path) -> Authority:
    """The authority of ``folder``, which is there."""
    from gateway.certificates import x509

    return x509.Authority.read(read_pem(folder / "ca.crt"), read_pem(folder / "ca.key"))


def read_pem(path: Path) -> bytes:
    """``ConfigurationError`` if it is not there or may not be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise not_ours(path, str(error)) from error


def moment() -> datetime:
    """Now, in whole seconds, as certificates tell time."""
    return to_datetime(SystemClock().now()).replace(microsecond=0)


def _at_work(folder: Path) -> Authority:
    """Made on first use: the key is written last, since it says that the authority is there.

    A key that was taken away is not replaced: every certificate of before would be void.
    """
    from gateway.certificates import x509

    if not (folder / "ca.key").exists():
        if (folder / "ca.crt").exists():
            raise ConfigurationError(
                f"The authority's key {folder / 'ca.key'} is not here",
                help="Put it back; or delete ca.crt, begin a new authority with --host and enrol all again",
            )
        certificate, key = x509.make_authority(_NAME, moment())
        write_secret(folder / "ca.crt", certificate)
        write_secret(folder / "ca.key", key)
    return read_authority(folder)
