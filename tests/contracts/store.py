"""What every store must do: one suite, subclassed by each engine in a few lines.

A subclass gives the fixture ``url``: where an empty store may be made.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from contract.errors import StoreError
from contract.instant import MINUTE, Window, to_datetime
from contract.reading import Flag, Reading
from ingest.store import open_store
from ingest.store.protocol import Store
from ingest.values import Progress, Series, StoredDetection
from tests.contracts.acts import TEMPERATURE, difficult_arrivals, put, snapshot
from tests.contracts.hours import HoursContract
from tests.contracts.messages import (
    ACI,
    NOON,
    arrival,
    clip,
    detections,
    features,
    health,
    readings,
    unreadable,
)
from tests.contracts.streams import StreamContract


class StoreContract(StreamContract, HoursContract):
    """The promises of ``ingest.store.protocol.Store``."""

    def another(self, url: str, name: str) -> str:
        """Where another empty store may be made."""
        return f"{url}-{name}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        opened = open_store(url)
        yield opened
        opened.close()

    def test_what_is_committed_can_be_read(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, 10.0)), arrival(2, readings(2, 11.0))])
        points = store.points(TEMPERATURE)
        assert list(points.time) == [NOON + MINUTE, NOON + 2 * MINUTE]
        assert list(points.value) == [10.0, 11.0]
        assert list(points.flags) == [0, 0]
        assert (points.time.typecode, points.value.typecode, points.flags.typecode) == ("q", "d", "q")
        assert store.series() == [TEMPERATURE]
        assert store.series(device="d2") == []

    def test_an_empty_store_reads_as_empty(self, store: Store) -> None:
        assert store.series() == []
        assert list(store.points(TEMPERATURE).time) == []
        counts = store.counts()
        assert (counts.messages, counts.points, counts.unreadable, counts.duplicated) == (0, 0, 0, 0)

    def test_depth_period_and_method_make_series_of_their_own(self, store: Store) -> None:
        several = (
            Reading(quantity="soil_temperature", value=8.0, depth_m=0.1),
            Reading(quantity="soil_temperature", value=9.0, depth_m=0.3),
            Reading(quantity="soil_temperature", value=8.5, depth_m=0.1, period_s=600, method="mean"),
        )
        put(store, [arrival(1, readings(1, readings=several))])
        assert [series.qualifier for series in store.series()] == [
            "depth_m=0.1", "depth_m=0.1;period_s=600;method=mean", "depth_m=0.3",
        ]  # fmt: skip

    def test_a_reading_with_a_time_of_its_own_stands_there(self, store: Store) -> None:
        early = Reading(quantity="air_temperature", value=3.0, time=to_datetime(NOON - MINUTE))
        put(store, [arrival(1, readings(1, readings=(early,)))])
        assert list(store.points(TEMPERATURE).time) == [NOON - MINUTE]

    def test_a_window_is_half_open(self, store: Store) -> None:
        put(store, [arrival(n, readings(n)) for n in (1, 2, 3)])
        points = store.points(TEMPERATURE, Window(NOON + MINUTE, NOON + 3 * MINUTE))
        assert list(points.time) == [NOON + MINUTE, NOON + 2 * MINUTE]

    def test_indices_become_points_and_effort(self, store: Store) -> None:
        put(store, [arrival(1, features(1, {ACI: 140.5}))], "findings")
        series = Series("s1", "d2", ACI, "channel=0")
        assert store.series() == [series]
        assert list(store.points(series).value) == [140.5]
        (effort,) = store.efforts()
        assert (effort.method, effort.start, effort.duration_s, effort.valid_s, effort.firmware) == (
            "features", NOON + MINUTE, 60.0, 58.0, "1.2",
        )  # fmt: skip

    def test_hearing_nothing_is_effort_too(self, store: Store) -> None:
        put(
            store,
            [arrival(1, detections(1)), arrival(2, detections(2, ("Parus major", 0.9, 6.0)))],
            "findings",
        )
        assert [(e.method, e.threshold) for e in store.efforts()] == [("birdnet@2.4", 0.1)] * 2
        assert list(store.detections()) == [
            StoredDetection(
                "s1", "d2", NOON + 2 * MINUTE + 6_000_000_000, "Parus major", 0.9, "birdnet@2.4", 0.1, 0
            )
        ]
        assert list(store.detections(site="elsewhere")) == []

    def test_another_version_of_a_model_is_another_instrument(self, store: Store) -> None:
        heard = ("Parus major", 0.9, 6.0)
        put(
            store,
            [arrival(1, detections(1, heard)), arrival(2, detections(2, heard, version="3.0"))],
            "findings",
        )
        put(store, [arrival(3, detections(3, heard, version="3.0"))], "findings")
        assert {found.model for found in store.detections()} == {"birdnet@2.4", "birdnet@3.0"}

    def test_whole_messages_come_back(self, store: Store) -> None:
        put(store, [arrival(1, health(1)), arrival(2, clip(1))], "health")
        (well,) = store.messages("health")
        assert (well.message, well.time) == (health(1), NOON + MINUTE)
        assert [sent.message for sent in store.messages("clip", device="d2")] == [clip(1)]
        assert list(store.messages("clip", device="d1")) == []

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

    def test_the_unreadable_is_kept_whole_and_once(self, store: Store) -> None:
        progress = put(store, [unreadable(1, b"\x00{"), unreadable(2, b"\x00{"), arrival(3, readings(1))])
        assert progress.committed == 3
        (letter,) = store.unreadable()
        assert (letter.payload, letter.reason, letter.topic) == (
            b"\x00{",
            "not JSON",
            "ecoviv/1/s1/d1/readings",
        )
        assert (store.counts().unreadable, store.counts().repeats) == (1, 1)

    def test_bytes_that_are_no_batch_are_kept(self, store: Store) -> None:
        store.bury("ecoviv/up/1/gw/readings", b"junk", "it does not begin with EVB 1", NOON)
        (letter,) = store.unreadable()
        assert (letter.payload, letter.received) == (b"junk", NOON)

    def test_a_dead_letter_that_can_be_read_now_becomes_a_message(self, store: Store) -> None:
        put(store, [unreadable(1, b"{}"), unreadable(2, b"[]")])
        letter = next(iter(store.unreadable()))
        store.revive([(letter.id, arrival(1, readings(1)))])
        assert [one.payload for one in store.unreadable()] == [b"[]"]
        assert (store.counts().messages, store.counts().points) == (1, 1)

    def test_progress_outlives_the_process(self, url: str) -> None:
        first = open_store(url)
        put(first, [arrival(1, readings(1)), arrival(2, readings(2))])
        before = snapshot(first)
        first.close()
        second = open_store(url)
        assert snapshot(second) == before
        assert put(second, [arrival(3, readings(3))]) == Progress(3, ())
        second.close()

    def test_a_reader_sees_what_is_committed_and_cannot_write(self, store: Store, url: str) -> None:
        put(store, [arrival(1, readings(1))])
        reader = open_store(url, read_only=True)
        put(store, [arrival(2, readings(2))])
        assert reader.counts().points == 2
        with pytest.raises(StoreError, match="reading only"):
            put(reader, [arrival(3, readings(3))])
        reader.close()

    def test_two_workers_may_share_a_stream(self, store: Store, url: str) -> None:
        other = open_store(url)
        put(store, [arrival(1, readings(1))])
        put(other, [arrival(2, readings(2))])
        put(other, [arrival(1, readings(1)), arrival(3, health(3))])
        assert put(store, [arrival(4, readings(4)), arrival(2, readings(2))]) == Progress(4, ())
        assert (store.counts().messages, store.counts().repeats, store.counts().duplicated) == (4, 2, 0)
        assert snapshot(store) == snapshot(other)
        other.close()

    def test_silence_is_flagged_where_the_cadence_is_known(self, store: Store) -> None:
        put(store, [arrival(n, readings(n)) for n in (1, 2, 6)])
        assert not any(store.points(TEMPERATURE).flags)
        store.describe({"d1": 60.0})
        assert list(store.points(TEMPERATURE).flags) == [0, 0, Flag.GAP]

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

    def test_a_window_is_judged_as_the_whole_is(self, store: Store) -> None:
        """Values a day and a half apart, some impossible: a judgement needs what is days before."""
        store.describe({"d1": 3600.0})
        humidity = (50.0, 150.0, 150.0, 150.0, 99.0, 150.0, 150.0, 10.0, 150.0, 80.0)
        for at, value in enumerate(humidity):
            time = NOON + at * 36 * 60 * MINUTE
            reading = Reading(quantity="relative_humidity", value=value, time=to_datetime(time))
            put(store, [arrival(at + 1, readings(at + 1, readings=(reading,)), received=time)])
        burst = [
            Reading(
                quantity="relative_humidity", value=value, time=to_datetime(time + second * 1_000_000_000)
            )
            for second, value in enumerate((80.0, 150.0, 150.0, 150.0, 20.0), 1)
        ]
        put(store, [arrival(20, readings(20, readings=tuple(burst)), received=time)])
        series = Series("s1", "d1", "relative_humidity", "")
        whole = store.points(series)
        assert whole.flags[-1] == Flag.RATE
        for first, start in enumerate(whole.time):
            part = store.points(series, Window(start, whole.time[-1] + 1))
            assert (part.time, part.flags) == (whole.time[first:], whole.flags[first:])

    def test_gaps_in_a_devices_own_sequence_can_be_seen(self, store: Store) -> None:
        put(store, [arrival(n, readings(n)) for n in (1, 2, 6)])
        (boot,) = store.boots()
        assert (boot.highest, boot.seen) == (6, 3)

    @pytest.mark.parametrize("seed", range(4))
    def test_the_order_and_number_of_arrivals_changes_nothing(self, url: str, seed: int) -> None:
        chance = random.Random(seed)
        sent = difficult_arrivals(chance)
        stores = []
        for name in ("sorted", "shuffled"):
            store = open_store(self.another(url, name))
            order = sent if name == "sorted" else chance.sample(sent, len(sent))
            step = len(order) if name == "sorted" else 7
            for at in range(0, len(order), step):
                put(store, order[at : at + step])
            stores.append(store)
        assert snapshot(stores[0]) == snapshot(stores[1])
        for store in stores:
            store.close()
