"""What goes to a terminal: nothing obeyed, nothing cut, one line for one thing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from contract.terminal import Column, cell, safe, say, show, show_json, show_table, uncell

HOSTILE = (
    "\x1b]0;title\x07",  # renames the window
    "\x1b[2J",  # clears the screen
    "\x9b31m",  # the same in one control character
    "a\rb",  # writes over the line
    "two\nlines\u2028three",
    "abc\u202edcba",  # turns the direction of writing
    "in\u200bvisible\ufeff",
    "\ud800",  # half a pair, as file names of other systems give
    "[bold red]x[/] :smile: [link=http://x]y[/link]",
)
texts = st.text(max_size=30) | st.sampled_from(HOSTILE)


class Screen(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def screen(monkeypatch: pytest.MonkeyPatch, width: int) -> Iterator[tuple[Screen, io.StringIO]]:
    """Stdout as a terminal of ``width`` letters, and stderr beside it."""
    out, err = Screen(), io.StringIO()
    with monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "xterm")
        yield out, err


def plain(text: str) -> str:
    """Without the one thing we send a terminal ourselves: bold on and off."""
    return re.sub(r"\x1b\[[01]m", "", text)


@given(texts)
def test_text_from_outside_is_one_line_of_letters(text: str) -> None:
    shown = safe(text)
    assert all(char.isprintable() or char.isspace() for char in shown)
    assert len(shown.splitlines()) <= 1
    assert safe(shown) == shown
    shown.encode("utf-8")


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=40))
def test_letters_of_every_script_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


def test_a_hard_space_is_typography_and_stays() -> None:
    assert safe("95\u00a0%") == "95\u00a0%"


@given(texts, texts)
def test_a_sentence_and_a_line_are_one_line_each(about: str, text: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        say(text, about=about)
        show(text)
    assert out.getvalue() == f"{safe(text)}\n"
    assert err.getvalue() == (f"{safe(about)}: " if about else "") + f"{safe(text)}\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["utf-8", "ascii"]))
@example("\U000e0041\x9b", "utf-8")
@example("é", "ascii")
def test_json_is_the_same_value_in_one_harmless_line(content: object, encoding: str) -> None:
    raw = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(raw, encoding=encoding)) as out:
        show_json(content)
        out.flush()
        printed = raw.getvalue().decode(encoding)
    assert json.loads(printed) == content
    assert printed.endswith("\n")
    assert len(printed.splitlines()) == 1
    assert all(char.isprintable() or char == "\u00a0" or char.isspace() for char in printed[:-1])


names = st.sampled_from(["id", "value", "a long name"])
columns = st.builds(Column, names, st.integers(0, 3), st.booleans(), st.booleans())
tables = st.lists(columns, min_size=1, max_size=7).flatmap(
    lambda chosen: st.tuples(
        st.just(chosen), st.lists(st.tuples(*(texts | st.integers().map(str) for _ in chosen)), max_size=5)
    )
)


@given(tables, st.integers(10, 120))
def test_no_id_is_cut_and_what_is_left_out_is_said(
    table: tuple[list[Column], list[tuple[str, ...]]], width: int
) -> None:
    chosen, rows = table
    with pytest.MonkeyPatch.context() as monkeypatch, screen(monkeypatch, width) as (out, err):
        show_table(chosen, rows)
    lines = plain(out.getvalue()).splitlines()
    framed = any(line.startswith(("┏", "┌")) for line in lines)
    said = err.getvalue()
    for number, column in enumerate(chosen):
        kept = not framed or _shown_names(lines, chosen, said, number)
        for row in rows:
            if kept and not column.prose:
                assert any(safe(row[number]).strip() in line for line in lines)
    if framed:
        assert max(cell_len(line) for line in lines) <= width
    assert all(char.isprintable() or char == "\n" or char.isspace() for char in plain(out.getvalue()))


def _shown_names(lines: list[str], chosen: list[Column], said: str, number: int) -> bool:
    """Whether column ``number`` was drawn: counted from the frame, by the rule of what goes first."""
    drawn = next(line for line in lines if line.startswith(("┏", "┌")))
    count = 1 + drawn.count("┳") + drawn.count("┬")
    order = sorted(range(len(chosen)), key=lambda n: (chosen[n].drop, n))
    assert all(chosen[n].name in said for n in order[count:])
    return number in order[:count]


def test_columns_go_in_the_order_that_they_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three columns of five letters need 3 * 5 + 3 * 3 + 1 = 25; two need 17."""
    three = (Column("aaaaa"), Column("bbbbb", drop=2), Column("ccccc", drop=1))
    for width, left_out in ((25, None), (24, "bbbbb"), (17, "bbbbb"), (16, "bbbbb, ccccc")):
        with screen(monkeypatch, width) as (out, err):
            show_table(three, [("11111", "22222", "33333")])
        said = f"Left out for want of room: {left_out}. A wider terminal or --json shows all.\n"
        assert err.getvalue() == (said if left_out else "")
        assert ("22222" in out.getvalue()) is (left_out is None)


def test_where_not_even_ids_have_room_rows_become_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    with screen(monkeypatch, 12) as (out, err):
        show_table((Column("site"), Column("value", drop=1)), [("s" * 40, 7), ("t" * 40, 8)])
    assert out.getvalue().splitlines() == [
        "site  " + "s" * 40, "value 7", "", "site  " + "t" * 40, "value 8",
    ]  # fmt: skip
    assert err.getvalue() == ""


def test_prose_is_broken_between_words_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "device 'north-of-the-river-7' is not in the territory"
    with screen(monkeypatch, 40) as (out, _):
        show_table((Column("id"), Column("reason", prose=True)), [(1, sentence)])
    body = [line.split("│")[2] for line in plain(out.getvalue()).splitlines() if line.startswith("│")]
    assert len(body) > 1
    assert " ".join(" ".join(body).split()) == sentence


def test_outside_a_terminal_a_row_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        show_table((Column("id"), Column("reason", drop=1, prose=True)), [("i" * 80, "word " * 60)])
    (row,) = [line for line in out.getvalue().splitlines() if line.startswith("│")]
    assert row.count("word") == 60
    assert err.getvalue() == ""


@given(st.text(max_size=20))
def test_no_text_is_a_formula_in_a_cell_and_each_comes_back(text: str) -> None:
    written = str(cell(text))
    assert uncell(written) == text
    assert written == text or not text.startswith(tuple("=+-@\t\r\n")) or written.startswith("'")


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-"])
def test_what_a_spreadsheet_would_obey_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("value", ["-3.5", "+4", "-1e-7", "12", "s1", "", -3.5, None])
def test_numbers_and_plain_words_stay_as_they_are(value: object) -> None:
    assert cell(value) == value
