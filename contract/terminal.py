"""What programs say to people: the one place where text goes to a terminal.

1. ``safe`` makes text from outside harmless: it is shown as letters, never obeyed.
2. ``say`` writes a sentence to stderr, ``show`` a line to stdout, ``show_json`` a value;
   each stands on one line, which only the terminal itself may break.
3. ``show_table`` draws a table in which no id or number is ever cut: on a terminal that is
   too narrow it leaves columns out, and says which; elsewhere a row is a line.
4. ``progress_bar`` counts on stderr, where a person looks at it.

Rich loads when a table or a bar is drawn: services, which only speak, run without it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Progress

_LEAST_PROSE = 12
"""Letters that a column of prose keeps, so that it does not become a column of single words."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")
_ESCAPED_IN_JSON = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``show_table``."""

    name: str
    drop: int = 0
    """Where there is no room, columns of the highest number go first, of one number the last; 0 stays."""
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


def cell(value: object) -> object:
    """``value`` for a CSV cell: a text that a spreadsheet would take for a formula gets an apostrophe before.

    That is one that begins with ``= + - @``, a tab or a line end, and is no number.  ``uncell`` reads it.
    """
    if isinstance(value, str) and value.lstrip("'").startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def uncell(text: str) -> str:
    """What ``cell`` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


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


def show_json_with(content: Mapping[str, object], name: str, rows: Iterable[object]) -> None:
    """``content`` as ``show_json`` shows it, with ``rows`` as a list under ``name`` at its end.

    One row is in memory at a time: there may be millions.
    """
    head = harmless_json(json.dumps({**content, name: []}, ensure_ascii=False))
    sys.stdout.write(head.removesuffix("]}"))
    _write_rows(rows)
    sys.stdout.write("]}\n")


def show_json_list(rows: Iterable[object]) -> None:
    """``rows`` as one JSON list on one line; one row is in memory at a time."""
    sys.stdout.write("[")
    _write_rows(rows)
    sys.stdout.write("]\n")


def _write_rows(rows: Iterable[object]) -> None:
    for number, row in enumerate(rows):
        sys.stdout.write((", " if number else "") + harmless_json(json.dumps(row, ensure_ascii=False)))


def harmless_json(text: str) -> str:
    """JSON of the same meaning, in which what ``safe`` writes out stands as ``\\uXXXX``.

    Line ends between values stay; where stdout has no Unicode, nothing but ASCII is left.
    """
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return _ESCAPED_IN_JSON.sub(lambda found: _json_letter(found[0], unicode), text)


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table to stdout; every cell of a column that is shown is shown whole.

    ``rows`` hold as many cells as there are ``columns``.  Columns of ``drop`` 0 always stay:
    where even these have no room, each row is a list of names and values, with nothing left out.
    """
    cells = [[safe(str(cell)) for cell in row] for row in rows]
    if title:
        show(title)
    room = terminal_width()
    kept = _kept(columns, cells, room)
    if not kept:
        _list(columns, cells)
        return
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
    from rich.console import Console
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


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _json_letter(char: str, unicode: bool) -> str:
    if char == "\n" or (unicode and safe(char) == char):
        return char
    return json.dumps(char)[1:-1]


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _framed(widths: Sequence[int]) -> int:
    """Letters of a line of the table: each cell has a space on both sides and a rule beside it."""
    return sum(widths) + 3 * len(widths) + 1


def _wide(columns: Sequence[Column], cells: Sequence[Sequence[str]], n: int) -> int:
    """What column ``n`` takes if nothing in it is broken."""
    from rich.cells import cell_len

    return max(cell_len(text) for text in (columns[n].name, *(row[n] for row in cells)))


def _least(columns: Sequence[Column], cells: Sequence[Sequence[str]], n: int) -> int:
    """What column ``n`` needs: prose its longest word, all else its longest cell."""
    from rich.cells import cell_len

    wide = _wide(columns, cells, n)
    if not columns[n].prose:
        return wide
    words = (word for text in (columns[n].name, *(row[n] for row in cells)) for word in text.split())
    return max(min(wide, _LEAST_PROSE), max((cell_len(word) for word in words), default=0))


def _kept(columns: Sequence[Column], cells: Sequence[Sequence[str]], room: int | None) -> list[int]:
    """The columns that have room, in their order; none where not even those that stay have room."""
    kept = list(range(len(columns)))
    if room is None:
        return kept
    least = [_least(columns, cells, n) for n in kept]
    while _framed([least[n] for n in kept]) > room:
        last = max(kept, key=lambda n: (columns[n].drop, n))
        if not columns[last].drop:
            return []
        kept.remove(last)
    return kept


def _list(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    """Each row as lines of name and value; an empty line between rows."""
    from rich.cells import cell_len

    wide = max(cell_len(column.name) for column in columns)
    for number, row in enumerate(cells):
        if number:
            show("")
        for column, cell in zip(columns, row, strict=True):
            show(f"{column.name:<{wide}} {cell}".strip())


def _draw(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], kept: Sequence[int], room: int | None
) -> None:
    """Rich draws; the widths are ours, because it would cut cells to make them fit."""
    from rich.table import Table
    from rich.text import Text

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
