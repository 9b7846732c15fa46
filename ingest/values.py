"""What rules, stores and readers of a store hand each other: plain records, no engine.

1. ``Arrival`` is one record of a gateway's batch with what came of checking it, ``Portion`` what one stream
   brings at once, ``Stray`` what is no batch at all.
2. ``Columns``, ``Points`` and ``Hours`` are columns of one ``Series``; the rest of what was said follows.
3. ``Counts``, ``Unreadable``, ``StreamState`` and ``BootState`` tell what happened to all that came in.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.batch import BatchHeader, Record
from contract.plain import PlainReadings
from contract.reading import Flag
from contract.wire import WireMessage

UNFIT = Flag.RANGE | Flag.RATE | Flag.STUCK | Flag.CLOCK | Flag.UNIT | Flag.DOUBTED
"""A point with one of these enters no mean and no indicator: its value, time or name is doubted.

``GAP`` only says that silence went before, ``REANCHORED`` that the time was repaired, and
``IDENTITY`` that the message's number came twice; such points stay.
"""


class Arrival(NamedTuple):
    """One record from a gateway.  ``message`` is None where it is unreadable."""

    record: Record
    message: WireMessage | PlainReadings | None
    reason: str
    """Why it is unreadable; empty otherwise."""
    flags: Flag
    """Of the whole message: clock doubts."""
    own: bool = True
    """Said on the topic of a known device at its site; only there an unreadable one uses up its number."""


class Portion(NamedTuple):
    """What one stream of a gateway brings to one commit."""

    gateway: str
    stream: str
    header: BatchHeader
    """A heartbeat, without records, asks for everything up to its highest number."""
    arrivals: Sequence[Arrival]


class Stray(NamedTuple):
    """Bytes that nobody could read, ``received`` [ns UTC]; to a commit, those that are not even a batch."""

    topic: str
    payload: bytes
    reason: str
    received: int


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


@dataclass(slots=True)
class Columns:
    """Rows of one series on their way to being judged, in the order of time."""

    time: array[int] = field(default_factory=lambda: array("q"))
    """Typecode ``q``: ns UTC."""
    value: array[float] = field(default_factory=lambda: array("d"))
    """Typecode ``d``: the quantity's unit, as measured."""
    flags: array[int] = field(default_factory=lambda: array("q"))
    """Typecode ``q``: those given at writing."""
    message_id: array[int] = field(default_factory=lambda: array("q"))
    """Typecode ``q``: the way back to the message."""
    enough: bool = False
    """Nothing before the first row can matter for judging; otherwise nobody looked."""


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
class StoredDetection:
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
class Unreadable:
    """A message nobody could read, kept whole."""

    id: int
    """Within its store."""
    received: int
    """By its gateway; by ingest where it is no batch [ns UTC]."""
    topic: str
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unkept:
    """What of one sender was unreadable and found no room; ``first`` to ``last`` received [ns UTC]."""

    sender: str
    """``device NAME``, ``gateway NAME``, or ``strangers`` for all others."""
    messages: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Somebody let unreadable messages go, ``at`` [ns UTC]."""

    at: int
    who: str
    why: str
    messages: int
    bytes: int


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
class StoredMessage:
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
    floor: int
    """The lowest number that the gateway said it still holds."""
    named: int
    """The highest number that it named then."""
    alive: bool
    """The gateway's spool, as it was opened last, still names this epoch."""


@dataclass(frozen=True, slots=True)
class BootState:
    """What one boot of a device numbered, as far as ingest knows."""

    device: str
    boot: str
    lowest: int
    """The lowest sequence seen, readable or not."""
    highest: int
    """The highest sequence seen."""
    seen: int
    """Distinct sequences seen."""
    audio_parts: int
    """Parts announced by its clip manifests: numbered by the device, kept at the gateway."""
    unplaced: int
    """Messages without a time that wait for one of this boot that knows it."""
    passed: int | None = None
    """Numbers passed over from one frame to the next in time; None where the device counts itself."""


@dataclass(frozen=True, slots=True)
class ClipCounts:
    """Audio files by what became of them: distinct contents."""

    announced: int
    """Their manifests are stored."""
    heard: int
    """Announced, and answered: the last features of an edge worker's boot name them."""
    evicted: int
    """Announced and not heard: a gateway said that it had to let them go."""


@dataclass(frozen=True, slots=True)
class SealedDay:
    """One UTC day of points in a file of its own."""

    day: int
    """Days since 1970."""
    file: str
    sha256: str
    rows: int
    bytes: int
