"""What programs say to people: the one place where text goes to a terminal or a spreadsheet.

1. ``safe`` makes text from outside harmless: it is shown as letters, never obeyed.
2. ``say`` writes a sentence to stderr, ``show`` a line to stdout, ``show_json`` a value;
   each stands on one line, which only the terminal itself may break.
3. ``show_table`` draws a table in which no cell is ever cut: on a terminal that is too
   narrow it leaves columns out, and says which; elsewhere a row is a line.
4. ``progress_bar`` counts on stderr, where a person looks at it.
5. ``CsvWriter`` writes rows in which no text is a formula; ``cell_text`` reads a cell back.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress as Progress

_LEAST_PROSE = 12
"""Letters that a column of prose keeps, so that it does not become a column of single words."""
_ESCAPED_IN_JSON = re.compile(r"[^\x20-\x7e]")

_CRLF = "\r\n"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet computes, as it begins; or such a text that is marked already."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-](inf|nan)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``show_table``."""

    name: str
    drop: int = 0
    """Where there is no room, columns of the highest number go first; of one number, the last."""
    prose: bool = False
    """Sentences, which may be broken between words; ids and numbers never are."""
    right: bool = False
    """Numbers stand at the right."""


def safe(text: str) -> str:
    r"""``text`` on one line, with all that a terminal would obey or hide written out, as ``\x1b``.

    That is whatever is not printable: control characters, line ends, escapes, marks that
    turn the direction of writing, invisible letters, half pairs.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else _written_out(char)
        for char in text
    )


def say(sentence: str, *, about: str = "") -> None:
    """A sentence to stderr, on one line; ``about`` stands before it, in red where a person reads.

    A reader of stderr that has gone away is no failure: there is nobody left to tell.
    """
    coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    red, plain = ("\x1b[1;31m", "\x1b[0m") if coloured else ("", "")
    label = f"{red}{safe(about)}{plain}: " if about else ""
    try:
        sys.stderr.write(f"{label}{safe(sentence)}\n")
        sys.stderr.flush()
    except BrokenPipeError:
        drain(sys.stderr)


def drain(stream: TextIO) -> None:
    """From now on ``stream`` goes nowhere: what reads it has left, and Python will flush it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def show(line: str) -> None:
    """A line to stdout, whatever its length."""
    sys.stdout.write(safe(line) + "\n")
    sys.stdout.flush()


def show_json(content: object, *, indent: int | None = None) -> None:
    """``content`` as JSON to stdout: one line, unless indented, that no terminal obeys."""
    sys.stdout.write(harmless_json(json.dumps(content, ensure_ascii=False, indent=indent)) + "\n")


