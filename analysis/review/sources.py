"""Where the sound of a list lies: recordings by their hash, fragments by what stands beside them.

1. ``find_sound`` walks a folder once and hashes each sound file once, until every recording is found.
2. ``Sources.recordings`` are those whose bytes are the list's.
3. A ``Fragment`` is a stretch of a recording that an edge or an earlier cut kept.  Which clip it is of, where
   in it it begins and what its hash was stands beside it: in the log of kept sound, or in ``cut.json``.
4. ``altered`` are clips whose name a file bears, or whose fragment lies there, with other bytes.

Recorders repeat names and people change them, so a name finds nothing; it only tells what was changed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.plan import ledger
from analysis.sound.reader import Audio, open_audio
from contract.errors import AudioError, ConfigurationError

_SOUND = frozenset({".wav", ".flac"})
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A file that holds a recording from ``start_s`` [s] on."""

    audio: Audio
    start_s: float

    @property
    def end_s(self) -> float:
        """Where in the recording it ends [s]."""
        return self.start_s + self.audio.frames / self.audio.sample_rate


@dataclass(slots=True)
class Sources:
    """What a folder holds of a list."""

    recordings: dict[str, Audio] = field(default_factory=dict)
    """SHA-256 -> the recording"""
    fragments: dict[str, list[Fragment]] = field(default_factory=dict)
    """SHA-256 of the recording -> stretches of it"""
    altered: set[str] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)
    """sentences about files that are no sound"""
    looked_at: int = 0

    @property
    def empty(self) -> bool:
        """Nothing of the list is here, under whatever name."""
        return not (self.recordings or self.fragments or self.altered)


@dataclass(frozen=True, slots=True)
class _Stated:
    """What stands beside a fragment."""

    clip: str
    start_s: float
    sha256: str


def find_sound(
    folder: Path, wanted: Collection[str], told: Callable[[int, int], None] = lambda looked, found: None
) -> Sources:
    """What ``folder`` holds of the ``wanted`` hashes; ``told`` hears how many files were looked at and how
    many recordings found."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"There is no folder {folder}", help="Name the folder of the recordings by --audio"
        )
    sources, missing, stated = Sources(), set(wanted), _stated(folder)
    for path in _sounds(folder):
        if not missing:
            break
        _look(sources, path, missing, stated.get(path))
        told(sources.looked_at, len(sources.recordings))
    sources.altered -= sources.recordings.keys()
    return sources


def _sounds(folder: Path) -> list[Path]:
    """Every WAV and FLAC file below, links to folders not followed; those named by a hash come first."""
    found = [
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in _SOUND and not name.startswith("._")
    ]
    return sorted(found, key=lambda path: (_HASH.search(path.stem) is None, str(path)))


def _look(sources: Sources, path: Path, missing: set[str], stated: _Stated | None) -> None:
    sources.looked_at += 1
    if stated is not None and stated.clip not in missing:
        return
    try:
        audio = open_audio(path)
    except AudioError as error:
        sources.unreadable.append(error.message)
        return
    if audio.sha256 in missing:
        sources.recordings[audio.sha256] = audio
        missing.discard(audio.sha256)
    elif stated is None:
        sources.altered |= {name for name in _HASH.findall(path.stem) if name in missing}
    elif audio.sha256 == stated.sha256:
        sources.fragments.setdefault(stated.clip, []).append(Fragment(audio, stated.start_s))
    else:
        sources.altered.add(stated.clip)


def _stated(folder: Path) -> dict[Path, _Stated]:
    """File -> what is said of it, by every log of kept sound and ``cut.json`` below ``folder``."""
    found = {}
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            place = Path(root, name)
            said: list[dict[str, Any]] = []
            if re.fullmatch(r"log-\d{4}\.jsonl", name):
                said = [one for one in ledger.verify(place).entries if one.get("kind") == "kept"]
            elif name == "cut.json":
                said = _manifest(place)
            for one in said:
                try:
                    found[Path(root, one["file"])] = _Stated(
                        str(one["clip"]), float(one["start_s"]), str(one["sha256"])
                    )
                except (KeyError, TypeError, ValueError) as error:
                    raise ConfigurationError(
                        f"{place} does not say what its sounds are of: {error!r}",
                        help="Bring a copy of it, or move it away",
                    ) from error
    return found


def _manifest(place: Path) -> list[dict[str, Any]]:
    try:
        sounds = json.loads(place.read_bytes())["sounds"]
        return list(sounds)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{place} is not what `ecoviv review cut` writes", help="Bring a copy of it, or move it away"
        ) from error
