"""The recordings that a file of detections speaks of: where they lie, when they began, how long they are.

1. ``SoundFiles`` finds the sound of a recording: where the file says, beside it, or in the folder analysed.
2. ``Recording`` says start and length.  A start comes from the sound's header or from the name, by
   the one reader of recordings (``contract.recording``); a length from the sound, the file of
   detections, the list of what was analysed or the caller.  What nobody says stays None.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from contract.errors import AudioError
from contract.recording.chunks import RecorderWords
from contract.recording.header import Header, header_of
from contract.recording.start import settle
from firmware_sim.replay.readers.audio import inspect
from firmware_sim.replay.readers.detections.listing import Listing, file_name, stem_of
from firmware_sim.replay.readers.detections.told import SOUND
from firmware_sim.replay.readers.reader import Question

_DEPTH, _MOST = 3, 200_000


@dataclass(slots=True)
class Recording:
    """One recording; ``length_s`` None where nobody knows it, ``sound`` None where it is not at hand."""

    written: str
    header: Header
    length_s: float | None
    sound: Path | None
    problems: list[str] = field(default_factory=list)


class SoundFiles:
    """Sound files by their name, in and below the folders where they may lie."""

    def __init__(self, table: Path, folder: Path | None) -> None:
        self._table = table
        self._places: dict[str, list[Path]] = {}
        for one in dict.fromkeys(place for place in (table.parent, folder) if place is not None):
            self._walk(one)

    def _walk(self, folder: Path) -> None:
        top, seen = len(folder.parts), 0
        for root, below, names in os.walk(folder):
            if len(Path(root).parts) - top >= _DEPTH:
                below.clear()
            for name in sorted(names):
                seen += 1
                path = Path(root, name)
                if path.suffix.lower() in SOUND and not name.startswith("._"):
                    known = self._places.setdefault(path.stem.casefold(), [])
                    known.extend([path] if path.resolve() not in {one.resolve() for one in known} else [])
            if seen > _MOST:
                return

    def find(self, written: str) -> tuple[Path | None, str]:
        """(the sound or None, why it is not clear which one it is)."""
        try:
            stated = self._table.parent / written
            if written and stated.suffix.lower() in SOUND and stated.is_file():
                return stated, ""
        except (OSError, ValueError):  # a path of another system, too long for this one
            stated = Path()
        found = self._places.get(stem_of(written).casefold(), [])
        exact = [one for one in found if one.name.casefold() == file_name(written).casefold()] or found
        close = _closest(exact, written)
        if len(close) > 1:
            return None, f"{written}: it lies at {close[0]} and at {close[1]}"
        return (close[0] if close else None), ""


def _closest(paths: list[Path], written: str) -> list[Path]:
    """Those that share most of the folders that are written."""
    wanted = written.replace("\\", "/").split("/")[-2::-1]

    def shared(path: Path) -> int:
        pairs = zip(wanted, reversed(path.parts[:-1]), strict=False)
        return next((n for n, (one, other) in enumerate(pairs) if one != other), len(wanted))

    best = max(map(shared, paths), default=0)
    return [path for path in paths if shared(path) == best]


def recordings_of(table: Path, listing: Listing, question: Question) -> dict[str, Recording]:
    """Every recording that the file or the list of what was analysed names, by how it is written."""
    told = question.told
    shelf = SoundFiles(table, told.folder)
    lengths = {stem_of(name).casefold(): length for name, length in told.analysed.items()}
    found: dict[str, Recording] = {}
    for written in listing.recordings:
        stated = listing.lengths.get(written) or lengths.get(stem_of(written).casefold())
        found[written] = _recording(written, shelf, stated, question)
    known = {stem_of(written).casefold() for written in found}
    for written, length in told.analysed.items():
        if stem_of(written).casefold() not in known:
            found[written] = _recording(written, shelf, length, question)
    _start_of_the_only_one(found, question)
    return found


def _recording(written: str, shelf: SoundFiles, stated: float | None, question: Question) -> Recording:
    sound, why = shelf.find(written)
    header, length, problems = None, stated, [why] if why else []
    if sound is not None:
        try:
            header, content = inspect(sound)
            length = content.seconds
        except (AudioError, OSError) as error:
            problems.append(str(error))
    header = header or header_of(stem_of(written), RecorderWords())
    settle(header, question.bearings)
    if length is None:
        length = question.told.duration_s
    return Recording(written, header, length, sound, problems)


def _start_of_the_only_one(found: dict[str, Recording], question: Question) -> None:
    """``--start`` is of the one recording that says none; of several it would be a guess."""
    without = [one for one in found.values() if one.header.start is None]
    if question.told.start is not None and len(without) == 1:
        header = without[0].header
        header.start, header.start_source, header.reason = question.told.start, "told", ""
