"""Detections in a table with a header: BirdNET-Analyzer, Raven, Kaleidoscope, batdetect2, and kin.

1. ``TableHead.of`` finds the separator and what each column is by its name, however it is spelt.
2. ``is_table`` says whether that makes a table of detections: a beginning, an end or a length, a name.
3. ``read_table`` gives its rows.  A *File Offset* is where a sound lies in its recording; *Begin
   Time* counts on over all files of a table of several.  Raven repeats a selection for each view.

Spellings: outputs ``csv``, ``table``, ``r`` and ``kaleidoscope`` of BirdNET-Analyzer 1 and 2, Raven Pro 1.6
selection tables (also of OpenSoundscape and crowsetta), Kaleidoscope Pro ``id.csv`` and ``cluster.csv``,
batdetect2 ``.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from contract.taxa import is_species, looks_latin
from firmware_sim.replay.readers.detections.listing import (
    LONGEST_S,
    NOTHING,
    HeardRow,
    Listing,
    cells_of,
    number,
    plain,
    seconds,
)

_SPELLINGS = {
    "begin": "start s|begin time s|start|begin time|start time|start time s|offset|start sec|begin s|onset s"
    "|onset|debut s|début s|temps debut s|temps de début s",
    "end": "end s|end time s|end|end time|end sec|stop s|offset end|fin s|temps fin s|temps de fin s",
    "length": "duration|delta time s|duration s|durée|durée s",
    "within": "file offset s|file offset",
    "path": "begin path|filepath|file path|path|relative path|chemin",
    "file": "begin file|in file|file|filename|file name|recording|input file|audio file|sound files|fichier",
    "indir": "indir",
    "folder": "folder",
    "scientific": "scientific name|scientific|sci name|latin name|nom scientifique|species latin name",
    "common": "common name|com name|species common name|nom commun|nom vernaculaire",
    "name": "species|annotation|class|label|tag|tags|name|species name|sound type|call type|type|detection"
    "|auto id|top1match|predicted class|predicted category|espèce|nom",
    "code": "species code|ebird code|code",
    "person": "manual id",
    "score": "confidence|score|probability|class prob|match ratio|conf|confiance|top1 score",
    "det_prob": "det prob",
    "threshold": "min conf|minimum confidence|threshold|cutoff",
    "model": "model|modèle",
    "channel": "channel|canal",
    "selection": "selection|sélection",
    "view": "view|vue",
}
_FIELDS = {spelling: name for name, texts in _SPELLINGS.items() for spelling in texts.split("|")}
_SEPARATORS = "\t;,"


@dataclass(frozen=True, slots=True)
class TableHead:
    """The first line of a table: its separator, and field -> place of its column."""

    separator: str
    places: dict[str, int]

    @classmethod
    def of(cls, line: str) -> TableHead:
        """By the separator that makes most known columns of ``line``."""
        return max((cls(mark, _places(line, mark)) for mark in _SEPARATORS), key=lambda one: len(one.places))

    def cell(self, cells: Sequence[str], name: str) -> str:
        """What a row says in that column; empty where there is none."""
        at = self.places.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    @property
    def is_of_detections(self) -> bool:
        """It has what a detection needs, and a mark that loggers' tables lack."""
        has = self.places.keys()
        named = has & {"scientific", "common", "name", "code"}
        marked = has & {"score", "selection", "file", "path", "scientific", "det_prob"}
        return "begin" in has and bool(has & {"end", "length"}) and bool(named) and bool(marked)


def _places(line: str, separator: str) -> dict[str, int]:
    cells = cells_of(line, separator)
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        name = _FIELDS.get(plain(cell))
        if name is not None:
            found.setdefault(name, at)
    return found


def is_table(text: str) -> bool:
    """True where the first line of ``text`` is the header of a table of detections."""
    return TableHead.of(next(iter(text.splitlines()), "")).is_of_detections


def scientific_column(line: str, separator: str) -> int | None:
    """The place of the column of scientific names, if ``line`` is a header that has one."""
    return _places(line, separator).get("scientific")


