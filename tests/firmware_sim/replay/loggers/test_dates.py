"""Dates of which day and month may be either: the rows decide, or the file is refused."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.replay.readers.loggers.spelling.dates import Dates, dates_of
from firmware_sim.replay.readers.loggers.station_file import Unfit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-01 23:00:00", datetime(2026, 5, 1, 23)),
        ("2026/5/1 23:00", datetime(2026, 5, 1, 23)),
        ("2026-05-01T23:00", datetime(2026, 5, 1, 23)),
        ("2026-05-01 23:00:00.5", datetime(2026, 5, 1, 23, 0, 0, 500_000)),
        ("2026-05-01 24:00:00", datetime(2026, 5, 2)),
        ("2024-Mar-08 07:34:00", datetime(2024, 3, 8, 7, 34)),
        ("13.05.26 12:05a", datetime(2026, 5, 13, 0, 5)),
        ("13/05/2026 12:00 PM", datetime(2026, 5, 13, 12)),
        ("13/05/2026 1:00 p.m.", datetime(2026, 5, 13, 13)),
    ],
)
def test_what_programs_write(text: str, expected: datetime) -> None:
    assert Dates().read(text) == expected


@pytest.mark.parametrize(
    "text", ["", "at ten", "2026-02-30 00:00", "1/5/26 13:00 PM", "2026-05-01 25:00", "1/5/26 0:61"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Unfit, match="is not a date and time"):
        Dates().read(text)


def test_a_number_above_12_decides() -> None:
    assert dates_of(["1/5/2026 0:00", "13/5/2026 0:00"]) == Dates(month_first=False)
    assert dates_of(["5/1/2026 0:00", "5/13/2026 0:00"]) == Dates(month_first=True)
    with pytest.raises(Unfit, match="day first in some rows"):
        dates_of(["13/5/2026 0:00", "5/13/2026 0:00"])


def test_only_one_order_makes_an_even_series() -> None:
    hours = ["1/5/2026 22:00", "1/5/2026 23:00", "2/5/2026 0:00", "2/5/2026 1:00"]
    assert dates_of(hours) == Dates(month_first=False)
    assert dates_of(["5/1/2026 23:00", "5/2/2026 0:00", "5/2/2026 1:00"]) == Dates(month_first=True)


@pytest.mark.parametrize("rows", [["2/1/2017 06:20:00"], ["2/1/2017 06:20:00", "2/1/2017 06:25:00"]])
def test_what_may_be_two_dates_is_never_guessed(rows: list[str]) -> None:
    with pytest.raises(Unfit, match="may have the day or the month first"):
        dates_of(rows)


@given(
    first=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2060, 1, 1)),
    month_first=st.booleans(),
)
def test_a_month_of_hours_is_read_as_it_was_written(first: datetime, month_first: bool) -> None:
    from datetime import timedelta

    times = [first.replace(second=0, microsecond=0) + timedelta(hours=number) for number in range(24 * 32)]
    shape = "%m/%d/%Y %H:%M" if month_first else "%d/%m/%Y %H:%M"
    texts = [time.strftime(shape) for time in times]
    dates = dates_of(texts)
    assert [dates.read(text) for text in texts] == times
