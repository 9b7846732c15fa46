"""The weather of recorded days: by hand on a season whose first half is wet."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.study.conditions.days_weather import recorded_weather, season_weather
from analysis.study.hours import SiteHours
from contract.instant import DAY, Window

DAYS = np.arange(20_000, 20_020, dtype=np.int64)
SEASON = Window(20_000 * DAY, 20_020 * DAY)


def station(by_day: np.ndarray) -> SiteHours:
    hours = np.arange(20_000 * 24, 20_020 * 24, dtype=np.int64)
    empty = np.empty(0, dtype=np.int64)
    return SiteHours(hours, hours // 24, np.repeat(by_day / 24, 24), empty, ("d",), "", 1.0)


RAIN = np.where(np.arange(20) < 10, 5.0, 0.0)


def test_all_days_are_the_season() -> None:
    weather = season_weather({"rain": [station(RAIN)]}, SEASON)
    assert recorded_weather(DAYS, weather) == "rain=0"


def test_only_dry_days_are_one_standard_deviation_too_dry() -> None:
    weather = season_weather({"rain": [station(RAIN), station(RAIN)]}, SEASON)
    # half of the days are wet: mean .5, standard deviation .5; the recorded days have mean 0
    assert recorded_weather(DAYS[10:], weather) == "rain=-1"


def test_a_warmer_station_is_no_warmer_weather() -> None:
    air = np.linspace(240, 480, 20)
    weather = season_weather({"temperature": [station(air), station(air + 240)]}, SEASON)
    assert recorded_weather(DAYS, weather) == "temperature=0"


def test_without_weather_nothing_is_said() -> None:
    assert recorded_weather(DAYS, season_weather({"rain": []}, SEASON)) == ""
    assert recorded_weather(DAYS, {}) == ""
    known = season_weather({"rain": [station(RAIN)]}, SEASON)
    assert recorded_weather(np.empty(0, dtype=np.int64), known) == ""
    assert recorded_weather(DAYS + 15, known) == ""  # known for a quarter of the days


@pytest.mark.parametrize("shown", [0.0, 2.0])
def test_weather_that_never_varies_cannot_differ(shown: float) -> None:
    weather = season_weather({"rain": [station(np.full(20, shown))]}, SEASON)
    assert recorded_weather(DAYS[:5], weather) == "rain=0"
