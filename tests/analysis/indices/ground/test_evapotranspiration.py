"""ET0 and radiation against the worked examples printed in FAO-56."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.indices import sun
from analysis.indices.ground import evapotranspiration as et
from analysis.indices.ground import radiation
from contract.instant import parse_instant


@pytest.fixture
def published(shared_data: Callable[[str], Path]) -> dict[str, dict[str, float]]:
    examples: dict[str, dict[str, float]] = json.loads(
        shared_data("reference/fao56_worked_examples.json").read_text()
    )
    return examples


def test_steps_round_to_what_fao56_prints(published: dict[str, dict[str, float]]) -> None:
    steps = published["fao56_steps"]
    assert round(et.air_pressure(1800), 1) == steps["P(z=1800)"]
    assert round(float(et.psychrometric_constant(81.8)), 3) == steps["gamma(z=1800)"]
    assert round(float(et.saturation_pressure(24.5)), 3) == steps["e0(24.5)"]
    assert round(float(et.saturation_pressure(15)), 3) == steps["e0(15)"]
    assert round(float(et.vapour_pressure_daily(18, 25, 54, 82)), 2) == steps["ea(RH82/54,25/18)"]
    assert round(float(radiation.inverse_distance(246)), 3) == steps["dr(246)"]
    assert round(float(radiation.declination(246)), 3) == steps["delta(246)"]
    assert round(float(radiation.sunset_angle(246, -20)), 3) == steps["ws(lat-20,246)"]
    assert round(float(radiation.extraterrestrial_daily(246, -20)), 1) == steps["Ra(lat-20,246)"]
    assert round(float(radiation.daylight_hours(246, -20)), 1) == steps["N(lat-20,246)"]
    rs = radiation.shortwave_from_sunshine(7.1, 135, -22.9)
    assert round(float(rs), 1) == steps["Rs(n7.1,lat-22.9,15May)"]


def test_net_longwave_of_example_11(published: dict[str, dict[str, float]]) -> None:
    # Rio de Janeiro, May: 25.1 and 19.1 degC, ea 2.1 kPa, Rs 14.5, Rso 18.8 MJ
    rnl = radiation.net_longwave(25.1, 19.1, 2.1, 14.5 / 18.8)
    assert round(float(rnl), 1) == published["fao56_steps"]["Rnl(ex11)"]


def test_example_17_bangkok(published: dict[str, dict[str, float]]) -> None:
    # 13 deg 44 min N, 2 m, April, 8.5 h of sun, ground heat 0.14 MJ, Rn 14.33 as printed
    value = et.penman_monteith(
        temperature=30.2, deficit=4.42 - 2.85, net_radiation=14.33, ground_heat=0.14, wind_2m=2.0,
        gamma=et.psychrometric_constant(et.air_pressure(2)),
    )  # fmt: skip
    assert float(value) == pytest.approx(published["fao56_ex17_bangkok"]["published"], abs=0.01)


def test_example_18_uccle(published: dict[str, dict[str, float]]) -> None:
    # 50 deg 48 min N, 100 m, 6 July, wind 10 km/h at 10 m, RH 63-84 %, 9.25 h of sun
    day, latitude = 187, 50.8
    value = et.et0_daily(
        t_min=12.3, t_max=21.5, vapour_pressure=et.vapour_pressure_daily(12.3, 21.5, 63, 84),
        wind_2m=et.wind_at_2m(10 / 3.6, 10), day_of_year=day, latitude=latitude, elevation=100,
        shortwave=radiation.shortwave_from_sunshine(9.25, day, latitude),
    )  # fmt: skip
    assert round(float(value), 2) == published["fao56_ex18_uccle"]["published"]


@pytest.mark.parametrize(
    ("hour", "temperature", "humidity", "wind", "shortwave", "key"),
    [(15.5, 38, 52, 3.3, 2.450, "14_15h"), (3.5, 28, 90, 1.9, 0.0, "02_03h")],
)
def test_example_19_ndiaye(
    published: dict[str, dict[str, float]],
    hour: float, temperature: float, humidity: float, wind: float, shortwave: float, key: str,
) -> None:  # fmt: skip
    # 16 deg 13 min N, 16 deg 15 min W, 8 m, 1 October; local hours are UTC - 1
    value = et.et0_hourly(
        temperature=temperature, humidity=humidity, wind_2m=wind, shortwave=shortwave,
        day_of_year=274, utc_hour=hour, latitude=16 + 13 / 60, longitude=-16.25, elevation=8,
    )  # fmt: skip
    assert round(float(value), 2) == published[f"fao56_ex19_ndiaye_{key}"]["published"]


def test_hours_of_extraterrestrial_radiation_add_up_to_the_day() -> None:
    for latitude in (-60.0, 0.0, 45.0):
        hours = radiation.extraterrestrial_hourly(100, np.arange(24) + 0.5, latitude, 0.0)
        whole = float(radiation.extraterrestrial_daily(100, latitude))
        assert hours.sum() == pytest.approx(whole, rel=1e-9)


def test_polar_night_brings_no_radiation() -> None:
    assert float(radiation.extraterrestrial_daily(355, 80)) == pytest.approx(0.0, abs=1e-9)


def test_a_missing_input_stays_missing() -> None:
    value = et.et0_daily(
        t_min=[10.0, 10.0], t_max=[20.0, np.nan], vapour_pressure=1.2, wind_2m=2.0, shortwave=20.0,
        day_of_year=180, latitude=45.0, elevation=100.0,
    )  # fmt: skip
    assert np.isfinite(value).tolist() == [True, False]


def test_wind_factors_are_those_of_table_2_9() -> None:
    factors = [round(float(et.wind_at_2m(1.0, height)), 3) for height in (1, 2, 3, 10)]
    assert factors == [1.178, 1.0, 0.921, 0.748]


def test_radiation_of_example_19_and_its_clear_sky() -> None:
    # Ra 3.543 MJ and Rso 2.658 MJ in the hour from 14:00 local
    ra = radiation.extraterrestrial_hourly(274, 15.5, 16 + 13 / 60, -16.25)
    assert float(ra) == pytest.approx(3.543, abs=0.005)
    assert float(radiation.clear_sky(ra, 8)) == pytest.approx(2.658, abs=0.005)
    assert float(radiation.clear_sky(10.0, 1800)) == pytest.approx(7.86)


@pytest.mark.parametrize("date", ["2023-02-11", "2023-05-14", "2023-07-26", "2023-11-03"])
def test_solar_noon_is_the_middle_of_the_day_by_the_sun(date: str) -> None:
    # four days on which the sundial is furthest off, against the formulae of Meeus, to 2 min
    midnight = parse_instant(f"{date}T00:00:00Z")
    rise, fall = sun.sunrise_and_sunset(midnight, 45.0, 5.0)
    day = (midnight - parse_instant("2023-01-01T00:00:00Z")) // sun.DAY_NS + 1
    angle = radiation.hour_angle(day, float(rise + fall) / 120, 5.0)
    assert float(angle) == pytest.approx(0.0, abs=0.009)


def test_a_day_brighter_than_a_clear_sky_is_marked_and_kept() -> None:
    # FAO-56, example 18 (Uccle, 6 July, 100 m): Ra 41.09, Rso (0.75 + 2e-5 x 100) x 41.09 = 30.90 MJ m-2
    measured = np.array([22.07, 30.85, 30.95, np.nan])
    above = radiation.above_clear_sky(measured, 187, 50.8, 100.0)
    assert above.tolist() == [False, False, True, False]
