"""Tables beside the sound, in which listeners answer by programs of their own.

1. ``birdnet_table``: a CSV of all pieces with the columns of BirdNET-Analyzer, and ``Answer``.
2. ``raven_table``: a selection table of the sounds in one folder, opened as a sequence, and ``Answer``.
3. ``LabelTrack`` gathers an Audacity label track of one long sound: the answer is written behind the mark.

Score, site and arm stand in none of them.  ``answers`` reads what comes back.

Sources of the columns: https://github.com/birdnet-team/BirdNET-Analyzer, the manual of Raven Pro 1.6,
https://manual.audacityteam.org/man/importing_and_exporting_labels.html.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from analysis.review.pieces import Piece
from contract.terminal import cell

ANSWER = "Answer"
BIRDNET = ("Start (s)", "End (s)", "Scientific name", "Common name", "Confidence", "File", ANSWER)
RAVEN = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)",
    "Begin File", "File Offset (s)", "Species", ANSWER,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lying:
    """A piece as it lies in its file: where in it the detection begins and ends, and how long it is [s]."""

    piece: Piece
    from_s: float
    to_s: float
    length_s: float
    highest_hz: float


def birdnet_table(lying: Sequence[Lying], folder: str) -> str:
    """All pieces, sorted by file; ``folder`` holds them."""
    rows = [
        (one.from_s, one.to_s, one.piece.taxon, "", "", f"{folder}/{one.piece.name}", "")
        for one in sorted(lying, key=lambda one: one.piece.name)
    ]
    return _table(BIRDNET, rows, ",")


def raven_table(lying: Sequence[Lying]) -> str:
    """The pieces of one folder: times count on over its files, as Raven opens them, sorted by name."""
    rows, gone_by = [], 0.0
    for number, one in enumerate(sorted(lying, key=lambda one: one.piece.name), start=1):
        name = PurePosixPath(one.piece.name).name
        begin, end = gone_by + one.from_s, gone_by + one.to_s
        rows.append(
            (number, "Spectrogram 1", 1, begin, end, 0, round(one.highest_hz), name, one.from_s,
             one.piece.taxon, "")
        )  # fmt: skip
        gone_by += one.length_s
    return _table(RAVEN, rows, "\t")


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], separator: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(round(one, 3) if isinstance(one, float) else one) for one in row])
    return out.getvalue()


@dataclass(slots=True)
class LabelTrack:
    """The label track of one long sound."""

    lines: list[str] = field(default_factory=list)

    def add(self, lying: Lying, begin_s: float) -> None:
        """A piece that begins at ``begin_s`` of the long sound."""
        taxon = " ".join(lying.piece.taxon.split())
        begin, end = begin_s + lying.from_s, begin_s + lying.to_s
        self.lines.append(f"{begin:.6f}\t{end:.6f}\t{taxon} [{lying.piece.mark}] =")

    def text(self) -> str:
        """As Audacity imports it."""
        return "".join(line + "\n" for line in self.lines)
