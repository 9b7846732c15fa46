"""The TRIM model against rtrim 2.3.0, hand calculations and laws."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.stats.models import trend, trim
from contract.errors import Refused

Shared = Callable[[str], Path]
VARIANTS: dict[str, dict[str, object]] = {
    "m3": {},
    "m3_poisson": {"overdispersion": False, "serial_correlation": False},
    "m2_lin": {"model": "linear"},
}


def rows(shared_data: Shared, name: str) -> list[dict[str, str]]:
    with shared_data(f"reference/trim_skylark_{name}.csv").open() as lines:
        return [row for row in csv.DictReader(lines) if any(row.values())]


def skylark(shared_data: Shared) -> np.ndarray:
    table = np.full((55, 8), np.nan)
    for row in rows(shared_data, "data"):
        if row["count"] != "NA":
            table[int(row["site"]) - 1, int(row["time"]) - 1] = float(row["count"])
    return table


@pytest.mark.parametrize("name", list(VARIANTS))
def test_parameters_match_rtrim(shared_data: Shared, name: str) -> None:
    summary = json.loads(shared_data("reference/trim_summaries.json").read_text())[f"skylark_{name}"]
    fit = trim.fit_trim(skylark(shared_data), **VARIANTS[name])  # type: ignore[arg-type]
    assert fit.alpha == pytest.approx(summary["alpha"], abs=1e-4)
    if name != "m3_poisson":
        assert fit.overdispersion == pytest.approx(summary["sig2"], rel=1e-4)
        assert fit.serial_correlation == pytest.approx(summary["rho"], rel=1e-4)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_indices_match_rtrim(shared_data: Shared, name: str) -> None:
    fit = trim.fit_trim(skylark(shared_data), **VARIANTS[name])  # type: ignore[arg-type]
    fitted = trend.index(fit.fitted_totals, fit.fitted_covariance)
    imputed = trend.index(fit.imputed_totals, fit.imputed_covariance)
    for i, row in enumerate(rows(shared_data, f"{name}_index")):
        assert fitted.value[i] == pytest.approx(float(row["fitted"]), rel=1e-4)
        assert fitted.error[i] == pytest.approx(float(row["se_fit"]), rel=1e-4)
        assert imputed.value[i] == pytest.approx(float(row["imputed"]), rel=1e-4)
        assert imputed.error[i] == pytest.approx(float(row["se_imp"]), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", list(VARIANTS))
@pytest.mark.parametrize("kind", ["fitted", "imputed"])
def test_overall_slopes_match_rtrim(shared_data: Shared, name: str, kind: str) -> None:
    row = rows(shared_data, f"{name}_overall_{kind}")[0]
    fit = trim.fit_trim(skylark(shared_data), **VARIANTS[name])  # type: ignore[arg-type]
    slope = trend.overall_slope(getattr(fit, f"{kind}_totals"), getattr(fit, f"{kind}_covariance"))
    for value, key in (
        (slope.log, "add"),
        (slope.log_error, "se_add"),
        (slope.rate, "mul"),
        (slope.rate_error, "se_mul"),
    ):
        assert value == pytest.approx(float(row[key]), rel=1e-4)
    assert slope.p == pytest.approx(float(row["p"]), rel=1e-3)
    assert row["meaning"].lower().startswith(slope.label)


def test_totals_match_rtrim(shared_data: Shared) -> None:
    fit = trim.fit_trim(skylark(shared_data))
    for i, row in enumerate(rows(shared_data, "m3_totals")):
        assert round(fit.fitted_totals[i]) == int(row["fitted"])
        assert round(fit.imputed_totals[i]) == int(row["imputed"])
        assert round(float(np.sqrt(fit.imputed_covariance[i, i]))) == int(row["se_imp"])


def test_a_full_poisson_table_is_fitted_by_its_margins() -> None:
    # for a complete table the log-linear fit is row total x column total / grand total
    counts = np.array([[2.0, 4, 9, 5], [10, 12, 14, 20], [3, 1, 2, 6]])
    fit = trim.fit_trim(counts, overdispersion=False, serial_correlation=False)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    assert fit.fitted == pytest.approx(expected)
    assert fit.imputed_totals == pytest.approx(counts.sum(axis=0))


def test_a_planted_slope_is_recovered_through_gaps() -> None:
    rng = np.random.default_rng(5)
    expected = rng.uniform(20, 60, 40)[:, None] * 1.1 ** np.arange(8)
    counts = rng.poisson(expected).astype(float)
    counts[rng.random(counts.shape) < 0.3] = np.nan
    fit = trim.fit_trim(counts, model="linear")
    assert float(fit.beta[0]) == pytest.approx(np.log(1.1), abs=4 * np.sqrt(fit.beta_covariance[0, 0]))
    slope = trend.overall_slope(fit.imputed_totals, fit.imputed_covariance)
    assert slope.label == "strong increase"


def test_changepoints_split_the_slope() -> None:
    # exact counts: +10 % for three years, then -10 %
    shape = np.exp(np.concatenate([np.arange(4) * 0.1, 0.3 - 0.1 * np.arange(1, 5)]))
    counts = np.outer([1000.0, 3000.0, 500.0], shape)
    fit = trim.fit_trim(counts, model="linear", changepoints=[3], **VARIANTS["m3_poisson"])  # type: ignore[arg-type]
    assert fit.beta == pytest.approx([0.1, -0.1], abs=1e-6)


def test_sites_that_never_had_the_species_change_nothing(shared_data: Shared) -> None:
    counts = skylark(shared_data)
    padded = np.vstack([np.zeros((2, 8)), counts, np.full((1, 8), np.nan)])
    one, other = trim.fit_trim(counts), trim.fit_trim(padded)
    assert other.kept.tolist() == list(range(2, 57))
    assert one.imputed_totals == pytest.approx(other.imputed_totals)


def test_too_few_counts_negative_counts_and_empty_years_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        trim.fit_trim([[1.0, np.nan, np.nan, np.nan], [np.nan, 2.0, np.nan, np.nan]])
    assert refusal.value.codes == ("FEW_SITES",)
    with pytest.raises(Refused):
        trim.fit_trim([[1.0, -2.0]])
    with pytest.raises(Refused):
        trim.fit_trim(np.array([[3.0, 0, 4, 5], [6, 0, 7, 8], [5, 0, 5, 5]]))


@pytest.mark.parametrize(
    ("lower", "upper", "label"),
    [
        (1.051, 1.2, "strong increase"),
        (1.001, 1.2, "moderate increase"),
        (1.05, 1.2, "moderate increase"),
        (0.96, 1.04, "stable"),
        (0.94, 1.04, "uncertain"),
        (0.96, 1.06, "uncertain"),
        (0.90, 0.99, "moderate decline"),
        (0.90, 0.95, "moderate decline"),
        (0.80, 0.949, "steep decline"),
    ],
)
def test_official_classes(lower: float, upper: float, label: str) -> None:
    assert trend.trend_class(lower, upper) == label


def test_an_index_without_error_in_the_base_has_the_others_own() -> None:
    # index 2 of totals 10 and 20 with independent errors 1 and 2:
    # variance = (2^2 * 1 + 4) / 100
    found = trend.index([10.0, 20.0], np.diag([1.0, 4.0]))
    assert found.value.tolist() == [1.0, 2.0]
    assert found.error == pytest.approx([0.0, np.sqrt(8 / 100)])


def test_a_trend_of_three_years_is_refused() -> None:
    with pytest.raises(Refused):
        trend.overall_slope([1.0, 2.0, 3.0], np.eye(3))


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_poisson_effects_and_errors_agree_with_a_generalised_linear_model(
    classes: bool, weighted: bool
) -> None:
    # site and year dummies, years of their own for a second class, weights as an offset
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(7)
    counts = rng.poisson(rng.uniform(2, 30, 15)[:, None] * np.exp(rng.normal(0, 0.3, 6))).astype(float)
    counts[rng.random(counts.shape) < 0.25] = np.nan
    seen, weight = np.isfinite(counts), rng.uniform(0.5, 3.0, 15) if weighted else np.ones(15)
    years = np.broadcast_to(np.eye(6)[:, 1:], (15, 6, 5))
    second = np.arange(15) % 2 == 1
    parts = [np.broadcast_to(np.eye(15)[:, None, :], (15, 6, 15)), years]
    whole = np.concatenate([*parts, years * second[:, None, None]] if classes else parts, axis=2)
    offset = np.broadcast_to(-np.log(weight)[:, None], (15, 6))[seen]
    peer = api.GLM(counts[seen], whole[seen], family=api.families.Poisson(), offset=offset).fit(tol=1e-12)
    fit = trim.fit_trim(
        counts,
        covariate=np.where(second, "meadow", "copse") if classes else None,
        weights=weight if weighted else None,
        **VARIANTS["m3_poisson"],  # type: ignore[arg-type]
    )
    assert fit.beta == pytest.approx(peer.params[15:], abs=1e-6)
    assert np.sqrt(np.diag(fit.beta_covariance)) == pytest.approx(peer.bse[15:], rel=1e-5)
    slopes = (fit.fitted[:, :, None] * whole).sum(axis=0)
    assert fit.fitted_covariance == pytest.approx(slopes @ peer.cov_params() @ slopes.T, rel=1e-5, abs=1e-6)


def test_equal_weights_scale_totals_and_leave_the_index(shared_data: Shared) -> None:
    counts = skylark(shared_data)
    one, other = trim.fit_trim(counts), trim.fit_trim(counts, weights=np.full(55, 4.0))
    assert other.imputed_totals == pytest.approx(4 * one.imputed_totals)
    plain = trend.index(one.imputed_totals, one.imputed_covariance)
    scaled = trend.index(other.imputed_totals, other.imputed_covariance)
    assert scaled.error == pytest.approx(plain.error)


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(Refused):
        trim.fit_trim(np.full((6, 4), 9.0), weights=np.zeros(6))


def test_years_that_no_site_links_are_refused() -> None:
    apart = [[6.0, 5, 3, np.nan], [2, 4, 1, np.nan], [np.nan, np.nan, np.nan, 61], [np.nan] * 3 + [9.0]]
    with pytest.raises(Refused) as refusal:
        trim.fit_trim(apart)
    assert refusal.value.codes == ("MISSING_SEASON",)


def test_an_empty_year_is_named() -> None:
    with pytest.raises(Refused, match="not found in year 2 of 4"):
        trim.fit_trim([[3.0, 0, 4, 5], [6, 0, 7, 8], [5, 0, 5, 5]])


def test_counts_of_zero_carry_effects_as_well() -> None:
    # eight counts, five of them positive: as many effects as rtrim would fit
    fit = trim.fit_trim([[0.0, 1, 0, 1], [1, 0, 2, 1]], overdispersion=False, serial_correlation=False)
    assert fit.fitted_totals == pytest.approx([1, 1, 2, 2], rel=1e-6)
