"""Time: exact, zoned, half-open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ConfigurationError, TimeWithoutZone
from contract.instant import (
    DAY,
    SECOND,
    Window,
    day_of,
    format_instant,
    from_datetime,
    parse_instant,
    parse_zone,
    to_datetime,
)


@given(st.integers(0, 4_000_000_000 * SECOND))
def test_text_and_nanoseconds_are_the_same_instant(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01.000000001Z", SECOND + 1),
        ("2000-03-01T00:00:00Z", 11_017 * DAY),  # 30 years of 365 days, 7 leap days, then 31 + 29
    ],
)
def test_known_instants(text: str, instant: int) -> None:
    assert parse_instant(text) == instant


def test_a_time_without_zone_is_refused_never_guessed() -> None:
    with pytest.raises(TimeWithoutZone, match="no zone"):
        parse_instant("2026-05-01T04:00:00")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_lies_outside_the_calendar_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a time"):
        parse_instant(text)


def test_a_stated_zone_is_used_only_where_the_text_has_none() -> None:
    paris = parse_zone("Europe/Paris")
    assert parse_instant("2026-07-01T02:00:00", zone=paris) == parse_instant("2026-07-01T00:00:00Z")
    assert parse_instant("2026-07-01T02:00:00Z", zone=paris) == parse_instant("2026-07-01T02:00:00Z")


@pytest.mark.parametrize(
    ("name", "hours"), [("UTC", 0), ("+02:00", 2), ("UTC-3:30", -3.5), ("UTC+1", 1), ("Europe/Paris", 1)]
)
def test_zones_are_read_as_recorders_write_them(name: str, hours: float) -> None:
    moment = to_datetime(parse_instant("2026-01-15T00:00:00Z"), parse_zone(name))
    assert moment.utcoffset() == timedelta(hours=hours)
    assert from_datetime(moment) == parse_instant("2026-01-15T00:00:00Z")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "+99:00"])
def test_an_unknown_zone_is_an_error_that_helps(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Europe/Paris"):
        parse_zone(name)


def test_windows_are_half_open_and_go_forward() -> None:
    window = Window(0, DAY)
    assert 0 in window
    assert DAY not in window
    assert str(day_of(DAY - 1)) == "1970-01-01"
    with pytest.raises(ConfigurationError, match="end after it starts"):
        Window(5, 5)
