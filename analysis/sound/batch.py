"""Many files to indices: find, measure (in several processes if asked), show or store, list what failed.

1. Folders are searched for WAV and FLAC; files given by name are taken as they are; an empty one and
   one that macOS left are named and passed over.
2. Each file is measured on its own; one that cannot be read never stops the rest.
3. Results go to stdout (JSON lines or a short table) and, with ``--out``, to a table that a
   later run completes.  Progress goes to stderr.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from analysis.sound.measure.engine import DEFAULT_PROFILES, measure
from analysis.sound.measure.result import WindowResult
from analysis.sound.schedule import parse_schedule
from analysis.sound.table import ResultTable
from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.instant import SECOND, Window
from contract.recording.start import NOWHERE, Bearings
from contract.terminal import harmless_json, progress_bar, say, show

SUFFIXES = {".wav", ".flac"}


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How files are measured; see ``engine.measure``."""

    profiles: tuple[str, ...] = DEFAULT_PROFILES
    window_s: float | None = 60.0
    channels: str | int = "each"
    gate: bool = True
    roi: bool = False
    max_memory_mb: float = 150.0
    bearings: Bearings = NOWHERE

    @property
    def text(self) -> str:
        """One line that two runs share exactly if their values may stand in one table."""
        window = "none" if self.window_s is None else f"{self.window_s:g}"
        profiles = "+".join(sorted(self.profiles))
        gate, roi = ("on" if self.gate else "off"), ("on" if self.roi else "off")
        said = f"profiles={profiles} window={window} channels={self.channels} gate={gate} roi={roi}"
        return said + bearings_text(self.bearings)


