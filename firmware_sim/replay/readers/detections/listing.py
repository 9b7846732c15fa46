"""What a file of detections says, whatever program wrote it: rows, and which recordings it speaks of.

1. ``HeardRow`` is one detection as it stands there; None or empty where the file does not say.
2. ``Listing`` holds the rows, the length of recordings where it is stated, and those in which the
   program says that it heard nothing.
3. ``decoded``, ``cells_of``, ``plain`` and ``number`` read the text of any of them, in any encoding,
   with decimal commas.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST_S = 366 * 86_400.0
"""No recording is longer, and no sound in it later."""
NOTHING = frozenset({"nocall", "no call", "no detection", "no detections"})
"""How programs write that they listened and heard nothing."""
_ENDS_LIKE_A_TABLE = re.compile(
    r"\.(?:birdnet|results?|selections?|selection[._]table|table|tables?\.\d+|\d{1,2}|audacity|labels?|r"
    r"|kaleidoscope|csv|txt|tsv|json|raven|batdetect2?)$|[._-](?:labels?|detections?|selections?)$",
    re.IGNORECASE,
)
_SOUND = re.compile(r"\.(?:wav|flac|mp3|ogg|aiff?|m4a|wv|w4v|opus|aac)$", re.IGNORECASE)


class HeardRow(NamedTuple):
    """One detection as a file states it."""

    recording: str
    """As written, with or without folders; empty where the file is about one that it does not name."""
    offset_s: float
    """From the start of that recording [s]."""
    duration_s: float
    scientific: str
    common: str
    code: str
    score: float | None
    channel: int = 0
    """From 0."""
    det_prob: float | None = None
    threshold: float | None = None
    model: str = ""
    person: str = ""
    """What a person who listened called it, where the file keeps that apart."""


@dataclass(slots=True)
class Listing:
    """One file, read."""

    rows: list[HeardRow] = field(default_factory=list)
    lengths: dict[str, float] = field(default_factory=dict)
    """Recording as written -> its length [s], where the file states it."""
    silent: set[str] = field(default_factory=set)
    """Recordings in which nothing was heard, says the file."""
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def recordings(self) -> list[str]:
        """Every recording that the file speaks of, in the order met."""
        named = [row.recording for row in self.rows]
        return list(dict.fromkeys([*named, *self.lengths, *sorted(self.silent)]))


def decoded(content: bytes) -> str:
    """The text of ``content``: UTF-8 or UTF-16 with or without mark, else what old Windows wrote."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of one line; a quote that is never closed ends with its line."""
    if separator == "\t":
        return [cell.strip().strip('"') for cell in line.split("\t")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a line end within a cell, or a cell beyond csv's limit
        return [cell.strip() for cell in line.split(separator)]


def plain(text: str) -> str:
    """A column's name without what programs vary: case, marks, brackets and spaces."""
    return re.sub(r"[^a-z0-9à-ÿ]+", " ", text.casefold()).strip()


def number(text: str) -> float | None:
    """``0.92``, ``0,92`` or ``1 234,5`` as a number; None for what is none, or not finite."""
    tight = text.strip().strip('"').replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if "," in tight:
        thousands = "." in tight and tight.index(",") < tight.index(".")
        tight = tight.replace(",", "") if thousands else tight.replace(",", ".")
    try:
        value = float(tight.rstrip("%s"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def seconds(text: str) -> float | None:
    """``63.5``, ``63,5`` or ``0:01:03.5`` as seconds; None for what is none of these."""
    parts = [number(part) for part in text.strip().split(":")]
    if len(parts) > 3 or None in parts or any(part is not None and part < 0 for part in parts[1:]):
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + (part or 0.0)
    return total


def file_name(written: str) -> str:
    """The last part of a path of any system."""
    return re.split(r"[\\/]", written.strip())[-1]


def stem_of(written: str) -> str:
    """The name of a recording without folders and the ending of sound."""
    return _SOUND.sub("", file_name(written))


def recording_of_table(name: str) -> str:
    """The recording that a table is about by its own name: ``A_20260514_050000.BirdNET.results.csv``."""
    while (shorter := _ENDS_LIKE_A_TABLE.sub("", name)) != name and shorter:
        name = shorter
    return name
