"""Many files through a detector: ``ecoviv detect``.

1. The place and day must be known, or the filter switched off by name.
2. Each file is heard on its own; one that cannot be read never stops the rest.
3. Detections go to stdout or, with ``--out``, to a file that a later run completes; what was not
   heard, and what the model is and who may use it, go to stderr.
4. With ``--embeddings`` what the model made of each window is kept before the file counts as heard.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.sound.batch import Outcome, bearings_text, find_audio
from analysis.sound.detect.detector import (
    Detector,
    Embedder,
    FakeDetector,
    Hit,
    ModelFile,
    Place,
    described,
    read_validations,
)
from analysis.sound.detect.embeddings import Collected, name_of_embeddings, write_embeddings
from analysis.sound.detect.hits_file import EFFORT, HeardFile
from analysis.sound.detect.listen import Unheard, listen, recording_day, week_of
from analysis.sound.measure.result import line_of
from analysis.sound.reader import Audio, open_audio
from contract.errors import EcoVivError, UsageError
from contract.instant import SECOND, format_instant, parse_instant
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


DETECTORS = ("birdnet", "onnx", "bats", "fake")


def open_detector(name: str, model: Path | None) -> Detector:
    """The detector called ``name``; ``model`` a folder of BirdNET's files, or the TOML of an ONNX model.

    ``UsageError`` for another name, or where the two do not go together.
    """
    if name == "birdnet":
        from analysis.sound.detect.birdnet import BirdNet

        return BirdNet(model)
    if name == "onnx":
        from analysis.sound.detect.onnx import open_onnx

        if model is None:
            raise UsageError("The model is not named", help="Give the TOML file beside it with --model")
        return open_onnx(model)
    if name not in DETECTORS:
        raise UsageError(f"{name!r} is not a detector", help=f"Use {', '.join(DETECTORS[:-1])} or fake")
    if model is not None:
        raise UsageError(f"The detector {name} brings its own model", help="Leave --model away")
    if name == "bats":
        from analysis.sound.detect.bats import BatDetect2

        return BatDetect2()
    return FakeDetector()


def _opened(detector: str, model: Path | None, asked: Asked, embeddings: Path | None) -> Detector:
    """The detector, once it can do what was asked; what it is has been said."""
    hearing = open_detector(detector, model)
    if hearing.placed and asked.geo and (asked.lat is None or asked.lon is None):
        raise UsageError(
            "Without a place the detector names species that do not live here",
            help="Give --lat and --lon, or --no-geo to hear everything everywhere",
        )
    if embeddings is not None and not isinstance(hearing, Embedder):
        raise UsageError(
            f"{hearing.model.id} gives no embeddings",
            help="Leave --embeddings away, or name the output under [embedding] of an ONNX model",
        )
    say(described(hearing))
    if not hearing.placed:
        say("It knows neither place nor season: species that do not live there may be named.")
    return hearing


def detect_batch(
    paths: Sequence[Path],
    asked: Asked,
    *,
    detector: str,
    model: Path | None,
    out: Path | None = None,
    embeddings: Path | None = None,
    as_json: bool,
) -> list[Outcome]:
    """Hear everything below ``paths``; the files that failed, in order."""
    files = find_audio(paths)
    day = _day(asked.date)
    hearing = _opened(detector, model, asked, embeddings)
    asked = asked if hearing.placed else replace(asked, geo=False)
    validations = read_validations(asked.thresholds) if asked.thresholds else {}
    failed: list[Outcome] = []
    with ExitStack() as stack:
        kept = stack.enter_context(HeardFile(out, _settings(asked, hearing.model))) if out else None
        held = set() if kept is None else {file for file in files if kept.holds(file)}
        todo = [f for f in files if f not in held or not _is_embedded(f, hearing.model, embeddings)]
        progress = stack.enter_context(progress_bar(remaining=True))
        bar = progress.add_task("listening", total=len(files), completed=len(files) - len(todo))
        for file in todo:
            try:
                audio = open_audio(file, asked.bearings)
                place = _place(audio, asked, day)
                collected = None if embeddings is None else Collected()
                heard = list(
                    listen(
                        audio,
                        hearing,
                        place=place,
                        least=asked.least,
                        validations=validations,
                        keep=collected,
                    )
                )
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
            effort = _effort(audio, hearing, found, unheard)
            if collected is not None and embeddings is not None:
                write_embeddings(embeddings, collected.of(hearing, effort))
            if file in held:
                continue  # it only lacked its embeddings
            if kept is not None:
                kept.add(effort, [record_of(effort, one) for one in found])
            if as_json or kept is None:
                for one in found:
                    show(shown(effort, one, as_json=as_json))
    for outcome in failed:
        say(f"not measured: {outcome.problem}")
    return failed


def _is_embedded(file: Path, model: ModelFile, folder: Path | None) -> bool:
    if folder is None:
        return True
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return (folder / name_of_embeddings(digest, model)).exists()


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


def _effort(
    audio: Audio, hearing: Detector, found: Sequence[Hit], unheard: Sequence[Unheard]
) -> dict[str, Any]:
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
        "model": hearing.model.to_dict() | {"classes": hearing.model.classes},
    }


def record_of(effort: Mapping[str, Any], one: Hit) -> dict[str, Any]:
    """A detection as it stands in JSON lines, in the file that ``effort`` is of."""
    start = effort["start"]
    at = None if start is None else format_instant(parse_instant(start) + round(one.start_s * SECOND))
    return {"file": effort["file"], "sha256": effort["sha256"], "start": at} | one.to_dict()


def shown(effort: Mapping[str, Any], one: Hit, *, as_json: bool) -> str:
    """A detection as people or programs read it."""
    if as_json:
        return harmless_json(line_of(record_of(effort, one)))
    checked = f"precision {one.validation.precision:.2f}" if one.validation else "not validated"
    name = f"{one.species} ({one.common})" if one.common else one.species
    return f"{Path(effort['file']).name} {one.start_s:g} s: {name} {one.score:.4f}, {checked}"
