"""Audacity labels: begin, end and a text a line, without a header; lines of frequencies between them.

BirdNET-Analyzer writes the score as a fourth cell, others behind the name.
Source: https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

import re

from firmware_sim.replay.readers.detections.listing import (
    LONGEST_S,
    NOTHING,
    HeardRow,
    Listing,
    number,
    plain,
)
from firmware_sim.replay.readers.detections.table import split_label

_LABEL = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\t(-?\d+(?:[.,]\d+)?)(?:\t(.*))?")
_SCORE_BEHIND = re.compile(r"(.*?)(?<![\s:(\[])[\s:(\[]++(\d(?:[.,]\d+)?)[)\]]?")


def is_labels(text: str) -> bool:
    """True where the first lines are labels with a text that is no number."""
    lines = [line for line in text.splitlines()[:20] if line.strip() and not line.startswith("\\")]
    found = [_LABEL.fullmatch(line) for line in lines]
    named = [one for one in found if one is not None and re.search(r"[^\W\d_]", one[3] or "")]
    return bool(lines) and None not in found and bool(named)


def read_labels(text: str, recording: str) -> Listing:
    """The labels, of the recording that the file's name is about."""
    listing = Listing()
    for line, label in enumerate(text.splitlines(), 1):
        if not label.strip() or label.startswith("\\"):
            continue
        found = _LABEL.fullmatch(label)
        begin, end = (number(found[1]), number(found[2])) if found else (None, None)
        if found is None or begin is None or end is None or not 0 <= begin <= end <= LONGEST_S:
            listing.problems.append(f"line {line}: it is no label with beginning and end in seconds")
            continue
        name, score = _named(found[3] or "")
        if not name:
            listing.problems.append(f"line {line}: it names nothing")
        elif plain(name) in NOTHING:
            listing.silent.add(recording)
        else:
            scientific, common = split_label(name)
            listing.rows.append(HeardRow(recording, begin, end - begin, scientific, common, "", score))
    return listing


def _named(text: str) -> tuple[str, float | None]:
    """(name, score or None) of a label's text."""
    name, tab, behind = text.partition("\t")
    found = None if tab else _SCORE_BEHIND.fullmatch(text)
    if found:
        name, behind = found[1], found[2]
    score = number(behind) if behind else None
    return (name.strip(), score) if score is not None and 0 <= score <= 1 else (text.strip(), None)
