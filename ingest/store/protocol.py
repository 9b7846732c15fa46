"""What a store promises: what ingest writes, what analysis reads.  No engine here.

Write side, one transaction a call: ``commit_all`` writes arrivals of many streams, what is unreadable,
conflicts and each stream's progress together, or nothing; writing the same again changes nothing.

Read side, in the order of time, independent of the order of arrival:
1. ``series`` lists what there is; ``points`` gives one series' columns, ``hours`` its hours;
2. ``detections`` and ``efforts`` give what was heard and listened to;
3. ``messages`` gives what was sent, whole, such as health and clip manifests;
4. ``counts``, ``unreadable``, ``streams`` and ``boots`` tell what happened to everything that came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from contract.batch import BatchHeader
from contract.errors import StoreError
from contract.instant import Window
from ingest.foreign import Original, UnknownField
from ingest.values import (
    Arrival,
    BootState,
    ClipCounts,
    Counts,
    Dismissal,
    Effort,
    Hours,
    Points,
    Portion,
    Progress,
    SealedDay,
    Series,
    StoredDetection,
    StoredMessage,
    Stray,
    StreamState,
    Unkept,
    Unreadable,
)


class StoreBusy(StoreError):
    """The store is locked or its disk is full: waiting may help, nothing was written."""


class Store(Protocol):
    """Durable when a writing call returns; one that raised, ``StoreBusy`` included, may be asked again.

    Order and repetition: the same arrivals in any order, any number of times and in any portions
    give the same store, but for the counts of repeats.  Several processes may hold one store open:
    writers take turns, reading never waits for a writer, and each answer is of one moment.  Opened
    for reading only, every writing call raises ``StoreError``.
    """

    def commit_all(self, portions: Sequence[Portion], strays: Sequence[Stray] = ()) -> list[Progress]:
        """Write all of it in one transaction; what is known already changes nothing.  The progress of
        each portion's stream, in their order; a stray's bytes are kept once a topic."""

    def commit(self, gateway: str, stream: str, header: BatchHeader, arrivals: Sequence[Arrival]) -> Progress:
        """``commit_all`` of one portion."""

    def describe(self, cadences: Mapping[str, float]) -> None:
        """Expected seconds between messages by device: what makes silence visible.  Devices that are
        not named keep theirs."""

    def resolve_unreadable(self, readable: Sequence[tuple[int, Arrival]]) -> None:
        """What was unreadable, by id, and can be read now: stored as messages, in one transaction.
        Ids that are not there any more are passed over."""

    def set_retried(self, ids: Sequence[int], *, retried: bool) -> None:
        """What is unreadable, by id, and was sent again: not listed unless it comes back."""

    def dismiss_unreadable(self, ids: Sequence[int], at: int, who: str, why: str) -> Dismissal:
        """Let the bytes of what is unreadable go, by id, and note that ``who`` did it ``at`` [ns UTC].
        The numbers that it used up stay; the same bytes, coming again, are known."""

    def series(self, *, site: str | None = None, device: str | None = None) -> list[Series]:
        """Every series, sorted."""

    def points(self, series: Series, window: Window | None = None) -> Points:
        """One series within ``window`` (all of it by default)."""

    def hours(self, series: Series, window: Window | None = None) -> Hours:
        """What the points of ``points(series, window)`` come to by whole hours, flags honoured."""

    def detections(
        self, window: Window | None = None, *, site: str | None = None
    ) -> Iterator[StoredDetection]:
        """Sorted by site, time, taxon."""

    def efforts(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Effort]:
        """Sorted by site, start, method."""

    def messages(
        self, kind: str, window: Window | None = None, *, site: str | None = None, device: str | None = None
    ) -> Iterator[StoredMessage]:
        """Of one kind, sorted by device, time, boot, sequence."""

    def streams(self) -> Iterator[StreamState]:
        """Sorted by gateway, stream, order of appearance."""

    def boots(self) -> Iterator[BootState]:
        """Sorted by device, boot."""

    def clips(self) -> ClipCounts:
        """How many audio files were announced, heard, or evicted before that."""

    def unreadable(self, *, after: int = 0, last: int | None = None) -> Iterator[Unreadable]:
        """In order of arrival, which is that of the ids: those with ids above ``after``, or the ``last`` of
        them.  Those that were sent again or dismissed are left out."""

    def count_unreadable(self) -> int:
        """How many ``unreadable`` gives, without reading them."""

    def unkept(self) -> list[Unkept]:
        """What was unreadable and not kept, because its sender had too much of it: sorted by sender."""

    def dismissals(self) -> list[Dismissal]:
        """Who let what go, in the order in which it was done."""

    def originals(self, *, device: str | None = None) -> Iterator[Original]:
        """Foreign messages as they came, in order of arrival.  The same bytes of one topic and receipt are
        one; come again, it bears what it gave last."""

    def unknown_fields(self) -> list[UnknownField]:
        """What of the originals nobody understands, as they were read last: by site, device and name."""

    def counts(self) -> Counts:
        """The balance of everything that came in."""

    def seal(self, before: int) -> list[SealedDay]:
        """Move the points of whole UTC days that ended by ``before`` [ns UTC] into files.  Nothing that
        can be read changes.  Raises ``StoreError`` where a store has no sealed days."""

    def verify(self) -> list[str]:
        """What is wrong with the store, a sentence each; empty if nothing is."""

    def backup(self, folder: Path) -> None:
        """A copy of one moment, in an empty or new ``folder``, while work goes on.  Raises
        ``StoreError`` where something stands in it."""

    def close(self) -> None:
        """Release files and connections.  Nothing else is called afterwards; closing again does
        nothing."""
