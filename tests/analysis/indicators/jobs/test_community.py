"""Community indicators: hand calculations on a few days of listening."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.indicators.jobs import community, composition, voices
from analysis.indicators.jobs.grid import Grid
from analysis.indices.community.hill import hill_by_coverage, incidence
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import Window, parse_instant
from tests.analysis.conftest import Shelf, territory

YEARS = ("2021", "2022")


def study(shelf: Shelf, arms: list[str], species: tuple[str, ...] = ()) -> Study:
    place = territory(arms)
    seasons = tuple(
        StudySeason(
            y,
            Window(parse_instant(f"{y}-01-01T00:00:00Z"), parse_instant(f"{int(y) + 1}-01-01T00:00:00Z")),
            p,
        )
        for y, p in zip(YEARS, ("before", "after"), strict=True)
    )
    sites = tuple(place.site_by_id)
    return Study(
        open_for_reading(shelf.url), place, sites, dict(zip(sites, arms, strict=True)), seasons, species
    )


def listen(shelf: Shelf, site: int, year: str, days: int, songs: dict[str, int]) -> None:
    """``days`` days of ten valid minutes within one half hour of the sun; each taxon on the first so many."""
    shelf.put(
        *(
            shelf.heard(site, f"{year}-06-{day + 1:02d}T04:40:00Z", *(t for t, n in songs.items() if day < n))
            for day in range(days)
        )
    )


def value(grid: Grid, site: int = 0, season: int = 0) -> float:
    return float(grid.values[site, season])


def test_the_rate_is_the_mean_log_odds_of_a_valid_day(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 3, "B": 0})
    grid = voices.species_detection_rate(study(shelf, ["control"], ("A", "B")))
    # by hand: log(3.5 / 9.5) and log(0.5 / 12.5), mean of the two
    assert value(grid) == pytest.approx((math.log(3.5 / 9.5) + math.log(0.5 / 12.5)) / 2, rel=1e-12)
    assert grid.effort[0, 0] == 120


def test_more_days_of_the_same_community_do_not_make_a_higher_rate(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 3})
    listen(shelf, 2, "2021", 24, {"A": 6})
    grid = voices.species_detection_rate(study(shelf, ["control", "control"], ("A",)))
    assert value(grid, 0) == pytest.approx(value(grid, 1), rel=1e-12)


def test_too_few_days_is_an_absence_with_its_reason(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 9, {"A": 3})
    grid = voices.species_detection_rate(study(shelf, ["control"], ("A",)))
    assert np.isnan(value(grid))
    assert grid.reasons["s1", "2021"].reason == "9 valid days of listening, 10 needed"


def test_a_day_cut_short_is_no_day_without_birds(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 12})
    shelf.put(shelf.heard(1, "2021-06-28T04:40:00Z", minutes=4))  # below half of ten minutes
    cell = study(shelf, ["control"], ("A",)).listening
    found = cell("s1", study(shelf, ["control"]).seasons[0])
    assert len(found.days) == 12
    assert found.minutes.sum() == 120


def test_the_same_excerpt_twice_is_one_effort_and_one_detection(shelf: Shelf) -> None:
    for day in range(1, 13):
        again = shelf.heard(1, f"2021-05-{day:02d}T05:00:00Z", "A")
        shelf.put(again, again)
    one = study(shelf, ["control"], ("A",))
    found = one.listening("s1", one.seasons[0])
    assert found.minutes.sum() == 120
    assert found.records.tolist() == [12]


def test_hill_numbers_are_those_of_the_index_at_the_coverage_asked(shelf: Shelf) -> None:
    songs = {name: 24 - 3 * i for i, name in enumerate("ABCDEFGH")}  # 24 + 21 + … + 3 = 108 incidences
    listen(shelf, 1, "2021", 24, songs)
    sample = incidence(list(songs.values()), 24)
    for order in (0, 1, 2):
        grid = community.hill(study(shelf, ["control"]), 0.95, order=order)
        assert value(grid) == pytest.approx(math.log(hill_by_coverage(sample, 0.95)[order]), rel=1e-12)


@pytest.mark.parametrize(
    ("days", "songs", "code"),
    [(19, dict.fromkeys("ABCDEFG", 19), "LOW_EFFORT"), (24, {"A": 24, "B": 20}, "LOW_COVERAGE")],
)
def test_hill_numbers_need_days_and_incidences(
    shelf: Shelf, days: int, songs: dict[str, int], code: str
) -> None:
    listen(shelf, 1, "2021", days, songs)
    grid = community.hill(study(shelf, ["control"]), 0.9, order=0)
    assert grid.reasons["s1", "2021"].code == code


def test_the_coverage_is_set_from_the_seasons_before_only(shelf: Shelf) -> None:
    rich = {name: 24 - i for i, name in enumerate("ABCDEFGH")}
    listen(shelf, 1, "2021", 24, rich)
    listen(shelf, 1, "2022", 24, rich)
    alone = value(community.hill(study(shelf, ["control"]), None, order=1))
    thin = {**dict.fromkeys("ABCDE", 22), "F": 1, "G": 1, "H": 1, "I": 1, "J": 1}
    listen(shelf, 2, "2022", 24, thin)
    assert value(community.hill(study(shelf, ["control", "restored"]), None, order=1)) == alone


def test_likeness_to_references_is_one_where_the_same_is_heard(shelf: Shelf) -> None:
    for site in (2, 3, 4):
        listen(shelf, site, "2021", 12, {"A": 12, "B": 12})
    listen(shelf, 1, "2021", 12, {"A": 12, "B": 12})
    listen(shelf, 1, "2022", 12, {"A": 12, "C": 12})
    grid = composition.likeness_to_reference(
        study(shelf, ["restored", "reference", "reference", "reference"])
    )
    assert value(grid, 0, 0) == 1.0
    # one shared of two each: Sørensen similarity 2 * 1 / (2 + 2)
    assert value(grid, 0, 1) == 0.5


def test_likeness_needs_three_references(shelf: Shelf) -> None:
    for site in (1, 2, 3):
        listen(shelf, site, "2021", 12, {"A": 12})
    grid = composition.likeness_to_reference(study(shelf, ["restored", "reference", "reference"]))
    assert grid.reasons["s1", "2021"].code == "FEW_SITES"


def test_voices_are_detections_an_hour_of_valid_listening(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 6})
    grid = voices.vocal_activity(study(shelf, ["control"], ("A",)))
    assert value(grid) == pytest.approx(math.log(6.5 / 2), rel=1e-12)  # 120 minutes are two hours


def test_only_the_species_that_count_are_counted(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 6, "wind": 12})
    grid = voices.vocal_activity(study(shelf, ["control"], ("A",)))
    assert value(grid) == pytest.approx(math.log(6.5 / 2), rel=1e-12)
    assert grid.provenance.species == ("A",)


def test_another_model_shows_in_the_provenance(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 6})
    shelf.put(*(shelf.heard(1, f"2022-05-{d + 1:02d}T05:00:00Z", "A", version="2") for d in range(12)))
    grid = voices.vocal_activity(study(shelf, ["control"]))
    assert grid.provenance.definition is not None
    assert grid.provenance.firmware is not None
    assert grid.provenance.definition.tolist() == [["net@1", "net@2"]]
    assert grid.provenance.firmware.tolist() == [["fw net@1", "fw net@2"]]


def test_expected_species_are_chao_s_lower_bound(shelf: Shelf) -> None:
    # one species heard once, two heard twice, the rest often: f1 = 1, f2 = 2
    songs = {**dict.fromkeys("ABCDEF", 20), "G": 1, "H": 2, "I": 2}
    listen(shelf, 1, "2021", 24, songs)
    # Chao2: S + (T - 1) / T * f1 ^ 2 / (2 f2)
    grid = community.species_expected(study(shelf, ["control"]), order=0)
    assert math.exp(value(grid)) == pytest.approx(9 + 23 / 24 / 4, rel=1e-12)


def test_the_species_heard_are_compared_with_the_site_s_own_past(shelf: Shelf) -> None:
    listen(shelf, 1, "2021", 12, {"A": 12, "B": 12})
    listen(shelf, 1, "2022", 12, {"A": 12, "C": 12})
    grid = composition.community_turnover(study(shelf, ["control"]))
    assert value(grid, 0, 1) == 0.5  # one shared of two each
    assert grid.reasons["s1", "2021"].code == "SHORT_BASELINE"
