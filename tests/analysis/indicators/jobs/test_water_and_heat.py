"""Soil water, thermal regime, demand of the air: series made so that the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indicators.jobs.ground import evapotranspiration, microclimate, rain, soil_water, temperature
from analysis.indicators.jobs.ground.evapotranspiration import INGREDIENTS
from analysis.indices.ground.drought_index import spei
from analysis.indices.ground.soil_texture import TEXTURES, water_bounds
from analysis.study.hours import SiteHours
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import Window, parse_instant
from contract.places import Soil, Territory, Texture
from tests.analysis.conftest import Shelf, territory

START = "2021-07-01T00:00:00Z"
SUMMER = StudySeason("summer", Window(parse_instant(START), parse_instant("2021-08-01T00:00:00Z")), "before")


def study(shelf: Shelf, soil: dict[str, object] | None = None) -> Study:
    place = territory(["control"]).model_dump(mode="json")
    place["sites"][0] |= {"soil": soil, "latitude": 50.8, "longitude": 4.35}
    whole = Territory.model_validate(place)
    return Study(open_for_reading(shelf.url), whole, ("s1",), {"s1": "control"}, (SUMMER,))


def test_extractable_water_lies_between_the_stated_bounds(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.14] * 24 * 10 + [0.26] * 24 * 10, depth_m=0.1))
    one = study(shelf, {"wilting_point": 0.1, "field_capacity": 0.3})
    assert soil_water.soil_extractable_water(one).values[0, 0] == pytest.approx(0.5)  # mean of 0.2 and 0.8
    # 0.2 is below 0.4, 0.8 is not
    assert soil_water.soil_drought_days(one).values[0, 0] == pytest.approx(0.5)
    assert soil_water.water_regulation_proxy(one).values[0, 0] == pytest.approx(0.5)


def test_a_texture_class_stands_for_the_bounds(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.185] * 24 * 10, depth_m=0.1))
    # FAO-56, table 19, loam: wilting point 0.07-0.17, field capacity 0.20-0.30
    grid = soil_water.soil_extractable_water(study(shelf, {"texture": "loam"}))
    assert grid.values[0, 0] == pytest.approx((0.185 - 0.12) / (0.25 - 0.12))


def test_without_a_soil_there_is_a_reason(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * 240, depth_m=0.1))
    absence = soil_water.soil_drought_days(study(shelf)).reasons["s1", "summer"]
    assert absence.code == "NO_DATA"
    assert "territory file" in absence.reason


def test_every_texture_of_the_territory_file_has_bounds() -> None:
    assert Texture.__args__ == TEXTURES  # type: ignore[attr-defined]
    for name in TEXTURES:
        low, high = water_bounds(name)
        assert Soil(wilting_point=low, field_capacity=high)


def test_the_root_zone_follows_the_probe_slowly(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", START, [0.2] * 240 + [0.3] * 240, depth_m=0.1))
    value = soil_water.soil_water_index(study(shelf)).values[0, 0]
    assert 0.2 < value < 0.25  # the mean of the probe itself


def test_the_thermal_regime_is_mean_swing_and_frost(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "air_temperature", START, [-2.0, 10.0] * 12 * 12),
        shelf.hours(1, "soil_temperature", START, [3.0, 7.0] * 12 * 12, depth_m=0.1),
    )
    one = study(shelf)
    assert temperature.temperature(one, quantity=temperature.AIR).values[0, 0] == pytest.approx(4.0)
    assert temperature.daily_swing(one, quantity=temperature.SOIL).values[0, 0] == pytest.approx(4.0)
    assert temperature.frost_days(one, quantity=temperature.AIR).values[0, 0] == 1.0
    assert temperature.soil_air_offset(one).values[0, 0] == pytest.approx(1.0)


def test_heat_is_degrees_above_thirty_times_hours(shelf: Shelf) -> None:
    day = [10.0 + hour for hour in range(20)] + [32.0, 33.0, 31.0, 30.0]
    shelf.put(shelf.hours(1, "air_temperature", START, day * 12))
    assert temperature.heat_degree_hours(study(shelf)).values[0, 0] == pytest.approx(2 + 3 + 1)


def test_wet_bulb_is_stull_s(shelf: Shelf) -> None:
    shelf.put(
        shelf.hours(1, "air_temperature", START, [12.0, 20.0] * 12 * 12),
        shelf.hours(1, "relative_humidity", START, [50.0] * 24 * 12),
    )
    # Stull 2011, his example: 20 degC and 50 % give 13.7 degC
    assert temperature.wet_bulb_maximum(study(shelf)).values[0, 0] == pytest.approx(13.7, abs=0.05)


def test_daily_evapotranspiration_is_example_18_of_fao_56(shelf: Shelf) -> None:
    hours = 24 * 12
    series = {
        "air_temperature": [12.3, 21.5] * (hours // 2),
        "relative_humidity": [84.0, 63.0] * (hours // 2),
        "wind_speed": [2.068, 2.088] * (hours // 2),
        "shortwave_radiation": [255.4 - 1, 255.4 + 1] * (hours // 2),  # 22.07 MJ m-2 d-1
        "air_pressure": [1001.1, 1001.3] * (hours // 2),  # eq. 7 at 100 m
    }
    shelf.put(*(shelf.hours(1, name, START, values) for name, values in series.items()))
    # 3.88 mm on 6 July at 50.8 N; the twelve days from 1 July differ by their radiation alone
    grid = evapotranspiration.reference_evapotranspiration_daily(study(shelf))
    assert grid.values[0, 0] == pytest.approx(3.88, abs=0.02)


def test_the_microclimate_proxy_is_what_does_not_arrive(shelf: Shelf) -> None:
    one = study(shelf)
    assert (
        microclimate.microclimate_regulation_proxy(one).reasons
        == microclimate.microclimate_buffering(one).reasons
    )


def _years(one: Study, years: int) -> Study:
    """Hourly weather of ``years`` whole years before the end of the summer, without a store."""
    end = int(np.datetime64("2021-08-01", "h").astype(np.int64))
    hour = np.arange(end - years * 365 * 24 - 24 * 40, end, dtype=np.int64)
    day, rng = hour // 24, np.random.default_rng(7)
    wave = np.sin(2 * np.pi * (hour % 24) / 24)
    values = {
        "air_temperature": 12 + 8 * wave,
        "relative_humidity": 60 - 20 * wave,
        "wind_speed": np.full(len(hour), 2.0),
        "shortwave_radiation": np.maximum(400 * wave, 0.0),
        "air_pressure": np.full(len(hour), 1001.2),
        "precipitation_amount": rng.gamma(0.5, 0.3, len(hour)),
    }
    none = np.empty(0, dtype=np.int64)
    for name, value in values.items():
        one._hours[name] = {"s1": SiteHours(hour, day, value, none, ("d1",), "", 1.0)}
    return one


def test_a_drought_index_of_the_balance_needs_twenty_years(shelf: Shelf) -> None:
    absence = rain.drought_index_balance(_years(study(shelf), 12)).reasons["s1", "summer"]
    assert absence.code == "SHORT_BASELINE"
    assert absence.reason.endswith("20 needed")


def test_the_drought_index_of_the_balance_is_spei(shelf: Shelf) -> None:
    one = _years(study(shelf), 22)
    value = rain.drought_index_balance(one).values[0, 0]
    rained = one.hours("precipitation_amount")["s1"]
    et0 = evapotranspiration.et0_of_days(one, "s1", SUMMER_AND_BEFORE)
    days = np.arange(rained.day[0], rained.day[-1] + 1)
    fallen = np.bincount(rained.day - rained.day[0], weights=rained.value)
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    assert isinstance(et0, tuple)
    balance = np.bincount(month - month[0], weights=fallen - et0[1])
    expected = spei(balance[1:], scale=3, first_month=(month[0] + 1) % 12 + 1)[-1]  # the first is cut
    assert value == pytest.approx(expected, abs=1e-9)
    assert set(INGREDIENTS) <= set(one._hours)


SUMMER_AND_BEFORE = Window(-(2**62), 2**62)
