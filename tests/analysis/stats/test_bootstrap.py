"""Resampling by laws, and the batch of Hill numbers against the sample-by-sample formulae."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices.community import hill
from analysis.indices.community.hill_batch import hill_at_coverage_many
from analysis.stats import bootstrap
from contract.errors import Refused


def random_counts(rng: np.random.Generator, samples: int, species: int, units: int) -> np.ndarray:
    p = rng.beta(0.4, 3.0, species)
    return rng.binomial(units, p, size=(samples, species))


@pytest.mark.parametrize("units", [2, 5, 20, 61])
@pytest.mark.parametrize("coverage", [0.05, 0.5, 0.8, 0.95, 0.999])
def test_the_batch_agrees_with_the_single_formulae(units: int, coverage: float) -> None:
    counts = random_counts(np.random.default_rng(units), 40, 60, units)
    batch = hill_at_coverage_many(counts, units, coverage)
    for row, values in zip(counts, batch, strict=True):
        one = hill.hill_by_coverage(hill.incidence(row, units), coverage)
        if np.isfinite(one).all():
            assert values == pytest.approx(one, rel=1e-7)


@pytest.mark.parametrize("counts", [[0, 0], [1, 0], [1, 1], [2, 1], [5, 5], [1, 5], [5, 4]])
def test_the_batch_agrees_on_degenerate_samples(counts: list[int]) -> None:
    for coverage in (0.3, 0.9):
        batch = hill_at_coverage_many([counts], 5, coverage)[0]
        one = hill.hill_by_coverage(hill.incidence(counts, 5), coverage)
        finite = np.isfinite(one)
        assert batch[finite] == pytest.approx(one[finite], rel=1e-9)


def test_impossible_batches_are_refused() -> None:
    for counts, units, coverage in (([[7]], 5, 0.8), ([[-1]], 5, 0.8), ([[1]], 5, 1.0), ([[1]], 1, 0.5)):
        with pytest.raises(Refused):
            hill_at_coverage_many(counts, units, coverage)


def test_each_replicate_has_as_many_days_and_each_day_is_as_likely() -> None:
    weights = bootstrap.block_weights(17, block=5, replicates=20_000, rng=np.random.default_rng(1))
    assert (weights.sum(axis=1) == 17).all()
    assert weights.mean(axis=0) == pytest.approx(1.0, abs=0.03)


def test_blocks_keep_neighbours_together() -> None:
    # with one block as long as the season every day is drawn exactly once
    whole = bootstrap.block_weights(9, block=9, replicates=50, rng=np.random.default_rng(2))
    assert (whole == 1).all()
    # weights of neighbours agree more in blocks than day by day
    rng = np.random.default_rng(3)
    blocks, single = (bootstrap.block_weights(40, block=b, replicates=4000, rng=rng) for b in (8, 1))
    near = [np.corrcoef(w[:, 10], w[:, 11])[0, 1] for w in (blocks, single)]
    assert near[0] > 0.6
    assert abs(near[1]) < 0.1


def test_blocks_widen_the_error_of_autocorrelated_days() -> None:
    # AR(1) with 0.7: the variance of a mean is (1 + r) / (1 - r) = 5.7 times that of white days
    rng = np.random.default_rng(4)
    noise = rng.normal(size=600)
    x = np.zeros(600)
    for t in range(1, 600):
        x[t] = 0.7 * x[t - 1] + noise[t]
    spread = [
        (bootstrap.block_weights(600, block=b, replicates=2000, rng=rng) @ x / 600).std() for b in (1, 20)
    ]
    assert (spread[1] / spread[0]) ** 2 > 3.0


def test_sites_are_drawn_within_their_arm() -> None:
    arms = np.array(["r", "c", "r", "c", "c"])
    draws = bootstrap.site_draws(arms, replicates=300, rng=np.random.default_rng(5))
    assert (arms[draws] == arms).all()
    assert set(np.unique(draws[:, 0])) == {0, 2}


def test_hill_replicates_centre_on_a_species_rich_season() -> None:
    # plenty of days: the estimate lies within the replicates, and every replicate is finite
    rng = np.random.default_rng(6)
    season = (rng.random((90, 80)) < rng.beta(0.6, 3.0, 80)).astype(int)
    estimate = hill.hill_by_coverage(hill.incidence(season.sum(axis=0), 90), 0.8)
    replicates = bootstrap.bootstrap_hill(
        [season, season[:1]], coverage=0.8, block=5, replicates=400, rng=np.random.default_rng(7)
    )
    assert replicates.shape == (400, 2, 3)
    low, high = np.quantile(replicates[:, 0], [0.001, 0.999], axis=0)
    assert ((low < estimate) & (estimate < high)).all()
    assert np.isnan(replicates[:, 1]).all()


def test_the_mean_of_an_arm_spreads_like_its_sites() -> None:
    # values without error of their own: only the draw of sites varies, error = SD / sqrt(n)
    rng = np.random.default_rng(8)
    values = rng.normal(size=12)
    arms = np.repeat([0, 1], 6)
    draws = bootstrap.site_draws(arms, replicates=20_000, rng=rng)
    means = bootstrap.mean_over_sites(np.tile(values, (20_000, 1)), draws, arms == 0)
    assert means.std() == pytest.approx(values[:6].std() / np.sqrt(6), rel=0.03)


def test_the_basic_interval_mirrors_the_quantiles() -> None:
    replicates = np.linspace(0.0, 10.0, 1001)
    low, high = bootstrap.basic_interval(4.0, replicates, level=0.8)
    assert float(low) == pytest.approx(8.0 - 9.0)
    assert float(high) == pytest.approx(8.0 - 1.0)


def test_blocks_longer_than_the_season_are_refused() -> None:
    with pytest.raises(Refused):
        bootstrap.block_weights(4, block=5, replicates=1, rng=np.random.default_rng(0))