def harmless_json(text: str) -> str:
    """JSON of the same meaning, in which what ``safe`` writes out stands as ``\\uXXXX``.

    Line ends between values stay; where stdout has no Unicode, nothing but ASCII is left.
    """
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return _ESCAPED_IN_JSON.sub(lambda found: _json_letter(found[0], unicode), text)


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table to stdout; every cell of a column that is shown is shown whole.

    ``rows`` hold as many cells as there are ``columns``.  The first column always stays.
    """
    cells = [[safe(str(cell)) for cell in row] for row in rows]
    room = terminal_width()
    kept = _kept(columns, cells, room)
    if title:
        show(title)
    if room is not None and len(kept) == 1 and _framed([_least(columns, cells, kept[0])]) > room:
        for row in cells:
            show(row[kept[0]])
    else:
        _draw(columns, cells, kept, room)
    sys.stdout.flush()
    left_out = [column.name for n, column in enumerate(columns) if n not in kept and column.name]
    if left_out:
        say(f"Left out for want of room: {', '.join(left_out)}. A wider terminal or --json shows all.")


def terminal_width() -> int | None:
    """Letters in a line of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def progress_bar(*, remaining: bool = False) -> Progress:
    """A bar on stderr with the time gone by, or the time that ``remaining`` work will take.

    Nothing where nobody watches.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    time = TimeRemainingColumn() if remaining else TimeElapsedColumn()
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), time)
    console = Console(stderr=True, soft_wrap=True)  # what is said meanwhile is not wrapped either
    return Progress(*columns, console=console, disable=not sys.stderr.isatty())


class CsvWriter:
    """Rows of comma-separated values into ``out``, of which no text is a formula to a spreadsheet.

    A text that begins as one (``= + - @``, tab, carriage return) gets ``'`` before it, which
    spreadsheets take for "this is text"; numbers stay numbers.  On a terminal ``safe`` counts too.
    """

    def __init__(self, out: TextIO, *, lineterminator: str = "\n") -> None:
        self._writer = csv.writer(_Lines(out, lineterminator), lineterminator=_CRLF)
        self._cell = _shown_cell if out.isatty() else harmless_cell

    def row(self, cells: Iterable[object]) -> None:
        """One row; None is an empty cell."""
        self._writer.writerow([self._cell(cell) for cell in cells])

    def rows(self, rows: Iterable[Iterable[object]]) -> None:
        """Many rows."""
        cell = self._cell
        self._writer.writerows([cell(one) for one in row] for row in rows)


@dataclass(frozen=True, slots=True)
class _Lines:
    """``csv`` quotes a line end within a cell only where its own holds the same letter: so it is
    told of both, and each line gets the wanted end here."""

    out: TextIO
    end: str

    def write(self, line: str) -> None:
        self.out.write(line.removesuffix(_CRLF) + self.end)


def harmless_cell(cell: object) -> object:
    """``cell`` as ``CsvWriter`` writes it; two different texts stay different."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def cell_text(cell: str) -> str:
    """The text of which ``harmless_cell`` made ``cell``."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _shown_cell(cell: object) -> object:
    return harmless_cell(safe(cell) if isinstance(cell, str) else cell)


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _json_letter(char: str, unicode: bool) -> str:
    if char == "\n" or (unicode and safe(char) == char):
        return char
    return json.dumps(char)[1:-1]


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _framed(widths: Sequence[int]) -> int:
    """Letters of a line of the table: each cell has a space on both sides and a rule beside it."""
    return sum(widths) + 3 * len(widths) + 1


def _wide(columns: Sequence[Column], cells: Sequence[Sequence[str]], n: int) -> int:
    """What column ``n`` takes if nothing in it is broken."""
    return max(cell_len(text) for text in (columns[n].name, *(row[n] for row in cells)))


def _least(columns: Sequence[Column], cells: Sequence[Sequence[str]], n: int) -> int:
    """What column ``n`` needs: prose its longest word, all else its longest cell."""
    wide = _wide(columns, cells, n)
    if not columns[n].prose:
        return wide
    words = (word for text in (columns[n].name, *(row[n] for row in cells)) for word in text.split())
    return max(min(wide, _LEAST_PROSE), max((cell_len(word) for word in words), default=0))


def _kept(columns: Sequence[Column], cells: Sequence[Sequence[str]], room: int | None) -> list[int]:
    """The columns that have room, in their order."""
    kept = list(range(len(columns)))
    if room is None:
        return kept
    least = [_least(columns, cells, n) for n in kept]
    while len(kept) > 1 and _framed([least[n] for n in kept]) > room:
        kept.remove(max(kept[1:], key=lambda n: (columns[n].drop, n)))
    return kept


def _draw(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], kept: Sequence[int], room: int | None
) -> None:
    """Rich draws; the widths are ours, because it would cut cells to make them fit."""
    widths = {n: _wide(columns, cells, n) if room is None else _least(columns, cells, n) for n in kept}
    for n in kept:
        spare = 0 if room is None else room - _framed(list(widths.values()))
        widths[n] = min(_wide(columns, cells, n), widths[n] + spare)
    table = Table(show_header=any(columns[n].name for n in kept))
    for n in kept:
        name, right = Text(columns[n].name), columns[n].right
        table.add_column(name, width=widths[n], justify="right" if right else "left")
    for row in cells:
        table.add_row(*(Text(row[n]) for n in kept))
    console = _console(sys.stdout)
    console.width = _framed(list(widths.values()))
    console.print(table)
