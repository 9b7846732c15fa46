"""Certificates from an authority of one's own, made with the ``openssl`` program.

1. ``server_certificate`` lets devices know the broker: the authority is made on first use.
2. ``client_certificate`` lets the broker know a device: its name is the common name, which
   Mosquitto takes as the user name, so that the rights of ``gateway.enrol`` apply.
   ``sign_request`` does so for a device that made its key itself and keeps it.
3. Every certificate of a device is noted in ``issued`` (openssl's own table), so that
   ``gateway.revocation`` can name it in the list that the broker refuses.

Keys are elliptic (P-256) and readable by their owner only.  The authority's key can sign
anything: keep it off the network, or delete it when all are enrolled.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from contract.errors import ConfigurationError
from gateway.broker_files import give_to_owner

_AUTHORITY_DAYS, _LEAF_DAYS = "3650", "825"
ISSUED = "issued"
_CLIENT = "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def server_certificate(folder: Path, hosts: Sequence[str]) -> None:
    """``ca.crt``, ``server.crt`` and ``server.key`` for a broker reached under ``hosts``."""
    names = ",".join(f"IP:{host}" if _is_address(host) else f"DNS:{host}" for host in hosts)
    _sign(folder, "server", hosts[0], f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")


def client_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """(certificate, key) of the device or service ``name``."""
    _sign(folder, name, name, _CLIENT)
    note(folder, folder / f"{name}.crt", name)
    return folder / f"{name}.crt", folder / f"{name}.key"


def check_request(name: str, request: str) -> None:
    """``ConfigurationError`` unless ``request`` is one (PKCS#10, PEM), signed, for CN = ``name``."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "csr"
        path.write_text(request)
        subject = openssl("req", "-in", f"{path}", "-noout", "-verify", "-subject", "-nameopt", "RFC2253")
    if subject.strip() != f"subject=CN={name}":
        raise ConfigurationError(
            f"The request is for {subject.strip()[:80]!r}, not for CN={name}",
            help="Make the request again with this name",
        )


def sign_request(folder: Path, name: str, request: str) -> str:
    """A certificate (PEM) of ``name`` for the key in ``request``, which was checked before."""
    with _scratch(folder) as work:
        (work / "csr").write_text(request)
        _certify(folder, work, _CLIENT)
        note(folder, work / "crt", name)
        return (work / "crt").read_text()


def make_request(key: Path, name: str) -> str:
    """A new key in the file ``key``, readable by its owner only, and the request for a certificate."""
    with tempfile.TemporaryDirectory(dir=key.parent, prefix=".signing-") as scratch:
        return _request(Path(scratch), key, name).read_text()


def _sign(folder: Path, stem: str, common_name: str, extensions: str) -> None:
    with _scratch(folder) as work:
        _request(work, work / "key", common_name)
        _certify(folder, work, extensions)
        give_to_owner(work / "key", folder)
        give_to_owner(work / "crt", folder)
        (work / "key").replace(folder / f"{stem}.key")
        (work / "crt").replace(folder / f"{stem}.crt")


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.key").exists():
        _make_authority(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".signing-") as scratch:
        yield Path(scratch)


def _request(work: Path, key: Path, common_name: str) -> Path:
    openssl("req", "-new", *_KEY, "-keyout", f"{key}", "-out", f"{work}/csr", "-subj", f"/CN={common_name}")
    key.chmod(0o600)
    return work / "csr"


def _certify(folder: Path, work: Path, extensions: str) -> None:
    (work / "ext").write_text(f"basicConstraints=critical,CA:FALSE\n{extensions}")
    openssl(
        "x509", "-req", "-in", f"{work}/csr", "-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key",
        "-set_serial", f"0x{secrets.randbits(126) | 1 << 126:X}", "-days", _LEAF_DAYS,
        "-extfile", f"{work}/ext", "-out", f"{work}/crt",
    )  # fmt: skip


def note(folder: Path, certificate: Path, name: str) -> None:
    """One line of openssl's table: state, end, revoked, serial, file, subject."""
    told = openssl("x509", "-in", f"{certificate}", "-noout", "-serial", "-enddate").splitlines()
    fields = dict(line.split("=", 1) for line in told if "=" in line)
    ends = datetime.strptime(fields["notAfter"], "%b %d %H:%M:%S %Y GMT")
    with (folder / ISSUED).open("a", encoding="utf-8") as table:
        table.write(f"V\t{ends:%y%m%d%H%M%SZ}\t\t{fields['serial']}\tunknown\t/CN={name}\n")
        table.flush()
        os.fsync(table.fileno())
    (folder / ISSUED).chmod(0o600)
    give_to_owner(folder / ISSUED, folder)


def _make_authority(folder: Path) -> None:
    openssl(
        "req", "-x509", *_KEY, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt",
        "-days", _AUTHORITY_DAYS, "-subj", "/CN=EcoViv local authority",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    (folder / "ca.key").chmod(0o600)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


def openssl(*arguments: str) -> str:
    """What the program said on stdout; ``ConfigurationError`` with its last words if it failed."""
    program = shutil.which("openssl")
    if program is None:
        raise ConfigurationError(
            "Certificates need the program openssl", help="Install it (Debian: apt install openssl)"
        )
    done = subprocess.run([program, *arguments], capture_output=True, text=True, umask=0o077, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigurationError(
            f"openssl {arguments[0]} failed: {last}", help="Check the folder and the names"
        )
    return done.stdout
