"""Soil, weather and microclimate by hand calculations, published values and laws."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices.ground import daily, microclimate, soil, weather
from analysis.indices.ground.evapotranspiration import saturation_pressure
from contract.errors import Refused


def test_a_day_with_too_few_readings_is_unknown_and_gaps_are_listed() -> None:
    values = [1.0, 3.0, np.nan, 8.0, 2.0, 4.0]
    days, means = daily.daily(values, [10, 10, 12, 12, 13, 13], expected=2, minimum_share=0.8)
    assert days.tolist() == [10, 11, 12, 13]
    assert means[[0, 3]].tolist() == [2.0, 3.0]
    assert np.isnan(means[1:3]).all()


def test_four_readings_of_five_are_enough() -> None:
    _, means = daily.daily([1.0, 2.0, 3.0, 6.0, np.nan], np.zeros(5), expected=5)
    assert means.tolist() == [3.0]


@pytest.mark.parametrize(
    ("statistic", "expected"), [("sum", 6.0), ("min", 1.0), ("max", 3.0), ("range", 2.0)]
)
def test_daily_statistics(statistic: daily.Statistic, expected: float) -> None:
    _, numbers = daily.daily([3.0, 1.0, 2.0], [0, 0, 0], statistic=statistic, expected=3)
    assert numbers.tolist() == [expected]


def test_the_order_of_readings_does_not_change_a_day() -> None:
    rng = np.random.default_rng(1)
    v, d = rng.normal(size=200), np.repeat(np.arange(10), 20)
    order = rng.permutation(200)
    one, other = daily.daily(v, d, expected=20)[1], daily.daily(v[order], d[order], expected=20)[1]
    assert one == pytest.approx(other)


def test_extractable_water_between_its_bounds() -> None:
    rew = soil.relative_extractable_water(
        [0.05, 0.10, 0.16, 0.20, 0.35, np.nan], wilting_point=0.10, field_capacity=0.30
    )
    assert rew[:5] == pytest.approx([0.0, 0.0, 0.3, 0.5, 1.0])
    assert soil.drought_days(rew) == (3, 5)
    assert soil.drought_days([soil.DROUGHT_THRESHOLD]) == (0, 1)
    with pytest.raises(Refused):
        soil.relative_extractable_water([0.2], wilting_point=0.3, field_capacity=0.1)


def test_frost_days_count_only_days_below() -> None:
    assert soil.frost_days([-0.1, 0.0, 3.0, np.nan]) == (1, 3)


def test_damping_of_a_quarter_swing_is_three_quarters() -> None:
    # the second day's air hardly varied and is left out
    assert soil.thermal_damping([2.0, 1.0, 4.0], [8.0, 1.0, 16.0]) == pytest.approx(0.75)
    assert np.isnan(soil.thermal_damping([1.0], [0.5]))


def test_soil_water_index_by_hand() -> None:
    # T = dt / ln 2 makes each older gain half: K2 = 1/(1 + 1/2) = 2/3, K3 = (2/3)/(2/3 + 1/2) = 4/7
    hours = [0.0, 1.0, 2.0]
    swi = soil.soil_water_index(hours, [0.0, 3.0, 9.0], characteristic_hours=1 / np.log(2))
    assert swi == pytest.approx([0.0, 2.0, 2.0 + 4 / 7 * 7.0])


def test_soil_water_index_passes_over_a_gap() -> None:
    swi = soil.soil_water_index([0, 1, 2], [0.2, np.nan, 0.2], characteristic_hours=24.0)
    assert np.isfinite(swi).tolist() == [True, False, True]
    assert swi[2] == pytest.approx(0.2)


def test_dry_down_recovers_a_planted_time() -> None:
    # two exponential falls of 8 days to 0.1, the last day of the series at the floor itself
    fall = 0.1 + 0.2 * np.exp(-np.arange(20) / 8.0)
    water = np.concatenate([fall, fall, [0.1]])
    rain = np.zeros(41)
    rain[20] = 12.0
    days, runs = soil.dry_down_days(water, rain)
    assert runs == 2
    assert days == pytest.approx(8.0, rel=0.02)


def test_no_dry_spell_has_no_dry_down_time() -> None:
    days, runs = soil.dry_down_days([0.3, 0.2, 0.3, 0.2], [0, 5, 5, 5])
    assert np.isnan(days)
    assert runs == 0


def test_vapour_pressure_deficit_of_fao_table() -> None:
    # e0(30) = 4.243 kPa (FAO-56 annex 2, table 2.3); 50 % of it is missing
    assert float(weather.vapour_pressure_deficit(30.0, 50.0)) == pytest.approx(4.243 / 2, abs=5e-4)
    assert float(weather.vapour_pressure_deficit(10.0, 104.0)) == 0.0


def test_growing_degree_days_hold_to_base_and_ceiling() -> None:
    degree_days = weather.growing_degree_days([5, 0, 20], [25, 8, 40], base=10, ceiling=30)
    assert degree_days == pytest.approx([(10 + 25) / 2 - 10, 0.0, 15.0])
    assert weather.growing_degree_days([12.0], [34.0]).tolist() == [11.0]  # 10 and 30 are the defaults


def test_wet_bulb_of_stulls_own_example() -> None:
    # Stull 2011: 20 degC and 50 % give 13.7 degC
    assert float(weather.wet_bulb(20.0, 50.0)) == pytest.approx(13.7, abs=0.05)


def test_wet_bulb_solves_the_psychrometer_to_a_kelvin() -> None:
    # e_s(Tw) - 0.000665 * 101.325 (T - Tw) = e, solved by bisection; Stull claims 1 K
    for temperature in (5.0, 15.0, 30.0, 40.0):
        for humidity in (20.0, 60.0, 95.0):
            vapour = float(saturation_pressure(temperature)) * humidity / 100
            low, high = -30.0, temperature
            for _ in range(60):
                middle = (low + high) / 2
                gap = float(saturation_pressure(middle)) - 0.0674 * (temperature - middle) - vapour
                low, high = (middle, high) if gap < 0 else (low, middle)
            assert float(weather.wet_bulb(temperature, humidity)) == pytest.approx(low, abs=1.0)


def test_heat_counts_degrees_and_hours() -> None:
    assert weather.heat_days([30, 31, 35, np.nan]) == (2, 3)
    assert weather.heat_degree_hours([29, 31, 35, np.nan], hours=0.5) == 3.0
    assert np.isnan(weather.heat_degree_hours([np.nan]))


def test_buffering_recovers_a_planted_line() -> None:
    # site = 4 + 0.8 control: they agree at 20 degC
    control = np.linspace(5, 31, 90)
    found = microclimate.buffering(4 + 0.8 * control, control)
    assert found.slope == pytest.approx(0.8)
    assert found.equilibrium == pytest.approx(20.0)
    assert found.offset == pytest.approx(4 + 0.8 * 18 - 18)
    assert found.pairs == 90


def test_buffering_agrees_with_scipys_regression() -> None:
    from scipy.stats import linregress

    rng = np.random.default_rng(2)
    control = rng.normal(20, 5, 80)
    site = control * 0.9 + rng.normal(0, 1, 80)
    site[3] = np.nan
    peer = linregress(np.delete(control, 3), np.delete(site, 3))
    found = microclimate.buffering(site, control)
    assert found.slope == pytest.approx(peer.slope)
    assert found.slope_error == pytest.approx(peer.stderr)


def test_buffering_with_too_few_pairs_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        microclimate.buffering(np.arange(59.0), np.arange(59.0))
    assert refusal.value.codes == ("TOO_FEW_DAYS",)
