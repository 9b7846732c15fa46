"""Soil and weather indicators: series made so that the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.indicators.jobs.ground import evapotranspiration, microclimate, rain, soil_water, temperature
from analysis.indices.ground.evapotranspiration import et0_hourly
from analysis.study.hours import hourly
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import DAY, HOUR, Window, format_instant, parse_instant, to_datetime
from contract.reading import Reading, Readings
from tests.analysis.conftest import Shelf, territory

SPRING = StudySeason(
    "spring", Window(parse_instant("2021-04-01T00:00:00Z"), parse_instant("2021-07-01T00:00:00Z")), "before"
)
START = "2021-04-01T00:00:00Z"


def study(shelf: Shelf, arms: list[str]) -> Study:
    place = territory(arms)
    sites = tuple(place.site_by_id)
    return Study(open_for_reading(shelf.url), place, sites, dict(zip(sites, arms, strict=True)), (SPRING,))


def lively(values: list[float]) -> list[float]:
    """The same with a ripple of a hundredth, since a probe that never moves is doubted."""
    return [round(value + 0.01 * (i % 7), 4) for i, value in enumerate(values)]


def wave(days: int, mean: float, swing: float) -> list[float]:
    """A daily wave, coldest at midnight, whose level also moves from day to day."""
    hours = np.arange(24 * days)
    level = mean + 2 * np.sin(hours / 24 / 5)
    return [round(float(v), 6) for v in level - swing / 2 * np.cos(2 * np.pi * hours / 24)]


def test_soil_moisture_is_the_log_of_the_mean_of_valid_days(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * 24 * 10 + [0.3] * 24 * 10, depth_m=0.1))
    grid = soil_water.soil_moisture(study(shelf, ["control"]))
    assert grid.values[0, 0] == pytest.approx(math.log(0.25), rel=1e-9)
    assert grid.effort[0, 0] == 20 * 1440


def test_a_day_with_less_than_80_per_cent_of_its_hours_does_not_count(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * (24 * 9 + 19), depth_m=0.1))  # 19 / 24 = 79 %
    grid = soil_water.soil_moisture(study(shelf, ["control"]))
    assert grid.reasons["s1", "spring"].reason == "9 valid days of soil_moisture, 10 needed"


def test_probes_are_compared_at_the_depth_that_most_sites_share(shelf: Shelf) -> None:
    for site in (1, 2):
        shelf.put(shelf.hours(site, "soil_moisture", START, [0.2] * 240, depth_m=0.3))
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.4] * 240, depth_m=0.1))
    place = territory(["control", "control"])
    with open_for_reading(shelf.url) as archive:
        found = hourly(archive, place, ("s1", "s2"), "soil_moisture")
    assert {site: hours.qualifier for site, hours in found.items()} == {
        "s1": "depth_m=0.3",
        "s2": "depth_m=0.3",
    }


def test_doubted_hours_are_left_out_and_their_share_is_told(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "soil_moisture", START, ([0.2] * 23 + [5.0]) * 12, depth_m=0.1)
    )  # 5 m3/m3 is no soil
    grid = soil_water.soil_moisture(study(shelf, ["control"]))
    assert grid.values[0, 0] == pytest.approx(math.log(0.2), rel=1e-9)
    assert grid.provenance.flagged is not None
    assert grid.provenance.flagged[0, 0] == pytest.approx(1 / 24)


def test_damping_is_the_share_of_the_swing_that_the_soil_does_not_follow(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "air_temperature", START, [5.0, 15.0] * 12 * 12),
        shelf.hours(1, "soil_temperature", START, [9.0, 11.0] * 12 * 12, depth_m=0.1),
    )
    grid = temperature.soil_thermal_damping(study(shelf, ["control"]))
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
    grid = microclimate.microclimate_buffering(study(shelf, ["restored", "control", "control"]))
    assert grid.values[:, 0] == pytest.approx([0.6, 1.0, 1.0], rel=1e-6)
    # the hottest hour of the day is 0.4 of its height above 12 cooler at the restored site
    offset = microclimate.microclimate_offset(study(shelf, ["restored", "control", "control"]))
    assert offset.values[0, 0] < -1
    assert offset.values[1, 0] == pytest.approx(0, abs=1e-9)


def test_an_hour_at_the_border_of_two_seasons_is_paired_in_the_later(shelf: Shelf) -> None:
    # the seasons meet at noon of 1 June, the hottest hour, when the site is 7 K warmer than its control;
    # before it is as warm, after it 5 K warmer.  The day of the border counts in both
    air, border = wave(91, 12.0, 8.0), 61 * 24 + 12
    warm = [*air[:border], air[border] + 7, *(value + 5 for value in air[border + 1 :])]
    for first in range(0, 91 * 24, 960):
        start = format_instant(parse_instant(START) + first * HOUR)
        for site, values in ((1, warm), (2, air)):
            shelf.put(shelf.hours(site, "air_temperature", start, values[first : first + 960]))
    one = study(shelf, ["restored", "control"])
    noon = parse_instant("2021-06-01T12:00:00Z")
    one.seasons = (
        StudySeason("spring", Window(SPRING.window.start, noon), "before"),
        StudySeason("june", Window(noon, SPRING.window.end), "after"),
    )
    assert microclimate.microclimate_offset(one).values[0].tolist() == pytest.approx(
        [0.0, (7 + 29 * 5) / 30], abs=1e-9
    )


def test_buffering_needs_sixty_paired_days(shelf: Shelf) -> None:
    for site in (1, 2):
        shelf.put(shelf.hours(site, "air_temperature", START, wave(40, 12, 10)))
    grid = microclimate.microclimate_buffering(study(shelf, ["restored", "control"]))
    assert grid.reasons["s1", "spring"].reason == "40 days paired with other controls, 60 needed"
    assert grid.reasons["s2", "spring"].reason == "0 days paired with other controls, 60 needed"


def test_rain_is_a_day_s_sum_and_warmth_counts_above_ten_degrees(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "precipitation_amount", START, [0.5] * 240, method="sum", period_s=3600.0),
        shelf.hours(1, "air_temperature", START, [10.0, 20.0] * 120),
        shelf.hours(1, "relative_humidity", START, [100.0] * 240),
    )
    one = study(shelf, ["control"])
    assert rain.rain(one).values[0, 0] == pytest.approx(12.0)
    assert temperature.growing_degree_days(one).values[0, 0] == pytest.approx(5.0)  # (10 + 20) / 2 - 10
    # air at saturation takes no water
    assert temperature.vapour_pressure_deficit(one).values[0, 0] == pytest.approx(0.0)


def test_what_is_not_measured_is_absent(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_pressure", START, [1000.0]))
    one = study(shelf, ["control"])
    for job in (
        soil_water.soil_moisture,
        temperature.soil_thermal_damping,
        microclimate.microclimate_buffering,
        temperature.vapour_pressure_deficit,
        temperature.growing_degree_days,
        rain.rain,
    ):
        assert job(one).reasons["s1", "spring"].code == "NO_DATA"


def test_frost_and_heat_are_shares_of_valid_days(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(
            1, "soil_temperature", START, lively(([-1.0] + [5.0] * 23) * 3 + [5.0] * 24 * 9), depth_m=0.1
        ),
        shelf.hours(1, "air_temperature", START, lively(([20.0] * 23 + [31.0]) * 3 + [20.0] * 24 * 9)),
    )
    one = study(shelf, ["control"])
    assert temperature.frost_days(one, quantity=temperature.SOIL).values[0, 0] == 3 / 12
    assert temperature.heat_days(one).values[0, 0] == 3 / 12


def test_daily_values_make_days_as_hourly_ones_do(shelf: Shelf) -> None:
    first = parse_instant(START)
    for day in range(12):
        at = format_instant(first + day * DAY)
        shelf.put(shelf.hours(1, "precipitation_amount", at, [4.0], period_s=86400.0, method="sum"))
    assert rain.rain(study(shelf, ["control"])).values[0, 0] == pytest.approx(4.0)


def test_soil_water_falls_by_a_factor_e_in_the_dry_down_time(shelf: Shelf) -> None:
    # wetted every ten days, then falling with tau = 4 days towards 0.1
    day = np.arange(30)
    water = 0.1 + 0.2 * np.exp(-(day % 10) / 4)
    rain = np.where(day % 10 == 0, 24.0, 0.0)
    shelf.put(
        shelf.hours(1, "soil_moisture", START, np.repeat(water, 24).round(6).tolist(), depth_m=0.1),
        shelf.hours(1, "precipitation_amount", START, np.repeat(rain / 24, 24).tolist(), method="sum"),
    )
    value = soil_water.soil_dry_down(study(shelf, ["control"])).values[0, 0]
    # the smallest water of the series (0.1 + 0.2 e^-9/4) stands for the end, which shortens tau
    assert 2.0 < value < 4.0


def test_evapotranspiration_of_an_hour_in_senegal_is_fao_56_example_19() -> None:
    # N'Diaye, 1 October, 14-15 h: T 38 degC, RH 52 %, u2 3.3 m/s, Rs 2.450 MJ m-2 h-1 -> 0.63 mm
    value = et0_hourly(
        temperature=[38.0], humidity=[52.0], wind_2m=[3.3], shortwave=[2.450], day_of_year=[274],
        utc_hour=[14.5 + 1.0], latitude=16 + 13 / 60, longitude=-(16 + 15 / 60),
        elevation=evapotranspiration.elevation(1012.0),
    )  # fmt: skip
    assert float(value[0]) == pytest.approx(0.63, abs=0.01)


def test_the_water_balance_is_rain_less_evapotranspiration(shelf: Shelf) -> None:
    sun = [0.0] * 6 + [500.0] * 12 + [0.0] * 6
    shelf.put(
        shelf.hours(1, "air_temperature", START, lively([20.0] * 288)),
        shelf.hours(1, "relative_humidity", START, lively([60.0] * 288)),
        shelf.hours(1, "wind_speed", START, lively([2.0] * 288)),
        shelf.hours(1, "air_pressure", START, lively([1000.0] * 288)),
        shelf.hours(1, "shortwave_radiation", START, sun * 12),
        shelf.hours(1, "precipitation_amount", START, [0.5] * 288, method="sum", period_s=3600.0),
    )
    one = study(shelf, ["control"])
    et0 = evapotranspiration.reference_evapotranspiration(one).values[0, 0]
    assert 3.0 < et0 < 6.0  # a mild sunny day takes four to five millimetres
    assert evapotranspiration.water_balance(one).values[0, 0] == pytest.approx(12.0 - et0)


def test_a_drought_index_is_refused_below_twenty_years(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "precipitation_amount", START, [0.5] * 960, method="sum", period_s=3600.0))
    grid = rain.drought_index(study(shelf, ["control"]))
    assert grid.reasons["s1", "spring"].reason == "0 complete years of rain, 20 needed for a drought index"


def test_the_wettest_spring_of_21_years_has_the_highest_drought_index(shelf: Shelf) -> None:
    rng = np.random.default_rng(11)
    first = parse_instant("2001-01-01T00:00:00Z")
    days = (parse_instant("2021-12-31T00:00:00Z") - first) // DAY + 1
    fallen = rng.gamma(0.5, 4.0, days).round(3)
    day_2021 = (parse_instant("2021-04-01T00:00:00Z") - first) // DAY
    fallen[day_2021 : day_2021 + 91] += 10.0
    for start in range(0, days, 900):
        values = [
            Reading(
                quantity="precipitation_amount", value=float(fallen[d]), period_s=86400.0, method="sum",
                time=to_datetime(first + d * DAY),
            )
            for d in range(start, min(start + 900, days))
        ]  # fmt: skip
        shelf.put(
            Readings(
                site="s1",
                device="d1",
                boot="rain",
                seq=start + 1,
                time=values[0].time,
                readings=tuple(values),
            )
        )
    grid = rain.drought_index(study(shelf, ["control"]))
    assert grid.values[0, 0] > 2.0  # beyond one year in forty
