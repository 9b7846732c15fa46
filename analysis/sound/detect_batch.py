"""Many files through a detector: ``ecoviv detect``.

1. The place and day must be known, or the filter switched off by name.
2. Each file is heard on its own; one that cannot be read never stops the rest.
3. Detections go to stdout, what was not heard and the model's licence to stderr.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from analysis.sound.batch import Outcome, find_audio
from analysis.sound.detect import Detection, Detector, FakeDetector, Place, read_validations
from analysis.sound.listen import Unheard, listen, recording_day, week_of
from analysis.sound.reader import Audio, open_audio
from contract.errors import EcoVivError, UsageError
from contract.instant import SECOND, format_instant


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was told: place [deg], day, whether to filter, lowest score, validated species."""

    lat: float | None
    lon: float | None
    date: str | None
    geo: bool
    least: float
    thresholds: Path | None


def open_detector(name: str, folder: Path | None) -> Detector:
    """The detector called ``name``; ``UsageError`` for another name."""
    if name == "fake":
        return FakeDetector()
    if name == "birdnet":
        from analysis.sound.birdnet import BirdNet

        return BirdNet(folder)
    raise UsageError(f"{name!r} is not a detector", help="Use birdnet or fake")


def detect_batch(
    paths: Sequence[Path], asked: Asked, *, detector: str, model: Path | None, as_json: bool
) -> list[Outcome]:
    """Hear everything below ``paths``; the files that failed, in order."""
    files = find_audio(paths)
    day = _day(asked.date)
    if asked.geo and (asked.lat is None or asked.lon is None):
        raise UsageError(
            "Without a place the detector names species that do not live here",
            help="Give --lat and --lon, or --no-geo to hear everything everywhere",
        )
    validations = read_validations(asked.thresholds) if asked.thresholds else {}
    hearing = open_detector(detector, model)
    talk = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    talk.print(f"{hearing.model.id} {hearing.model.version}; licence: {hearing.model.licence}")
    failed: list[Outcome] = []
    for file in files:
        try:
            audio = open_audio(file)
            place = _place(audio, asked, day)
            for one in listen(audio, hearing, place=place, least=asked.least, validations=validations):
                if isinstance(one, Unheard):
                    talk.print(f"not heard: {file.name} {one.start_s:g}+{one.length_s:g} s: {one.reason}")
                else:
                    sys.stdout.write(_shown(audio, one, as_json=as_json) + "\n")
        except (EcoVivError, MemoryError) as error:
            failed.append(Outcome(file, (), str(error)))
    for outcome in failed:
        talk.print(f"not measured: {outcome.problem}")
    return failed


def _day(text: str | None) -> datetime.date | None:
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day", help="Write it as 2026-05-01") from error


def _place(audio: Audio, asked: Asked, day: datetime.date | None) -> Place | None:
    if not asked.geo:
        return None
    known = recording_day(audio, day)
    if known is None or asked.lat is None or asked.lon is None:
        raise UsageError(
            f"{audio.path} does not say when it was recorded, and the season decides what may live here",
            help="Give --date, or --no-geo to hear everything everywhere",
        )
    return Place(asked.lat, asked.lon, week_of(known))


def _shown(audio: Audio, one: Detection, *, as_json: bool) -> str:
    start = audio.header.start
    at = None if start is None else format_instant(start + round(one.start_s * SECOND))
    if as_json:
        record = {"file": str(audio.path), "sha256": audio.sha256, "start": at} | one.to_dict()
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    checked = f"precision {one.validation.precision:.2f}" if one.validation else "not validated"
    return f"{audio.path.name} {one.start_s:g} s: {one.species} ({one.common}) {one.score:.4f}, {checked}"
