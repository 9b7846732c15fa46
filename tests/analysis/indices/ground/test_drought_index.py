"""Drought indices and monthly demand against SPEI 1.8.1, hand calculations and laws."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from analysis.indices.ground import drought_index, monthly_demand
from contract.errors import Refused

Shared = Callable[[str], Path]
WICHITA = 37.6475


def number(text: str) -> float:
    return {"NA": np.nan, "-Inf": -np.inf, "Inf": np.inf}[text] if text.endswith(("A", "f")) else float(text)


def columns(shared_data: Shared, name: str) -> dict[str, np.ndarray]:
    with shared_data(f"reference/spei_wichita_{name}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return {key: np.array([number(row[key]) for row in rows]) for key in rows[0]}


def balance(shared_data: Shared) -> np.ndarray:
    weather = columns(shared_data, "data")
    demand = monthly_demand.thornthwaite(weather["TMED"], latitude=WICHITA)
    return np.asarray(weather["PRCP"] - demand)


def test_monthly_demand_matches_spei(shared_data: Shared) -> None:
    weather, reference = columns(shared_data, "data"), columns(shared_data, "pet_ref")
    demand = monthly_demand.thornthwaite(weather["TMED"], latitude=WICHITA)
    assert demand == pytest.approx(reference["thornthwaite"], rel=1e-6, abs=1e-9)
    other = monthly_demand.hargreaves(weather["TMIN"], weather["TMAX"], latitude=WICHITA)
    assert other == pytest.approx(reference["hargreaves"], rel=1e-6)


@pytest.mark.parametrize("scale", [1, 12])
def test_spei_matches_r(shared_data: Shared, scale: int) -> None:
    ours = drought_index.spei(balance(shared_data), scale=scale)
    theirs = columns(shared_data, "index_ref")[f"spei{scale}"]
    assert ours == pytest.approx(theirs, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("scale", "distribution", "key"),
    [(1, "gamma", "spi1"), (12, "gamma", "spi12"), (1, "gamma", "spi_gamma"), (1, "pearson3", "spi_pe3")],
)
def test_spi_matches_r_where_no_total_is_zero(
    shared_data: Shared, scale: int, distribution: drought_index.Distribution, key: str
) -> None:
    # where a total is zero SPEI 1.8.1 loses its own correction, so it is no reference there
    rain = columns(shared_data, "data")["PRCP"]
    ours = drought_index.spi(rain, scale=scale, distribution=distribution)
    theirs = columns(shared_data, "index_ref")[key]
    sums = drought_index.rolling_sum(rain, scale)
    month = np.arange(rain.size) % 12
    wet = np.array([not (sums[month == m] == 0).any() for m in range(12)])[month]
    # a total below the fitted range is -inf in SPEI and the furthest index here
    bounded = np.clip(theirs, -drought_index.FURTHEST, drought_index.FURTHEST)
    assert ours[wet] == pytest.approx(bounded[wet], abs=1e-3, nan_ok=True)
    assert wet.sum() > 250


@pytest.mark.parametrize("scale", [1, 12])
def test_a_reference_period_judges_what_comes_after_it(shared_data: Shared, scale: int) -> None:
    # R's values of the Wichita series stand, whatever follows them, as SPEI's ref.end lets them; a later
    # month that repeats one of the reference repeats its index (at scale 1, where no sum straddles)
    known = balance(shared_data)
    strange = np.concatenate((known, known[-2:] * 0 - 500.0, known[:36]))
    ours = drought_index.spei(strange, scale=scale, reference=(0, known.size))
    theirs = columns(shared_data, "index_ref")[f"spei{scale}"]
    assert ours[: known.size] == pytest.approx(theirs, abs=1e-6, nan_ok=True)
    assert known.size % 12 == 10
    if scale == 1:
        assert ours[-36:] == pytest.approx(theirs[:36], abs=1e-6)
        assert (ours[known.size : known.size + 2] < -2).all()


def test_a_reference_within_the_series_is_the_series_alone() -> None:
    rain = np.random.default_rng(11).gamma(2.0, 30.0, 600)
    rain[300:] *= 2  # the climate changes after the reference
    ours = drought_index.spi(rain, scale=3, first_month=4, reference=(24, 300))
    alone = drought_index.spi(rain[22:300], scale=3, first_month=2)
    assert ours[24:300] == pytest.approx(alone[2:], abs=1e-12)
    # twice the rain is wetter than the reference, and its own reference would hide that
    assert ours[303:].mean() > 0.8
    assert abs(drought_index.spi(rain[300:], scale=3, first_month=4)[2:].mean()) < 0.1


def test_a_dry_month_after_a_reference_that_never_was_dry_is_the_furthest() -> None:
    rain = np.random.default_rng(12).gamma(2.0, 30.0, 252)
    rain[-1] = 0.0
    assert drought_index.spi(rain, reference=(0, 240))[-1] == -drought_index.FURTHEST


def test_a_reference_below_twenty_years_is_refused() -> None:
    rain = np.random.default_rng(13).gamma(2.0, 30.0, 480)
    with pytest.raises(Refused, match="19 values of month 12"):
        drought_index.spi(rain, reference=(0, 239))


def test_a_dry_month_has_the_probability_of_dry_months() -> None:
    # 5 of 40 Januaries without rain: each gets the quantile of 1/8
    rng = np.random.default_rng(3)
    rain = rng.gamma(2.0, 20.0, 480)
    rain[:60:12] = 0.0
    index = drought_index.spi(rain)
    assert index[:60:12] == pytest.approx(float(norm.ppf(5 / 40)))
    assert np.isfinite(index).all()


def test_an_index_is_standard_for_each_month_of_the_year() -> None:
    rng = np.random.default_rng(4)
    seasonal = 50 + 40 * np.sin(np.arange(600) * np.pi / 6)
    index = drought_index.spi(rng.gamma(3.0, seasonal / 3.0)).reshape(-1, 12)
    assert np.abs(index.mean(axis=0)).max() < 0.1
    assert index.std(axis=0) == pytest.approx(1.0, abs=0.15)


def test_the_first_month_only_moves_the_calendar() -> None:
    rain = np.random.default_rng(5).gamma(2.0, 30.0, 360)
    assert drought_index.spi(rain, first_month=7) == pytest.approx(drought_index.spi(rain))


def test_fewer_than_twenty_years_are_refused() -> None:
    for call in (drought_index.spi, drought_index.spei):
        with pytest.raises(Refused) as refusal:
            call(np.arange(1.0, 229.0))
        assert refusal.value.codes == ("SHORT_BASELINE",)


def test_twenty_years_are_enough() -> None:
    rain = np.random.default_rng(6).gamma(2.0, 30.0, 240)
    assert np.isfinite(drought_index.spi(rain)).all()


def test_negative_rain_is_refused() -> None:
    with pytest.raises(Refused):
        drought_index.spi(np.full(300, -1.0))


def test_l_moments_by_hand() -> None:
    # 1, 2, 4: mean 7/3; l2 = mean half difference of pairs = (1 + 3 + 2) / 3 / 2 = 1;
    # l3 = E(x3 - 2 x2 + x1) / 3 = (4 - 4 + 1) / 3
    l1, l2, t3 = drought_index.l_moments([4.0, 1.0, 2.0])
    assert (l1, l2, t3) == pytest.approx((7 / 3, 1.0, 1 / 3))


def test_rolling_sums_wait_for_their_months() -> None:
    sums = drought_index.rolling_sum([1.0, 2.0, 3.0, 4.0], 3)
    assert np.isnan(sums[:2]).all()
    assert sums[2:].tolist() == [6.0, 9.0]


def test_frozen_ground_demands_nothing() -> None:
    assert monthly_demand.thornthwaite(np.full(24, -3.0), latitude=60.0).tolist() == [0.0] * 24
