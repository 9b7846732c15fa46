"""BirdNET-Pi: ``BirdDB.txt`` and its database ``birds.db``; a station that says when, not in which file.

1. Both have the columns Date, Time (local), Sci_Name, Com_Name, Confidence, Cutoff …; the
   database is opened for reading only, also while the station writes.
2. ``Cutoff`` is the threshold; the model is not stated.  BirdNET hears three seconds at a time.

Source: the database and the text of BirdNET-Pi (https://github.com/Nachtzuster/BirdNET-Pi).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from contract.recording.stamp import Stamp, ZoneUnreadable, parse_stamp
from firmware_sim.replay.readers.detections.listing import HeardRow, cells_of, number, plain

WINDOW_S = 3.0
_WANTED = {"date", "time", "sci name", "com name", "confidence"}
_COLUMNS = ("Date", "Time", "Sci_Name", "Com_Name", "Confidence", "Cutoff")
_ASKED = f"SELECT rowid, {', '.join(_COLUMNS)} FROM detections ORDER BY Date, Time, rowid"


class StationRow(NamedTuple):
    """One detection with its own local time."""

    stamp: Stamp
    row: HeardRow


def is_station_text(text: str) -> bool:
    """True for the header of ``BirdDB.txt``."""
    return _separator(next(iter(text.splitlines()), "")) is not None


def _separator(line: str) -> str | None:
    """``;`` as the station writes it, or what an export of its database has."""
    return next((mark for mark in ";,\t" if {plain(cell) for cell in cells_of(line, mark)} >= _WANTED), None)


def is_station_database(path: Path, head: bytes) -> bool:
    """True for a database with the table that BirdNET-Pi writes; ``OSError`` is left to the caller."""
    if not head.startswith(b"SQLite format 3\x00"):
        return False
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as base:
            names = {plain(row[1]) for row in base.execute("PRAGMA table_info(detections)")}
    except (sqlite3.Error, UnicodeDecodeError):  # damaged, even in the words that say so
        return False
    return names >= _WANTED


def read_station_text(text: str) -> tuple[list[StationRow], list[str]]:
    """(rows, problems)"""
    lines = text.splitlines()
    mark = _separator(lines[0]) or ";"
    names = [plain(cell) for cell in cells_of(lines[0], mark)]
    rows: list[StationRow] = []
    problems: list[str] = []
    for line, content in enumerate(lines[1:], 2):
        said = dict(zip(names, cells_of(content, mark), strict=False))
        if any(said.values()) and "date" in said and plain(said["date"]) != "date":
            _take(said, f"line {line}", rows, problems)
    return rows, problems


def read_station_database(path: Path) -> tuple[list[StationRow], list[str]]:
    """(rows, problems), in the order of their times."""
    rows: list[StationRow] = []
    problems: list[str] = []
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as base:
            base.text_factory = lambda content: content.decode("utf-8", "replace")
            for number_of, *cells in base.execute(_ASKED):
                texts = ("" if cell is None else str(cell) for cell in cells)
                said = dict(zip(map(plain, _COLUMNS), texts, strict=True))
                _take(said, f"row {number_of}", rows, problems)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        problems.append(f"the database cannot be read: {error}")
    return rows, problems


def _read_only(path: Path) -> str:
    return f"file:{quote(str(path.resolve()))}?mode=ro"


def _stamp(text: str) -> Stamp | None:
    try:
        return parse_stamp("records", text)
    except ZoneUnreadable:
        return None


def _take(said: dict[str, str], where: str, rows: list[StationRow], problems: list[str]) -> None:
    stamp = _stamp(f"{said.get('date', '')} {said.get('time', '')}")
    score, cutoff = number(said.get("confidence", "")), number(said.get("cutoff", ""))
    if stamp is None or not stamp.plausible:
        problems.append(f"{where}: {said.get('date', '')} {said.get('time', '')} is no time")
    elif score is None or not 0 <= score <= 1:
        problems.append(f"{where}: {said.get('confidence', '')!r} is no score between 0 and 1")
    elif not (said.get("sci name") or said.get("com name")):
        problems.append(f"{where}: it names nothing")
    else:
        heard = HeardRow("", 0.0, WINDOW_S, said.get("sci name", ""), said.get("com name", ""), "", score,
                         threshold=cutoff)  # fmt: skip
        rows.append(StationRow(stamp, heard))
