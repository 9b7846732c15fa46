"""The extension point: where points live, while a journal keeps everything else.

A time series engine has no transactions, no unreadable messages and no stream numbers, and most
overwrite silently.  So a store is a *journal* (SQLite: ``ingest.store.sqlite``), which decides
everything, and a *place where points live*.  A new engine writes ``PointsElsewhere`` and one
line in ``ingest.store``; ``ingest.store.testing.memory`` is the smallest.

1. Before points are contested, the journal reads back those that may be elsewhere (``rows``).
2. The points that won are written (``write``), all of them, before the journal commits.
3. Then the journal commits, and only then does a gateway get its receipt.  A crash between 2
   and 3 leaves points elsewhere that the same messages, sent again, write again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from ingest.values import Series


class ElsewherePoint(NamedTuple):
    """One point of a series, and which message said it.  In order of time where sorted."""

    time: int
    """[ns UTC]"""
    value: float
    """As measured [the quantity's unit]."""
    flags: int
    """Sum of the ``Flag`` values that were given at writing."""
    boot: str
    """Boot id of the message."""
    seq: int
    """Its sequence within the boot."""
    digest: str
    """The first bytes of its content's hash, in hexadecimal: tells messages of one identity apart."""


class PointsElsewhere(Protocol):
    """Points by (series, time), each key once.  Used by one thread; by several processes at once,
    of which those of one journal write one after the other.

    Nothing is ever deleted: a point that was withdrawn stays, and the journal knows that it no
    longer counts, until the same key is written again.
    """

    def write(self, points: Sequence[tuple[Series, ElsewherePoint]]) -> Mapping[int, str]:
        """Keep ``points``, durably when this returns: (position in ``points``, why) of those that
        cannot be kept, now or ever; all others are.

        The order within ``points`` means nothing, and no key stands in it twice.  A key that is
        there already takes the new value, so that writing again changes nothing.  Raises
        ``StoreBusy`` where waiting may help and another ``StoreError`` where it will not; some of
        the points may be there then, and all will be written again.
        """

    def rows(self, series: Series, start: int, end: int, before: int = 0) -> Sequence[ElsewherePoint]:
        """Points of ``series`` within [start, end) [ns UTC], and the ``before`` latest ones earlier
        than ``start``: sorted by time, each time once, none that ``write`` refused.

        Holds whatever a ``write`` that returned has written, by any process.  ``start`` and ``end``
        may lie beyond every time that the engine can hold.  Raises as ``write``.
        """

    def count(self) -> int:
        """Keys of all series, withdrawn points included.  Raises as ``write``."""

    def close(self) -> None:
        """Release connections; the points stay for whoever opens the place again.  Nothing else is
        called afterwards; closing again does nothing."""
