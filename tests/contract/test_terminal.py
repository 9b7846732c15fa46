"""Nothing from outside is obeyed: no markup, control or bidi character, no formula in a cell."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract.line.voice import _Sentence
from contract.terminal import Column, CsvWriter, cell_text, safe, say, show, show_json, show_table
from ingest.tables import print_unreadable
from ingest.values import Unreadable

ATTACKS = (
    "[/b] hello",
    "[red]x[/red][link=file:///etc/passwd]",
    "\x1b[2J\x1b]0;owned\x07",
    "a\u202egnp.exe",
    "\u2066\u200f\u061c",
    "x\r\ny\u2028z\x85",
    "\x9b31m",
    "\ud800",
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "-3.5",
)
outside = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.one_of(st.sampled_from("=+-@\t\r'[]\x1b\u202e\n1.5e,\""), st.characters()), max_size=20),
)
each = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def obeyed(text: str) -> list[str]:
    """What a terminal would act on: controls, marks of direction and other invisible ones, line ends."""
    return [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}]


@each
@given(outside)
def test_text_from_outside_is_shown_as_letters(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert obeyed(safe(text)) == []
    say(text, about=text)
    show(text)
    caught = capsys.readouterr()
    for stream in caught:
        assert stream.endswith("\n")
        assert obeyed(stream[:-1]) == []
    assert caught.out == safe(text) + "\n", "markup is text"


@each
@given(st.lists(st.tuples(outside, outside), min_size=1, max_size=4))
def test_cells_from_outside_are_shown_whole_and_as_letters(
    capsys: pytest.CaptureFixture[str], rows: list[tuple[str, str]]
) -> None:
    show_table((Column("a"), Column("b", prose=True)), rows)
    shown = capsys.readouterr().out
    assert obeyed(shown.replace("\n", "")) == []
    for cell in (safe(cell) for row in rows for cell in row):
        assert cell.strip() in shown


@each
@given(st.dictionaries(outside, outside, max_size=4))
def test_json_says_the_same_and_is_not_obeyed(
    capsys: pytest.CaptureFixture[str], content: dict[str, str]
) -> None:
    show_json(content)
    shown = capsys.readouterr().out
    assert obeyed(shown[:-1]) == []
    assert json.loads(shown) == content


@each
@given(outside)
def test_what_loggers_say_is_one_line_of_letters(text: str) -> None:
    record = logging.LogRecord("ecoviv.x", logging.WARNING, "", 0, "heard %s", (text,), None)
    assert obeyed(_Sentence("gateway").format(record)) == []


@each
@given(outside, outside, outside.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_unreadable_message_is_listed(
    capsys: pytest.CaptureFixture[str], topic: str, reason: str, payload: bytes
) -> None:
    print_unreadable([Unreadable(1, 0, topic, reason, payload)], as_json=False)
    assert obeyed(capsys.readouterr().out.replace("\n", "")) == []


class Screen(io.StringIO):
    """A terminal, as far as a writer asks."""

    def isatty(self) -> bool:
        return True


def written(cells: list[str], out: io.StringIO) -> list[str]:
    """``cells`` as another program reads them."""
    CsvWriter(out).rows([[*cells, "end"]])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row.pop() == "end"
    return row


@each
@given(st.lists(outside, min_size=1, max_size=4))
def test_no_text_in_a_cell_is_a_formula_and_none_is_lost(cells: list[str]) -> None:
    """A formula is what begins with one of OWASP's six characters, unless it is all a number."""
    row = written(cells, io.StringIO(newline=""))
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or re.fullmatch(
            r"[+-][0-9.eE+-]+|[+-](inf|nan)", cell
        )
    assert [cell_text(cell) for cell in row] == cells


@each
@given(st.lists(outside, min_size=1, max_size=4))
def test_cells_on_a_terminal_are_not_obeyed_either(cells: list[str]) -> None:
    out = Screen(newline="")
    written(cells, out)
    assert obeyed(out.getvalue()[:-1]) == []


@given(st.floats())
@example(-3.5)
@example(float("-inf"))
def test_numbers_stay_numbers(value: float) -> None:
    """Given as numbers or as their text."""
    out = io.StringIO(newline="")
    CsvWriter(out).rows([[value, str(value), f"{value:+}"]])
    for cell in out.getvalue().strip().split(","):
        assert float(cell) == value or value != value
