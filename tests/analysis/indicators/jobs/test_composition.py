"""Composition, bats and standardised diversity: communities made so that the answer is known."""

from __future__ import annotations

import math

import pytest

from analysis.indicators.jobs import community, composition, voices
from analysis.indicators.jobs.grid import Grid
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import Window, parse_instant
from tests.analysis.conftest import Shelf, territory

YEARS = ("2021", "2022")


def study(shelf: Shelf, arms: list[str], species: tuple[str, ...] = ()) -> Study:
    place = territory(arms)
    windows = [
        Window(parse_instant(f"{y}-01-01T00:00:00Z"), parse_instant(f"{y}-12-31T00:00:00Z")) for y in YEARS
    ]
    seasons = (StudySeason("2021", windows[0], "before"), StudySeason("2022", windows[1], "after"))
    sites = tuple(place.site_by_id)
    return Study(
        open_for_reading(shelf.url), place, sites, dict(zip(sites, arms, strict=True)), seasons, species
    )


def listen(shelf: Shelf, site: int, year: str, taxa: str, days: int = 12) -> None:
    shelf.put(*(shelf.heard(site, f"{year}-05-{day + 1:02d}T05:00:00Z", *taxa) for day in range(days)))


def after(grid: Grid) -> float:
    return float(grid.values[0, 1])


def test_replacement_and_loss_are_told_apart(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", "AB")
    listen(shelf, 1, "2022", "AC")
    one = study(shelf, ["control"])
    # shared 1, unshared 1 and 1: Sørensen 2/4, all of it replacement; Jaccard 2/3
    assert after(composition.community_replacement(one)) == 0.5
    assert after(composition.community_loss(one)) == 0.0
    assert after(composition.community_turnover(one, family="jaccard")) == pytest.approx(2 / 3)


def test_a_poorer_site_has_lost_and_replaced_nothing(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", "ABCD")
    listen(shelf, 1, "2022", "AB")
    one = study(shelf, ["control"])
    assert after(composition.community_replacement(one)) == 0.0
    assert after(composition.community_loss(one)) == pytest.approx(2 / 6)


def test_the_parts_of_the_distance_to_references_add_up(shelf: Shelf) -> None:
    listen(shelf, 1, "2022", "AX")
    for site in (2, 3, 4):
        listen(shelf, site, "2022", "ABCD")
    one = study(shelf, ["restored", "reference", "reference", "reference"])
    replaced, lost = (
        after(job(one)) for job in (composition.reference_replacement, composition.reference_loss)
    )
    assert replaced == pytest.approx(0.5)  # min(1, 3) / (1 + min(1, 3))
    assert replaced + lost == pytest.approx(1 - after(composition.likeness_to_reference(one)))


def test_distinctness_is_the_mean_over_the_arms_other_sites(shelf: Shelf) -> None:
    for site, taxa in ((1, "A"), (2, "AB"), (3, "AB"), (4, "AB"), (5, "XY")):
        listen(shelf, site, "2022", taxa)
    grid = composition.distinctness(study(shelf, ["control"] * 4 + ["restored"]))
    assert after(grid) == pytest.approx(1 / 3)  # 1 unshared of 1 + 2
    assert grid.reasons["s5", "2022"].reason == "0 other sites of the arm with data, 3 needed"


def test_diversity_in_equal_days_does_not_grow_with_listening(shelf: Shelf) -> None:
    rare = [(d, "ABCDEF" + ("G" if d % 4 == 0 else "")) for d in range(28)]
    for site, days in ((1, 20), (2, 28)):
        shelf.put(
            *(shelf.heard(site, f"2022-05-{d + 1:02d}T05:00:00Z", *taxa) for d, taxa in rare if d < days)
        )
    grid = community.hill_by_size(study(shelf, ["control"] * 2), order=0)
    assert grid.values[0, 1] == pytest.approx(math.log(7))  # its own 20 days: as observed
    # 7 of 28 days with G: chance to miss it in 20 of 28 days is C(21, 20) / C(28, 20)
    missed = math.comb(21, 20) / math.comb(28, 20)
    assert grid.values[1, 1] == pytest.approx(math.log(7 - missed), rel=1e-12)


def test_expected_dominance_is_the_unbiased_inverse_simpson(shelf: Shelf) -> None:
    shelf.put(
        *(shelf.heard(1, f"2022-05-{d + 1:02d}T05:00:00Z", *("ABCDE" if d else "ABCDEF")) for d in range(20))
    )
    grid = community.species_expected(study(shelf, ["control"]), order=2)
    # U = 5 x 20 + 1; U^2 (1 - 1/T) / sum x (x - 1)
    assert math.exp(after(grid)) == pytest.approx(101**2 * (1 - 1 / 20) / (5 * 20 * 19), rel=1e-12)


BAT, BIRD = "Pipistrellus pipistrellus", "Turdus merula"


def test_bat_passes_are_counted_once_in_five_seconds_and_only_at_night(shelf: Shelf) -> None:
    night, noon = "2022-06-{:02d}T23:30:00Z", "2022-06-{:02d}T12:00:00Z"
    for day in range(1, 13):
        shelf.put(shelf.heard(1, night.format(day), BAT, BAT, BIRD), shelf.heard(1, noon.format(day), BAT))
    grid = voices.bat_passes(study(shelf, ["control"]))
    # 12 nights with one pass of two calls, 120 valid minutes of night = 2 h
    assert after(grid) == pytest.approx(math.log(12.5 / 2), rel=1e-12)


def test_birds_are_no_bats(shelf: Shelf) -> None:
    shelf.put(*(shelf.heard(1, f"2022-06-{d + 1:02d}T23:30:00Z", BIRD) for d in range(12)))
    assert voices.bat_passes(study(shelf, ["control"])).reasons["s1", "2022"].code == "NO_DATA"
