"""The law of receipts: contiguous is the longest prefix heard, whatever the order."""

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
def test_contiguous_is_the_longest_prefix_of_what_was_heard(numbers: list[int]) -> None:
    heard = Sequences()
    for seq in numbers:
        heard.hear(seq)
    assert heard.contiguous == prefix(set(numbers))
    above = {seq for first, last in heard.islands for seq in range(first, last + 1)}
    assert above == {seq for seq in numbers if seq > heard.contiguous}


@given(st.lists(st.integers(1, 60)))
def test_the_text_form_comes_back_as_it_was(numbers: list[int]) -> None:
    heard = Sequences()
    for seq in numbers:
        heard.hear(seq)
    assert Sequences.load(heard.contiguous, heard.dump()) == heard


def test_a_sender_that_skips_for_ever_costs_bounded_memory() -> None:
    heard = Sequences()
    for seq in range(2, 20_000, 2):
        heard.hear(seq)
    assert (heard.contiguous, len(heard.islands)) == (0, MAX_ISLANDS)
