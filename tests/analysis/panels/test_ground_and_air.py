"""Soil and weather indicators: series made so that the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.hours import hourly
from analysis.panels import soil, weather
from analysis.series import open_archive
from analysis.study import Season, Study
from contract.instant import Window, parse_instant
from tests.analysis.conftest import Shelf, territory

SPRING = Season(
    "spring", Window(parse_instant("2021-04-01T00:00:00Z"), parse_instant("2021-07-01T00:00:00Z")), "before"
)
START = "2021-04-01T00:00:00Z"


def study(shelf: Shelf, arms: list[str]) -> Study:
    place = territory(arms)
    sites = tuple(place.site_by_id)
    return Study(open_archive(shelf.url), place, sites, dict(zip(sites, arms, strict=True)), (SPRING,))


def wave(days: int, mean: float, swing: float) -> list[float]:
    """A daily wave, coldest at midnight, whose level also moves from day to day."""
    hours = np.arange(24 * days)
    level = mean + 2 * np.sin(hours / 24 / 5)
    return [round(float(v), 6) for v in level - swing / 2 * np.cos(2 * np.pi * hours / 24)]


def test_soil_moisture_is_the_log_of_the_mean_of_valid_days(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * 24 * 10 + [0.3] * 24 * 10, depth_m=0.1))
    grid = soil.moisture(study(shelf, ["control"]))
    assert grid.values[0, 0] == pytest.approx(math.log(0.25), rel=1e-9)
    assert grid.effort[0, 0] == 20 * 1440


def test_a_day_with_less_than_80_per_cent_of_its_hours_does_not_count(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * (24 * 9 + 19), depth_m=0.1))  # 19 / 24 = 79 %
    grid = soil.moisture(study(shelf, ["control"]))
    assert grid.reasons["s1", "spring"].reason == "9 valid days of soil_moisture, 10 needed"


def test_probes_are_compared_at_the_depth_that_most_sites_share(shelf: Shelf) -> None:
    for site in (1, 2):
        shelf.put(shelf.hours(site, "soil_moisture", START, [0.2] * 240, depth_m=0.3))
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.4] * 240, depth_m=0.1))
    place = territory(["control", "control"])
    with open_archive(shelf.url) as archive:
        found = hourly(archive, place, ("s1", "s2"), "soil_moisture")
    assert {site: hours.qualifier for site, hours in found.items()} == {
        "s1": "depth_m=0.3",
        "s2": "depth_m=0.3",
    }


def test_doubted_hours_are_left_out_and_their_share_is_told(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "soil_moisture", START, ([0.2] * 23 + [5.0]) * 12, depth_m=0.1)
    )  # 5 m3/m3 is no soil
    grid = soil.moisture(study(shelf, ["control"]))
    assert grid.values[0, 0] == pytest.approx(math.log(0.2), rel=1e-9)
    assert grid.provenance.flagged is not None
    assert grid.provenance.flagged[0, 0] == pytest.approx(1 / 24)


def test_damping_is_the_share_of_the_swing_that_the_soil_does_not_follow(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "air_temperature", START, [5.0, 15.0] * 12 * 12),
        shelf.hours(1, "soil_temperature", START, [9.0, 11.0] * 12 * 12, depth_m=0.1),
    )
    grid = soil.damping(study(shelf, ["control"]))
    assert grid.values[0, 0] == pytest.approx(1 - 2 / 10)


def test_buffering_is_the_slope_on_the_other_controls(shelf: Shelf) -> None:
    air = wave(70, 12, 10)
    shelf.put(shelf.hours(1, "air_temperature", START, [12 + 0.6 * (t - 12) for t in air][:900]))
    shelf.put(
        shelf.hours(1, "air_temperature", "2021-05-08T12:00:00Z", [12 + 0.6 * (t - 12) for t in air][900:])
    )
    for site in (2, 3):
        shelf.put(shelf.hours(site, "air_temperature", START, air[:900]))
        shelf.put(shelf.hours(site, "air_temperature", "2021-05-08T12:00:00Z", air[900:]))
    grid = weather.buffering(study(shelf, ["restored", "control", "control"]))
    assert grid.values[:, 0] == pytest.approx([0.6, 1.0, 1.0], rel=1e-6)
    # the hottest hour of the day is 0.4 of its height above 12 cooler at the restored site
    offset = weather.offset(study(shelf, ["restored", "control", "control"]))
    assert offset.values[0, 0] < -1
    assert offset.values[1, 0] == pytest.approx(0, abs=1e-9)


def test_buffering_needs_sixty_paired_days(shelf: Shelf) -> None:
    for site in (1, 2):
        shelf.put(shelf.hours(site, "air_temperature", START, wave(40, 12, 10)))
    grid = weather.buffering(study(shelf, ["restored", "control"]))
    assert grid.reasons["s1", "spring"].reason == "40 days paired with other controls, 60 needed"
    assert grid.reasons["s2", "spring"].reason == "0 days paired with other controls, 60 needed"


def test_rain_is_a_day_s_sum_and_warmth_counts_above_ten_degrees(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "precipitation_amount", START, [0.5] * 240, method="sum", period_s=3600.0),
        shelf.hours(1, "air_temperature", START, [10.0, 20.0] * 120),
        shelf.hours(1, "relative_humidity", START, [100.0] * 240),
    )
    one = study(shelf, ["control"])
    assert weather.rain(one).values[0, 0] == pytest.approx(12.0)
    assert weather.warmth(one).values[0, 0] == pytest.approx(5.0)  # (10 + 20) / 2 - 10
    assert weather.dryness(one).values[0, 0] == pytest.approx(0.0)  # air at saturation takes no water


def test_what_is_not_measured_is_absent(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_pressure", START, [1000.0]))
    one = study(shelf, ["control"])
    for job in (
        soil.moisture,
        soil.damping,
        weather.buffering,
        weather.dryness,
        weather.warmth,
        weather.rain,
    ):
        assert job(one).reasons["s1", "spring"].code == "NO_DATA"
