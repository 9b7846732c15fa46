"""The door to the store: names, arrays, flags."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.study.series import Series, Track, answers_to, open_for_reading, unit_of
from contract.errors import UnknownName
from contract.instant import HOUR, Window, parse_instant
from contract.reading import Flag
from tests.analysis.conftest import Shelf

DAY = "2021-05-01T00:00:00Z"
ACI = "ACI@maad-1.5.2#1a2b3c4d"


@pytest.mark.parametrize(
    ("wanted", "answers"),
    [("ACI", True), ("aci", True), ("ACI@maad-1.5.2", True), (ACI, True),
     ("ACI@ecoviv-1", False), ("AC", False), ("ACI@maad-1.5.2#1a2b", False)],
)  # fmt: skip
def test_an_index_answers_to_its_name_with_or_without_profile(wanted: str, answers: bool) -> None:
    assert answers_to(ACI, wanted) is answers


def test_a_track_has_the_points_in_order_of_time_whatever_the_order_of_arrival(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T02:00:00Z", [3.0]))
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0, 2.0]))
    with open_for_reading(shelf.url) as archive:
        [series] = archive.named(quantity="air_temperature")
        track = archive.track(series)
    assert track.value.tolist() == [1.0, 2.0, 3.0]
    assert (track.time - parse_instant(DAY)).tolist() == [0, HOUR, 2 * HOUR]


def test_doubted_points_are_kept_but_not_usable(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0, 99.0, 2.0]))  # no air has 99 °C
    with open_for_reading(shelf.url) as archive:
        track = archive.track(archive.all()[0])
    assert track.value.tolist() == [1.0, 99.0, 2.0]
    assert track.usable().value.tolist() == [1.0, 2.0]


def test_hours_are_those_of_the_usable_points(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0, 99.0, 2.0]))
    with open_for_reading(shelf.url) as archive:
        hours = archive.hours(archive.all()[0])
    assert (hours.hour - parse_instant(DAY) // HOUR).tolist() == [0, 1, 2]
    assert (hours.n.tolist(), hours.total.tolist(), hours.doubted.tolist()) == (
        [1, 0, 1], [1.0, 0.0, 2.0], [0, 1, 0],
    )  # fmt: skip


@pytest.mark.parametrize("flag", list(Flag))
def test_only_a_doubted_value_time_or_name_makes_a_point_unfit(flag: Flag) -> None:
    series = Series("s1", "d1", "air_temperature", "")
    track = Track(series, np.array([0]), np.array([1.0]), np.array([int(flag)]))
    doubted = flag in (Flag.RANGE, Flag.RATE, Flag.STUCK, Flag.CLOCK, Flag.UNIT, Flag.DOUBTED)
    assert len(track.usable().time) == (0 if doubted else 1)


def test_a_window_is_half_open(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0, 2.0, 3.0]))
    start = parse_instant(DAY)
    with open_for_reading(shelf.url) as archive:
        track = archive.track(archive.all()[0])
    assert track.within(Window(start, start + 2 * HOUR)).value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("asked", [{"site": "s9"}, {"device": "d9"}, {"quantity": "humus"}])
def test_an_unknown_name_says_what_there_is(shelf: Shelf, asked: dict[str, str]) -> None:
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0]))
    with open_for_reading(shelf.url) as archive, pytest.raises(UnknownName) as raised:
        archive.named(**asked)
    assert raised.value.exit_code == 3
    assert any(name in raised.value.help for name in ("s1", "d1", "air_temperature"))


def test_a_quantity_of_the_table_that_nobody_measured_is_empty_not_unknown(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", DAY, [1.0]))
    with open_for_reading(shelf.url) as archive:
        assert archive.named(quantity="soil_ph") == []


def test_units_are_those_of_the_table() -> None:
    assert (unit_of("air_temperature"), unit_of(ACI)) == ("Cel", "1")
