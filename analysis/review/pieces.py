"""What there is to hear of a list: one piece of sound for each detection, in an order that says nothing.

1. ``pieces`` takes each detection of a list once, shuffled by SHA-256 of list and detection: arms, seasons
   and scores are mixed, and everybody hears the same order.
2. ``Piece.name`` is where its sound lies in a folder; ``Piece.mark`` names it within a label's text.
3. ``ListedPieces`` finds a detection of the list by such a name or mark.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.plan.review.drawn import DrawnList
from analysis.plan.review.labels import Key

CONTEXT_S = 1.0
"""Audible before and after a detection [s]."""
_NAMED = re.compile(r"(?<![0-9a-f])([0-9a-f]{64})_(\d{1,12})(?!\d)")
_UNSAFE = re.compile(r"[^\w .()'×-]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One detection to hear."""

    clip: str
    """SHA-256 of the recording"""
    offset_s: float
    duration_s: float
    taxon: str

    @property
    def key(self) -> Key:
        """Which detection."""
        return self.clip, round(self.offset_s * 1000), self.taxon

    @property
    def mark(self) -> str:
        """Ten hex digits that no other detection of a list has."""
        return mark_of(self.key)

    @property
    def name(self) -> str:
        """Folder and file of its sound: ``Turdus merula/CLIP_000012000.flac``."""
        return f"{folder_of(self.taxon)}/{self.clip}_{self.key[1]:09d}.flac"


def pieces(listed: DrawnList) -> list[Piece]:
    """Each detection of the list once, as long as its longest, shuffled."""
    longest: dict[Key, Piece] = {}
    for one in listed.drawn:
        known = longest.get(one.key)
        if known is None or known.duration_s < one.duration_s:
            longest[one.key] = Piece(one.clip, one.offset_s, one.duration_s, one.taxon)
    salt = listed.sha256()
    return sorted(longest.values(), key=lambda one: _digest((salt, *map(str, one.key))))


def mark_of(key: Key) -> str:
    """Ten hex digits of SHA-256 over a detection."""
    return _digest(tuple(map(str, key)))[:10]


def folder_of(taxon: str) -> str:
    """A taxon's name as that of a folder, on any system."""
    return _UNSAFE.sub("_", taxon)[:80].strip(" .") or "_"


def place_in(text: str) -> tuple[str, int] | None:
    """(clip, offset [ms]) of a snippet's name, wherever it stands in a path; None where there is none."""
    found = _NAMED.search(text)
    return (found[1], int(found[2])) if found else None


def _digest(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(slots=True)
class ListedPieces:
    """The detections of a list, by what other programs keep of them."""

    by_mark: dict[str, Piece] = field(default_factory=dict)
    by_place: dict[tuple[str, int], list[Piece]] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Iterable[Piece]) -> ListedPieces:
        """From the pieces of a list."""
        known = cls()
        for one in listed:
            known.by_mark[one.mark] = one
            known.by_place.setdefault(one.key[:2], []).append(one)
        return known

    def at(self, path: str, taxon: str) -> Piece | None:
        """The detection of a snippet's path and a taxon's name, or that of its folder; None where it is not
        on the list.  Without a taxon, the only one there."""
        place = place_in(path)
        here = self.by_place.get(place, []) if place is not None else []
        if not taxon:
            return here[0] if len(here) == 1 else None
        return next((one for one in here if taxon in (one.taxon, folder_of(one.taxon))), None)
