"""What the journal asks of points that left its tables.  Two sides, one a connection.

``ElsewhereWriter`` acts within a writing transaction: it brings points back before they are
contested and may move hot points away before the commit.  ``ElsewhereReader`` gives what is
elsewhere to whoever joins it with what is hot.  In both, the table ``superseded`` names points
elsewhere that no longer count.

Both are internal: days in files (``sealing``, ``sealed_days``) need the manifest, and ``moving``
makes both sides of any ``PointsElsewhere``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from contract.instant import Window
from ingest.values import Columns, Series


class ElsewhereWriter(Protocol):
    """Bound to the writing connection; every call is inside its transaction."""

    @property
    def holds_any(self) -> bool:
        """False while nothing can be elsewhere, so that nobody asks."""

    def forget(self) -> None:
        """Another program has written, or the transaction was rolled back."""

    def bring_back(self, keys: Iterable[tuple[int, int]]) -> None:
        """Make the points elsewhere at (series id, time [ns UTC]) hot, and supersede them.  Keys
        that are not elsewhere, or superseded already, are left as they are."""

    def before_commit(self) -> None:
        """Once, after all else.  What it raises rolls the transaction back."""


class ElsewhereReader(Protocol):
    """Bound to the reading connection."""

    def locate(self, series_id: int, series: Series, start: int, within: Window) -> tuple[int, Any]:
        """(since, located), of this moment: ``since`` [ns UTC] is a time from which on rows must be
        read to judge those ``within``, if every one from ``start`` on is needed for that;
        ``located`` is for ``columns``."""

    def columns(self, located: Any, series: Series, since: int, end: int) -> Columns:
        """Rows elsewhere within [since, end) [ns UTC], and some before where that is how it looks
        back.  Raises ``StoreError`` where they cannot be read."""

    def count(self) -> int:
        """Points elsewhere, superseded ones included."""

    def duplicated(self) -> int:
        """Points that are elsewhere and hot, and not superseded: must be 0."""

    def faults(self) -> Iterator[str]:
        """What is wrong elsewhere, a sentence each."""

    def files(self) -> Iterator[Path]:
        """What a backup must hold beside the database."""

    def close(self) -> None:
        """Release connections."""
