"""Which files a replay sends, in which order: a world that already happened, laid out by time.

1. ``plan_replay`` finds the files, their readers and their first instants; whose owner or start is
   not known is left out and named.
2. ``ReplayPlan.messages`` merges all files by time; a file is opened when its time comes.
3. ``FileReport`` says what became of each file.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract.errors import TimeWithoutZone
from contract.instant import DAY, SECOND, format_instant
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.discover import Source, confirmable, discover, discover_measured, first_instant
from firmware_sim.replay.readers.audio import AudioReader
from firmware_sim.replay.readers.columns import ColumnMap
from firmware_sim.replay.readers.native import NativeReader
from firmware_sim.replay.readers.reader import Findings, Question, UnknownOwner
from firmware_sim.replay.strangers import Stranger, gather


@dataclass(slots=True)
class FileReport:
    """What became of one file."""

    path: Path
    reader: str
    findings: Findings
    messages: int = 0
    readings: int = 0
    devices: set[tuple[str, str]] = field(default_factory=set)
    """(site, device) of those who speak in it."""
    first: int | None = None
    """[ns UTC]"""
    last: int | None = None

    def to_json(self) -> dict[str, object]:
        """As ``ecoviv replay --json`` lists it; start to warnings as ``ecoviv indices --json`` says them."""
        return {
            "file": str(self.path),
            "reader": self.reader,
            **self._start(),
            "devices": sorted("/".join(names) for names in self.devices),
            "messages": self.messages,
            "readings": self.readings,
            "first": _text(self.first),
            "last": _text(self.last),
            "unread": self.findings.unread,
            "problems": self.findings.problems,
            "notes": self.findings.notes,
        }

    def _start(self) -> dict[str, object]:
        """Of a sound file what it says of itself; of another file when its first row or message is."""
        header = self.findings.header
        why = self.findings.problems[0] if self.findings.problems else None
        if header is None:
            start, source = self.first, "none" if self.first is None else "records"
            return {"start": _text(start), "start_source": source, "serial": None, "position": None,
                    "reason": why if start is None else None, "warnings": []}  # fmt: skip
        return {
            "start": _text(header.start),
            "start_source": header.start_source,
            "serial": header.serial or None,
            "position": header.position,
            "reason": header.reason or (None if self.messages else why),
            "warnings": header.warnings,
        }


@dataclass(slots=True)
class ReplayPlan:
    """What will be sent."""

    sources: list[tuple[int, Source]]
    """First instant and file, by time."""
    question: Question
    rounds: int
    files: dict[Path, FileReport]
    prefix: dict[tuple[str, str, str], int]
    """Of recordings played as they are: up to where receipts can reach."""
    strangers: list[Stranger] = field(default_factory=list)
    """Whose files are left out because nobody knows where they belong."""

    def messages(self) -> Iterator[Outgoing]:
        """All passes, each merged by time; a further pass follows the last by whole days."""
        move = 0
        for number in range(1, self.rounds + 1):
            question = replace(self.question, round=number, shift=self.question.shift + move)
            first: int | None = None
            last = 0
            for message in self._merged(question, move):
                first = message.instant if first is None else min(first, message.instant)
                last = max(last, message.instant)
                yield message
            if first is not None:
                move += -(-(last - first + SECOND) // DAY) * DAY

    def _merged(self, question: Question, move: int) -> Iterator[Outgoing]:
        waiting = list(reversed(self.sources))
        active: list[tuple[int, int, Outgoing, Iterator[Outgoing]]] = []
        serial = 0
        while waiting or active:
            while waiting and (not active or waiting[-1][0] + move <= active[0][0]):
                _, source = waiting.pop()
                serial += 1
                _advance(active, serial, self._counted(source, question))
            if active:
                _, number, message, rest = heapq.heappop(active)
                yield message
                _advance(active, number, rest)

    def _counted(self, source: Source, question: Question) -> Iterator[Outgoing]:
        report = self.files[source.path]
        for message in source.open(question, report.findings):
            if not question.wants(message.topic):
                continue
            report.messages += 1
            report.readings += message.readings
            report.devices.add((message.site, message.device))
            report.first = message.instant if report.first is None else min(report.first, message.instant)
            report.last = max(report.last or message.instant, message.instant)
            yield message

    def confirms(self, message: Outgoing) -> bool:
        """A receipt can cover this message."""
        if not message.boot:
            return False
        prefix = self.prefix.get((message.site, message.device, message.boot))
        return prefix is None or message.seq <= prefix


def plan_replay(
    paths: Sequence[Path],
    question: Question,
    *,
    maps: Sequence[ColumnMap],
    rounds: int = 1,
    until: int | None = None,
    measured: bool = False,
) -> ReplayPlan:
    """Find the files and look at each one's beginning; ``measured``: they are results of recordings.

    ``until``: if given, all times are moved so that the first message is of this instant
    [ns UTC].  Files whose owner nobody knows are left out and named; so are sound files without a
    start.  ``ConfigurationError`` where a table's zone is not known or a given device does not exist.
    """
    sources = discover_measured(paths) if measured else discover(paths, maps)
    files = {
        source.path: FileReport(source.path, source.reader.name if source.reader else "none", Findings())
        for source in sources
    }
    firsts, unknown = _look(sources, question, files)
    known = [first for first, _ in firsts if first is not None]
    if until is not None and known:
        question = replace(question, shift=question.shift + until - min(known))
    moved = question.shift if until is not None else 0
    ordered = sorted(
        ((0 if first is None else first + moved, source) for first, source in firsts),
        key=lambda pair: (pair[0], str(pair[1].path)),
    )
    as_recorded = question.as_recorded and rounds == 1
    native = [source for source in sources if isinstance(source.reader, NativeReader)]
    return ReplayPlan(
        ordered, question, rounds, files, confirmable(native) if as_recorded else {}, gather(unknown)
    )


def _look(
    sources: Sequence[Source], question: Question, files: dict[Path, FileReport]
) -> tuple[list[tuple[int | None, Source]], list[tuple[Path, UnknownOwner, bool]]]:
    """First instant and file of those that go on; file, error and need of a zone of those without owner.

    What is left out is told in ``files``.
    """
    firsts: list[tuple[int | None, Source]] = []
    unknown: list[tuple[Path, UnknownOwner, bool]] = []
    for source in sources:
        findings = Findings()
        try:
            firsts.append((first_instant(source, question, findings), source))
            continue
        except UnknownOwner as error:
            header = findings.header
            needs_zone = header is not None and "time_without_zone" in header.warnings
            unknown.append((source.path, error, needs_zone))
            findings.problem(error.message)
        except TimeWithoutZone as error:
            if not isinstance(source.reader, AudioReader):
                raise
            findings.problem(str(error))
        files[source.path].findings = findings
    return firsts, unknown


def _text(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _advance(
    active: list[tuple[int, int, Outgoing, Iterator[Outgoing]]], number: int, rest: Iterator[Outgoing]
) -> None:
    """Put a file's next message where its time puts it; ``number`` keeps ties in order."""
    message = next(rest, None)
    if message is not None:
        heapq.heappush(active, (message.instant, number, message, rest))
