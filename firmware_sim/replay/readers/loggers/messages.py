"""The one reader of station files: columns are chosen, then each row is one message of readings.

1. The file is taken apart by its kind (``StationFile``), the device found, the zone asked.
2. One pass over the rows finds their times, the time from row to row, and columns with values.
3. A second pass sends: what is no number is a problem of its own, the rest of the row goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Protocol

from contract import topics
from contract.instant import DAY, SECOND, from_datetime, to_datetime
from contract.places import Device
from contract.quantities import converted
from contract.reading import Reading, Readings
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.loggers.choosing import chosen
from firmware_sim.replay.readers.loggers.spelling.compass import degrees
from firmware_sim.replay.readers.loggers.spelling.energy import is_energy, mean_power
from firmware_sim.replay.readers.loggers.station_file import (
    HEAD_BYTES,
    TORN,
    Cells,
    LoggerColumn,
    StationFile,
    Time,
    Unfit,
    at,
    decoded,
    is_missing,
    whole_rows,
    within_calendar,
)
from firmware_sim.replay.readers.reader import Findings, Question, boot_of, owner, zone_for

_LONGEST_STEP = 366 * DAY
"""Between rows: beyond it, a time is torn."""


class Kind(Protocol):
    """One kind of file."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def fits(self, path: Path, head: str) -> bool:
        """True if a file whose text begins like ``head`` has this kind's whole shape."""

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The file's instruments; ``Unfit`` where it cannot be taken apart."""


@dataclass(frozen=True, slots=True)
class LoggerReader:
    """Reads files of one kind."""

    kind: Kind

    @property
    def name(self) -> str:
        """That of the kind."""
        return self.kind.name

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """A message of readings for each row; see ``Reader``."""
        try:
            if not _fits_as_a_whole(self.kind, path):
                raise Unfit(f"its beginning is that of {self.name}, the whole is not: it is damaged")
            for file in self.kind.parse(path, question, findings):
                yield from _sent(path, _whole(path, file, findings), question, findings)
        except Unfit as error:
            findings.problem(f"{path}: {error}")


def _fits_as_a_whole(kind: Kind, path: Path) -> bool:
    """A kind was chosen by the beginning of the file; in the whole a line may be another."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or head.startswith(b"SQLite"):
            return True
        return kind.fits(path, decoded(head + stream.read()))


def _whole(path: Path, file: StationFile, findings: Findings) -> StationFile:
    """``file`` without the half cell in which it may end."""
    width = max((column.place for column in file.columns), default=0) + 1
    rows, torn = whole_rows(file.content, file.rows, width)
    if torn is None:
        return file
    findings.problem(f"{path}, line {torn}: {TORN}")
    return replace(file, rows=rows)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one pass over the rows finds."""

    rows: int
    filled: frozenset[int]
    interval_s: float | None
    """The most frequent time from row to row."""


def _sent(path: Path, file: StationFile, question: Question, findings: Findings) -> Iterator[Outgoing]:
    device = owner(path, file.serials, file.sensor, question)
    zone = _Zone(path, file, device, question)
    survey = _survey(file, zone)
    if not survey.rows:
        raise Unfit("it has no row with a time")
    for note in file.notes:
        findings.note(note)
    columns = chosen(file, survey.filled, device, findings)
    if not columns:
        raise Unfit("none of its columns can be read; what each is stands in the notes")
    lasting = file.stated_period_s if survey.interval_s is None else survey.interval_s
    lasting = None if lasting is None or lasting * SECOND > _LONGEST_STEP else lasting
    _say_period(file, columns, lasting, findings)
    boot = boot_of(file.content, device, question, file.kind, zone.zone, columns)
    yield from _messages(path, _Plan(file, device, zone, columns, lasting, boot), question, findings)


class _Zone:
    """Turns the times of rows to UTC; the second pass of an hour that comes twice is told by its order."""

    def __init__(self, path: Path, file: StationFile, device: Device, question: Question) -> None:
        self._asked = (path, device, question)
        self.zone: tzinfo | None = file.zone
        self._previous: int | None = None

    def begin(self) -> None:
        """Another pass over the same rows."""
        self._previous = None

    def instant(self, time: Time) -> int:
        """[ns UTC]; ``Unfit`` for a time that the zone's clocks never show."""
        self._previous = within_calendar(time if isinstance(time, int) else self._local(time))
        return self._previous

    def _local(self, local: datetime) -> int:
        if self.zone is None:
            self.zone = zone_for(*self._asked)
        try:
            first, second = (from_datetime(local.replace(tzinfo=self.zone, fold=fold)) for fold in (0, 1))
            shown = to_datetime(first, self.zone).replace(tzinfo=None)
        except OverflowError as error:
            raise Unfit(f"{local} is beyond the calendar") from error
        if shown != local:
            raise Unfit(f"clocks of {self.zone} never show {local}: the logger's clock keeps another zone")
        return second if self._previous is not None and first <= self._previous < second else first


