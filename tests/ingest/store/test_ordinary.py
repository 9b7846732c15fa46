"""Rows of plain readings are those of the models, ordinary or not."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.plain import PlainReadings
from contract.reading import Flag, Readings
from contract.wire import decode, encode, read
from ingest.rules.clocks import Placement
from ingest.rules.placing import SeriesKey, rows_of
from ingest.store.sqlite.messages import Admitted, Boot, Ordinary
from ingest.store.testing.messages import NOON
from tests import strategies


@dataclass
class Numbering:
    """Numbers series as the table does."""

    keys: list[SeriesKey] = field(default_factory=list)

    def series_id(self, key: SeriesKey) -> int:
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key) + 1


@given(strategies.readings, st.none() | st.integers(NOON, NOON + 10**15), st.sampled_from([0, 16, 32]))
@settings(max_examples=150, deadline=None)
def test_values_are_the_same_by_either_way(message: Readings, time: int | None, flags: int) -> None:
    payload, placement = encode(message), Placement(time, 0, Flag(flags))
    plain, numbering = read(payload), Numbering()
    assert isinstance(plain, PlainReadings)
    entry = Admitted(7, 1, 0, 1, Boot(1, None, 0), b"", plain, payload, NOON, time, False, placement)
    points, others = Ordinary(numbering).split([entry])  # type: ignore[arg-type]
    found = points + [
        (numbering.series_id(key), time_, value, flags_, 7)
        for _, rows in others
        for key, time_, value, flags_, _ in rows
    ]
    expected = [
        (numbering.series_id(key), time_, value, flags_, 7)
        for key, time_, value, flags_, _ in rows_of(decode(payload), placement, NOON)
    ]
    assert found == expected
