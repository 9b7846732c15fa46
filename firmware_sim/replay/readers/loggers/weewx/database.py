"""A weewx database (SQLite, table ``archive``), read while weewx goes on writing.

1. It is opened read-only; nothing is ever written beside it.
2. Rows are fetched a few at a time, each time with a lock that is given back at once: a reader that
   held on to it would keep weewx from writing.
3. What is read is what stood there at the beginning; identities are made from it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from contract.instant import SECOND
from firmware_sim.replay.readers.loggers.station_file import Cells, StationFile, Unfit, at
from firmware_sim.replay.readers.loggers.weewx.fields import INTERVAL, SYSTEM, TIME, columns_of
from firmware_sim.replay.readers.reader import Findings, Question

_MAGIC = "SQLite format 3\x00"
_AT_A_TIME = 500
_WAIT_S = 10.0
"""For weewx to finish writing a record."""


@dataclass(frozen=True, slots=True)
class WeewxDatabase:
    """The kind of file."""

    name: str = "weewx-database"

    def fits(self, path: Path, head: str) -> bool:
        """A SQLite file with a table ``archive`` of times, unit systems and intervals."""
        if not head.startswith(_MAGIC):
            return False
        try:
            return {TIME, SYSTEM, INTERVAL} <= set(_fields(path))
        except Unfit:
            return False

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The station's archive."""
        fields = _fields(path)
        last, digest = _extent(path, fields)
        found = _ask(path, f"SELECT DISTINCT {_quoted(SYSTEM)} FROM archive", ())
        time, interval = fields.index(TIME), fields.index(INTERVAL)
        yield StationFile(
            self.name,
            "weather",
            (),
            columns_of(fields, {_whole(str(row[0])) for row in found}),
            lambda: _rows(path, fields, last),
            lambda cells: _whole(at(cells, time)) * SECOND,
            digest,
            period=lambda cells: _whole(at(cells, interval)) * 60,
            weather_only=True,
        )


def _whole(text: str) -> int:
    try:
        return int(float(text))
    except (ValueError, OverflowError) as error:
        raise Unfit(f"{text!r} is not a whole number") from error


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def _ask(path: Path, question: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
    """All rows of the answer, the lock given back; ``Unfit`` where the file does not answer."""
    address = path.absolute().as_uri()
    try:
        with closing(sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=_WAIT_S)) as database:
            database.text_factory = lambda content: content.decode("utf-8", "replace")
            return database.execute(question, values).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:  # damaged, even in the words that say so
        raise Unfit(f"its database does not answer ({error}); give a copy made by sqlite3 .backup") from error


def _fields(path: Path) -> list[str]:
    return [str(row[0]) for row in _ask(path, "SELECT name FROM pragma_table_info('archive')", ())]


def _extent(path: Path, fields: list[str]) -> tuple[int, bytes]:
    """The last time that stands there, and what tells this content from any other."""
    sums = ", ".join(f"total({_quoted(field)}), count({_quoted(field)})" for field in fields)
    ((last, *rest),) = _ask(path, f"SELECT max({_quoted(TIME)}), {sums} FROM archive", ())
    if not isinstance(last, int):
        raise Unfit("its archive holds no record")
    return last, repr((fields, last, rest)).encode()


def _rows(path: Path, fields: list[str], last: int) -> Iterator[tuple[int, Cells]]:
    """(number from 1, cells) of every record up to ``last``."""
    names = ", ".join(_quoted(field) for field in fields)
    time = _quoted(TIME)
    question = (
        f"SELECT {names} FROM archive WHERE {time} > ? AND {time} <= ? ORDER BY {time} LIMIT {_AT_A_TIME}"
    )
    place, number, after = fields.index(TIME), 0, -(2**62)
    while rows := _ask(path, question, (after, last)):
        for row in rows:
            number += 1
            yield number, ["" if cell is None else str(cell) for cell in row]
        before, after = after, _whole(str(rows[-1][place]))
        if after <= before:
            raise Unfit("its records are not in the order of their times: the database is damaged")
