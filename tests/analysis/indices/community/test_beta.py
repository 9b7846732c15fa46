"""Beta diversity against betapart 1.6.1, vegan 2.6-4, hand calculations and laws."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.indices.community import beta
from analysis.stats.permanova import permanova
from contract.errors import Refused

Shared = Callable[[str], Path]


def table(shared_data: Shared, name: str) -> np.ndarray:
    with shared_data(f"reference/vegan_{name}_data.csv").open() as lines:
        rows = list(csv.reader(lines))[1:]
    return np.array([[float(v) for v in row[1:]] for row in rows])


def reference(shared_data: Shared, name: str) -> list[dict[str, str]]:
    with shared_data(f"reference/betapart_{name}.csv").open() as lines:
        return [row for row in csv.DictReader(lines) if any(row.values())]


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_multiple_site_partitions_match_betapart(shared_data: Shared, name: str) -> None:
    sites, row = table(shared_data, name), reference(shared_data, f"{name}_multi")[0]
    sorensen, jaccard = beta.multiple_site(sites), beta.multiple_site(sites, family="jaccard")
    for part, key in ((sorensen, ("SIM", "SNE", "SOR")), (jaccard, ("JTU", "JNE", "JAC"))):
        values = [float(part.turnover), float(part.nestedness), float(part.total)]
        assert values == pytest.approx([float(row[f"beta.{k}"]) for k in key], rel=1e-9)


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_multiple_site_abundance_partition_matches_betapart(shared_data: Shared, name: str) -> None:
    row = reference(shared_data, f"{name}_multi_abund")[0]
    part = beta.multiple_site(table(shared_data, name), abundance=True)
    expected = [float(row[f"beta.BRAY{k}"]) for k in (".BAL", ".GRA", "")]
    assert [float(part.turnover), float(part.nestedness), float(part.total)] == pytest.approx(
        expected, rel=1e-9
    )


@pytest.mark.parametrize("name", ["dune", "BCI"])
def test_pairwise_partition_matches_betapart(shared_data: Shared, name: str) -> None:
    sites = table(shared_data, name)
    part, rows = beta.pairwise(sites), reference(shared_data, f"{name}_pair_sorensen")
    upper = np.triu_indices(len(sites), 1)
    assert len(rows) == upper[0].size
    for values, key in ((part.turnover, "sim"), (part.nestedness, "sne"), (part.total, "sor")):
        assert values[upper] == pytest.approx([float(r[key]) for r in rows], rel=1e-9, abs=1e-12)


def test_permanova_of_dune_management_matches_adonis2(shared_data: Shared) -> None:
    expected = json.loads(shared_data("reference/vegan_dune_adonis2.json").read_text())
    with shared_data("reference/vegan_dune_env.csv").open() as lines:
        management = [row["Management"] for row in csv.DictReader(lines)]
    distance = beta.pairwise(table(shared_data, "dune"), abundance=True).total
    found = permanova(distance, management, rng=np.random.default_rng(1), permutations=199)
    assert found.f == pytest.approx(expected["F"], rel=1e-9)
    assert found.r2 == pytest.approx(expected["R2"], rel=1e-9)
    assert found.p <= 0.02  # vegan's example prints 0.002 to 0.004


def test_pair_by_hand() -> None:
    # 3 shared, 1 and 2 of their own: sor = 3/9, sim = 1/4; jac = 3/6, jtu = 2/5
    rows = [[1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 1]]
    sorensen, jaccard = beta.pairwise(rows), beta.pairwise(rows, family="jaccard")
    assert sorensen.total[0, 1] == pytest.approx(1 / 3)
    assert sorensen.turnover[0, 1] == pytest.approx(1 / 4)
    assert jaccard.total[0, 1] == pytest.approx(1 / 2)
    assert jaccard.turnover[0, 1] == pytest.approx(2 / 5)


def test_a_subset_is_pure_nestedness_and_strangers_are_pure_turnover() -> None:
    part = beta.pairwise([[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    assert part.turnover[0, 1] == 0.0
    assert part.total[1, 2] == part.turnover[1, 2] == 1.0


def test_temporal_beta_is_the_pair_of_the_two_times() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.poisson(1, (6, 12)), rng.poisson(1, (6, 12))
    temporal = beta.between(one, other, abundance=True)
    for i in range(6):
        pair = beta.pairwise(np.array([one[i], other[i]]), abundance=True)
        assert temporal.turnover[i] == pytest.approx(pair.turnover[0, 1])
        assert temporal.total[i] == pytest.approx(pair.total[0, 1])


def test_a_site_that_becomes_a_reference_converges_by_all_its_distance() -> None:
    references = np.array([[1, 1, 1, 0]] * 3)
    moved = beta.convergence([[0, 0, 0, 1]], [[1, 1, 1, 0]], references)
    assert moved.total.tolist() == [1.0]
    assert moved.turnover.tolist() == [1.0]
    assert moved.nestedness.tolist() == [0.0]
    back = beta.convergence([[1, 1, 1, 0]], [[0, 0, 0, 1]], references)
    assert back.total.tolist() == [-1.0]
    assert back.turnover.tolist() == [-1.0]
    # from one to two of the three reference species: 2/4 to 1/5, nestedness only
    filled = beta.convergence([[1, 0, 0, 0]], [[1, 1, 0, 0]], references)
    assert filled.nestedness == pytest.approx([0.3])
    assert filled.turnover == pytest.approx([0.0])


def test_two_reference_sites_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        beta.to_reference([[1, 0]], [[1, 1], [0, 1]])
    assert refusal.value.codes == ("FEW_SITES",)


@pytest.mark.parametrize("bad", [[[-1.0, 2.0]], [[np.nan, 1.0]], [1.0, 2.0]])
def test_impossible_tables_are_refused(bad: list[object]) -> None:
    with pytest.raises(Refused):
        beta.pairwise(np.array(bad))


def test_empty_sites_have_no_dissimilarity() -> None:
    assert np.isnan(beta.pairwise([[0, 0], [0, 0]]).total[0, 1])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=3, max_size=6))
def test_dissimilarity_is_symmetric_bounded_and_adds_up(rows: list[list[int]]) -> None:
    for family in ("sorensen", "jaccard"):
        part = beta.pairwise(rows, family=family, abundance=True)
        total = part.total[np.isfinite(part.total)]
        assert ((total >= 0) & (total <= 1)).all()
        assert part.total == pytest.approx(part.total.T, nan_ok=True)
        inner = part.nestedness[np.isfinite(part.nestedness)]
        assert (inner >= -1e-12).all()


@pytest.mark.parametrize("groups", [["a", "a", "a"], ["a", "b", "c"]])
def test_permanova_needs_two_groups_and_more_sites_than_groups(groups: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        permanova(1.0 - np.eye(3), groups)
    assert refusal.value.codes == ("FEW_SITES",)


def test_permanova_by_hand() -> None:
    # points 0, 1 and 10, 11: total SS 101, within 1, so F = (100 / 1) / (1 / 2); of the 6 ways to
    # split 4 points in two pairs 2 are the observed split, so p is near 1/3
    points = np.array([0.0, 1.0, 10.0, 11.0])
    found = permanova(
        np.abs(points[:, None] - points), list("aabb"), rng=np.random.default_rng(2), permutations=1999
    )
    assert found.f == pytest.approx(200.0)
    assert found.r2 == pytest.approx(100 / 101)
    assert found.p == pytest.approx(1 / 3, abs=0.04)
