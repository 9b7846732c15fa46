"""Messages without a credible time are placed by their boot, whatever came first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract.instant import DAY, MINUTE, to_datetime
from contract.reading import Flag
from ingest.store.protocol import Store
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.messages import NOON, arrival, readings


class ClockContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

    def test_a_doubted_clock_keeps_its_time_and_is_flagged(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, time=to_datetime(0)), received=NOON)])
        points = store.points(TEMPERATURE)
        assert (list(points.time), list(points.flags)) == ([0], [Flag.CLOCK])

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_uptime_anchors_what_has_no_credible_time(self, store: Store, order: Sequence[int]) -> None:
        minute_ms = 60_000
        three = [
            arrival(1, readings(1, 1.0, time=to_datetime(MINUTE), uptime_ms=minute_ms), received=NOON),
            arrival(2, readings(2, 2.0, time=None, uptime_ms=2 * minute_ms)),
            arrival(3, readings(3, 3.0, uptime_ms=3 * minute_ms)),
        ]
        for at in order:
            put(store, [three[at]])
        points = store.points(TEMPERATURE)
        assert list(points.time) == [NOON + n * MINUTE for n in (1, 2, 3)], "boot was at noon"
        assert list(points.value) == [1.0, 2.0, 3.0]
        assert list(points.flags) == [Flag.REANCHORED, Flag.REANCHORED, 0]
        original = next(sent for sent in store.messages("readings") if sent.message.seq == 1)
        assert (original.message.instant, original.time) == (MINUTE, NOON + MINUTE), "the original is kept"

    def test_a_time_that_was_put_right_on_the_way_is_flagged_and_the_original_kept(
        self, store: Store
    ) -> None:
        """A network server knew better than the gateway whose GPS week had rolled over."""
        said = to_datetime(NOON - 1024 * 7 * DAY)
        put(store, [arrival(1, readings(1, said_time=said, boot="lora-00000001"))])
        points = store.points(TEMPERATURE)
        assert (list(points.time), list(points.flags)) == ([NOON + MINUTE], [Flag.REANCHORED])
        (kept,) = store.messages("readings")
        assert kept.message.said_time == said

    def test_without_any_time_a_message_waits_for_an_anchor(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, time=None, uptime_ms=1000))])
        (boot,) = store.boots()
        assert (store.counts().messages, store.counts().points, boot.unplaced) == (1, 0, 1)
        put(store, [arrival(2, readings(2, uptime_ms=61_000))])
        (boot,) = store.boots()
        assert (store.counts().points, boot.unplaced) == (2, 0)

    def test_a_place_that_is_left_goes_to_the_next_candidate(self, store: Store) -> None:
        """Two boots in 1970 claim one minute; then the first learns the time and moves away."""
        first = readings(1, 1.0, time=to_datetime(MINUTE), uptime_ms=60_000)
        second = readings(1, 2.0, time=to_datetime(MINUTE), boot="b2")
        put(store, [arrival(1, first, received=NOON), arrival(2, second, received=NOON)])
        assert list(store.points(TEMPERATURE).value) == [1.0]
        put(store, [arrival(3, readings(2, 3.0, uptime_ms=120_000))])
        points = store.points(TEMPERATURE)
        assert list(zip(points.time, points.value, strict=True)) == [
            (MINUTE, 2.0), (NOON + MINUTE, 1.0), (NOON + 2 * MINUTE, 3.0),
        ]  # fmt: skip
        assert (store.counts().points, store.counts().conflicts) == (3, 0)

    def test_gaps_in_a_devices_own_sequence_can_be_seen(self, store: Store) -> None:
        put(store, [arrival(n, readings(n)) for n in (1, 2, 6)])
        (boot,) = store.boots()
        assert (boot.highest, boot.seen) == (6, 3)
