"""Models of many sites: answers known by law or by counting."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indicators.catalogue import CATALOGUE, MODELS, entry
from analysis.indicators.compute import model_rows
from analysis.indicators.species_models import (
    multi_species_index,
    species_occupancy,
    species_occupancy_dynamic,
    species_occupancy_false_positive,
    species_trend,
)
from analysis.words.absence import Absent
from tests.analysis.conftest import Shelf
from tests.analysis.indicators.test_species import YEARS, listen, study


def test_models_are_in_the_catalogue_and_never_judge() -> None:
    assert set(MODELS) <= set(CATALOGUE)
    assert {entry(name).role for name in MODELS} == {"supporting"}


def test_each_season_has_its_occupancy_with_an_interval(shelf: Shelf) -> None:
    for site in range(1, 17):
        for year in YEARS[-2:]:
            listen(shelf, site, year, {"A": 10 if site <= 8 else 0})
    found = species_occupancy(study(shelf, ["control"] * 16, ("A",)))
    assert [one.season for one in found] == [str(year) for year in YEARS]
    assert isinstance(found[0].value, Absent)
    last = found[-1]
    assert last.value == pytest.approx(0.5, abs=1e-5)  # ten of twenty days: silence is absence
    # the binomial of 8 in 16 on the logit scale: SE = 1 / sqrt(16 / 4)
    assert last.low == pytest.approx(1 / (1 + 2.718281828 ** (1.95996 / 2)), abs=1e-3)


def test_without_false_detections_both_occupancies_are_the_same(shelf: Shelf) -> None:
    for site in range(1, 17):
        listen(shelf, site, 2024, {"A": 10 if site <= 8 else 0})
    one = study(shelf, ["control"] * 16, ("A",))
    assert species_occupancy_false_positive(one)[-1] == species_occupancy(one)[-1]


def test_false_detections_are_taken_off(shelf: Shelf) -> None:
    # eight sites with the species on most days; at four of the others one stray day of twenty
    for site in range(1, 17):
        listen(shelf, site, 2024, {"A": 14 if site <= 8 else 1 if site <= 12 else 0})
    one = study(shelf, ["control"] * 16, ("A",))
    plain, doubting = species_occupancy(one)[-1].value, species_occupancy_false_positive(one)[-1].value
    assert plain == pytest.approx(0.75, abs=0.01)  # twelve of sixteen sites with a detection
    assert doubting == pytest.approx(0.5, abs=0.01)


def test_the_dynamic_model_counts_sites_that_are_heard_wherever_they_are(shelf: Shelf) -> None:
    there = np.random.default_rng(3).random((30, len(YEARS))) < 0.6
    for site in range(1, 31):
        for turn, year in enumerate(YEARS):
            listen(shelf, site, year, {"A": 6 if there[site - 1, turn] else 0}, days=8)
    one = study(shelf, ["restored", "control"] * 15, ("A",))
    found = {(f.arm, f.season): f.value for f in species_occupancy_dynamic(one)}
    for row, arm in enumerate(("restored", "control")):
        for turn, year in enumerate(YEARS):  # heard on six of eight days: silence is absence
            assert found[arm, str(year)] == pytest.approx(there[row::2, turn].mean(), abs=1e-3)


def test_the_dynamic_model_needs_thirty_sites(shelf: Shelf) -> None:
    for site in range(1, 17):
        listen(shelf, site, 2024, {"A": 10})
    [one] = species_occupancy_dynamic(study(shelf, ["control"] * 16, ("A",)))
    assert isinstance(one.value, Absent)
    assert one.value.reason == "16 sites visited, 30 needed"


def test_rows_of_models_have_values_or_reasons(shelf: Shelf) -> None:
    for site in range(1, 6):
        for year in YEARS:
            listen(shelf, site, year, {"A": 5})
    one = study(shelf, ["control"] * 5, ("A",))
    restored, control = model_rows(one, MODELS["species-trend"])
    assert (restored["arm"], restored["value"], restored["code"]) == ("restored", None, "FEW_SITES")
    assert control["value"] == pytest.approx(1.0)
    assert control["low"] < 1 < control["high"]
    assert [f.label for f in species_trend(one)] == ["", control["class"]]
    assert all(isinstance(f.value, Absent) for f in multi_species_index(one))  # one species is no index
