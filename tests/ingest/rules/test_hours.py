"""Whole hours of points: where an hour begins and ends, and how a sealed day's are packed."""

from __future__ import annotations

from array import array

from hypothesis import example, given
from hypothesis import strategies as st

from contract.instant import DAY, HOUR
from contract.reading import Flag
from ingest.rules.hours import hours_of, joined, pack, unpack
from ingest.values import Hours, Points


def points(*time: int, flags: int = 0) -> Points:
    """1.0 at each time."""
    return Points(array("q", time), array("d", [1.0] * len(time)), array("q", [flags] * len(time)))


def counts(hours: Hours) -> list[tuple[int, int]]:
    return list(zip(hours.hour, hours.n, strict=True))


def test_an_hour_holds_its_first_nanosecond_and_not_the_next_hours() -> None:
    start, end = 5 * HOUR, 6 * HOUR
    assert counts(hours_of(points(start - 1, start, end - 1, end))) == [(4, 1), (5, 2), (6, 1)]
    assert counts(hours_of(points(-HOUR - 1, -HOUR, -1, 0))) == [(-2, 1), (-1, 2), (0, 1)], "before 1970"


@given(st.lists(st.integers(-3 * HOUR, 3 * HOUR), unique=True), st.integers(-3, 3))
def test_hours_of_two_windows_that_meet_are_those_of_both(times: list[int], border: int) -> None:
    earlier = points(*sorted(time for time in times if time < border * HOUR))
    later = points(*sorted(time for time in times if time >= border * HOUR))
    assert joined([hours_of(earlier), hours_of(later)]) == hours_of(points(*sorted(times)))


@given(
    st.sets(st.integers(0, 23), min_size=1), st.integers(-2, 20_000), st.sampled_from([0, int(Flag.CLOCK)])
)
@example(set(range(24)) - {5}, 20_574, 0)
@example(set(range(24)), 20_574, 0)
def test_packed_hours_come_back(hours: set[int], day: int, flags: int) -> None:
    """Any hours of a day, 23 and 24 of them too, sums and doubted points with them."""
    found = hours_of(points(*(day * DAY + hour * HOUR for hour in sorted(hours)), flags=flags))
    assert unpack([(day, pack(day, found))]) == found
