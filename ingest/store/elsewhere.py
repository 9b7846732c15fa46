"""Points that live outside SQLite: in sealed files or on a server.  Two seams.

``FarWriter`` acts within a writing transaction: it brings points back before they are
contested (``thaw``) and may carry hot points away before the commit (``settle``).
``FarReader`` joins what is outside with what is hot.  In both, the table ``superseded``
names outside points that no longer count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from contract.instant import Window
from ingest.values import Series


@dataclass(slots=True)
class Columns:
    """Rows of one series as columns, in the order of time."""

    time: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))
    flags: array[int] = field(default_factory=lambda: array("q"))
    message_id: array[int] = field(default_factory=lambda: array("q"))
    enough: bool = False
    """Nothing before the first row can matter for judging; otherwise nobody looked."""


class FarWriter(Protocol):
    """Bound to the writing connection; every call is inside its transaction."""

    @property
    def any_far(self) -> bool:
        """False while nothing can be outside, so that nobody asks."""

    def forget(self) -> None:
        """Another program has written, or the transaction was rolled back."""

    def thaw(self, keys: Iterable[tuple[int, int]]) -> None:
        """Make the outside points at (series id, time) hot, and supersede them."""

    def settle(self) -> None:
        """Before the commit."""


class FarReader(Protocol):
    """Bound to the reading connection."""

    def look(self, series_id: int, series: Series, start: int, within: Window) -> tuple[int, Any]:
        """(since, note), of this moment: ``since`` is a time from which on rows must be read
        to judge those ``within``, if every one from ``start`` on is needed for that;
        ``note`` is for ``columns``."""

    def columns(self, note: Any, series: Series, since: int, end: int) -> Columns:
        """Outside rows within [since, end), and some before where that is how it looks back."""

    def count(self) -> int:
        """Points outside, superseded ones included."""

    def twice(self) -> int:
        """Points that are outside and hot, and not superseded: must be 0."""

    def faults(self) -> Iterator[str]:
        """What is wrong outside, a sentence each."""

    def files(self) -> Iterator[Path]:
        """What a backup must hold beside the database."""

    def close(self) -> None:
        """Release connections."""
