"""What a query answers: points, hours of the local day, days."""

from __future__ import annotations

import math

import pytest

from analysis.study.query import Answer, By, ask
from analysis.study.series import open_for_reading
from contract.errors import UnknownName
from contract.instant import Window, parse_instant
from tests.analysis.conftest import Shelf, territory

PARIS = territory(["control"], zone="Europe/Paris")
ACI = "ACI@maad-1.5.2#1a2b3c4d"


def answer(shelf: Shelf, by: By = "none", **asked: str) -> Answer:
    with open_for_reading(shelf.url) as archive:
        [only] = ask(archive, PARIS, by=by, **asked)  # type: ignore[arg-type]
    return only


def test_points_come_with_their_flags_also_doubted_ones(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [99.0]))  # no air has 99 °C
    said = answer(shelf).to_dict()
    assert said["points"] == [{"time": "2021-05-01T00:00:00Z", "value": 99.0, "flags": ["range"]}]
    assert (said["n"], said["doubted"], said["unit"]) == (1, 1, "Cel")


def test_hours_are_those_of_the_wall_clock_where_the_device_stands(shelf: Shelf) -> None:
    # Paris is UTC+2 in May and UTC+1 in December
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T04:30:00Z", [10.0]))
    shelf.put(shelf.hours(1, "air_temperature", "2021-12-01T04:30:00Z", [2.0]))
    hours = {group.key: group.value for group in answer(shelf, "hour").groups if group.n}
    assert hours == {6: 10.0, 5: 2.0}


def test_every_hour_is_there_and_silent_ones_have_no_value(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [1.0]))
    hours = answer(shelf, "hour").to_dict()["hours"]
    assert [hour["hour"] for hour in hours] == list(range(24))
    assert [hour["hour"] for hour in hours if hour["value"] is not None] == [2]


def test_doubted_points_enter_no_mean_and_are_counted(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [1.0]))
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-02T00:00:00Z", [99.0]))
    found = answer(shelf, "hour")
    assert found.groups[2].value == 1.0
    assert found.left_out == 1


def test_rain_is_summed_over_the_local_day(shelf: Shelf) -> None:
    # 22:00 UTC on 30 April is midnight of 1 May in Paris
    rain = shelf.hours(1, "precipitation_amount", "2021-04-30T21:00:00Z", [5.0, 1.0, 2.0], method="sum")
    shelf.put(rain)
    days = {group.key: group.value for group in answer(shelf, "day").groups}
    assert days == {"2021-04-30": 5.0, "2021-05-01": 3.0}


def test_the_mean_of_directions_on_both_sides_of_north_is_north(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "wind_from_direction", "2021-05-01T01:00:00Z", [350.0]))
    shelf.put(shelf.hours(1, "wind_from_direction", "2021-05-01T01:30:00Z", [10.0]))
    value = answer(shelf, "hour").groups[3].value
    assert value is not None
    assert math.cos(math.radians(value)) == pytest.approx(1.0, abs=1e-12)


def test_the_effort_of_an_index_is_its_valid_seconds_each_excerpt_once(shelf: Shelf) -> None:
    shelf.put(
        shelf.measured(1, "2021-05-01T04:00:00Z", {ACI: 5.0}),
        shelf.measured(1, "2021-05-01T05:00:00Z", {ACI: 6.0}),
    )
    found = answer(shelf, quantity="ACI")
    assert (found.excerpts, found.valid_s) == (2, 120.0)


def test_two_channels_of_one_excerpt_are_one_effort(shelf: Shelf) -> None:
    left = shelf.measured(1, "2021-05-01T04:00:00Z", {ACI: 5.0})
    right = left.model_copy(update={"seq": 99, "excerpt": left.excerpt.model_copy(update={"channel": 1})})
    shelf.put(left, right)
    with open_for_reading(shelf.url) as archive:
        found = ask(archive, PARIS, quantity="ACI")
    assert [(one.track.series.qualifier, one.excerpts, one.valid_s) for one in found] == [
        ("channel=0", 1, 60.0),
        ("channel=1", 1, 60.0),
    ]


def test_a_window_without_points_gives_no_series(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [1.0]))
    window = Window(parse_instant("2022-01-01T00:00:00Z"), parse_instant("2023-01-01T00:00:00Z"))
    with open_for_reading(shelf.url) as archive:
        assert ask(archive, PARIS, window=window) == []


def test_a_site_of_the_territory_that_said_nothing_is_empty_and_a_stranger_is_unknown(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [1.0]))
    place = territory(["control", "control"])
    with open_for_reading(shelf.url) as archive:
        assert ask(archive, place, site="s2") == []
        with pytest.raises(UnknownName):
            ask(archive, place, site="elsewhere")
