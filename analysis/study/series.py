"""The door to the store: what analysis reads, as aligned arrays with flags and effort.

1. ``open_for_reading(url)`` opens a store for reading only; a writer may go on beside it.
2. ``OpenStore.named`` finds series by site, device and quantity (an index by its name, its
   name and profile, or its whole definition id); an unknown name says what exists.
3. ``OpenStore.track`` gives one series as arrays sorted by time.
4. ``Track.usable`` leaves out the points whose flags make them unfit for an indicator;
   ``OpenStore.hours`` gives whole hours of those points, which a store may know at once.
5. ``OpenStore.efforts`` and ``detections`` give what was listened to and what was heard,
   ``soundings`` what the quality gate found in each excerpt.

No other file of analysis touches a store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats
from contract.errors import UnknownName
from contract.instant import Window, from_datetime
from contract.quantities import QUANTITIES, is_definition_id
from contract.reading import Features, Health
from ingest.store import open_store
from ingest.store.protocol import Store
from ingest.values import UNFIT, Counts, Effort, Series, StoredDetection

__all__ = [
    "UNFIT",
    "Counts",
    "Effort",
    "HourTrack",
    "OpenStore",
    "Series",
    "Sounding",
    "StoredDetection",
    "Track",
    "open_for_reading",
    "unit_of",
]

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Track:
    """One series as arrays of equal length, sorted by time, times unique."""

    series: Series
    time: Instants
    """[ns UTC]"""
    value: Floats
    """In the quantity's unit, as measured."""
    flags: Instants
    """Sums of ``Flag`` values."""

    @property
    def fit(self) -> NDArray[np.bool_]:
        """True where neither value nor time is doubted."""
        fit: NDArray[np.bool_] = (self.flags & int(UNFIT)) == 0
        return fit

    def usable(self) -> Track:
        """The points that may enter an indicator; the others stay in the store."""
        fit = self.fit
        return Track(self.series, self.time[fit], self.value[fit], self.flags[fit])

    def within(self, window: Window) -> Track:
        """The points in [start, end)."""
        first, last = np.searchsorted(self.time, (window.start, window.end))
        return Track(self.series, self.time[first:last], self.value[first:last], self.flags[first:last])


@dataclass(frozen=True, slots=True)
class Sounding:
    """What the quality gate found in one excerpt of one channel."""

    site: str
    device: str
    start: int
    """[ns UTC]"""
    duration_s: float
    flags: frozenset[str]
    """Names of the findings that exceed their thresholds, such as ``rain``."""


@dataclass(frozen=True, slots=True)
class HourTrack:
    """One series by whole hours UTC, as arrays of equal length; only hours that have a point."""

    series: Series
    hour: Instants
    """Hours since 1970-01-01T00Z, sorted, unique."""
    n: Instants
    """Points without a flag of ``UNFIT``; may be 0."""
    total: Floats
    """Their sum [the quantity's unit]."""
    doubted: Instants
    """Points left out for their flags."""


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store, open for reading.  Use it as a context manager."""

    store: Store
    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store's files and connections."""
        self.store.close()

    def all(self) -> list[Series]:
        """Every series, sorted by site, device, quantity and qualifier."""
        return self.store.series()

    def named(
        self, *, site: str | None = None, device: str | None = None, quantity: str | None = None
    ) -> list[Series]:
        """Series under these names.

        ``quantity`` is one of the table, or an index as ``ACI``, ``ACI@PROFILE`` or its whole
        definition id.  ``UnknownName`` where the store holds nothing of that name.
        """
        found = self.all()
        for word, wanted, names in (
            ("site", site, sorted({s.site for s in found})),
            ("device", device, sorted({s.device for s in found})),
        ):
            if wanted is not None and wanted not in names:
                raise _unknown(word, wanted, names, self.url)
        if quantity is not None and not any(answers_to(s.quantity, quantity) for s in found):
            if quantity not in QUANTITIES:
                raise _unknown("quantity or index", quantity, sorted({s.quantity for s in found}), self.url)
            return []
        return [
            s
            for s in found
            if site in (None, s.site)
            and device in (None, s.device)
            and (quantity is None or answers_to(s.quantity, quantity))
        ]

    def track(self, series: Series, window: Window | None = None) -> Track:
        """One series as arrays, all of it or within ``window``."""
        points = self.store.points(series, window)
        return Track(
            series,
            np.array(points.time, dtype=np.int64),
            np.array(points.value, dtype=np.float64),
            np.array(points.flags, dtype=np.int64),
        )

    def hours(self, series: Series, window: Window | None = None) -> HourTrack:
        """One series by whole hours, all of it or within ``window``."""
        hours = self.store.hours(series, window)
        return HourTrack(
            series,
            np.array(hours.hour, dtype=np.int64),
            np.array(hours.n, dtype=np.int64),
            np.array(hours.total, dtype=np.float64),
            np.array(hours.doubted, dtype=np.int64),
        )

    def efforts(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Effort]:
        """Every excerpt listened to, sorted by site, start and method."""
        return self.store.efforts(window, site=site)

    def detections(
        self, window: Window | None = None, *, site: str | None = None
    ) -> Iterator[StoredDetection]:
        """Everything heard, sorted by site, time and taxon."""
        return self.store.detections(window, site=site)

    def words(self, device: str) -> Iterator[tuple[int, str]]:
        """(time [ns UTC], text) of what a device said of itself, by time; a message without one says none."""
        for sent in self.store.messages("health", device=device):
            told = sent.message
            if isinstance(told, Health) and told.text:
                yield sent.received if sent.time is None else sent.time, told.text

    def soundings(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Sounding]:
        """Findings of every excerpt whose time is not doubted, sorted by device and time."""
        for sent in self.store.messages("features", window, site=site):
            told = sent.message
            if isinstance(told, Features) and not sent.flags & int(UNFIT):
                start = from_datetime(told.excerpt.start)
                if sent.time is not None and told.instant is not None:
                    start += sent.time - told.instant  # a clock that was re-anchored
                flags = frozenset(name for name, finding in told.quality.items() if finding.flagged)
                yield Sounding(told.site, told.device, start, told.excerpt.duration_s, flags)

    def counts(self) -> Counts:
        """The balance of everything that came in."""
        return self.store.counts()


def open_for_reading(url: str) -> OpenStore:
    """The store at ``url`` (``sqlite:PATH`` …), for reading only."""
    return OpenStore(open_store(url, read_only=True), url)


def answers_to(quantity: str, wanted: str) -> bool:
    """True if ``wanted`` names ``quantity``: itself, or an index without profile or hash."""
    if quantity == wanted:
        return True
    if not is_definition_id(quantity):
        return False
    head = quantity.partition("#")[0]
    return wanted.casefold() in (head.casefold(), head.partition("@")[0].casefold())


def unit_of(quantity: str) -> str:
    """UCUM unit; ``1`` for an acoustic index, whose definition says more."""
    row = QUANTITIES.get(quantity)
    return "1" if row is None else row.unit


def _unknown(word: str, wanted: str, names: Iterable[str], url: str) -> UnknownName:
    known = list(names)
    shown = ", ".join(known[:20]) + (f" … ({len(known)} in all)" if len(known) > 20 else "")
    return UnknownName(f"{url} holds no {word} called {wanted!r}", help=f"It holds: {shown or 'nothing yet'}")
