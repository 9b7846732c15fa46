"""The smallest engine: points in this process' memory, gone with it.  To read and to copy.

1. ``MemoryServer`` is what a server would be: it outlives every ``MemoryPoints`` that looks at it.
2. ``MemoryPoints`` keeps the promises of ``ingest.store.elsewhere.PointsElsewhere`` in it.

With a SQLite journal it is a whole store:

    SqliteStore(journal, elsewhere=MemoryPoints(place))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.errors import StoreError
from ingest.store.elsewhere import ElsewherePoint
from ingest.values import Series


@dataclass(slots=True)
class MemoryServer:
    """Points by series, then time [ns UTC]."""

    points: defaultdict[Series, dict[int, ElsewherePoint]] = field(default_factory=lambda: defaultdict(dict))


@dataclass(slots=True)
class MemoryPoints:
    """``PointsElsewhere`` in ``place``, which takes points from ``earliest`` [ns UTC] on."""

    place: MemoryServer
    earliest: int = -(2**63)
    _closed: bool = field(default=False, init=False)

    def write(self, points: Sequence[tuple[Series, ElsewherePoint]]) -> dict[int, str]:
        """Keep ``points``: (position, why) of those before ``earliest``."""
        self._check_open()
        refused = {}
        for at, (series, point) in enumerate(points):
            if point.time < self.earliest:
                refused[at] = "it is older than this place keeps points"
            else:
                self.place.points[series][point.time] = point
        return refused

    def rows(self, series: Series, start: int, end: int, before: int = 0) -> list[ElsewherePoint]:
        """Those within [start, end) [ns UTC] and ``before`` more just before, sorted by time."""
        self._check_open()
        held = sorted(self.place.points[series].values())
        earlier = [point for point in held if point.time < start]
        within = [point for point in held if start <= point.time < end]
        return [*earlier[max(len(earlier) - before, 0) :], *within]

    def count(self) -> int:
        """Points of all series."""
        self._check_open()
        return sum(map(len, self.place.points.values()))

    def close(self) -> None:
        """What was written stays in ``place``."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("These points were closed", help="Open the place again")
