"""A recording is a world that already happened: it is sent like any other.

1. ``plan_replay`` finds the files, their readers and their first instants; what must be
   corrected in the territory or the command is said now.
2. ``ReplayPlan.messages`` merges all files by time; a file is opened when its time comes.
3. ``run_replay`` sends at a speed, or as fast as receipts allow, and waits until all is stored.
4. ``Replayed`` says what was sent, what was left out, and what could not be read.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract.config import BrokerAddress
from contract.errors import EcoVivError, UnreachableError
from contract.instant import DAY, SECOND, Clock, SystemClock, format_instant
from contract.line.bus import MqttBus
from contract.line.sender import Sender
from firmware_sim.line.fleet import Show, Watch, open_line
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.line.tally import Sent
from firmware_sim.replay.discover import Source, confirmable, discover, first_instant
from firmware_sim.replay.readers.columns import ColumnMap
from firmware_sim.replay.readers.native import NativeReader
from firmware_sim.replay.readers.reader import Findings, Question

_BUSY = 200


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
        return {
            "file": str(self.path),
            "reader": self.reader,
            "devices": sorted("/".join(names) for names in self.devices),
            "messages": self.messages,
            "readings": self.readings,
            "first": None if self.first is None else format_instant(self.first),
            "last": None if self.last is None else format_instant(self.last),
            "unread": self.findings.unread,
            "problems": self.findings.problems,
            "notes": self.findings.notes,
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


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did."""

    sent: Sent
    files: tuple[FileReport, ...]

    @property
    def unread(self) -> int:
        """Rows, messages and files that could not be read."""
        return sum(report.findings.unread for report in self.files)

    def to_json(self) -> dict[str, object]:
        """As ``ecoviv replay --json`` prints it."""
        return {
            "sent": self.sent.messages,
            "readings": self.sent.readings,
            "clips": self.sent.clips,
            "audio_parts": len(self.sent.parts),
            "kinds": dict(sorted(self.sent.kinds.items())),
            "repeated": self.sent.repeated,
            "resent": self.sent.resent,
            "unconfirmable": self.sent.unconfirmable,
            "unread": self.unread,
            "files": [report.to_json() for report in self.files],
        }


def plan_replay(
    paths: Sequence[Path],
    question: Question,
    *,
    maps: Sequence[ColumnMap],
    rounds: int = 1,
    until: int | None = None,
) -> ReplayPlan:
    """Find the files and look at each one's beginning.

    ``until``: if given, all times are moved so that the first message is of this instant
    [ns UTC].  ``ConfigurationError`` where a file's owner or zone is not known.
    """
    sources = discover(paths, maps)
    firsts = [(first_instant(source, question), source) for source in sources]
    known = [first for first, _ in firsts if first is not None]
    if until is not None and known:
        question = replace(question, shift=question.shift + until - min(known))
    moved = question.shift if until is not None else 0
    ordered = sorted(
        ((0 if first is None else first + moved, source) for first, source in firsts),
        key=lambda pair: (pair[0], str(pair[1].path)),
    )
    files = {
        source.path: FileReport(source.path, source.reader.name if source.reader else "none", Findings())
        for source in sources
    }
    as_recorded = question.as_recorded and rounds == 1
    native = [source for source in sources if isinstance(source.reader, NativeReader)]
    return ReplayPlan(ordered, question, rounds, files, confirmable(native) if as_recorded else {})


def rehearse(plan: ReplayPlan) -> Replayed:
    """Read everything and send nothing."""
    sent = Sent()
    for message in plan.messages():
        sent.take(message)
        sent.unconfirmable += not plan.confirms(message)
    return Replayed(sent, tuple(plan.files.values()))


def run_replay(
    plan: ReplayPlan,
    address: BrokerAddress,
    *,
    speed: float | None,
    wait_s: float,
    progress: Show | None = None,
    clock: Clock | None = None,
) -> Replayed:
    """Send everything; ``speed`` times faster than it happened, or None for as fast as possible.

    ``UnreachableError`` (exit 4) where not everything was confirmed as stored.
    """
    clock = clock or SystemClock()
    bus = open_line(address, f"replay-{clock.now():x}", clock)
    try:
        watch = Watch(Sender(bus, clock=clock), 0, progress, wait_s)
        pace = _Pace(watch, clock, speed)
        for message in plan.messages():
            pace.wait(message.instant)
            if plan.confirms(message):
                watch.send(message)
            else:
                _send_unconfirmed(message, bus, watch)
        sent = watch.finish()
    except EcoVivError as error:
        _add_unread(error, plan)
        raise
    finally:
        bus.close()
    if sent.unconfirmable:
        raise UnreachableError(
            f"{sent.unconfirmable} of {sent.messages} messages were sent, but no receipt can cover them: they"
            " do not say who they are, or the recording begins or breaks off within their boot",
            help="Look for them with `ecoviv query`; a recording begun before its devices start has no gap",
        )
    return Replayed(sent, tuple(plan.files.values()))


def _send_unconfirmed(message: Outgoing, bus: MqttBus, watch: Watch) -> None:
    """Once to the broker, since nobody can answer for it."""
    watch.sent.take(message)
    watch.sent.unconfirmable += 1
    while bus.unconfirmed > _BUSY or not bus.publish(message.topic, message.payload):
        watch.turn(0.05)


def _add_unread(error: EcoVivError, plan: ReplayPlan) -> None:
    unread = sum(report.findings.unread for report in plan.files.values())
    if unread:
        error.add_note(f"{unread} rows, messages or files could not be read")


def _advance(
    active: list[tuple[int, int, Outgoing, Iterator[Outgoing]]], number: int, rest: Iterator[Outgoing]
) -> None:
    """Put a file's next message where its time puts it; ``number`` keeps ties in order."""
    message = next(rest, None)
    if message is not None:
        heapq.heappush(active, (message.instant, number, message, rest))


@dataclass(slots=True)
class _Pace:
    """Lets messages go when their time has come."""

    watch: Watch
    clock: Clock
    speed: float | None
    _first: int | None = field(default=None, init=False)
    _began: int = field(default=0, init=False)

    def wait(self, instant: int) -> None:
        if self.speed is None:
            return
        if self._first is None:
            self._first, self._began = instant, self.clock.monotonic()
        due = self._began + int((instant - self._first) / self.speed)
        while (left := due - self.clock.monotonic()) > 0:
            self.watch.turn(min(left / SECOND, 0.1))
