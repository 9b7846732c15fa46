"""Many files through a detector: ``ecoviv detect``.

1. The place and day must be known, or the filter switched off by name.
2. Each file is heard on its own; one that cannot be read never stops the rest.
3. Detections go to stdout or, with ``--out``, to a file that a later run completes; what was not
   heard and the model's licence go to stderr.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.sound.batch import Outcome, bearings_text, find_audio
from analysis.sound.detect.detector import Detector, FakeDetector, Hit, ModelFile, Place, read_validations
from analysis.sound.detect.hits_file import EFFORT, HeardFile
from analysis.sound.detect.listen import Unheard, listen, recording_day, week_of
from analysis.sound.measure.result import line_of
from analysis.sound.reader import Audio, open_audio
from contract.errors import EcoVivError, UsageError
from contract.instant import SECOND, format_instant
from contract.recording.start import NOWHERE, Bearings
from contract.terminal import harmless_json, progress_bar, say, show


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was told: place [deg], day, whether to filter, lowest score, validated species, and
    what files may leave open about their start."""

    lat: float | None
    lon: float | None
    date: str | None
    geo: bool
    least: float
    thresholds: Path | None
    bearings: Bearings = NOWHERE


def open_detector(name: str, folder: Path | None) -> Detector:
    """The detector called ``name``; ``UsageError`` for another name."""
    if name == "fake":
        return FakeDetector()
    if name == "birdnet":
        from analysis.sound.detect.birdnet import BirdNet

        return BirdNet(folder)
    raise UsageError(f"{name!r} is not a detector", help="Use birdnet or fake")


def detect_batch(
    paths: Sequence[Path],
    asked: Asked,
    *,
    detector: str,
    model: Path | None,
    out: Path | None = None,
    as_json: bool,
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
    say(f"{hearing.model.id} {hearing.model.version}; licence: {hearing.model.licence}")
    failed: list[Outcome] = []
    with ExitStack() as stack:
        kept = stack.enter_context(HeardFile(out, _settings(asked, hearing.model))) if out else None
        todo = [file for file in files if kept is None or not kept.holds(file)]
        progress = stack.enter_context(progress_bar(remaining=True))
        bar = progress.add_task("listening", total=len(files), completed=len(files) - len(todo))
        for file in todo:
            try:
                audio = open_audio(file, asked.bearings)
                place = _place(audio, asked, day)
                heard = list(listen(audio, hearing, place=place, least=asked.least, validations=validations))
            except (EcoVivError, OSError, MemoryError) as error:
                failed.append(Outcome(file, (), str(error) or f"{file}: {type(error).__name__}"))
                continue
            finally:
                progress.advance(bar)
            unheard = [one for one in heard if isinstance(one, Unheard)]
            found = [one for one in heard if isinstance(one, Hit)]
            for stretch in unheard:
                where = f"{file.name} {stretch.start_s:g}+{stretch.length_s:g} s"
                say(f"not heard: {where}: {stretch.reason}")
            if kept is not None:
                kept.add(_effort(audio, found, unheard), [_record(audio, one) for one in found])
            if as_json or kept is None:
                for one in found:
                    show(_shown(audio, one, as_json=as_json))
    for outcome in failed:
        say(f"not measured: {outcome.problem}")
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


def _settings(asked: Asked, model: ModelFile) -> str:
    """One line that two runs share exactly if their detections may stand in one file."""
    table = "none"
    if asked.thresholds is not None:
        table = hashlib.sha256(asked.thresholds.read_bytes()).hexdigest()[:16]
    place = f"{asked.lat:g},{asked.lon:g}" if asked.geo else "none"
    instrument = f"{model.id}@{model.version}#{model.hash}"
    said = f"detector={instrument} geo={place} date={asked.date} least={asked.least:g} thresholds={table}"
    return said + bearings_text(asked.bearings)


def _effort(audio: Audio, found: Sequence[Hit], unheard: Sequence[Unheard]) -> dict[str, Any]:
    """What was listened to in one file, also where nothing was named."""
    total = audio.frames / audio.sample_rate * audio.channels
    return {
        "file": str(audio.path),
        "sha256": audio.sha256,
        "start": None if audio.header.start is None else format_instant(audio.header.start),
        "serials": list(audio.header.serials),
        "firmware": audio.header.firmware,
        "duration_s": audio.frames / audio.sample_rate,
        "sample_rate_hz": audio.sample_rate,
        "channels": audio.channels,
        EFFORT: round(total - sum(one.length_s for one in unheard), 6),
        "not_heard": [one.to_dict() for one in unheard],
        "detections": len(found),
    }


def _record(audio: Audio, one: Hit) -> dict[str, Any]:
    start = audio.header.start
    at = None if start is None else format_instant(start + round(one.start_s * SECOND))
    return {"file": str(audio.path), "sha256": audio.sha256, "start": at} | one.to_dict()


def _shown(audio: Audio, one: Hit, *, as_json: bool) -> str:
    if as_json:
        return harmless_json(line_of(_record(audio, one)))
    checked = f"precision {one.validation.precision:.2f}" if one.validation else "not validated"
    return f"{audio.path.name} {one.start_s:g} s: {one.species} ({one.common}) {one.score:.4f}, {checked}"
