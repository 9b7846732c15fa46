"""Which files are to be replayed, by which reader, and from when.

1. ``discover`` walks the paths: folders in order of name, each file by what it is.
2. ``first_instant`` looks at the beginning of a file, so that wrong owners and missing
   zones are said before anything is sent.
3. ``confirmable`` finds, in recordings, up to which sequence each boot is complete: no
   receipt can pass a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.errors import ConfigurationError, UsageError
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.placing import placed
from firmware_sim.replay.readers.audio import ENDINGS, AudioReader
from firmware_sim.replay.readers.columns import ColumnMap
from firmware_sim.replay.readers.detections.detections import detections_reader
from firmware_sim.replay.readers.detections.instrument import PARAMETERS
from firmware_sim.replay.readers.loggers.catalogue import pick_logger
from firmware_sim.replay.readers.loggers.recorders import SongMeterSummary
from firmware_sim.replay.readers.measured import MeasuredReader, Results, survey
from firmware_sim.replay.readers.native import NativeReader, is_native
from firmware_sim.replay.readers.reader import Findings, Question, Reader
from firmware_sim.replay.readers.table import TableReader, pick_map

_TABLES = frozenset({".csv", ".txt", ".dat", ".tsv", ".dcv"})
_RESULTS = frozenset({".json", ".db"})
"""Of what other programs heard; in a folder there are many others of that ending."""
_BESIDE = re.compile(
    r"CONFIG\.TXT|.*Summary\.txt|GPS_?log\.csv|Rec_?log\.csv|log_?file.*\.txt", re.IGNORECASE
)
"""What recorders write about themselves: AudioMoth, Song Meter, Frontier Labs."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file and its reader; ``reader`` is None where nobody can read it."""

    path: Path
    reader: Reader | None
    why: str = ""
    expected: bool = True
    """False for what is no recording: a recorder's own CONFIG.TXT, an empty file, a shadow of macOS."""

    def open(self, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """Its messages."""
        if self.reader is None:
            if self.expected:
                findings.problem(f"{self.path}: {self.why}")
            else:
                findings.note(f"passed over: {self.why}")
            return iter(())
        return placed(self.reader.read(self.path, question, findings), self.path, question, findings)


def discover(paths: Iterable[Path], maps: Sequence[ColumnMap]) -> list[Source]:
    """Every file under ``paths``; ``ConfigurationError`` where a path does not exist."""
    sources: list[Source] = []
    for path in paths:
        if path.is_dir():
            found = [_in_folder(_source(child, maps)) for child in _files(path)]
            if not found:
                raise ConfigurationError(
                    f"The folder {path} holds no recording",
                    help="Give a folder with .wav, .flac or logger files",
                )
            sources += found
        elif path.exists():
            sources.append(_source(path, maps))
        else:
            raise ConfigurationError(f"{path} does not exist", help="Check the path")
    return sources


def discover_measured(paths: Iterable[Path]) -> list[Source]:
    """Every recording in the results of ``ecoviv indices`` and ``ecoviv detect`` under ``paths``.

    Results that cannot be read to their end are a source without reader.  ``ConfigurationError``
    where a path does not exist or holds none, ``UsageError`` for a table of values.
    """
    found: dict[tuple[str, str], Results] = {}
    broken: list[Source] = []
    for path in paths:
        files = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not files or not all(file.is_file() for file in files):
            raise ConfigurationError(f"{path} holds no results", help="Check the path")
        for file in files:
            if file.suffix in {".csv", ".parquet"}:
                raise UsageError(
                    f"{file} is a table of values, without what the gate found and who recorded",
                    help="Measure with --out x.jsonl and send that",
                )
            try:
                why = survey(file, found)
            except OSError as error:
                why = f"it cannot be read: {error.strerror}"
            if why:
                broken.append(Source(file, None, why))
    return [*(Source(one.file, MeasuredReader(one)) for one in found.values()), *broken]


def _files(folder: Path) -> list[Path]:
    known = ENDINGS | _TABLES | _RESULTS | {".jsonl", ".recording", ".sdb"}
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in known)


def _in_folder(source: Source) -> Source:
    """In a folder, a text or a result that nobody can read did not fail; a summary is a companion."""
    if isinstance(source.reader, SongMeterSummary):
        return replace(source, reader=replace(source.reader, beside=True))
    return replace(source, expected=source.expected and source.path.suffix.lower() not in {".txt", *_RESULTS})


def _no_recording(path: Path, head: bytes) -> Source | None:
    """A file that is known to hold none."""
    if path.name.startswith("._"):
        return Source(path, None, "macOS left it beside another file", expected=False)
    if not head:
        return Source(path, None, "it is empty: whoever wrote it lost its power before", expected=False)
    if PARAMETERS.fullmatch(path.name) or path.name.lower().endswith(".list.txt"):
        return Source(path, None, "a detector's own words beside its results", expected=False)
    if _BESIDE.fullmatch(path.name):
        return Source(path, None, "a recorder's own words beside its recordings", expected=False)
    return None


def _source(path: Path, maps: Sequence[ColumnMap]) -> Source:
    try:
        if not path.is_file():  # a pipe would be waited for without end
            return Source(path, None, "it is not a regular file but a pipe, device or socket")
        with path.open("rb") as stream:
            head = stream.read(64)
        companion = pick_logger(path) if _BESIDE.fullmatch(path.name) and head else None
        if companion is not None:
            return Source(path, companion)
        passed = _no_recording(path, head)
        if passed is not None:
            return passed
        if path.suffix.lower() == ".dcv" and b"\0" in head:
            return Source(path, None, "a binary file of an EMS logger; export it as text with its program")
        if is_native(head):
            return Source(path, NativeReader())
        if path.suffix.lower() in ENDINGS or head[:4] in {b"RIFF", b"RF64", b"fLaC"}:
            return Source(path, AudioReader())
        detections = detections_reader(path)
        if detections is not None:
            return Source(path, detections)
        table = pick_map(path, maps)
        logger = pick_logger(path) if table is None else None
    except OSError as error:
        return Source(path, None, f"it cannot be read: {error.strerror}")
    if logger is not None:
        return Source(path, logger)
    if table is None:
        return Source(path, None, "no reader knows this kind of file; --map can describe a table's columns")
    return Source(path, TableReader(table))


def first_instant(source: Source, question: Question, findings: Findings) -> int | None:
    """When the file's first message goes out [ns UTC]; None where nothing can be read."""
    first = next(source.open(question, findings), None)
    return None if first is None else first.instant


def confirmable(sources: Iterable[Source]) -> dict[tuple[str, str, str], int]:
    """(site, device, boot) -> last sequence without a gap before it, for recordings."""
    heard: dict[tuple[str, str, str], set[int]] = {}
    for source in sources:
        if isinstance(source.reader, NativeReader):
            for message in source.open(Question(), Findings()):
                heard.setdefault((message.site, message.device, message.boot), set()).add(message.seq)
    return {key: _prefix(numbers) for key, numbers in heard.items()}


def _prefix(numbers: set[int]) -> int:
    last = 0
    while last + 1 in numbers:
        last += 1
    return last
