"""Rain heard against rain gauged: each verdict by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import sound as sound_commands
from analysis.study.rain import Gauge, RainCheck, check, distance_km, rain_checks
from analysis.study.series import Sounding, open_for_reading
from analysis.study.study import unplanned
from contract.instant import HOUR, MINUTE, parse_instant
from contract.places import Site
from contract.reading import Features, Finding
from tests.analysis.conftest import Shelf, territory

DAY = "2021-05-01T00:00:00Z"
FIRST = parse_instant(DAY) // HOUR


def heard(minute: int, *, rain: bool, seconds: float = 60) -> Sounding:
    start = parse_instant(DAY) + minute * MINUTE
    return Sounding("s1", "d1", start, seconds, frozenset({"rain"} if rain else {"wind"}))


@pytest.mark.parametrize(
    ("amounts", "minute", "rain", "verdict"),
    [
        ({0: 0, 1: 0.2, 2: 0}, 90, True, "confirmed"),
        ({0: 0, 1: 0, 2: 0.2}, 90, True, "confirmed"),  # the gauge tips late, or labels the end of the hour
        ({0: 0.3}, 90, True, "confirmed"),
        ({0: 0, 1: 0.1, 2: 0}, 90, True, "contradicted"),
        ({0: 0, 1: 0}, 90, True, "unchecked"),  # it may have rained in the hour that is missing
        ({}, 90, True, "unchecked"),
        ({0: 9, 1: 2, 2: 9}, 90, False, "missed"),
        ({0: 9, 1: 1.9, 2: 9}, 90, False, "none"),
        ({}, 90, False, "none"),
        ({0: 0, 1: 2, 2: 1}, 119, False, "missed"),  # 01:59 to 02:00: one hour only
    ],
)
def test_the_hours_around_an_excerpt_decide(
    amounts: dict[int, float], minute: int, rain: bool, verdict: str
) -> None:
    gauge = Gauge("s1", 0.0, {FIRST + hour: amount for hour, amount in amounts.items()})
    assert check(heard(minute, rain=rain), gauge).verdict == verdict


def test_an_excerpt_over_two_hours_needs_both_and_their_neighbours() -> None:
    gauge = Gauge("s1", 0.0, {FIRST + hour: 0.0 for hour in range(4)})
    assert check(heard(119, rain=True, seconds=120), gauge).verdict == "contradicted"
    assert check(heard(179, rain=True, seconds=120), gauge).verdict == "unchecked"


def test_without_a_gauge_nothing_is_said() -> None:
    start = parse_instant(DAY)
    assert check(heard(0, rain=True), None) == RainCheck("s1", "d1", start, True, "unchecked", None)


def test_a_hundredth_of_a_degree_of_latitude_is_1112_m() -> None:
    here, there = (Site(id="x", zone="z", latitude=46.5 + k / 100, longitude=1) for k in (0, 1))
    assert distance_km(here, there) == pytest.approx(math.pi * 6371 / 180 / 100, rel=1e-9)


def listened(shelf: Shelf, site: int, start: str, *flags: str) -> Features:
    found = {
        name: Finding(value=1.0, threshold=0.5, flagged=name in flags) for name in ("rain", "wind", "clipped")
    }
    return shelf.measured(site, start, {}).model_copy(update={"quality": found})


def fill(shelf: Shelf) -> None:
    """s1 with a gauge, s2 without, 1.1 km away; it rains from 06:00 to 08:00."""
    rain = [0.0] * 6 + [3.0, 3.0] + [0.0] * 16
    shelf.put(shelf.hours(1, "precipitation_amount", DAY, rain, period_s=3600.0, method="sum"))
    shelf.put(listened(shelf, 1, "2021-05-01T06:30:00Z", "rain"), listened(shelf, 1, "2021-05-01T07:30:00Z"))
    shelf.put(listened(shelf, 2, "2021-05-01T12:00:00Z", "rain", "wind"))
    shelf.put(listened(shelf, 2, "2021-05-02T12:00:00Z", "rain"))


def test_a_site_without_a_gauge_is_checked_by_the_nearest(shelf: Shelf) -> None:
    fill(shelf)
    with open_for_reading(shelf.url) as archive:
        one, other = rain_checks(unplanned(archive, territory(["control", "control"])))
    assert [check.verdict for check in one.checks] == ["confirmed", "missed"]
    assert one.checks[0].amount_mm == 6.0
    assert [check.verdict for check in other.checks] == ["contradicted", "unchecked"]
    assert other.gauge is not None
    assert (other.gauge.site, round(other.gauge.distance_km, 1)) == ("s1", 1.1)


def test_two_channels_are_one_excerpt(shelf: Shelf) -> None:
    fill(shelf)
    dry = listened(shelf, 1, "2021-05-01T06:30:00Z")
    shelf.put(dry.model_copy(update={"excerpt": dry.excerpt.model_copy(update={"channel": 1})}))
    with open_for_reading(shelf.url) as archive:
        (one, _) = rain_checks(unplanned(archive, territory(["control", "control"])))
    assert [check.heard for check in one.checks] == [True, False]


def test_a_doubted_hour_and_a_daily_sum_say_nothing(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "precipitation_amount", DAY, [0.0, 900.0, 0.0]))  # no hour has 900 mm
    shelf.put(listened(shelf, 1, "2021-05-01T01:00:00Z", "rain"))
    daily = [
        shelf.hours(2, "precipitation_amount", f"2021-05-{day:02d}T00:00:00Z", [0.0]) for day in range(1, 6)
    ]
    shelf.put(*daily, listened(shelf, 2, "2021-05-03T00:00:00Z", "rain"))
    with open_for_reading(shelf.url) as archive:
        one, other = rain_checks(unplanned(archive, territory(["control"] * 2)))
    assert (one.count("unchecked"), other.count("unchecked")) == (1, 1)


def test_the_command_counts_and_lists(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf)
    place = tmp_path / "t.toml"
    place.write_text(TERRITORY)
    app = typer.Typer()
    sound_commands.register(app)
    words = ["indices", "rain", "--store", shelf.url, "--territory", str(place)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "s1: rain heard in 1 of 2 excerpts; gauge here: 1 confirmed, 0 contradicted, 0 unchecked; "
        "hard rain not heard: 1",
        "s2: rain heard in 2 of 2 excerpts; gauge 1.1 km away: 0 confirmed, 1 contradicted, 1 unchecked; "
        "hard rain not heard: 0",
    ]
    (one, other) = map(json.loads, CliRunner().invoke(app, [*words, "--json"]).stdout.splitlines())
    assert (one["gauge"], one["missed"]) == ({"site": "s1", "distance_km": 0.0}, 1)
    assert [found["verdict"] for found in other["checks"]] == ["contradicted", "unchecked"]


TERRITORY = """
[territory]
id = "t"
[[zones]]
id = "control"
arm = "control"
land_use = "agriculture"
[[sites]]
id = "s1"
zone = "control"
latitude = 46.51
longitude = 1.0
[[sites]]
id = "s2"
zone = "control"
latitude = 46.52
longitude = 1.0
[[devices]]
id = "d1"
site = "s1"
sensors = ["acoustic", "weather"]
timezone = "UTC"
[[devices]]
id = "d2"
site = "s2"
sensors = ["acoustic"]
timezone = "UTC"
"""
