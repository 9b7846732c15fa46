"""What listeners answered in other programs, as labels of a list.

1. ``read_answers`` reads a Raven table, an Audacity label track, a CSV of BirdNET-Analyzer's columns, or the
   folder that its review sorted into Positive and Negative.
2. Each row is found on the list by the snippet's name or by the label's mark, never by its time; one that
   is not on the list, and an answer that is none, are refused with file and line.
3. Rows without an answer are left out and counted.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from analysis.plan.review.labels import Answer, Key, Label
from analysis.review.pieces import ListedPieces, Piece, folder_of, place_in
from contract.errors import ConfigurationError
from contract.terminal import uncell

_SAID: dict[str, Answer] = {
    **dict.fromkeys(("yes", "y", "oui", "o", "1", "true", "positive", "+"), "yes"),
    **dict.fromkeys(("no", "n", "non", "0", "false", "negative", "-"), "no"),
    **dict.fromkeys(("unsure", "u", "incertain", "i", "?", "maybe"), "unsure"),
}
_ANSWERS = frozenset({"answer", "réponse", "reponse"})
_TAXA = frozenset({"species", "scientific name", "taxon"})
_FILES = frozenset({"begin file", "begin path", "file", "in file", "filepath", "file name", "filename"})
_LABEL = re.compile(r"[^\t]+\t[^\t]+\t(.*)")
_MARKED = re.compile(r"\[([0-9a-f]{10})\]\s*=?\s*(.*)")
_SORTED: dict[str, Answer] = {"positive": "yes", "negative": "no"}
_LARGEST = 2**26


class Program(StrEnum):
    """Where listeners answered."""

    raven = "raven"
    audacity = "audacity"
    birdnet = "birdnet"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The labels, in the list's order, and how many rows had none."""

    labels: tuple[Label, ...]
    unanswered: int


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    piece: Piece
    answer: Answer | None


def read_answers(
    paths: Sequence[Path], program: Program, pieces: Sequence[Piece], listener: str, at: str
) -> TakenOver:
    """The answers of one ``listener`` in files of one ``program``; ``at``: when they were taken over."""
    known = ListedPieces.of(pieces)
    given: dict[Key, _Row] = {}
    unanswered: set[Key] = set()
    for row in (row for path in paths for row in _rows(path, program, known)):
        if row.answer is None:
            unanswered.add(row.piece.key)
            continue
        earlier = given.setdefault(row.piece.key, row)
        if earlier.answer != row.answer:
            raise ConfigurationError(
                f"{row.where} answers {row.answer!r} to {_said(row.piece)}, and {earlier.where} "
                f"{earlier.answer!r}",
                help="Ask the listener which is meant, and take the other answer out",
            )
    labels = [
        Label(clip=one.clip, offset_s=one.offset_s, taxon=one.taxon, at=at, listener=listener, answer=answer)
        for one in pieces
        if (found := given.get(one.key)) is not None and (answer := found.answer) is not None
    ]
    return TakenOver(tuple(labels), len(unanswered - given.keys()))


def _rows(path: Path, program: Program, known: ListedPieces) -> Iterator[_Row]:
    if program is Program.birdnet and path.is_dir():
        return _sorted(path, known)
    lines = _lines(path)
    return _labels(path, lines, known) if program is Program.audacity else _table(path, lines, known)


def _lines(path: Path) -> list[str]:
    try:
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder", help="Give the table that was answered")
        if path.stat().st_size > _LARGEST:
            raise ConfigurationError(f"{path} is larger than 64 MB", help="Give the table that was answered")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", help="Check the path of this table"
        ) from error
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace").splitlines()
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace").splitlines()


def _table(path: Path, lines: list[str], known: ListedPieces) -> Iterator[_Row]:
    head = lines[0] if lines else ""
    separator = max("\t;,", key=head.count)
    names = [name.strip().casefold() for name in _cells(head, separator)]
    files, taxa, answers = (
        [at for at, name in enumerate(names) if name in wanted] for wanted in (_FILES, _TAXA, _ANSWERS)
    )
    if not files or not answers:
        raise ConfigurationError(
            f"{path} has no column {'Answer' if files else 'Begin File or File'}",
            help="Answer in the table that `ecoviv review cut` wrote, and save all its columns",
        )
    for number, line in enumerate(lines[1:], start=2):
        cells = _cells(line, separator)
        if not any(cells):
            continue
        named = [one for at in files if (one := _at(cells, at)) and place_in(one)]
        taxon = next((one for at in taxa if (one := _at(cells, at))), "")
        where = f"{path}, line {number}"
        piece = known.at(named[0], taxon) if named else None
        if piece is None:
            raise _foreign(where, f"{taxon or 'what'} in {_at(cells, files[0]) or 'no file'}")
        yield _Row(where, piece, _answer(_at(cells, answers[0]), where))


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _at(cells: list[str], at: int) -> str:
    return uncell(cells[at].strip()) if at < len(cells) else ""


def _labels(path: Path, lines: list[str], known: ListedPieces) -> Iterator[_Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        where, found = f"{path}, line {number}", _LABEL.fullmatch(line)
        marked = _MARKED.search(found[1]) if found else None
        if marked is None:
            raise ConfigurationError(
                f"{where}: this label has no mark of ten digits in brackets",
                help="Keep each label as `ecoviv review cut` wrote it, and write yes, no or unsure behind it",
            )
        piece = known.by_mark.get(marked[1])
        if piece is None:
            raise _foreign(where, f"the mark {marked[1]}")
        yield _Row(where, piece, _answer(marked[2], where))


def _sorted(folder: Path, known: ListedPieces) -> Iterator[_Row]:
    """Of TAXON/Positive/SNIPPET and the like; what still lies beside these folders has no answer."""
    for root, _, names in sorted(os.walk(folder)):
        place = Path(root)
        answer = _SORTED.get(place.name.casefold())
        taxon = place.parent.name if answer else place.name
        for name in sorted(names):
            if place_in(name) is None:
                continue
            piece = known.at(name, taxon)
            if piece is None:
                raise _foreign(str(place / name), f"this sound of {taxon}")
            yield _Row(str(place / name), piece, answer)


def _answer(text: str, where: str) -> Answer | None:
    plain = text.strip().casefold()
    if not plain:
        return None
    if plain not in _SAID:
        raise ConfigurationError(
            f"{where}: {text.strip()[:40]!r} is no answer",
            help="Write yes, no or unsure (oui, non, incertain)",
        )
    return _SAID[plain]


def _said(piece: Piece) -> str:
    return f"{folder_of(piece.taxon)} at {piece.offset_s:g} s of {piece.clip[:12]}"


def _foreign(where: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{where}: {what} is not on this list",
        help="Give the list that the sound was cut from, and a table that kept the names of its files",
    )
