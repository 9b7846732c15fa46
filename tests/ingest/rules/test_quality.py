"""Flags of values, with bounds from the table of quantities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instant import HOUR, MINUTE
from contract.reading import Flag, Reading
from ingest.rules.clocks import Placement
from ingest.rules.placing import rows_of
from ingest.rules.quality import BOUNDS, NEIGHBOURS, SURE, look_back, series_flags, value_flags
from ingest.store.testing.messages import ACI, NOON, features, readings


def written(quantity: str, value: float) -> int:
    """The flags with which a value is written."""
    if quantity == ACI:
        message = features(1, {ACI: value})
    else:
        depth = 0.1 if quantity.startswith("soil") else None
        message = readings(1, readings=(Reading(quantity=quantity, value=value, depth_m=depth),))
    first, *_ = rows_of(message, Placement(NOON, 0, Flag(0)), NOON)
    return first[3]


def flags_of(
    quantity: str, points: list[tuple[int, float]], cadence_s: float | None = None, qualifier: str = ""
) -> list[int]:
    """Flags of (minute, value) pairs."""
    time, value = [m * MINUTE for m, _ in points], [v for _, v in points]
    marks = [written(quantity, v) for v in value]
    return list(series_flags(quantity, qualifier, time, value, marks, cadence_s))


@pytest.mark.parametrize(
    ("quantity", "value", "flag"),
    [
        ("air_temperature", 60.0, 0),
        ("air_temperature", 60.1, Flag.RANGE),
        ("air_temperature", -60.1, Flag.RANGE),
        ("relative_humidity", 100.5, Flag.RANGE),
        ("soil_moisture", 0.3, 0),
        (ACI, 1e9, 0),
    ],
)
def test_values_outside_the_plausible_range(quantity: str, value: float, flag: int) -> None:
    assert written(quantity, value) == flag


def test_faster_than_credible_is_flagged() -> None:
    """Air temperature: 3 K a minute.  10 -> 13 is credible, 13 -> 16.1 is not."""
    assert flags_of("air_temperature", [(0, 10), (1, 13), (2, 16.1)]) == [0, 0, Flag.RATE]


def test_a_slow_series_may_change_more_between_two_values() -> None:
    """10 K in ten minutes is 1 K a minute."""
    assert flags_of("air_temperature", [(0, 10), (10, 20)]) == [0, 0]


def test_the_value_after_an_impossible_one_is_compared_with_the_last_possible_one() -> None:
    assert flags_of("air_temperature", [(0, 10), (1, 85), (2, 11)]) == [0, Flag.RANGE | Flag.RATE, 0]


def test_sums_have_no_rate() -> None:
    rain = [(0, 0.0), (1, 400.0)]
    assert flags_of("precipitation_amount", rain, qualifier="period_s=60;method=sum") == [0, 0]


def test_a_counter_that_begins_anew_is_not_too_fast() -> None:
    """400 mm less within a minute: its battery was changed."""
    assert flags_of("precipitation_amount", [(0, 400.0), (1, 0.2)], qualifier="method=total") == [0, 0]


def test_unmoving_for_longer_than_credible_is_flagged_from_then_on() -> None:
    """Air temperature: 12 h.  Hourly values: the 13th hour is the first beyond."""
    flags = flags_of("air_temperature", [(60 * hour, 7.0) for hour in range(15)])
    assert flags == [0] * 13 + [Flag.STUCK] * 2


def test_two_equal_daily_values_are_not_stuck() -> None:
    assert flags_of("air_temperature", [(1440 * day, 7.0) for day in range(4)]) == [0] * 4


def test_rest_is_natural_for_rain() -> None:
    assert flags_of("precipitation_amount", [(60 * hour, 0.0) for hour in range(100)]) == [0] * 100


def test_the_first_value_after_a_silence_is_flagged() -> None:
    """Cadence 60 s: three minutes are tolerated, four are not."""
    assert flags_of("air_temperature", [(0, 1), (3, 1), (7, 1)], 60.0) == [0, 0, Flag.GAP]


def test_health_comes_at_a_pace_of_its_own() -> None:
    """A sensor that measures every minute says once a day how its battery is: that is no silence."""
    daily = [(day * 24 * 60, 3.7 - day / 100) for day in range(4)]
    assert flags_of("battery_voltage", daily, 60.0) == [0] * 4
    assert flags_of("soil_moisture", [(at, 0.2) for at, _ in daily], 60.0) == [0, *[Flag.GAP] * 3]


def test_a_period_longer_than_the_age_of_the_world_has_no_gaps() -> None:
    """The longest number that JSON carries times three overflows."""
    time = [0, HOUR]
    flags = series_flags("precipitation_amount", "period_s=1e+308;method=sum", time, [1, 2], [0, 0], 60)
    assert list(flags) == [0, 0]


def test_a_longer_period_than_the_cadence_sets_the_rhythm() -> None:
    hourly = [(0, 1.0), (60, 1.0), (120, 1.0)]
    assert flags_of("air_temperature", hourly, 60.0, "period_s=3600;method=mean") == [0, 0, 0]


@settings(max_examples=200, deadline=None)
@given(
    quantity=st.sampled_from(["air_temperature", "relative_humidity"]),
    series=st.lists(
        st.tuples(st.sampled_from([1, 1, 1, 300, 900]), st.sampled_from([7.0, 7.0, 99.0, 150.0]))
    ),
    start=st.integers(0, 80),
)
def test_a_window_with_its_past_is_judged_as_the_whole_is(
    quantity: str, series: list[tuple[int, float]], start: int
) -> None:
    """The law behind reading by windows: look back, judge, cut = judge, cut."""
    time = [sum(step for step, _ in series[: n + 1]) * MINUTE for n in range(len(series))]
    value = [v for _, v in series]
    marks = [written(quantity, v) for v in value]
    whole = series_flags(quantity, "", time, value, marks, 600.0)
    first = start % (len(time) + 1)
    since = time[first] - look_back(quantity) if first < len(time) else 0
    past = max(0, next((n for n, t in enumerate(time) if t >= since), 0) - NEIGHBOURS)
    part = series_flags(quantity, "", time[past:], value[past:], marks[past:], 600.0)
    assert list(part[first - past :]) == list(whole[first:])


def test_looking_back_covers_the_time_after_which_a_value_is_stuck() -> None:
    assert (look_back("air_temperature"), look_back("relative_humidity")) == (12 * HOUR, 0)


@pytest.mark.parametrize(
    ("quantity", "value", "said"),
    [
        ("soil_moisture", 31.0, Flag.RANGE | Flag.UNIT),  # 31 % of a probe that states m3/m3
        ("soil_moisture", 0.31, Flag(0)),
        ("soil_moisture", 0.9, Flag.RANGE),  # peat, or a fault; as a percentage it would be desert
        ("wind_speed", 60.0, Flag.UNIT),  # 216 km/h as a mean: category 4; as km/h 16.7 m/s
        ("wind_speed", 40.2, Flag(0)),  # 145 km/h: a gale on a summit
        ("wind_gust", 72.0, Flag(0)),  # 259 km/h, a winter storm on a summit
        ("soil_electrical_conductivity", 0.24, Flag.UNIT),  # 240 uS/cm in dS/m
        ("soil_electrical_conductivity", 0.0, Flag(0)),  # dry sand
        ("soil_electrical_conductivity", 240.0, Flag(0)),
        ("air_temperature", 85.0, Flag.RANGE),  # what a DS18B20 says when it wakes
        ("air_temperature", 293.15, Flag.RANGE | Flag.UNIT),  # 20 Cel in K
        ("air_temperature", 45.0, Flag(0)),
        ("air_temperature", -70.0, Flag.RANGE),
        ("relative_humidity", 0.81, Flag.UNIT),
        ("relative_humidity", 5.0, Flag(0)),  # the Sahara at noon
        ("air_pressure", 29.92, Flag.RANGE | Flag.UNIT),  # the standard atmosphere in inHg
        ("air_pressure", 101.325, Flag.RANGE | Flag.UNIT),  # and in kPa
        ("air_pressure", 101_325.0, Flag.RANGE | Flag.UNIT),  # and in Pa
        ("battery_voltage", 3_521.0, Flag.RANGE | Flag.UNIT),
        ("soil_water_potential", 4.2, Flag.RANGE | Flag.UNIT),  # pF at the wilting point
        ("precipitation_amount", 0.2, Flag(0)),
    ],
)
def test_a_value_that_another_unit_explains_is_flagged(quantity: str, value: float, said: Flag) -> None:
    assert value_flags(quantity, value) == said


@given(quantity=st.sampled_from(sorted(BOUNDS)), value=st.floats(-1e6, 1e6))
def test_what_needs_no_look_bears_no_flag(quantity: str, value: float) -> None:
    low, high = SURE[quantity]
    if low <= value <= high:
        assert value_flags(quantity, value) == 0
