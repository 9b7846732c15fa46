"""Repeats, conflicts and identities that are used twice: absorbed, kept aside, flagged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract.instant import MINUTE, to_datetime
from contract.reading import Flag
from ingest.store.protocol import Store
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.messages import NOON, arrival, readings


class IdentityContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

    def test_a_repeat_changes_nothing_and_is_counted(self, store: Store) -> None:
        first = put(store, [arrival(1, readings(1))])
        before = store.points(TEMPERATURE)
        assert put(store, [arrival(1, readings(1))]) == first
        assert put(store, [arrival(2, readings(1))]).committed == 2
        counts = store.counts()
        assert (counts.messages, counts.points, counts.repeats, counts.conflicts) == (1, 1, 2, 0)
        assert store.points(TEMPERATURE) == before

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_another_value_for_the_same_point_is_kept_aside(self, store: Store, order: Sequence[int]) -> None:
        same_time = to_datetime(NOON + MINUTE)
        both = [arrival(1, readings(1, 10.0)), arrival(2, readings(2, 99.0, time=same_time))]
        for at in order:
            put(store, [both[at]])
        assert list(store.points(TEMPERATURE).value) == [10.0], "the lower sequence is shown"
        counts = store.counts()
        assert (counts.messages, counts.points, counts.conflicts, counts.duplicated) == (2, 1, 1, 0)

    def test_the_same_point_with_the_same_value_is_one_point(self, store: Store) -> None:
        again = arrival(2, readings(2, 10.0, time=to_datetime(NOON + MINUTE)))
        put(store, [arrival(1, readings(1, 10.0)), again])
        assert (store.counts().points, store.counts().conflicts) == (1, 0)

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_reused_identity_is_kept_and_flagged(self, store: Store, order: Sequence[int]) -> None:
        both = [arrival(1, readings(1, 10.0)), arrival(2, readings(1, 11.0, time=to_datetime(NOON)))]
        for at in order:
            put(store, [both[at]])
        points = store.points(TEMPERATURE)
        assert list(points.value) == [11.0, 10.0]
        assert all(flags & Flag.IDENTITY for flags in points.flags)
        counts = store.counts()
        assert (counts.messages, counts.conflicts, counts.flagged) == (1, 1, 2)
