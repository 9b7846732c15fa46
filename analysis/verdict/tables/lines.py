"""A table as somebody's spreadsheet wrote it: lines with their numbers, cells with their names.

1. The separator is the one of comma, semicolon and tab that stands in the header.
2. The decimal mark is one for the whole table.  A comma is it only where it does not separate cells, no
   number has a point, and at least one number cannot be thousands; no cell is guessed by itself.
3. ``Line.number`` reads a cell, or says in which file, line and column it is no number.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.plan.panel import NOT_APPLICABLE
from contract.errors import ConfigurationError
from contract.terminal import uncell

UNKNOWN = "NA"
"""A number that was looked for and is not known, as R writes it."""

_SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WITH_COMMA = re.compile(r"[+-]?([0-9]+,[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table."""

    path: Path
    line: int
    """As an editor counts, the header being 1."""
    cells: Mapping[str, str]

    def wrong(self, column: str, said: str, next_step: str) -> ConfigurationError:
        """An error at this line and column."""
        return ConfigurationError(f"{self.path}, line {self.line}: {column} {said}", help=next_step)

    def number(self, column: str, *, least: float = -math.inf) -> float:
        """The number of a column; nan where it is empty or ``NA``; one below ``least`` is refused."""
        text = self.cells.get(column, "")
        if text in ("", UNKNOWN):
            return math.nan
        value = float(text) if _NUMBER.fullmatch(text) else math.inf
        if not (math.isfinite(value) and value >= least):
            raise self.wrong(column, f"is {text!r}", "Write a plain number, or nothing where it is absent")
        return value

    def measured(self, column: str) -> float:
        """As ``number``, of what made a value: inf where the cell says that it does not apply."""
        return math.inf if self.cells[column].casefold() == NOT_APPLICABLE else self.number(column)


def read_lines(path: Path, numbers: Collection[str]) -> list[Line]:
    """The lines of the table in ``path``; in the columns ``numbers`` a decimal comma became a point.

    Empty lines are skipped.  ``ConfigurationError`` says in one sentence what is no table, and where.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_table(path, error) from error
    separator = _separator(path, next(iter(text.splitlines()), ""))
    lines = _lines(path, text, separator)
    if not lines:
        raise ConfigurationError(f"{path} has no lines", help="Give one line an indicator, site and season")
    columns = [name for name in lines[0].cells if name in numbers]
    return lines if separator == "," else _with_points(lines, columns)


def _no_table(path: Path, why: object) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be read as a table: {why}", help="Give a CSV in UTF-8")


def _separator(path: Path, header: str) -> str:
    found = [one for one in _SEPARATORS if one in header]
    if len(found) != 1:
        what = "two separators" if found else "no comma, semicolon or tab"
        raise ConfigurationError(
            f"{path}, line 1: the header has {what} between its names",
            help="Separate cells by commas, by semicolons or by tabs, and only by one of them",
        )
    return found[0]


def _lines(path: Path, text: str, separator: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[Line] = []
    try:
        header = [name.strip() for name in next(reader)]
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise ConfigurationError(
                f"{path}, line 1: two columns are called {twice[0]!r}", help="Keep one of them"
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ConfigurationError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells under a header of {len(header)}",
                    help="Give each line as many cells as the header has",
                )
            named = zip(header, (uncell(cell.strip()) for cell in cells), strict=True)
            lines.append(Line(path, reader.line_num, dict(named)))
    except csv.Error as error:
        raise _no_table(path, f"line {reader.line_num}: {error}") from error
    return lines


def _with_points(lines: Sequence[Line], columns: Sequence[str]) -> list[Line]:
    """The same lines with points for decimal commas, once the whole table agrees on its mark."""
    written = [(line, name, line.cells[name]) for line in lines for name in columns]
    commas = [one for one in written if _WITH_COMMA.fullmatch(one[2])]
    if not commas:
        return list(lines)
    point = next((one for one in written if "." in one[2] and _NUMBER.fullmatch(one[2])), None)
    if point is not None:
        line, name, text = commas[0]
        raise line.wrong(
            name,
            f"is {text!r}, but line {point[0].line} writes {point[2]!r}: is the comma decimal, or thousands?",
            "Write every number of the table with the same decimal mark, and no mark for thousands",
        )
    if all(_THOUSANDS.fullmatch(text) for *_, text in commas):
        line, name, text = commas[0]
        raise line.wrong(
            name,
            f"is {text!r}, which is a decimal to some and thousands to others",
            "Write numbers with a decimal point, and no mark for thousands",
        )
    return [
        replace(line, cells={k: v.replace(",", ".") if k in columns else v for k, v in line.cells.items()})
        for line in lines
    ]
