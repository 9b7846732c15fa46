"""Files of TOMST loggers: which of its instruments wrote them is told by the columns, not by the name.

1. A file is one of TOMST if each of its first rows has the nine columns: number, time, zone, three
   temperatures, a count, two marks.
2. Without second and third temperature it is a thermometer (no count) or a dendrometer (counts), else
   a soil probe; a serial that begins with 92 is always a dendrometer's.
3. Decimal mark and spelling of dates are those of the file; then its column map reads it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from contract.config import load_toml
from firmware_sim.replay.readers.columns import FOLDER, ColumnMap
from firmware_sim.replay.readers.loggers.spelling.date_order import order_of
from firmware_sim.replay.readers.table import TableReader

_ROW = re.compile(
    r"\s*\d+\s*;\s*(?P<date>\d{1,4}([./-])\d{1,2}\2\d{1,4})[ T](?P<clock>\d{1,2}:\d\d(:\d\d)?)\s*;\s*-?\d+\s*"
    r"(?P<values>(;\s*-?\d+([.,]\d+)?\s*){4});\s*\d*\s*(;[^;]*){0,3}",
    re.ASCII,
)
_NO_SENSOR = -200.0
_NO_COUNT = frozenset({-200.0, 65336.0})
_SERIAL = re.compile(r"(?i)data_(\d{4,})|(?<!\d)(9[0-9]\d{6})(?!\d)")
_DENDROMETER = "92"
_BAD_SHARE = 0.5


def looks_like_tomst(text: str) -> bool:
    """True if most lines of ``text``, the beginning of a file or all of it, are rows of a TOMST logger."""
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and len(_rows(lines)) >= _BAD_SHARE * len(lines)


def tomst_reader(path: Path, text: str) -> TableReader | None:
    """What reads ``path``, whose whole text is ``text``; None where its dates have no order that fits all."""
    rows = _rows(text.splitlines())
    form = _time_format(rows)
    if form is None:
        return None
    serial = _serial(path.name)
    table = _maps()[_kind(serial, [_values(row) for row in rows])]
    changes = {
        "decimal": "," if any("," in row["values"] for row in rows) else ".",
        "time": table.time.model_copy(update={"format": form, "also": (re.split(r"[ T]", form)[0],)}),
        "file_name": f".*?(?P<serial>{serial}).*" if serial else "",
    }
    return TableReader(table.model_copy(update=changes))


def _rows(lines: Iterable[str]) -> list[re.Match[str]]:
    return [found for line in lines if (found := _ROW.fullmatch(line))]


@cache
def _maps() -> dict[str, ColumnMap]:
    return {path.stem: load_toml(ColumnMap, path) for path in sorted((FOLDER / "tomst").glob("*.toml"))}


def _serial(name: str) -> str:
    found = _SERIAL.search(name)
    return (found[1] or found[2]) if found else ""


def _values(row: re.Match[str]) -> list[float]:
    return [float(cell.replace(",", ".")) for cell in row["values"].split(";")[1:]]


def _kind(serial: str, rows: Sequence[Sequence[float]]) -> str:
    lone = all(second == third == _NO_SENSOR for _, second, third, _ in rows)
    if serial.startswith(_DENDROMETER):
        return "dendrometer"
    if not lone:
        return "probe"
    return "thermometer" if all(count in _NO_COUNT for *_, count in rows) else "dendrometer"


def _time_format(rows: Sequence[re.Match[str]]) -> str | None:
    """As in ``strptime``, of most rows; None where no order of the dates fits all."""
    mark = Counter(_mark(row["date"]) for row in rows).most_common(1)[0][0]
    dates = [row["date"] for row in rows if _mark(row["date"]) == mark]
    habits = ("YMD", "DMY", "MDY") if mark == "/" else ("YMD", "DMY")
    found = order_of(dates, habits)
    if found is None or found.alternatives:
        return None
    year = "%Y" if max(len(part) for part in re.split(r"\D", dates[0])) == 4 else "%y"
    spelled = mark.join({"Y": year, "M": "%m", "D": "%d"}[letter] for letter in found.order)
    seconds = Counter(row["clock"].count(":") for row in rows).most_common(1)[0][0] == 2
    between = "T" if "T" in rows[0][0] else " "
    return f"{spelled}{between}%H:%M{':%S' if seconds else ''}"


def _mark(text: str) -> str:
    return next(letter for letter in text if not letter.isdigit())
