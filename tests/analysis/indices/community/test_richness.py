"""Classical diversity against vegan 2.6-4 and hand calculations."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.indices.community import richness
from contract.errors import Refused

Shared = Callable[[str], Path]


def rows_of(shared_data: Shared, name: str) -> list[dict[str, str]]:
    with shared_data(f"reference/vegan_{name}.csv").open() as lines:
        return [row for row in csv.DictReader(lines) if any(row.values())]


def table(shared_data: Shared, name: str) -> np.ndarray:
    with shared_data(f"reference/vegan_{name}_data.csv").open() as lines:
        return np.array([[float(v) for v in row[1:]] for row in list(csv.reader(lines))[1:]])


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_alpha_diversity_matches_vegan(shared_data: Shared, name: str) -> None:
    for counts, row in zip(table(shared_data, name), rows_of(shared_data, f"{name}_alpha"), strict=True):
        assert int((counts > 0).sum()) == int(row["S"])
        assert richness.shannon(counts) == pytest.approx(float(row["H"]), rel=1e-9)
        assert richness.simpson(counts) == pytest.approx(float(row["D"]), rel=1e-9)
        assert 1 / (1 - richness.simpson(counts)) == pytest.approx(float(row["invD"]), rel=1e-9)


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_richness_estimators_match_vegan(shared_data: Shared, name: str) -> None:
    for counts, row in zip(table(shared_data, name), rows_of(shared_data, f"{name}_alpha"), strict=True):
        chao, ace = richness.chao1(counts), richness.ace(counts, error_as="vegan")
        assert chao.value == pytest.approx(float(row["S.chao1"]), rel=1e-9)
        assert chao.error == pytest.approx(float(row["se.chao1"]), rel=1e-9, abs=1e-6)
        assert ace.value == pytest.approx(float(row["S.ACE"]), rel=1e-9)
        if row["se.ACE"] != "NA":  # the square root of a rounding error below zero
            assert ace.error == pytest.approx(float(row["se.ACE"]), rel=1e-9, abs=1e-6)


def test_rarefaction_matches_vegan(shared_data: Shared) -> None:
    for counts, row in zip(table(shared_data, "BCI"), rows_of(shared_data, "BCI_rarefy100"), strict=True):
        found = richness.rarefied(counts, 100)
        assert found.value == pytest.approx(float(row["S"]), rel=1e-9)
        assert found.error == pytest.approx(float(row["se"]), rel=1e-9)


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_species_pool_matches_vegan(shared_data: Shared, name: str) -> None:
    row = rows_of(shared_data, f"{name}_specpool")[0]
    pool = richness.species_pool(table(shared_data, name))
    assert (pool.observed, pool.sites) == (int(row["Species"]), int(row["n"]))
    for estimate, key in ((pool.chao, "chao"), (pool.jackknife1, "jack1"), (pool.bootstrap, "boot")):
        assert estimate.value == pytest.approx(float(row[key]), rel=1e-9)
        assert estimate.error == pytest.approx(float(row[f"{key}.se"]), rel=1e-9)
    assert pool.jackknife2 == pytest.approx(float(row["jack2"]), rel=1e-9)


def test_shannon_is_at_most_the_log_of_richness_and_undefined_without_species() -> None:
    assert richness.shannon([5, 5, 5, 5]) == pytest.approx(np.log(4))
    assert richness.shannon([7, 0]) == 0.0
    assert np.isnan(richness.shannon([0, 0]))


def test_rarefying_beyond_a_site_is_refused() -> None:
    with pytest.raises(Refused):
        richness.rarefied([3, 2], 6)


def test_ace_is_undefined_where_each_rare_species_was_found_once() -> None:
    assert np.isnan(richness.ace([1, 1, 20]).value)
    assert richness.ace([20, 30]) == richness.RichnessEstimate(2.0, 0.0)


def test_the_error_of_ace_is_the_delta_method() -> None:
    # slopes by finite differences of ACE as a function of the ten abundance classes
    classes = np.array([6.0, 4, 3, 2, 0, 1, 0, 0, 2, 0])
    i = np.arange(1.0, 11.0)

    def estimate(a: np.ndarray) -> float:
        n = float(i @ a)
        covered = 1 - a[0] / n
        spread = a.sum() / covered * float(i * (i - 1) @ a) / n / (n - 1) - 1
        return float(a.sum() / covered + a[0] / covered * spread)

    slopes = [(estimate(classes + h) - estimate(classes - h)) / 2e-5 for h in np.eye(10) * 1e-5]
    value = estimate(classes)
    variance = classes @ np.square(slopes) - (classes @ np.array(slopes)) ** 2 / value
    found = richness.ace(np.repeat(i, classes.astype(int)))
    assert found.value == pytest.approx(value)
    assert found.error == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_a_pool_without_doubletons_uses_the_corrected_form() -> None:
    # 4 sites, frequencies 1, 1, 4, so a1 = 2, a2 = 0 and the small-sample factor is 3/4:
    # 3 + 3/4 * 2 * 1 / 2 = 3.75; variance 3/4 (2*1/2 + 3/4 * 2*9/4 - 3/4 * 16/4/3.75) = 2.68125
    pool = richness.species_pool([[1, 0, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1]])
    assert pool.chao.value == pytest.approx(3.75)
    assert pool.chao.error == pytest.approx(np.sqrt(2.68125))
