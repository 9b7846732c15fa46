"""Repeats, conflicts and identities that are used twice: absorbed, kept aside, flagged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract.instant import DAY, MINUTE, to_datetime
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

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_counter_of_another_network_may_begin_again(self, store: Store, order: Sequence[int]) -> None:
        """An ABP device whose battery was changed: the same frame number on another day is another frame."""
        boot = "lora-01050303"
        later = readings(1, 11.0, time=to_datetime(NOON + DAY), boot=boot)
        both = [arrival(1, readings(1, 10.0, boot=boot)), arrival(2, later)]
        for at in order:
            put(store, [both[at]])
        assert list(store.points(TEMPERATURE).flags) == [0, 0]
        put(store, [arrival(3, later)])
        assert store.counts().repeats == 1, "the same event delivered twice is one"

    def test_a_counter_that_falls_back_or_jumps_lost_nothing(self, store: Store) -> None:
        """Frames 30000, 30001, 0, 1, 4, 65535 in this order of time: 2 and 3 are absent, nothing else."""
        frames = [30_000, 30_001, 0, 1, 4, 65_535]
        sent = [
            readings(frame + 1, float(at), time=to_datetime(NOON + at * MINUTE), boot="lora-01050303")
            for at, frame in enumerate(frames)
        ]
        put(store, [arrival(at, one) for at, one in enumerate(reversed(sent), 1)])
        (boot,) = store.boots()
        assert boot.passed == 2
