"""Multi-species indices against BRCindicators 1.3.7, hand calculations and laws."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.stats.models import multispecies
from contract.errors import Refused

Shared = Callable[[str], Path]


def rows(shared_data: Shared, name: str) -> list[dict[str, str]]:
    path = shared_data(f"reference/{name}")
    with gzip.open(path, "rt") if name.endswith("gz") else path.open() as lines:
        return list(csv.DictReader(lines))


def butterflies(shared_data: Shared) -> tuple[np.ndarray, np.ndarray]:
    table = rows(shared_data, "msi_butterflies_wc_input.csv")
    names = sorted({row["species"] for row in table})
    index, error = np.full((len(names), 42), np.nan), np.full((len(names), 42), np.nan)
    for row in table:
        at = names.index(row["species"]), int(row["year"]) - 1976
        index[at], error[at] = float(row["index"]), float(row["se"])
    return index, error


def monte_carlo(shared_data: Shared, seed: int = 1) -> multispecies.MultiSpeciesIndex:
    index, error = butterflies(shared_data)
    rng = np.random.default_rng(seed)
    return multispecies.multispecies_index(index, error, rng=rng, interval="monte carlo", draws=2000)


def test_index_and_its_error_match_the_msi_tool(shared_data: Shared) -> None:
    # the tool scales by its smoothed line: only ratios to the first year compare
    table = rows(shared_data, "msi_butterflies_wc_results.csv")
    value = np.array([float(row["MSI"]) for row in table])
    error = np.array([float(row["sd_MSI"]) for row in table]) / value
    found = monte_carlo(shared_data)
    assert found.value / 100 == pytest.approx(value / value[0], rel=0.01)
    assert found.log_error[1:] == pytest.approx(error[1:], rel=0.1)
    assert found.value[0] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("first", "last", "row"),
    [(0, None, "overall trend"), (32, None, "trend last 10 years"),
     (0, 20, "trend before changepoint (1996)"), (20, None, "trend after changepoint (1996)")],
)  # fmt: skip
def test_rates_and_classes_match_the_msi_tool(
    shared_data: Shared, first: int, last: int | None, row: str
) -> None:
    table = {r["Measure"]: r for r in rows(shared_data, "msi_butterflies_wc_trends.csv")}
    found = monte_carlo(shared_data).rate(first, last, years="independent")
    assert found.rate == pytest.approx(float(table[row]["value"]), abs=3e-4)
    assert found.error == pytest.approx(float(table[f"SE {row}"]["value"]), rel=0.1, abs=5e-5)
    assert found.label == table[row]["significance"]


def test_uk_butterflies_have_the_published_classes_by_either_error(shared_data: Shared) -> None:
    found = monte_carlo(shared_data, seed=2)
    assert found.rate().label == "moderate decline"
    assert found.rate(first=32).label == "stable"


def test_growth_of_odds_matches_the_lambda_indicator(shared_data: Shared) -> None:
    occupancy = np.full((100, 20, 12), np.nan)
    for row in rows(shared_data, "lambda_sim_array.csv.gz"):
        if row["occ"] != "NA":
            occupancy[int(row["iter"]) - 1, int(row["species"][2:]) - 1, int(row["year"]) - 2001] = float(
                row["occ"]
            )
    paths = multispecies.odds_growth_index(occupancy)
    table = rows(shared_data, "lambda_sim_summary.csv")
    for ours, key in (
        (paths.mean(axis=0), "indicator"),
        (np.quantile(paths, 0.025, axis=0), "lower"),
        (np.quantile(paths, 0.975, axis=0), "upper"),
    ):
        assert ours == pytest.approx([float(row[key]) for row in table], rel=1e-9)


def test_a_complete_table_gives_the_geometric_mean(shared_data: Shared) -> None:
    index, _ = butterflies(shared_data)
    gentle = index.copy()
    steep = np.abs(np.diff(np.log(np.maximum(index, 1.0)), axis=1)).max(axis=1) > np.log(10)
    expected = np.exp(np.log(gentle[~steep]).mean(axis=0))
    found = multispecies.geometric_mean_index(gentle[~steep], smallest=1e-6)
    assert found == pytest.approx(expected / expected[0] * 100)


def test_two_species_by_hand() -> None:
    # 100 -> 200 and 100 -> 50: no change; then only the second doubles: factor 2
    index = multispecies.geometric_mean_index(np.array([[100, 200, np.nan], [100, 50, 100]]))
    assert index == pytest.approx([100, 100, 200])


def test_a_zero_does_not_decide_and_a_step_is_at_most_tenfold() -> None:
    index = multispecies.geometric_mean_index([[100.0, 0.0], [100.0, 100.0]])
    assert index[1] == pytest.approx(100 / np.sqrt(10))


def test_bootstrap_over_species_is_wider_than_their_errors(shared_data: Shared) -> None:
    index, error = butterflies(shared_data)
    spreads = {
        kind: multispecies.multispecies_index(
            index, error, rng=np.random.default_rng(3), interval=kind, draws=400
        ).log_error[-1]
        for kind in ("monte carlo", "bootstrap", "both")
    }
    assert spreads["bootstrap"] > 3 * spreads["monte carlo"]
    assert spreads["both"] > 0.9 * spreads["bootstrap"]


def test_bootstrap_error_is_that_of_a_mean_of_logs() -> None:
    # 60 species, log indices of SD 0.4 in year two: error of the mean 0.4 / sqrt(60)
    logs = np.random.default_rng(4).normal(0, 0.4, 60)
    index = np.column_stack([np.full(60, 100.0), 100 * np.exp(logs)])
    found = multispecies.multispecies_index(
        index, np.zeros((60, 2)), rng=np.random.default_rng(5), interval="bootstrap", draws=4000
    )
    assert found.log_error[1] == pytest.approx(logs.std() / np.sqrt(60), rel=0.05)


def test_the_same_generator_state_gives_the_same_draws(shared_data: Shared) -> None:
    assert (monte_carlo(shared_data).draws == monte_carlo(shared_data).draws).all()


def test_one_species_and_negative_indices_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(Refused) as refusal:
        multispecies.multispecies_index([[100.0, 50]], [[0.0, 5]], rng=rng)
    assert refusal.value.codes == ("FEW_SPECIES",)
    with pytest.raises(Refused):
        multispecies.geometric_mean_index([[100.0, -1.0]])


def test_an_index_below_the_smallest_counts_as_the_smallest() -> None:
    index = multispecies.geometric_mean_index([[5.0, 0.5], [5.0, 5.0]])
    assert index[1] == pytest.approx(100 / np.sqrt(5))


def test_the_interval_is_normal_on_the_log_scale_and_two_species_are_enough() -> None:
    found = multispecies.multispecies_index(
        [[100.0, 120.0], [100.0, 90.0]], [[0.0, 6.0], [0.0, 9.0]], rng=np.random.default_rng(2)
    )
    assert found.upper == pytest.approx(found.value * np.exp(1.96 * found.log_error))
    assert found.lower == pytest.approx(found.value * np.exp(-1.96 * found.log_error))
    assert found.species.tolist() == [2, 2]


def test_a_year_that_no_species_reaches_is_unknown() -> None:
    table = np.array([[100.0, 110, np.nan, 90], [100, 95, np.nan, 80]])
    found = multispecies.multispecies_index(table, np.zeros((2, 4)), rng=np.random.default_rng(3))
    assert np.isfinite(found.value).tolist() == [True, True, False, False]
