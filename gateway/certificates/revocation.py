"""Certificates that count no longer: a list, signed by the authority, that the broker refuses.

1. ``revoke_certificates`` marks every certificate of a name in the table ``issued``.
2. ``write_list`` signs ``revoked.crl`` anew; Mosquitto reads it (``crlfile``) at its start
   and whenever it is told to reload its files.
3. OpenSSL, and so Mosquitto, keeps the newer of two lists by their second of issue, so the
   next list is never of the same second as the one before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from contract.instant import Clock, SystemClock, to_datetime
from gateway.certificates.authority import moment, read_authority, read_pem
from gateway.certificates.issued import note, read_issued, rewrite, stamp, subject_of
from gateway.files import write_secret

LIST = "revoked.crl"


def revoke_certificates(folder: Path, name: str, clock: Clock) -> int:
    """How many certificates of ``name`` counted until now; they do not once the list is read.

    ``ConfigurationError``, and nothing is marked, where the list could not be signed.
    """
    _adopt(folder, name)
    since = stamp(to_datetime(clock.now()))
    table, found = [], 0
    for one in read_issued(folder):
        mine = one.state == "V" and one.subject == subject_of(name)
        table.append(replace(one, state="R", revoked=since) if mine else one)
        found += mine
    if found:
        if (folder / "ca.key").exists():
            read_authority(folder)
        rewrite(folder, table)
    for ending in ("crt", "key"):
        (folder / f"{name}.{ending}").unlink(missing_ok=True)
    return found


def write_list(folder: Path) -> None:
    """``revoked.crl`` with everything that was revoked; nothing to do without an authority."""
    if not (folder / "ca.key").exists():
        return
    revoked = [(one.number, one.since()) for one in read_issued(folder) if one.state == "R"]
    now = _second_after(folder / LIST)
    write_secret(folder / LIST, read_authority(folder).revocation_list(revoked, now))


def _second_after(old: Path) -> datetime:
    """Now, but not in the second in which the list ``old`` was issued."""
    from gateway.certificates import x509

    issued = x509.issue_of_list(read_pem(old)) if old.exists() else None
    while (now := moment()) == issued:
        SystemClock().sleep(0.1)
    return now


def _adopt(folder: Path, name: str) -> None:
    """A certificate made before the table was kept."""
    certificate = folder / f"{name}.crt"
    if not certificate.exists():
        return
    from gateway.certificates import x509

    found = x509.read_certificate(read_pem(certificate))
    if found.serial not in {one.number for one in read_issued(folder)}:
        note(folder, found.serial, found.ends, name)
