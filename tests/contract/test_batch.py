"""Batches: byte for byte, within limits."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.batch import MAX_BATCH_BYTES, BatchHeader, Drop, Record, decode_batch, encode_batch
from contract.errors import UnreadableMessage
from tests import strategies

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EPOCH = "0123456789abcdef"


@given(st.lists(strategies.records, max_size=20))
@settings(deadline=None)
def test_payloads_come_out_byte_for_byte(records: list[Record]) -> None:
    header = BatchHeader(
        epoch=EPOCH, highest=99, records=len(records), dropped=(Drop(first=1, last=2, reason="full"),)
    )
    batch = decode_batch(encode_batch(header, records))
    assert batch.header == header
    assert list(batch.records) == records


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_batch_or_declared_unreadable(payload: bytes) -> None:
    for bytes_ in (payload, b"EVB\x01" + payload):
        with pytest.raises(UnreadableMessage):
            decode_batch(bytes_)


def test_a_small_batch_that_expands_without_end_is_refused() -> None:
    bomb = b"EVB\x01" + zstd.compress(b"\0" * (MAX_BATCH_BYTES * 4))
    assert len(bomb) < 10_000
    with pytest.raises(UnreadableMessage, match="expands beyond"):
        decode_batch(bomb)


def test_a_batch_cut_at_any_byte_is_refused() -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    payload = encode_batch(header, [Record(1, 2, "a/b", "", b"payload")])
    for end in range(len(payload)):
        with pytest.raises(UnreadableMessage):
            decode_batch(payload[:end])


@pytest.mark.parametrize(("number", "received"), [(2**63 + 5, 0), (0, 0), (1, -1), (1, 2**63 - 1)])
def test_a_record_whose_number_or_time_cannot_be_is_refused(number: int, received: int) -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    payload = encode_batch(header, [Record(number, received, "t", "", b"x")])
    with pytest.raises(UnreadableMessage):
        decode_batch(payload)
