"""The law of receipts: contiguous is the longest prefix received, whatever the order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.spool.sequences import MAX_ISLANDS, Sequences


def prefix(numbers: set[int]) -> int:
    length = 0
    while length + 1 in numbers:
        length += 1
    return length


@given(st.lists(st.integers(1, 60)))
def test_contiguous_is_the_longest_prefix_of_what_was_received(numbers: list[int]) -> None:
    received = Sequences()
    for seq in numbers:
        received.receive(seq)
    assert received.contiguous == prefix(set(numbers))
    above = {seq for first, last in received.islands for seq in range(first, last + 1)}
    assert above == {seq for seq in numbers if seq > received.contiguous}


@given(st.lists(st.integers(1, 60)))
def test_islands_never_touch_each_other_or_the_prefix(numbers: list[int]) -> None:
    received = Sequences()
    for seq in numbers:
        received.receive(seq)
    ends = [(0, received.contiguous), *received.islands]
    assert all(below[1] + 1 < above[0] for below, above in pairwise(ends))


@pytest.mark.parametrize("numbers", [(3, 4), (4, 3), (3, 5, 4), (5, 3, 4, 4), (3, 3, 4, 5)])
def test_numbers_that_touch_are_one_island(numbers: tuple[int, ...]) -> None:
    received = Sequences()
    for seq in numbers:
        received.receive(seq)
    assert received.islands == [(min(numbers), max(numbers))]


@given(st.lists(st.integers(1, 60)))
def test_the_text_form_comes_back_as_it_was(numbers: list[int]) -> None:
    received = Sequences()
    for seq in numbers:
        received.receive(seq)
    assert Sequences.load(received.contiguous, received.dump()) == received


def test_a_sender_that_skips_for_ever_costs_bounded_memory() -> None:
    received = Sequences()
    for seq in range(2, 20_000, 2):
        received.receive(seq)
    assert (received.contiguous, len(received.islands)) == (0, MAX_ISLANDS)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60))))
def test_a_floor_closes_gaps_below_it_and_no_other(said: list[tuple[int, int]]) -> None:
    """The model: a set of what was received, and a set of what was given up."""
    received, had, gone = Sequences(), set[int](), set[int]()
    for seq, floor in said:
        missing = {number for number in range(1, floor) if number not in had | gone}
        assert received.skip_below(floor) == len(missing)
        gone |= missing
        received.receive(seq)
        had.add(seq)
        assert received.contiguous == prefix(had | gone)
        assert received.skipped == ((min(gone), max(gone)) if gone else None)
        assert Sequences.load(received.contiguous, received.dump()) == received


@given(st.permutations(range(1, 31)))
def test_a_backlog_sent_in_any_order_skips_nothing_without_a_floor(order: list[int]) -> None:
    """The first number heard is no beginning: newest first would lose all the others."""
    received = Sequences()
    for seq in order:
        received.receive(seq)
    assert (received.contiguous, received.skipped) == (30, None)
