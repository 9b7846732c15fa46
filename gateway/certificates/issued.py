"""The table ``issued``: every certificate of a device, one a line, as OpenSSL's ``index.txt`` has them.

    state (V valid, R revoked) · end · since when revoked · serial · file · subject

Fields are parted by tabulators; a time is ``YYMMDDHHMMSSZ``, from 2050 on ``YYYYMMDDHHMMSSZ``.
Tables that the ``openssl`` program read are read here too, and the other way round.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.files import give_to_owner, not_ours, read_lines, write_secret

ISSUED = "issued"
_LINE = re.compile(r"[VRE]\t(\d{12,14}Z)\t(\d{12,14}Z\S*)?\t[0-9A-Fa-f]+\t[^\t]*\t[^\t]+")


@dataclass(frozen=True, slots=True)
class Issued:
    """One line, its fields as they are written."""

    state: str
    end: str
    revoked: str
    serial: str
    file: str
    subject: str

    @property
    def number(self) -> int:
        """The serial, which the table writes in hexadecimal digits."""
        return int(self.serial, 16)

    def since(self) -> datetime:
        """When it was revoked; a reason may follow the time.  ``ValueError`` if none is written."""
        stamp = self.revoked.partition(",")[0]
        form = "%y%m%d%H%M%SZ" if len(stamp) == 13 else "%Y%m%d%H%M%SZ"
        return datetime.strptime(stamp, form).replace(tzinfo=UTC)


def read_issued(folder: Path) -> list[Issued]:
    """Every line, or none where nothing was issued; ``ConfigurationError`` if one is none of ours."""
    path = folder / ISSUED
    lines = read_lines(path) if path.exists() else []
    table = []
    for number, line in enumerate(lines, 1):
        try:
            table.append(_parse(line))
        except ValueError as error:
            raise not_ours(path, f"line {number} is no certificate") from error
    return table


def note(folder: Path, serial: int, ends: datetime, name: str) -> None:
    """A new line, on disk before this returns."""
    digits = f"{serial:X}"
    digits = digits.zfill(len(digits) + len(digits) % 2)
    path = folder / ISSUED
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as table:
        table.write(_line(Issued("V", stamp(ends), "", digits, "unknown", subject_of(name))))
        table.flush()
        os.fsync(table.fileno())
    path.chmod(0o600)
    give_to_owner(path, folder)


def rewrite(folder: Path, table: Iterable[Issued]) -> None:
    """The whole table at once."""
    write_secret(folder / ISSUED, "".join(_line(one) for one in table))


def stamp(moment: datetime) -> str:
    """As the table and the list write ``moment`` (UTC)."""
    return f"{moment:%y%m%d%H%M%SZ}" if moment.year < 2050 else f"{moment:%Y%m%d%H%M%SZ}"


def subject_of(name: str) -> str:
    """As the table writes the common name."""
    return f"/CN={name}"


def _parse(line: str) -> Issued:
    if not _LINE.fullmatch(line):
        raise ValueError(line)
    one = Issued(*line.split("\t"))
    if one.state == "R":
        one.since()
    return one


def _line(one: Issued) -> str:
    return "\t".join(astuple(one)) + "\n"
