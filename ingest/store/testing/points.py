"""Points as they were measured: series, windows, and flags that need neighbours."""

from __future__ import annotations

from contract.instant import DAY, MINUTE, Window, to_datetime
from contract.reading import Flag, Reading
from ingest.store.protocol import Store
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.messages import ACI, NOON, arrival, features, readings
from ingest.values import Series


class PointsContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

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

    def test_a_day_begins_with_its_first_moment(self, store: Store) -> None:
        """An index has no past that is read with it, so nothing else brings the first point in."""
        midnight = 12 * 60
        put(store, [arrival(n, features(midnight + n - 1, {ACI: float(n)})) for n in (1, 2)], "findings")
        series, start = Series("s1", "d2", ACI, "channel=0"), NOON + midnight * MINUTE
        day = Window(start, start + DAY)
        assert list(store.points(series, day).value) == [1.0, 2.0]
        assert list(store.hours(series, day).n) == [2]
        assert list(store.points(series, Window(start - DAY, start)).value) == []

    def test_silence_is_flagged_where_the_cadence_is_known(self, store: Store) -> None:
        put(store, [arrival(n, readings(n)) for n in (1, 2, 6)])
        assert not any(store.points(TEMPERATURE).flags)
        store.describe({"d1": 60.0})
        assert list(store.points(TEMPERATURE).flags) == [0, 0, Flag.GAP]

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
