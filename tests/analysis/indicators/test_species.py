"""Species described: shares of days, trends and occupancy with known answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.indicators.species import Trend, as_rows, index_of, species_rows
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent
from contract.instant import Window, parse_instant
from tests.analysis.conftest import Shelf, territory

YEARS = (2021, 2022, 2023, 2024)


def study(shelf: Shelf, arms: list[str], species: tuple[str, ...] = ()) -> Study:
    place = territory(arms)
    sites = tuple(place.site_by_id)
    seasons = tuple(
        StudySeason(
            str(year),
            Window(parse_instant(f"{year}-01-01T00:00:00Z"), parse_instant(f"{year + 1}-01-01T00:00:00Z")),
            "before" if year < 2023 else "after",
        )
        for year in YEARS
    )
    return Study(
        open_for_reading(shelf.url), place, sites, dict(zip(sites, arms, strict=True)), seasons, species
    )


def listen(shelf: Shelf, site: int, year: int, songs: dict[str, int], days: int = 20) -> None:
    shelf.put(
        *(
            shelf.heard(site, f"{year}-05-{day + 1:02d}T05:00:00Z", *(t for t, n in songs.items() if day < n))
            for day in range(days)
        )
    )


def test_a_species_heard_on_twice_as_many_days_each_year_doubles(shelf: Shelf) -> None:
    for site in range(1, 6):
        for turn, year in enumerate(YEARS):
            listen(shelf, site, year, {"A": 2**turn + (1 if site == turn + 1 else 0)})
    one = study(shelf, ["control"] * 5, ("A",))
    [row] = species_rows(one)
    trend = row.trend["control"]
    assert isinstance(trend, Trend)
    assert trend.slope.rate == pytest.approx(2.0, rel=0.06)  # one extra day a year in 5 x 1, 2, 4, 8 days
    assert trend.slope.label == "strong increase"
    # five sites, twenty days: (1 + 2) x 5 + 2 extra days of 200 before, (4 + 8) x 5 + 2 of 200 after
    assert row.share["control"] == (17 / 200, 62 / 200)


def test_a_trend_needs_five_sites_with_the_species(shelf: Shelf) -> None:
    for site in range(1, 6):
        for year in YEARS:
            listen(shelf, site, year, {"A": 5 if site < 5 else 0})
    [row] = species_rows(study(shelf, ["control"] * 5, ("A",)))
    trend = row.trend["control"]
    assert isinstance(trend, Absent)
    assert trend.reason == "4 sites with the species, 5 needed"
    assert trend.in_("fr") == "4 sites avec l'espèce, 5 requis"


def test_occupancy_counts_the_sites_where_it_was_missed_by_no_one(shelf: Shelf) -> None:
    # heard on ten of twenty days wherever it is: silence for twenty days is absence, so psi is 8 of 16
    for site in range(1, 17):
        listen(shelf, site, 2024, {"A": 10 if site <= 8 else 0})
    [row] = species_rows(study(shelf, ["control"] * 16, ("A",)))
    assert row.occupancy == pytest.approx(0.5, abs=1e-5)


def test_an_occupancy_at_its_bound_is_no_estimate(shelf: Shelf) -> None:
    for site in range(1, 17):
        listen(shelf, site, 2024, {"A": 20})
    [row] = species_rows(study(shelf, ["control"] * 16, ("A",)))
    assert isinstance(row.occupancy, Absent)


def test_the_index_needs_ten_species_and_is_the_same_twice(shelf: Shelf) -> None:
    names = tuple("ABCDEFGHIJ")
    for site in range(1, 6):
        for turn, year in enumerate(YEARS):
            listen(shelf, site, year, {n: 4 + turn + (k + site + turn) % 3 for k, n in enumerate(names)})
    one = study(shelf, ["control"] * 5, names)
    rows = species_rows(one)
    first, again = index_of(one, rows, "control"), index_of(one, rows, "control")
    assert not isinstance(first, Absent)
    assert not isinstance(again, Absent)
    assert first.value.tolist() == again.value.tolist()
    assert first.value[0] == pytest.approx(100)
    assert first.value[-1] > 130  # from about five days to about eight
    lacking = index_of(one, rows[:9], "control")
    assert isinstance(lacking, Absent)
    assert lacking.reason == "9 species with a trend, 10 needed"


def test_a_species_that_nobody_checked_is_marked(shelf: Shelf) -> None:
    listen(shelf, 1, 2021, {"A": 3, "B": 3}, days=12)
    one = replace(study(shelf, ["control"]), validated=frozenset({"B"}))
    assert [(row["species"], row["validated"]) for row in as_rows(species_rows(one))] == [
        ("A", False),
        ("B", True),
    ]


def test_rows_are_plain_and_absences_have_reasons(shelf: Shelf) -> None:
    listen(shelf, 1, 2021, {"A": 3}, days=12)
    [row] = as_rows(species_rows(study(shelf, ["control"], ("A",))))
    assert row["occupancy"] is None
    assert row["occupancy_reason"] == "0 sites visited, 15 needed"
    control = row["arms"][1]
    assert (control["arm"], control["before"], control["after"]) == ("control", 0.25, None)
    assert control["reason"]