def read_table(text: str, recording: str) -> Listing:
    """The rows; ``recording`` stands in where the table names none."""
    lines = text.splitlines()
    header, listing = TableHead.of(lines[0]), Listing()
    width = len(cells_of(lines[0], header.separator))
    seen: set[tuple[str, ...]] = set()
    if not any(line.strip() for line in lines[1:]):
        listing.silent.add(recording)
    for line, content in enumerate(lines[1:], 2):
        cells = cells_of(content, header.separator)
        if not any(cells):
            if content.strip():
                listing.notes.append("rows without anything in them")
            continue
        if line == len(lines) and len(cells) < width and not text.endswith(("\n", "\r")):
            listing.problems.append(f"line {line}: the file ends in the middle of this row")
            continue
        if _is_other_view(header, cells, seen):
            listing.notes.append("the same selection in another view")
            continue
        row = _row(header, cells, recording)
        if isinstance(row, str):
            listing.problems.append(f"line {line}: {row}")
        elif {plain(row.scientific), plain(row.common), plain(row.code)} & NOTHING:
            listing.silent.add(row.recording)
        else:
            listing.rows.append(row)
    if "selection" in header.places and "within" not in header.places and _counts_on(listing.rows):
        listing.rows.clear()
        listing.problems.append(
            "its Begin Time may count on over several recordings; add Raven's column File Offset (s)"
        )
    return listing


def _counts_on(rows: Sequence[HeardRow]) -> bool:
    """Of several recordings, and no later one begins anew: the times may be of all in a row."""
    return len({row.recording for row in rows}) > 1 and all(
        one.offset_s <= other.offset_s for one, other in pairwise(rows)
    )


def _is_other_view(header: TableHead, cells: Sequence[str], seen: set[tuple[str, ...]]) -> bool:
    """Raven writes a line for the waveform and one for the spectrogram of one selection."""
    if not {"selection", "view"} <= header.places.keys():
        return False
    names = ("selection", "begin", "end", "path", "file", "scientific", "common", "name", "code", "channel")
    key = tuple(header.cell(cells, name) for name in names)
    known = key in seen
    seen.add(key)
    return known


def _row(header: TableHead, cells: Sequence[str], recording: str) -> HeardRow | str:
    """The row, or why it is none."""

    def value(name: str) -> float | None:
        return number(header.cell(cells, name))

    first, end, within = (seconds(header.cell(cells, name)) for name in ("begin", "end", "within"))
    begin = first if within is None else within
    if begin is None or not 0 <= begin <= LONGEST_S:
        return f"{header.cell(cells, 'begin')!r} is no beginning in seconds"
    length = seconds(header.cell(cells, "length")) if end is None or first is None else end - first
    if length is None or not 0 <= length <= LONGEST_S:
        return "it has neither an end after its beginning nor a length"
    named = _recording(header, cells)
    if not named and {"path", "file"} & header.places.keys():
        return "it names no recording, as the others do"
    names = _names(header, cells)
    if not any(names):
        return "it names nothing"
    score = value("score")
    if header.cell(cells, "score") and (score is None or not 0 <= score <= 1):
        return f"{header.cell(cells, 'score')!r} is no score between 0 and 1"
    det_prob, channel = value("det_prob"), value("channel")
    return HeardRow(
        named or recording, begin, length, *names, score,
        _channel(header, channel), det_prob if det_prob is not None and 0 <= det_prob <= 1 else None,
        value("threshold"), header.cell(cells, "model"), header.cell(cells, "person"),
    )  # fmt: skip


def _channel(header: TableHead, stated: float | None) -> int:
    """From 0: Raven, which numbers selections, counts from 1."""
    first = 1 if "selection" in header.places else 0
    return max(0, min(63, int(stated or first) - first))


def _names(header: TableHead, cells: Sequence[str]) -> tuple[str, str, str]:
    """(scientific, common, code) of a row; a name of no stated kind is what it looks like."""
    scientific, common, code = (header.cell(cells, name) for name in ("scientific", "common", "code"))
    other = header.cell(cells, "name")
    left, right = split_label(other)
    scientific, common = scientific or left, common or right
    coded, told = split_label(code)
    return scientific or coded, common or told or code, code


def split_label(text: str) -> tuple[str, str]:
    """(scientific, common) of ``Turdus merula``, ``Turdus merula_Merle noir`` or ``Merle noir``."""
    for mark in ("_", ", ", " - "):
        left, found, right = text.partition(mark)
        if found and is_species(left.strip()):
            return left.strip(), right.strip()
    return (text, "") if looks_latin(text) else ("", text)


def _recording(header: TableHead, cells: Sequence[str]) -> str:
    path, file = header.cell(cells, "path"), header.cell(cells, "file")
    if path or not file:
        return path
    folders = (header.cell(cells, name).rstrip("/\\") for name in ("indir", "folder"))
    return "/".join([*(one for one in folders if one), file])
