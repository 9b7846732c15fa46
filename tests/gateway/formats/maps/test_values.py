"""Paths, numbers and times as decoders write them."""

from __future__ import annotations

import pytest

from contract.instant import parse_instant
from gateway.formats.maps.numbers import is_absent, number_of
from gateway.formats.maps.paths import walk
from gateway.formats.maps.times import instant_of


@pytest.mark.parametrize(
    ("message", "path", "values"),
    [
        ({"readings": [{"value": 1}, {"value": 2}]}, "readings/0/value", [1]),
        ({"readings": [{"value": 1}, {"value": 2}]}, "readings/*/value", [1, 2]),
        ({"m": [{"id": 4102, "v": 1}, {"id": "4103", "v": 2}]}, "m/id=4102/v", [1]),
        ({"m": [{"id": 4102, "v": 1}, {"id": "4103", "v": 2}]}, "m/id=4103/v", [2]),
        ({"m": [[{"id": "4102", "v": 1}], [{"id": 4102.0, "v": 3}]]}, "m/id=4102/v", [1, 3]),
        ({"temperature_3": 1, "temperature": 2}, "temperature_*", [1]),
        ({"a/b": 1}, "a~1b", [1]),
        ({"usUnits": "16.0", "x": 7}, "usUnits=16/x", [7]),
        ({"a": 1}, "a/b/c", []),
        ([], "a", []),
        ({"m": [{"id": True, "v": 1}]}, "m/id=1/v", []),
    ],
)
def test_a_path_leads_where_it_says(message: object, path: str, values: list[object]) -> None:
    assert [spot.value for spot in walk(message, path)] == values


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        (3, 3.0, ""), ("20.80", 20.8, ""), (" 45.6 %", 45.6, "%"), ("3.1(low battery)", 3.1, ""),
        ("-5.2 °C", -5.2, "°C"), ("1e2", 100.0, ""), ("100%", 100.0, "%"), (".5", 0.5, ""),
    ],
)  # fmt: skip
def test_numbers_are_read_as_decoders_write_them(value: object, number: float, unit: str) -> None:
    assert number_of(value) == (number, unit)


@pytest.mark.parametrize("value", [True, None, "NULL", "12,5", "1.2.3", "on", [], {}, 1e400, "9" * 400])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number_of(value) is None


def test_words_for_nothing_are_absences_and_no_zero() -> None:
    assert all(is_absent(word) for word in (None, "NULL", " nan ", "NoSensor", "unavailable", "--", ""))
    assert not any(is_absent(value) for value in (0, "0", False, "off"))
    assert is_absent("-327.68", (-327.68,))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1692507109, "2023-08-20T04:51:49Z"),
        (1692507109123, "2023-08-20T04:51:49.123Z"),
        ("1692507109.0", "2023-08-20T04:51:49Z"),
        ("2023-08-20T06:51:49+02:00", "2023-08-20T04:51:49Z"),
    ],
)
def test_times_are_read_as_they_are_counted(value: object, text: str) -> None:
    """1,692,507,109 s: `date -u -d @1692507109`."""
    assert instant_of(value, None) == parse_instant(text)
