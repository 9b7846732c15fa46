"""The face of a store: what ingest writes, what analysis reads.  No engine here.

Write side, one transaction a call:
1. ``Arrival`` is one record of a gateway batch with what came of checking it.
2. ``Store.commit`` writes arrivals, dead letters, conflicts and the stream's progress
   together, or nothing; writing the same again changes nothing.

Read side, in the order of time, independent of the order of arrival:
3. ``series`` lists what there is; ``points`` gives one series' columns, ``hours`` its hours;
4. ``detections``, ``efforts``, ``clips``, ``health`` give the rest;
5. ``messages`` gives what was sent, whole, such as health and clip manifests;
6. ``counts``, ``unreadable``, ``streams`` and ``boots`` tell what happened to everything
   that came in.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from contract.batch import BatchHeader, Record
from contract.errors import StoreError
from contract.instant import Window
from contract.plain import PlainReadings
from contract.reading import Flag
from contract.wire import WireMessage

UNFIT = Flag.RANGE | Flag.RATE | Flag.STUCK | Flag.CLOCK
"""A point with one of these enters no mean and no indicator: its value or its time is doubted.

``GAP`` only says that silence went before, ``REANCHORED`` that the time was repaired, and
``IDENTITY`` that the message's number came twice; such points stay.
"""


class StoreBusy(StoreError):
    """The store is locked or its disk is full: waiting may help, nothing was written."""


class Arrival(NamedTuple):
    """One record from a gateway.  ``message`` is None where it is unreadable."""

    record: Record
    message: WireMessage | PlainReadings | None
    reason: str
    """Why it is unreadable; empty otherwise."""
    flags: Flag
    """Of the whole message: clock doubts."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a stream's receipt may say after a commit."""

    committed: int
    """Everything up to this number is on disk (or known to be dropped by its gateway)."""
    missing: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The name of one series of points."""

    site: str
    device: str
    quantity: str
    """A quantity of the table, or the definition id of an acoustic index."""
    qualifier: str
    """``Reading.qualifier``, or ``channel=0`` for an index."""


@dataclass(frozen=True, slots=True)
class Points:
    """Columns of one series, sorted by time, times unique."""

    time: array[int]
    """Typecode ``q``: ns UTC."""
    value: array[float]
    """Typecode ``d``: the quantity's unit, as measured."""
    flags: array[int]
    """Typecode ``q``: sum of ``Flag`` values."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Columns of one series by whole hours UTC, sorted; only hours that have a point."""

    hour: array[int]
    """Typecode ``q``: hours since 1970-01-01T00Z."""
    n: array[int]
    """Typecode ``q``: points without a flag of ``UNFIT``; may be 0."""
    total: array[float]
    """Typecode ``d``: their sum, rounded once [the quantity's unit]."""
    doubted: array[int]
    """Typecode ``q``: points left out."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One stored detection."""

    site: str
    device: str
    time: int
    """Start of the sound [ns UTC]."""
    taxon: str
    score: float
    model: str
    """``id@version``"""
    threshold: float
    flags: int


@dataclass(frozen=True, slots=True)
class Effort:
    """One excerpt that somebody or something listened to."""

    site: str
    device: str
    start: int
    """[ns UTC]"""
    duration_s: float
    valid_s: float
    method: str
    """``id@version`` of a detector, or ``features``."""
    threshold: float
    """Of the detector; 0 for features."""
    firmware: str
    flags: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message nobody could read, kept whole."""

    id: int
    received: int
    topic: str
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """Distinct things in the store."""

    messages: int
    """Distinct message identities, readable."""
    points: int
    detections: int
    unreadable: int
    """Distinct unreadable payloads."""
    repeats: int
    """Deliveries absorbed because they were known."""
    conflicts: int
    """Points or identities that came again with other content, kept aside."""
    duplicated: int
    """Points stored twice: must be 0, and is counted, not assumed."""
    flagged: int
    """Points with at least one flag."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One stored message, whole."""

    message: WireMessage
    received: int
    """By its gateway [ns UTC]."""
    time: int | None
    """Where it stands [ns UTC], re-anchored if need be; None while nothing tells."""
    flags: int


