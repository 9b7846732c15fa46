"""Ordinary readings -> values of points, without a row object each.

A reading that says a quantity and a value, and no more, belongs to a series that its
device and quantity name.  ``Ordinary`` remembers those series and the bounds of their
values; every other message goes through ``ingest.rules.placing``, with the same result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from contract.plain import PlainReadings
from contract.reading import Flag
from ingest.rules.placing import POINT, Row, rows_of
from ingest.rules.quality import BOUNDS
from ingest.store.sqlite.messages import Admitted
from ingest.store.sqlite.rows import Rows, Values

_RANGE = int(Flag.RANGE)
_BySeries = defaultdict[int, list[Values]]
_Known = tuple[int, float, float]
"""(series id, lowest, highest plausible value)"""


@dataclass(slots=True)
class Ordinary:
    """The series of ordinary readings, as ``rows`` numbers them."""

    rows: Rows
    _known: dict[tuple[str, str], dict[str, _Known]] = field(default_factory=dict)
    """By (site, device), then quantity."""

    def forget(self) -> None:
        """When the numbers of series may have changed."""
        self._known.clear()

    def split(self, admitted: Sequence[Admitted]) -> tuple[list[Values], list[tuple[int, list[Row]]]]:
        """The points of ordinary readings by series, and (message id, rows) of everything else."""
        points = _BySeries(list)
        others: list[tuple[int, list[Row]]] = []
        for entry in admitted:
            if not (isinstance(entry.message, PlainReadings) and self._take(entry, entry.message, points)):
                others.append((entry.id, rows_of(entry.message, entry.placement, entry.received)))
        return list(chain.from_iterable(points[series] for series in sorted(points))), others

    def _take(self, entry: Admitted, message: PlainReadings, points: _BySeries) -> bool:
        time, _shift, flags = entry.placement
        if time is None or max(map(len, message.readings)) > 2:
            return False
        place = (message.site, message.device)
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = {}
        common, message_id = int(flags), entry.id
        for reading in message.readings:
            quantity, value = reading["quantity"], reading["value"]
            series_id, low, high = known.get(quantity) or self._learn(known, place, quantity)
            said = common if low <= value <= high else common | _RANGE
            points[series_id].append((series_id, time, value, said, message_id))
        return True

    def _learn(self, known: dict[str, _Known], place: tuple[str, str], quantity: str) -> _Known:
        known[quantity] = (self.rows.series_id((POINT, *place, quantity, "")), *BOUNDS[quantity])
        return known[quantity]
