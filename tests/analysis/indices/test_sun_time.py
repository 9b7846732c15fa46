"""Half hours of the sun's day: at ordinary places, over the year, and where the sun does not rise or set."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices.sun import sunrise_and_sunset
from analysis.indices.sun_time import AROUND_SUNRISE, NAMES, NIGHT, spread, sun_timeline
from contract.instant import DAY, MINUTE, parse_instant

MIDNIGHT = parse_instant("2021-05-10T00:00:00Z")


@pytest.mark.parametrize("longitude", [-170.0, -75.0, 0.0, 1.0, 120.0, 175.0])
def test_an_instant_is_named_by_its_distance_from_sunrise_or_sunset(longitude: float) -> None:
    rise, fall = (float(one) for one in sunrise_and_sunset(MIDNIGHT, 46.5, longitude))
    line = sun_timeline(MIDNIGHT, MIDNIGHT + DAY, 46.5, longitude)
    for mark, name in ((rise, "rise"), (fall, "set")):
        at = MIDNIGHT + np.array([round((mark + k) * MINUTE) for k in (-31, -29, 1, 29, 31)])
        said = [NAMES[one] for one in line.bins[line.place(at)]]
        assert said == [f"{name}{step}" for step in ("-2", "-1", "+0", "+0", "+1")]


@pytest.mark.parametrize("latitude", [46.5, 70.0, -75.0, 89.0])
def test_no_piece_is_longer_than_half_an_hour_or_runs_backwards(latitude: float) -> None:
    line = sun_timeline(MIDNIGHT, MIDNIGHT + 300 * DAY, latitude, 20.0)
    minutes = np.diff(line.edges) / MINUTE
    assert minutes.min() >= 0
    assert minutes.max() <= 30.3  # half a solar day is up to 15 s longer than 12 hours
    assert line.edges[0] <= MIDNIGHT
    assert line.edges[-1] >= MIDNIGHT + 300 * DAY


def test_where_the_sun_does_not_set_time_is_counted_from_midnight() -> None:
    june = parse_instant("2021-06-20T00:00:00Z")
    line = sun_timeline(june, june + DAY, 78.0, 0.0)
    at = june + np.array([20, 12 * 60 - 20, 12 * 60 + 20, 24 * 60 - 20]) * MINUTE
    # by the definition: from the midnight before until noon, to the midnight after from then on
    assert [NAMES[one] for one in line.bins[line.place(at)]] == ["rise+0", "rise+23", "set-24", "set-1"]


def test_where_the_sun_does_not_rise_time_is_counted_from_noon() -> None:
    december = parse_instant("2021-12-20T00:00:00Z")
    line = sun_timeline(december, december + DAY, 78.0, 0.0)
    at = december + np.array([12 * 60 - 20, 12 * 60 + 20]) * MINUTE
    assert [NAMES[one] for one in line.bins[line.place(at)]] == ["rise-1", "set+0"]


def test_names_do_not_jump_when_the_midnight_sun_begins() -> None:
    """Sunrise tends to midnight as days grow: by less than two hours from day to day at 70 degrees."""
    start = parse_instant("2021-05-10T00:00:00Z")
    line = sun_timeline(start, start + 20 * DAY, 70.0, 20.0)
    at = start + np.arange(20) * DAY + round((7 * 60 + 40) * MINUTE)
    steps = np.diff(line.bins[line.place(at)])
    assert np.abs(steps).max() <= 3


def test_an_excerpt_across_an_edge_gives_to_both_sides_what_it_spends_there() -> None:
    rise = float(sunrise_and_sunset(MIDNIGHT, 46.5, 1.0)[0])
    line = sun_timeline(MIDNIGHT, MIDNIGHT + DAY, 46.5, 1.0)
    start = MIDNIGHT + np.array([round((rise - 10) * MINUTE)])
    # 39 minutes from ten before sunrise on, half of them valid: 5 before, 14.5 after
    minutes = spread(line, start, np.array([2340.0]), np.array([19.5]))
    found = {NAMES[line.bins[k]]: minutes[k] for k in np.flatnonzero(minutes > 1e-9)}
    assert found == pytest.approx({"rise-1": 5.0, "rise+0": 14.5}, abs=0.02)


def test_a_day_of_listening_is_a_day() -> None:
    line = sun_timeline(MIDNIGHT, MIDNIGHT + DAY, 46.5, 1.0)
    minutes = spread(line, np.array([MIDNIGHT]), np.array([86_400.0]), np.array([1440.0]))
    assert minutes.sum() == pytest.approx(1440.0)
    assert spread(line, np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)).sum() == 0


def test_night_and_dawn_are_said_of_half_hours() -> None:
    assert [NAMES[one] for one in np.flatnonzero(AROUND_SUNRISE)][::9] == ["rise-4", "rise+5"]
    assert {NAMES[one] for one in np.flatnonzero(NIGHT)} >= {"rise-1", "set+0", "set+23", "rise-24"}
    assert not {"rise+0", "set-1"} & {NAMES[one] for one in np.flatnonzero(NIGHT)}
