"""Hill numbers against iNEXT 3.0.2, hand calculations and laws."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from analysis.indices.community import hill
from contract.errors import Refused

SIZE_COLUMN = {"ant": "t", "spider": "m"}


def assemblages(shared_data: Callable[[str], Path], kind: str) -> dict[str, hill.Assemblage]:
    counts = json.loads(shared_data(f"reference/inext_{kind}_data.json").read_text())
    if kind == "ant":
        return {name: hill.incidence(v[1:], v[0]) for name, v in counts.items()}
    return {name: hill.abundance(v) for name, v in counts.items()}


def reference(shared_data: Callable[[str], Path], name: str) -> list[dict[str, str]]:
    with shared_data(f"reference/{name}").open() as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("kind", ["ant", "spider"])
def test_hill_by_size_and_coverage_of_a_size_match_inext(
    shared_data: Callable[[str], Path], kind: str
) -> None:
    samples = assemblages(shared_data, kind)
    for name in ("curve_sizebased", "estimateD_size_default"):
        for row in reference(shared_data, f"inext_{kind}_{name}.csv"):
            sample, m = samples[row["Assemblage"]], float(row[SIZE_COLUMN[kind]])
            value = hill.hill_by_size(sample, m)[int(row["Order.q"])]
            assert value == pytest.approx(float(row["qD"]), rel=1e-6)
            assert hill.sample_coverage(sample, m) == pytest.approx(float(row["SC"]), rel=1e-6)


@pytest.mark.parametrize("kind", ["ant", "spider"])
@pytest.mark.parametrize("percent", [80, 90, 95])
def test_hill_by_coverage_matches_inext(shared_data: Callable[[str], Path], kind: str, percent: int) -> None:
    samples = assemblages(shared_data, kind)
    for row in reference(shared_data, f"inext_{kind}_estimateD_C{percent}.csv"):
        value = hill.hill_by_coverage(samples[row["Assemblage"]], percent / 100)
        assert value[int(row["Order.q"])] == pytest.approx(float(row["qD"]), rel=1e-4)
        between = hill.sample_coverage(samples[row["Assemblage"]], float(row[SIZE_COLUMN[kind]]))
        assert between == pytest.approx(float(row["SC"]), rel=1e-9)


@pytest.mark.parametrize("kind", ["ant", "spider"])
def test_the_common_coverage_is_inexts_default(shared_data: Callable[[str], Path], kind: str) -> None:
    samples = assemblages(shared_data, kind)
    common = hill.common_coverage(list(samples.values()))
    for row in reference(shared_data, f"inext_{kind}_estimateD_coverage_default.csv"):
        assert common == pytest.approx(float(row["SC"]), rel=1e-8)
        value = hill.hill_by_coverage(samples[row["Assemblage"]], common)
        assert value[int(row["Order.q"])] == pytest.approx(float(row["qD"]), rel=1e-6)


@pytest.mark.parametrize("kind", ["ant", "spider"])
def test_asymptotic_and_observed_hill_numbers_match_inext(
    shared_data: Callable[[str], Path], kind: str
) -> None:
    orders = ["Species richness", "Shannon diversity", "Simpson diversity"]
    samples = assemblages(shared_data, kind)
    for row in reference(shared_data, f"inext_{kind}_asymptotic.csv"):
        sample, q = samples[row["Assemblage"]], orders.index(row["Diversity"])
        assert hill.asymptotic(sample)[q] == pytest.approx(float(row["Estimator"]), rel=1e-6)
        assert hill.observed(sample)[q] == pytest.approx(float(row["Observed"]), rel=1e-12)


def test_rarefaction_of_four_individuals_by_hand() -> None:
    # counts 2, 1, 1: of the six pairs, 1 misses the first species, 3 miss each other one;
    # S(2) = 3 - (1 + 3 + 3) / 6; chance of a pair of one species 1/6, so H(2) = 5/6 log 2,
    # and 1 / D2(2) = 1/2 + 1/2 * 2/(4*3).
    values = hill.hill_by_size(hill.abundance([2, 1, 0, 1]), 2)
    assert values == pytest.approx([11 / 6, np.exp(5 / 6 * np.log(2)), 1 / (1 / 2 + 1 / 12)])


def test_chao1_and_coverage_by_hand() -> None:
    # f1 = 2, f2 = 1, n = 4: f0 = 3/4 * 4/2; A = 4*1.5/(4*1.5+2) = 0.75; C = 1 - 2/4 * 0.75.
    sample = hill.abundance([2, 1, 1])
    assert hill.unseen(sample) == pytest.approx(1.5)
    assert hill.sample_coverage(sample) == pytest.approx(0.625)
    assert hill.asymptotic(sample)[0] == pytest.approx(4.5)


def test_an_empty_sample_has_no_diversity_and_no_coverage() -> None:
    nothing = hill.incidence([0, 0, 0], 20)
    assert np.isnan(hill.hill_by_size(nothing, 10)).all()
    assert np.isnan(hill.hill_by_coverage(nothing, 0.9)).all()
    assert np.isnan(hill.sample_coverage(nothing))


def test_a_complete_sample_is_not_extrapolated() -> None:
    # no species was found once only: nothing is unseen, coverage is 1 already
    sample = hill.incidence([10, 8, 5, 5], 20)
    assert hill.sample_coverage(sample) == 1.0
    assert hill.hill_by_coverage(sample, 0.999)[0] == pytest.approx(4.0, abs=0.05)
    assert hill.hill_by_size(sample, 40)[0] == pytest.approx(4.0)


@pytest.mark.parametrize(("counts", "units"), [([-1, 2], 5), ([1.5], 5), ([np.nan], 5), ([6], 5)])
def test_impossible_incidences_are_refused(counts: list[float], units: int) -> None:
    with pytest.raises(Refused) as refusal:
        hill.incidence(counts, units)
    assert "BAD_COUNTS" in refusal.value.codes


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 1.2])
def test_a_coverage_outside_zero_to_one_is_refused(coverage: float) -> None:
    with pytest.raises(Refused):
        hill.hill_by_coverage(hill.incidence([3, 1], 5), coverage)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=40), st.integers(1, 29))
def test_rarefied_hill_numbers_fall_with_q_and_rise_with_size(counts: list[int], size: int) -> None:
    sample = hill.incidence(counts, 30)
    low, high = hill.hill_by_size(sample, size), hill.hill_by_size(sample, size + 1)
    assert low[0] >= low[1] - 1e-9
    assert low[1] >= low[2] - 1e-9
    assert (high >= low - 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=40), st.randoms())
def test_the_order_of_species_does_not_matter(counts: list[int], shuffler: object) -> None:
    shuffled = list(counts)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = hill.incidence(counts, 25), hill.incidence(shuffled, 25)
    assert hill.asymptotic(one) == pytest.approx(hill.asymptotic(other), nan_ok=True)
    assert hill.hill_by_size(one, 7) == pytest.approx(hill.hill_by_size(other, 7))


def test_the_unseen_entropy_is_the_same_by_head_and_by_tail() -> None:
    # both branches on either side of the switch; the value is an integral of x^(n-1)/(1-x)
    from scipy.integrate import quad

    for a, n in ((0.0501, 100), (0.0499, 100), (0.3, 40), (0.001, 500)):
        value, _ = quad(lambda u, a=a, n=n: (1 - a) * u ** (n - 1) / (1 - (1 - a) * u), 0, 1)
        assert hill.unseen_entropy(a, n) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("seed", range(20))
def test_rarefaction_is_the_definition_by_expected_frequency_counts(seed: int) -> None:
    # Chao et al. 2014: Hill numbers of the frequency counts expected among m of n units
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 15))
    sample = hill.incidence(rng.integers(1, n + 1, int(rng.integers(1, 8))), n)
    m = int(rng.integers(1, n)) if n > 2 else 1
    k, records = np.arange(1, m + 1), sample.total * m / n
    expected = np.array([hypergeom.pmf(j, n, sample.counts.astype(int), m).sum() for j in k])
    share = k / records
    by_hand = [
        expected.sum(),
        np.exp(-np.sum(share * np.log(share) * expected)),
        1 / np.sum(share**2 * expected),
    ]
    assert hill.hill_by_size(sample, m) == pytest.approx(by_hand, rel=1e-11)


def test_one_day_is_extrapolated_without_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hill.hill_by_size(hill.incidence([1] * 5, 1), 1.5)[:2] == pytest.approx([5, 5])