def _survey(file: StationFile, zone: _Zone) -> _Survey:
    zone.begin()
    times: list[int] = []
    open_places = {column.place for column in file.columns}
    filled: set[int] = set()
    for _, cells in file.rows():
        found = {place for place in open_places if not is_missing(at(cells, place))}
        filled |= found
        open_places -= found
        try:
            times.append(zone.instant(file.time(cells)))
        except Unfit:
            continue  # said in the pass that sends
    steps = Counter(later - one for one, later in pairwise(times) if later > one)
    step = min(steps, key=lambda step: (-steps[step], step), default=None)
    lasting = None if step is None or step > _LONGEST_STEP else step / SECOND
    return _Survey(len(times), frozenset(filled), lasting)


def _say_period(
    file: StationFile, columns: Sequence[LoggerColumn], lasting: float | None, findings: Findings
) -> None:
    if file.period is not None or all(column.period_s is not None for column in columns):
        return
    if lasting is None:
        findings.note("over what time its values were summarised is said nowhere: sent with period 0")
    else:
        findings.note(f"values summarise {lasting:g} s: the time from row to row, or the table's name")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the rows of a file are sent."""

    file: StationFile
    device: Device
    zone: _Zone
    columns: tuple[LoggerColumn, ...]
    lasting: float | None
    boot: str


def _messages(path: Path, plan: _Plan, question: Question, findings: Findings) -> Iterator[Outgoing]:
    seq, device = 0, plan.device
    topic = topics.sensor(device.site, device.id, "readings")
    plan.zone.begin()
    for number, cells in plan.file.rows():
        place = f"{path}, line {number}"
        try:
            instant = within_calendar(plan.zone.instant(plan.file.time(cells)) + question.shift)
        except Unfit as error:
            findings.problem(f"{place}: {error}")
            continue
        readings = tuple(_readings(place, cells, plan, findings))
        if not readings:
            findings.note("rows without a value, not sent")
            continue
        seq += 1
        message = Readings(
            site=device.site, device=device.id, boot=plan.boot, seq=seq, time=to_datetime(instant, UTC),
            clock="rtc", firmware=f"replay {plan.file.kind}"[:40], readings=readings,
        )  # fmt: skip
        payload = encode(message)
        yield Outgoing(instant, device.site, device.id, plan.boot, seq, topic, payload, len(readings))


def _readings(place: str, cells: Cells, plan: _Plan, findings: Findings) -> Iterator[Reading]:
    stated = None if plan.file.period is None else plan.file.period(cells)
    lasting = plan.lasting if stated is None or not 0 <= stated * SECOND <= _LONGEST_STEP else stated
    for column in plan.columns:
        text = at(cells, column.place)
        if is_missing(text):
            if text:
                findings.note(f"{column.title}: {text}, no value")
            continue
        period = (lasting or 0) if column.period_s is None else column.period_s
        try:
            value = _value(text, column, period, plan.file.comma)
        except Unfit as error:
            findings.problem(f"{place}: {column.title}: {error}")
            continue
        if value is None:
            findings.note(f"{column.title}: {text}, no direction")
            continue
        method = "mean" if is_energy(column.quantity, column.unit) else column.method
        yield Reading(
            quantity=column.quantity, value=value, depth_m=column.depth_m, period_s=period, method=method
        )


def _value(text: str, column: LoggerColumn, period: float, comma: bool) -> float | None:
    """In the quantity's own unit; None where a direction says that there is none."""
    if column.compass and text[:1].isalpha():
        return degrees(text)
    try:
        number = float(text.replace(",", ".") if comma else text) * column.scale
    except ValueError as error:
        raise Unfit(f"{text!r} is not a number") from error
    if column.calm and number == 0:
        return None
    if is_energy(column.quantity, column.unit):
        if period <= 0:
            raise Unfit(f"{text} {column.unit} within a time that is not known")
        value = mean_power(number, column.unit, period)
    else:
        value = converted(column.quantity, number, column.unit)
    if not isfinite(value):
        raise Unfit(f"{text!r} is not a finite number")
    return value