@dataclass(frozen=True, slots=True)
class StreamDay:
    """What of one stream was received on one UTC day."""

    day: str
    """ISO date of receipt by the gateway."""
    stored: int
    unreadable: int
    repeats: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream of a gateway within one spool epoch."""

    gateway: str
    stream: str
    epoch: str
    highest: int
    """The highest number that the gateway says it assigned."""
    received: tuple[tuple[int, int], ...]
    """Ranges on disk here."""
    dropped: tuple[tuple[int, int, str], ...]
    """(first, last, reason): given up by the gateway."""
    days: tuple[StreamDay, ...]


@dataclass(frozen=True, slots=True)
class BootState:
    """What one boot of a device numbered, as far as ingest knows."""

    device: str
    boot: str
    highest: int
    """The highest sequence seen, readable or not."""
    seen: int
    """Distinct sequences seen."""
    audio_parts: int
    """Parts announced by its clip manifests: numbered by the device, kept at the gateway."""
    unplaced: int
    """Messages without a time that wait for one of this boot that knows it."""


@dataclass(frozen=True, slots=True)
class SealedDay:
    """One UTC day of points in a file of its own."""

    day: int
    """Days since 1970."""
    file: str
    sha256: str
    rows: int
    bytes: int


class Store(Protocol):
    """Durable when ``commit`` returns.  Reading never waits for a writer."""

    def commit(self, gateway: str, stream: str, header: BatchHeader, arrivals: Sequence[Arrival]) -> Progress:
        """Write all of it in one transaction; what is known already changes nothing."""

    def describe(self, cadences: Mapping[str, float]) -> None:
        """Expected seconds between messages by device: what makes silence visible."""

    def bury(self, topic: str, payload: bytes, reason: str, received: int) -> None:
        """Keep bytes that are not even a batch, durably."""

    def revive(self, revived: Sequence[tuple[int, Arrival]]) -> None:
        """Dead letters, by id, that can be read now: stored as messages, in one transaction."""

    def set_retried(self, letters: Sequence[int], *, retried: bool) -> None:
        """Dead letters, by id, that were sent again: not listed unless they come back."""

    def series(self, *, site: str | None = None, device: str | None = None) -> list[Series]:
        """Every series, sorted."""

    def points(self, series: Series, window: Window | None = None) -> Points:
        """One series within ``window`` (all of it by default)."""

    def hours(self, series: Series, window: Window | None = None) -> Hours:
        """What the points of ``points(series, window)`` come to by whole hours, flags honoured."""

    def detections(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Heard]:
        """Sorted by site, time, taxon."""

    def efforts(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Effort]:
        """Sorted by site, start, method."""

    def messages(
        self, kind: str, window: Window | None = None, *, site: str | None = None, device: str | None = None
    ) -> Iterator[Sent]:
        """Of one kind, sorted by device, time, boot, sequence."""

    def streams(self) -> Iterator[StreamState]:
        """Sorted by gateway, stream, order of appearance."""

    def boots(self) -> Iterator[BootState]:
        """Sorted by device, boot."""

    def unreadable(self) -> Iterator[DeadLetter]:
        """In order of arrival, those that were sent again left out."""

    def counts(self) -> Counts:
        """The balance of everything that came in."""

    def seal(self, before: int) -> list[SealedDay]:
        """Move the points of whole UTC days that ended by ``before`` [ns UTC] into files."""

    def verify(self) -> list[str]:
        """What is wrong with the store, a sentence each; empty if nothing is."""

    def backup(self, folder: Path) -> None:
        """A copy of one moment, in an empty or new ``folder``, while work goes on."""

    def close(self) -> None:
        """Release files and connections."""
