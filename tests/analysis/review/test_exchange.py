"""What listeners answer in other programs comes back as labels of the list, or is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.plan.review.drawn import DrawnList
from analysis.review.answers import Program, TakenOver, read_answers
from analysis.review.exchange import LabelTrack, Lying, birdnet_table, raven_table
from analysis.review.pieces import Piece, folder_of, pieces
from contract.errors import ConfigurationError
from tests.analysis.review.recorded import AT, ROBIN, WREN, drawn, listed

FORMULA = "=cmd|' /C calc'!A0"
CLIPS = ("a" * 64, "b" * 64)
Wrote = Callable[[str, str], Path]


@pytest.fixture
def found() -> DrawnList:
    return listed(
        drawn(clip, offset, taxon) for clip in CLIPS for offset, taxon in ((0.5, ROBIN), (7.25, WREN))
    )


@pytest.fixture
def wrote(tmp_path: Path) -> Wrote:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def lying(piece: Piece) -> Lying:
    begin = min(1.0, piece.offset_s)
    return Lying(piece, begin, begin + 3.0, begin + 4.0, 8000.0)


def taken(path: Path, program: Program, found: DrawnList) -> TakenOver:
    return read_answers([path], program, pieces(found), "Ada", AT)


def answered(over: TakenOver) -> dict[tuple[str, float], str]:
    return {(one.clip[0], one.offset_s): one.answer for one in over.labels}


ALL = {("a", 0.5): "yes", ("b", 0.5): "no", ("a", 7.25): "unsure"}
"""What is answered in each of the tests below; the wren of b is left open."""
SAID = {("a", 0.5): "Yes", ("b", 0.5): "non", ("a", 7.25): "?", ("b", 7.25): ""}


def said(piece: Piece) -> str:
    return SAID[piece.clip[0], piece.offset_s]


def test_a_raven_table_comes_back_as_raven_saves_it(found: DrawnList, wrote: Wrote) -> None:
    lines = raven_table([lying(one) for one in pieces(found)]).splitlines()
    by_name = {(one.clip, one.key[1]): one for one in pieces(found)}
    back = [lines[0]]
    for line in lines[1:]:
        cells = line.split("\t")
        clip, _, milliseconds = cells[7].removesuffix(".flac").partition("_")
        answer = said(by_name[clip, int(milliseconds)])
        # Raven has a row for each view of a selection, and people move their edges
        back += ["\t".join([*cells[:3], "99.9", *cells[4:-1], answer])]
        back += ["\t".join([cells[0], "Waveform 1", *cells[2:-1], answer])]
    over = taken(wrote("raven.txt", "\r\n".join(back)), Program.raven, found)
    assert answered(over) == ALL
    assert over.unanswered == 1
    assert {one.listener for one in over.labels} == {"Ada"}


def test_times_of_a_raven_table_count_on_over_the_files_of_its_folder(found: DrawnList) -> None:
    robins = [lying(one) for one in pieces(found) if one.taxon == ROBIN]
    rows = [line.split("\t") for line in raven_table(robins).splitlines()[1:]]
    # by hand: the sounds of a and b are 4.5 s each, the detections begin .5 s in them and last 3 s
    assert [(row[3], row[4], row[8], row[7][0]) for row in rows] == [
        ("0.5", "3.5", "0.5", "a"), ("5.0", "8.0", "0.5", "b"),
    ]  # fmt: skip


def test_audacity_labels_come_back_by_their_mark_wherever_they_were_moved(
    found: DrawnList, wrote: Wrote
) -> None:
    track = LabelTrack()
    for number, one in enumerate(pieces(found)):
        track.add(lying(one), 5.0 * number)
    back = []
    for line, one in zip(track.text().splitlines(), pieces(found), strict=True):
        back += [f"0.1\t0.2\t{line.split(chr(9))[2]} {said(one)}", "\\\t300.0\t8000.0"]
    over = taken(wrote("labels.txt", "\n".join(back)), Program.audacity, found)
    assert answered(over) == ALL
    assert over.unanswered == 1


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_comes_back_as_a_spreadsheet_saves_it(found: DrawnList, wrote: Wrote, separator: str) -> None:
    lines = birdnet_table([lying(one) for one in pieces(found)], "sounds").splitlines()
    by_name = {f"sounds/{one.name}": one for one in pieces(found)}
    back = [line + said(by_name[line.split(",")[5]]) if n else line for n, line in enumerate(lines)]
    text = "\ufeff" + "\n".join(back).replace(",", separator) + "\n"
    assert answered(taken(wrote("sounds.csv", text), Program.birdnet, found)) == ALL


def test_a_folder_that_birdnet_analyzer_sorted_comes_back(found: DrawnList, tmp_path: Path) -> None:
    # its review moves a sound of TAXON/ to TAXON/Positive/ or TAXON/Negative/; there is no unsure
    for one in pieces(found):
        folder, _, name = one.name.partition("/")
        place = {"Yes": "Positive", "non": "Negative"}.get(said(one), ".")
        (tmp_path / folder / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / place / name).touch()
        (tmp_path / folder / "raven.txt").touch()
    over = taken(tmp_path, Program.birdnet, found)
    assert answered(over) == {("a", 0.5): "yes", ("b", 0.5): "no"}
    assert over.unanswered == 2


def test_two_taxa_of_one_place_are_told_apart(wrote: Wrote) -> None:
    both = listed([drawn(CLIPS[0], 1.0, ROBIN), drawn(CLIPS[0], 1.0, WREN)])
    name = f"{CLIPS[0]}_000001000.flac"
    text = f"File,Scientific name,Answer\n{name},{ROBIN},y\n{name},{WREN},n\n"
    over = taken(wrote("x.csv", text), Program.birdnet, both)
    assert {one.taxon: one.answer for one in over.labels} == {ROBIN: "yes", WREN: "no"}


HEAD = "Begin File\tSpecies\tAnswer\n"
HERE = f"{CLIPS[0]}_000000500.flac"


@pytest.mark.parametrize(
    ("program", "text", "why"),
    [
        ("raven", f"{HEAD}{'c' * 64}_000000500.flac\t{ROBIN}\tyes\n", "line 2: Erithacus .* not on"),
        ("raven", f"{HEAD}{HERE}\t{WREN}\tyes\n", "line 2: .* is not on this list"),
        ("raven", f"{HEAD}\t{ROBIN}\tyes\n", "line 2: .* in no file is not on this list"),
        ("raven", f"{HEAD}{HERE}\t{ROBIN}\tperhaps\n", "line 2: 'perhaps' is no answer"),
        ("raven", f"{HEAD}{HERE}\t{ROBIN}\ty\n{HERE}\t{ROBIN}\tn\n", "line 3 answers 'no' .* line 2 'yes'"),
        ("raven", "Begin File\tSpecies\nx\ty\n", "has no column Answer"),
        ("birdnet", "Start (s),Answer\n1,yes\n", "has no column Begin File or File"),
        ("birdnet", "", "has no column"),
        ("audacity", "1.0\t2.0\tErithacus rubecula yes\n", "line 1: this label has no mark"),
        ("audacity", "1.0\t2.0\tErithacus rubecula [0123456789] = yes\n", "line 1: the mark 0123456789 is"),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_this_list_is_refused_with_its_line(
    found: DrawnList, wrote: Wrote, program: str, text: str, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        taken(wrote("x.txt", text), Program(program), found)


def test_a_file_that_is_not_there_is_named(found: DrawnList, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"lost.txt cannot be read: No such file"):
        taken(tmp_path / "lost.txt", Program.raven, found)


def test_names_from_outside_are_no_formula_and_no_path() -> None:
    piece = Piece(CLIPS[0], 1.0, 3.0, FORMULA)
    assert folder_of("../../etc") == "_.._etc"
    assert f",'{FORMULA}," in birdnet_table([lying(piece)], "sounds")
    assert f"\t'{FORMULA}\t" in raven_table([lying(piece)])
