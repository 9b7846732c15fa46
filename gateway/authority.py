"""Certificates from an authority of one's own, made with the ``openssl`` program.

1. ``server_certificate`` lets devices know the broker: the authority is made on first use.
2. ``client_certificate`` lets the broker know a device: its name is the common name, which
   Mosquitto takes as the user name, so that the rights of ``gateway.enrol`` apply.

Keys are elliptic (P-256) and readable by their owner only.  The authority's key can sign
anything: keep it off the network, or delete it when all are enrolled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from contract.errors import ConfigurationError

_AUTHORITY_DAYS, _LEAF_DAYS = "3650", "825"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def server_certificate(folder: Path, hosts: Sequence[str]) -> None:
    """``ca.crt``, ``server.crt`` and ``server.key`` for a broker reached under ``hosts``."""
    names = ",".join(f"IP:{host}" if _is_address(host) else f"DNS:{host}" for host in hosts)
    _sign(folder, "server", hosts[0], f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")


def client_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """(certificate, key) of the device or service ``name``."""
    _sign(folder, name, name, "extendedKeyUsage=clientAuth\n")
    return folder / f"{name}.crt", folder / f"{name}.key"


def _sign(folder: Path, stem: str, common_name: str, extensions: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.key").exists():
        _make_authority(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".signing-") as scratch:
        work = Path(scratch)
        (work / "ext").write_text(extensions)
        _openssl(
            "req",
            "-new",
            *_KEY,
            "-keyout",
            f"{work}/key",
            "-out",
            f"{work}/csr",
            "-subj",
            f"/CN={common_name}",
        )
        _openssl(
            "x509", "-req", "-in", f"{work}/csr", "-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key",
            "-set_serial", f"0x{os.urandom(16).hex()}", "-days", _LEAF_DAYS, "-extfile", f"{work}/ext",
            "-out", f"{work}/crt",
        )  # fmt: skip
        (work / "key").chmod(0o600)
        (work / "key").replace(folder / f"{stem}.key")
        (work / "crt").replace(folder / f"{stem}.crt")


def _make_authority(folder: Path) -> None:
    _openssl(
        "req", "-x509", *_KEY, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt",
        "-days", _AUTHORITY_DAYS, "-subj", "/CN=EcoViv local authority",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    (folder / "ca.key").chmod(0o600)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


def _openssl(*arguments: str) -> None:
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
