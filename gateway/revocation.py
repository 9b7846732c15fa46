"""Certificates that count no longer: a list, signed by the authority, that the broker refuses.

1. ``revoke_certificates`` marks every certificate of a name in the table ``issued``.
2. ``write_list`` signs ``revoked.crl`` anew; Mosquitto reads it (``crlfile``) at its start
   and whenever it is told to reload its files.
3. OpenSSL keeps the newer of two lists by their second of issue, so the next list is never
   of the same second as the one before.

The list ends with the authority itself: an expired list would lock everybody out.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from contract.instant import Clock, to_datetime
from gateway.authority import ISSUED, note, openssl
from gateway.broker_files import give_to_owner, read_lines

LIST = "revoked.crl"
_DAYS = "3650"
_CONFIG = """\
[ca]
default_ca = here
[here]
database = {database}
default_md = sha256
default_crl_days = {days}
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid:always
"""


def revoke_certificates(folder: Path, name: str, clock: Clock) -> int:
    """How many certificates of ``name`` counted until now; they do not once the list is read."""
    table = folder / ISSUED
    _adopt(folder, name)
    if not table.exists():
        return 0
    stamp = f"{to_datetime(clock.now()):%y%m%d%H%M%SZ}"
    lines, found = [], 0
    for line in read_lines(table):
        fields = line.split("\t")
        if len(fields) == 6 and fields[0] == "V" and fields[5] == f"/CN={name}":
            fields[0], fields[2], found = "R", stamp, found + 1
        lines.append("\t".join(fields))
    if found:
        beside = folder / f".{ISSUED}.new"
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        beside.chmod(0o600)
        give_to_owner(beside, folder)
        beside.replace(table)
    for ending in ("crt", "key"):
        (folder / f"{name}.{ending}").unlink(missing_ok=True)
    return found


def write_list(folder: Path) -> None:
    """``revoked.crl`` with everything that was revoked; nothing to do without an authority."""
    if not (folder / "ca.key").exists():
        return
    (folder / ISSUED).touch(mode=0o600)
    give_to_owner(folder / ISSUED, folder)
    old = _issued_at(folder / LIST)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".signing-") as scratch:
        work = Path(scratch)
        (work / "config").write_text(_CONFIG.format(database=folder / ISSUED, days=_DAYS))
        for _ in range(3):
            openssl(
                "ca", "-config", f"{work}/config", "-gencrl", "-keyfile", f"{folder}/ca.key",
                "-cert", f"{folder}/ca.crt", "-out", f"{work}/crl",
            )  # fmt: skip
            if _issued_at(work / "crl") != old:
                break
            threading.Event().wait(1.0)
        (work / "crl").chmod(0o600)
        give_to_owner(work / "crl", folder)
        (work / "crl").replace(folder / LIST)


def _issued_at(path: Path) -> str:
    return openssl("crl", "-in", f"{path}", "-noout", "-lastupdate") if path.exists() else ""


def _adopt(folder: Path, name: str) -> None:
    """A certificate made before the table was kept."""
    certificate, table = folder / f"{name}.crt", folder / ISSUED
    if not certificate.exists():
        return
    told = openssl("x509", "-in", f"{certificate}", "-noout", "-serial").strip().partition("=")[2]
    known = table.read_text(encoding="utf-8") if table.exists() else ""
    if f"\t{told}\t" not in known:
        note(folder, certificate, name)
