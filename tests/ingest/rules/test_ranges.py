"""Sets of numbers as ranges: the laws of sets."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.rules.ranges import contiguous, gaps, merged, runs, size

NUMBERS = st.sets(st.integers(1, 60))


def unrolled(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(NUMBERS, NUMBERS)
def test_merging_is_the_union(one: set[int], two: set[int]) -> None:
    both = merged([*runs(one), *runs(two)])
    assert unrolled(both) == one | two
    assert size(both) == len(one | two)
    assert all(later[0] > earlier[1] + 1 for earlier, later in itertools.pairwise(both))


@given(NUMBERS, st.integers(0, 70))
def test_gaps_are_the_complement(numbers: set[int], highest: int) -> None:
    assert unrolled(gaps(runs(numbers), highest)) == set(range(1, highest + 1)) - numbers


@given(NUMBERS)
def test_contiguous_ends_before_the_first_gap(numbers: set[int]) -> None:
    expected = next(n for n in range(1, 100) if n not in numbers) - 1
    assert contiguous(runs(numbers)) == expected


def test_hostile_ranges_stay_cheap() -> None:
    assert merged([(1, 2**62), (5, 6)]) == [(1, 2**62)]
    assert merged([(5, 2)]) == []
