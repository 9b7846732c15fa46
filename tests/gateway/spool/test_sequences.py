"""The law of receipts: contiguous is the longest prefix received, whatever the order."""

from __future__ import annotations

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
