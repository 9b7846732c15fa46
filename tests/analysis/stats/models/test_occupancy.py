"""Occupancy models against unmarked 1.4, brute force, finite differences and planted truth."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from analysis.stats.models import dynamic_occupancy as dynamic
from analysis.stats.models import likelihood
from analysis.stats.models.occupancy import fit_occupancy, negative_log_likelihood
from analysis.stats.models.royle_nichols import fit_royle_nichols
from contract.errors import Refused

Shared = Callable[[str], Path]


def number(text: str) -> float:
    return float("nan") if text == "NA" else float(text)


def frogs(shared_data: Shared, species: str) -> np.ndarray:
    with shared_data(f"reference/occ_frogs_{species}_y.csv").open() as lines:
        return np.array([[number(v) for v in row] for row in list(csv.reader(lines))[1:] if row])


def crossbill(shared_data: Shared) -> tuple[np.ndarray, np.ndarray]:
    """Detections of 1999 and the design 1, elevation, its square, forest (scaled)."""
    with shared_data("reference/occ_crossbill_raw.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    y = np.array([[number(r[f"det99{j}"]) for j in (1, 2, 3)] for r in rows])
    scaled = []
    for name in ("ele", "forest"):
        v = np.array([number(r[name]) for r in rows])
        scaled.append((v - v.mean()) / v.std(ddof=1))
    ele, forest = scaled
    return y, np.column_stack([np.ones(len(y)), ele, ele**2, forest])


def reference(shared_data: Shared, name: str) -> dict[str, Any]:
    models = json.loads(shared_data("reference/occupancy_unmarked.json").read_text())
    return models[name]  # type: ignore[no-any-return]


def assert_parity(fit: likelihood.Fit, row: dict[str, Any]) -> None:
    assert fit.negative_log_likelihood <= row["negLogLike"] + 1e-4
    for ours, error, theirs, se in zip(
        fit.parameters, fit.errors, row["est"].values(), row["se"].values(), strict=True
    ):
        if se < 3:
            assert ours == pytest.approx(theirs, abs=5e-3 * max(1.0, abs(theirs)))
            assert error == pytest.approx(se, rel=1e-2)


@pytest.mark.parametrize("species", ["pcru", "pfer"])
def test_frogs_match_unmarked(shared_data: Shared, species: str) -> None:
    fit = fit_occupancy(frogs(shared_data, species)).fit
    assert_parity(fit, reference(shared_data, f"frogs_{species}_null"))
    assert fit.at_boundary == (species == "pfer")  # psi at 1, SE 29 logits in unmarked


def test_crossbill_with_covariates_matches_unmarked(shared_data: Shared) -> None:
    y, design = crossbill(shared_data)
    assert_parity(fit_occupancy(y).fit, reference(shared_data, "crossbill99_null"))
    covariates = fit_occupancy(y, site_design=design)
    row = reference(shared_data, "crossbill99_ele_for")
    assert_parity(covariates.fit, row)
    assert len(y) - len(covariates.kept) == row["n"]  # sites that were not visited
    assert covariates.fit.aic == pytest.approx(row["AIC"], abs=2e-4)


def test_royle_nichols_matches_unmarked_and_says_that_its_sum_ended_early(shared_data: Shared) -> None:
    model = fit_royle_nichols(frogs(shared_data, "pcru"))
    assert_parity(model.fit, reference(shared_data, "frogs_pcru_RN"))
    assert model.truncated
    rate = float(np.exp(model.fit.parameters[0]))
    assert model.psi == pytest.approx(1 - np.exp(-rate))
    free = fit_royle_nichols(frogs(shared_data, "pcru"), largest=None)
    assert free.fit.negative_log_likelihood < model.fit.negative_log_likelihood


def simulate(rng: np.random.Generator, n: int, visits: int, psi: float, p: float) -> np.ndarray:
    return ((rng.random((n, 1)) < psi) * (rng.random((n, visits)) < p)).astype(float)


def test_occupancy_recovers_planted_truth_through_gaps() -> None:
    rng = np.random.default_rng(11)
    y = simulate(rng, 800, 5, 0.6, 0.3)
    y[rng.random(y.shape) < 0.2] = np.nan
    model = fit_occupancy(y)
    truth, errors = logit([0.6, 0.3]), model.fit.errors
    assert (np.abs(model.fit.parameters - truth) < 4 * errors).all()
    assert model.presence[np.nansum(y[model.kept], axis=1) > 0] == pytest.approx(1.0)


def test_detection_covariates_are_recovered() -> None:
    rng = np.random.default_rng(12)
    w = np.stack([np.ones((600, 4)), rng.normal(size=(600, 4))], axis=2)
    p = expit(w @ np.array([-0.5, 0.8]))
    y = ((rng.random((600, 1)) < 0.5) * (rng.random((600, 4)) < p)).astype(float)
    model = fit_occupancy(y, visit_design=w)
    assert (np.abs(model.alpha - [-0.5, 0.8]) < 4 * model.fit.errors[1:]).all()


def test_the_units_of_a_covariate_do_not_matter(shared_data: Shared) -> None:
    # elevation in metres needs an intercept beyond ten logits; the likelihood is the same
    y, design = crossbill(shared_data)
    metres = design.copy()
    metres[:, 1] = design[:, 1] * 650.0 + 3000.0
    metres[:, 2] = metres[:, 1] ** 2
    scaled, raw = (fit_occupancy(y, site_design=x).fit for x in (design, metres))
    assert raw.negative_log_likelihood == pytest.approx(scaled.negative_log_likelihood, abs=1e-5)
    assert abs(raw.parameters[0]) > 10


def test_newtons_information_is_the_curvature_of_the_likelihood() -> None:
    # an independent second difference of the likelihood itself
    rng = np.random.default_rng(13)
    y = simulate(rng, 120, 3, 0.5, 0.4)
    x = np.column_stack([np.ones(120), rng.normal(size=120)])
    model = fit_occupancy(y, site_design=x)
    h, at = 1e-3, model.fit.parameters
    curvature = np.empty((3, 3))
    for i, j in product(range(3), repeat=2):
        steps = [(a * np.eye(3)[i] + b * np.eye(3)[j]) * h for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
        v = [negative_log_likelihood(at + s, y, site_design=x) for s in steps]
        curvature[i, j] = (v[0] - v[1] - v[2] + v[3]) / (4 * h * h)
    assert np.linalg.inv(curvature) == pytest.approx(model.fit.covariance, rel=1e-2, abs=1e-4)


def test_a_species_never_found_is_refused() -> None:
    for call in (fit_occupancy, fit_royle_nichols):
        with pytest.raises(Refused) as refusal:
            call(np.zeros((20, 3)))
        assert refusal.value.codes == ("FEW_SITES",)
    with pytest.raises(Refused):
        fit_occupancy([[0.0, 2.0]])


def by_hand(y: np.ndarray, theta: np.ndarray) -> float:
    """Sum over every path of presence and absence: psi, gamma, epsilon, p, p10 [logit]."""
    psi, gamma, epsilon, p, p10 = expit(theta)
    total = 0.0
    for site in y:
        chance = 0.0
        for path in product((0, 1), repeat=len(site)):
            term = psi if path[0] else 1 - psi
            for a, b in pairwise(path):
                stay = {(0, 1): gamma, (0, 0): 1 - gamma, (1, 0): epsilon, (1, 1): 1 - epsilon}
                term *= stay[a, b]
            for z, season in zip(path, site, strict=True):
                q = p if z else p10
                for v in season[np.isfinite(season)]:
                    term *= q if v else 1 - q
            chance += term
        total -= np.log(chance)
    return total


def dynamic_data(rng: np.random.Generator, n: int, seasons: int, false: float) -> np.ndarray:
    z = np.empty((n, seasons))
    z[:, 0] = rng.random(n) < 0.5
    for t in range(1, seasons):
        z[:, t] = np.where(z[:, t - 1], rng.random(n) > 0.2, rng.random(n) < 0.3)
    p = np.where(z, 0.6, false)
    return (rng.random((n, seasons, 4)) < p[..., None]).astype(float)


def test_dynamic_likelihood_is_the_sum_over_all_paths() -> None:
    rng = np.random.default_rng(14)
    y = dynamic_data(rng, 12, 4, 0.1)
    y[rng.random(y.shape) < 0.2] = np.nan
    theta = np.array([0.3, -0.8, -1.2, 0.5, -2.0])
    ours = dynamic.negative_log_likelihood(theta, y, false_positives=True)
    assert ours == pytest.approx(by_hand(y, theta), rel=1e-10)
    certain = dynamic.negative_log_likelihood(theta[:4], y)
    assert certain == pytest.approx(by_hand(y, np.append(theta[:4], -745.0)), rel=1e-8)


def test_dynamic_slopes_are_those_of_the_likelihood() -> None:
    rng = np.random.default_rng(15)
    y = dynamic_data(rng, 30, 3, 0.1)
    y[:5][y[:5] == 1] = dynamic.VERIFIED
    problem = dynamic._problem(y, dynamic.Designs(), True)
    theta = np.array([0.3, -0.8, -1.2, 0.5, -2.0, -1.0])
    slopes = dynamic._objective(theta, problem)[1]
    for i, h in enumerate(np.eye(6) * 1e-6):
        up, down = (dynamic._objective(theta + s * h, problem)[0] for s in (1, -1))
        assert slopes[i] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-4)


def test_dynamic_occupancy_recovers_planted_rates() -> None:
    rng = np.random.default_rng(16)
    y = dynamic_data(rng, 400, 4, 0.0)
    y[rng.random(y.shape) < 0.1] = np.nan
    model = dynamic.fit_dynamic_occupancy(y)
    truth = logit([0.5, 0.3, 0.2, 0.6])
    assert (np.abs(model.fit.parameters - truth) < 4 * model.fit.errors).all()
    assert model.occupied.shape == (4,)


def test_one_season_without_false_detections_is_the_single_season_model(shared_data: Shared) -> None:
    y, design = crossbill(shared_data)
    kept = np.isfinite(y).any(axis=1)
    designs = dynamic.Designs(psi=design[kept])
    model = dynamic.fit_dynamic_occupancy(y[kept][:, None, :], designs=designs)
    single = fit_occupancy(y, site_design=design).fit
    assert model.fit.negative_log_likelihood == pytest.approx(single.negative_log_likelihood, abs=1e-6)
    assert model.fit.parameters == pytest.approx(single.parameters, abs=1e-3)


def test_false_positives_no_longer_inflate_occupancy() -> None:
    # psi 0.5, p 0.6, one visit in ten at an empty site is a false detection
    rng = np.random.default_rng(17)
    z = rng.random(600) < 0.5
    y = (rng.random((600, 8)) < np.where(z, 0.6, 0.1)[:, None]).astype(float)
    naive = fit_occupancy(y)
    model = dynamic.fit_dynamic_occupancy(y[:, None, :], false_positives=True)
    assert float(naive.psi[0]) > 0.65
    assert float(expit(model.psi[0])) == pytest.approx(0.5, abs=0.06)
    assert model.false_detection == pytest.approx(0.1, abs=0.02)


def test_verified_detections_anchor_the_false_ones() -> None:
    rng = np.random.default_rng(18)
    z = rng.random(300) < 0.4
    y = (rng.random((300, 4)) < np.where(z, 0.5, 0.15)[:, None]).astype(float)
    y[(y == 1) & z[:, None] & (rng.random(y.shape) < 0.5)] = dynamic.VERIFIED
    model = dynamic.fit_dynamic_occupancy(y[:, None, :], false_positives=True)
    assert model.verification == pytest.approx(0.5, abs=0.07)
    assert float(expit(model.psi[0])) == pytest.approx(0.4, abs=0.09)


def test_detections_that_look_alike_everywhere_are_refused() -> None:
    # every site detects at the same rate, so nothing tells a true detection from a false one
    rng = np.random.default_rng(19)
    y = (rng.random((200, 1, 6)) < 0.3).astype(float)
    with pytest.raises(Refused) as refusal:
        dynamic.fit_dynamic_occupancy(y, false_positives=True)
    assert refusal.value.codes == ("UNVALIDATED_SPECIES",)


def test_a_table_without_seasons_or_detections_is_refused() -> None:
    for y in (np.zeros((10, 1, 3)), np.ones((10, 3)), np.full((4, 2, 2), 3.0)):
        with pytest.raises(Refused):
            dynamic.fit_dynamic_occupancy(y)


@pytest.mark.parametrize(("error", "boundary"), [(2.9, False), (3.1, True), (np.nan, True)])
def test_an_error_beyond_three_logits_is_a_boundary(error: float, boundary: bool) -> None:
    fit = likelihood.Fit(np.zeros(1), np.array([[error**2]]), 1.0, 10)
    assert fit.at_boundary is boundary


def _worse_than_anywhere(objective: Callable[[np.ndarray], float], size: int, found: float) -> float:
    rng = np.random.default_rng(11)
    with np.errstate(all="ignore"):
        ends = [minimize(objective, rng.normal(0, 1.5, size), method="BFGS").fun for _ in range(6)]
    return found - min(float(end) for end in ends if np.isfinite(end))


@pytest.mark.parametrize("seed", range(1, 6))  # with seed 0 the species is found at one site
def test_no_other_start_climbs_higher_with_covariates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=60), rng.normal(size=(60, 2))
    z = rng.random(60) < 1 / (1 + np.exp(-rng.normal() - x))
    y = (rng.random((60, 2)) < 1 / (1 + np.exp(-rng.normal() - w))) * z[:, None]
    design = {
        "site_design": np.column_stack([np.ones(60), x]),
        "visit_design": np.stack([np.ones((60, 2)), w], axis=2),
    }
    found = fit_occupancy(y, **design).fit.negative_log_likelihood
    assert _worse_than_anywhere(lambda t: negative_log_likelihood(t, y, **design), 4, found) < 5e-3


def test_no_other_start_climbs_higher_over_seasons() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=150), rng.random(150) < 0.5
    y = np.zeros((150, 4, 3))
    for season in range(4):
        y[:, season] = (rng.random((150, 3)) < 0.4) * z[:, None]
        z = np.where(z, rng.random(150) > 0.3, rng.random(150) < 0.1)
    designs = dynamic.Designs(psi=np.column_stack([np.ones(150), x]))
    found = dynamic.fit_dynamic_occupancy(y, designs=designs).fit.negative_log_likelihood
    worse = _worse_than_anywhere(lambda t: dynamic.negative_log_likelihood(t, y, designs=designs), 5, found)
    assert worse < 1e-4