def bearings_text(known: Bearings) -> str:
    """What starts depend on beside the files, as a part of settings; empty where nothing is said."""
    place = known.territory.model_dump_json().encode() if known.territory else b""
    parts = {
        "territory": hashlib.sha256(place).hexdigest()[:16] if place else None,
        "as": "/".join(known.given) if known.given else None,
        "zone": known.zone,
        "fold": known.fold,
    }
    return "".join(f" {name}={value}" for name, value in parts.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file: its results, or what is wrong with it."""

    path: Path
    results: tuple[WindowResult, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ValidSpan:
    """One window for the sum of effort: whose, from when to when [ns UTC], valid seconds."""

    device: str
    start: int
    end: int
    valid_s: float


def measure_batch(
    paths: Sequence[Path], settings: MeasureSettings, *, jobs: int, out: Path | None, as_json: bool
) -> list[Outcome]:
    """Measure everything below ``paths``; the files that failed, in order.

    Raises ``UsageError`` where there is no file, or ``out`` is none of .parquet, .csv, .jsonl.
    """
    found = find_audio(paths)
    passed = {file: why for file in found if (why := no_recording(file))}
    files = [file for file in found if file not in passed]
    failed: list[Outcome] = []
    notes = [f"passed over: {file} {why}" for file, why in passed.items()]
    heard: list[ValidSpan] = []
    with ExitStack() as stack:
        table = stack.enter_context(ResultTable(out, settings.text)) if out is not None else None
        todo = [file for file in files if table is None or not table.holds(file)]
        progress = stack.enter_context(progress_bar(remaining=True))
        bar = progress.add_task("measuring", total=len(files), completed=len(files) - len(todo))
        for outcome in _outcomes(todo, settings, jobs):
            progress.advance(bar)
            if outcome.problem:
                failed.append(outcome)
            heard.extend(heard_of(outcome.results))
            notes.extend(disagreements(outcome))
            if table is not None:
                table.add(outcome.results)
            if as_json or table is None:
                _show(outcome.results, as_json=as_json)
    for note in notes:
        say(note)
    for outcome in failed:
        say(f"not measured: {outcome.problem}")
    for line in effort_lines(paths, heard):
        say(line)
    return failed


def no_recording(file: Path) -> str:
    """Why a file that is called a recording holds none; empty where it may hold one."""
    if not file.is_file():
        return ""
    if file.name.startswith("._"):
        return "was left by macOS beside another file"
    return "" if file.stat().st_size else "is empty: the recorder lost its power before it wrote"


def disagreements(outcome: Outcome) -> Iterator[str]:
    """Where the sources of one file contradict each other."""
    for warning in outcome.results[0].header.get("warnings", ()) if outcome.results else ():
        if "_disagrees" in warning:
            yield f"{outcome.path}: {warning}"


def effort_lines(paths: Sequence[Path], heard: Sequence[ValidSpan]) -> Iterator[str]:
    """What each CONFIG.TXT below ``paths`` promised, beside what was heard from its recorder."""
    files = (file for path in paths if path.is_dir() for file in sorted(path.rglob("*")))
    for config in (file for file in files if file.name.upper() == "CONFIG.TXT" and file.is_file()):
        try:
            schedule = parse_schedule(config.read_text(encoding="utf-8", errors="replace"))
        except ConfigurationError as error:
            yield f"{config}: {error.message}"
            continue
        own = [one for one in heard if one.device == schedule.device]
        if own:
            span = Window(min(one.start for one in own), max(one.end for one in own))
            valid, expected = sum(one.valid_s for one in own), schedule.expected_s(span)
            said = f"{valid:.0f} s valid of {expected:.0f} s expected"
            yield f"{config}: recorder {schedule.device}, first to last recording, {said}"


def heard_of(results: Sequence[WindowResult]) -> Iterator[ValidSpan]:
    """The first channel's windows whose time is known."""
    for result in results:
        if result.start is not None and result.channel == 0:
            end = result.start + round(result.window_s * SECOND)
            yield ValidSpan(result.serial or "", result.start, end, result.quality["valid_s"])


def find_audio(paths: Sequence[Path]) -> list[Path]:
    """Files as given, and the sound files below folders, sorted, hidden ones left out."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
            shown = (file for file in inside if not file.name.startswith(".") and not file.is_dir())
            found |= dict.fromkeys(sorted(shown))
        else:
            found[path] = None
    if not found:
        raise UsageError("There is no WAV or FLAC file", help="Name a file, or a folder that holds some")
    return list(found)


def _outcomes(files: Sequence[Path], settings: MeasureSettings, jobs: int) -> Iterator[Outcome]:
    if jobs == 1 or len(files) < 2:
        yield from (measure_one(file, settings) for file in files)
        return
    with ProcessPoolExecutor(min(jobs, len(files)), mp_context=get_context("spawn")) as pool:
        waiting: list[Future[Outcome]] = [pool.submit(measure_one, file, settings) for file in files]
        try:
            yield from (_outcome(file, one) for file, one in zip(files, waiting, strict=True))
        finally:
            for one in waiting:
                one.cancel()


def _outcome(file: Path, waiting: Future[Outcome]) -> Outcome:
    try:
        return waiting.result()
    except BrokenProcessPool:  # a process was ended from outside, such as for want of memory
        return Outcome(file, (), f"{file}: its process was ended; run again, with fewer --jobs")


def measure_one(path: Path, settings: MeasureSettings) -> Outcome:
    """One file, its problem as a sentence instead of an error."""
    try:
        results = tuple(
            measure(
                path,
                profiles=settings.profiles,
                window_s=settings.window_s,
                channels=settings.channels,
                gate=settings.gate,
                roi=settings.roi,
                max_memory_mb=settings.max_memory_mb,
                bearings=settings.bearings,
            )
        )
    except (EcoVivError, OSError, MemoryError) as error:
        return Outcome(path, (), str(error) or f"{path}: {type(error).__name__}")
    return Outcome(path, results)


def _show(results: Sequence[WindowResult], *, as_json: bool) -> None:
    for result in results:
        show(harmless_json(result.to_json()) if as_json else _line(result))


def _line(result: WindowResult) -> str:
    """One window for people: where, how good, and the two indices they ask for first."""
    gate = result.quality["gate"]
    said = result.quality.get("reason") or ", ".join(result.quality["flags"]) or "no flags"
    shown = [
        f"{name.split('#')[0]} {value:.4g}"
        for name, value in result.values.items()
        if name.startswith(("ACI@", "NDSI@"))
    ]
    where = f"{Path(result.file).name} ch{result.channel} {result.offset_s:g}+{result.window_s:.4g} s"
    counts = f"{len(result.values)} values, {len(result.absent)} absent"
    return f"{where}: gate {gate} ({said}); {counts}" + ("; " + ", ".join(shown) if shown else "")
