"""Batches: byte for byte, within limits."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.batch import (
    MAX_BATCH_BYTES,
    MAX_REASON_BYTES,
    BatchHeader,
    Drop,
    Record,
    decode_batch,
    encode_batch,
)
from contract.errors import UnreadableMessage
from contract.instant import SECOND, SystemClock
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


@pytest.mark.parametrize("first", ["", "x"])
def test_a_long_reason_is_cut_between_two_letters(first: str) -> None:
    """ü has two bytes in UTF-8: with a letter before it, the last byte that fits is half a ü."""
    record = Record(1, 1, "birdnet", first + "ü" * MAX_REASON_BYTES, b"{}")
    (read,) = decode_batch(encode_batch(BatchHeader(epoch=EPOCH, highest=1, records=1), [record])).records
    assert read.reason == first + "ü" * (MAX_REASON_BYTES // 2 - len(first))
    assert read.payload == record.payload


def test_a_small_batch_that_expands_without_end_is_refused() -> None:
    bomb = b"EVB\x01" + zstd.compress(b"\0" * (MAX_BATCH_BYTES * 4))
    assert len(bomb) < 10_000
    with pytest.raises(UnreadableMessage, match="expands beyond"):
        decode_batch(bomb)


def test_a_header_without_end_is_refused_in_a_moment() -> None:
    """300,000 drops take 300 KB compressed and would take seconds and hundreds of megabytes to read."""
    drops = ",".join(f'{{"first":{n},"last":{n},"reason":"x"}}' for n in range(1, 300_001))
    head = f'{{"epoch":"{EPOCH}","highest":9,"records":0,"dropped":[{drops}]}}\n'
    started = SystemClock().monotonic()
    with pytest.raises(UnreadableMessage, match="its header has"):
        decode_batch(b"EVB\x01" + zstd.compress(head.encode()))
    assert SystemClock().monotonic() - started < SECOND


def test_the_fullest_header_of_a_gateway_is_read() -> None:
    """200 ranges, the longest numbers and reasons."""
    drops = tuple(Drop(first=2**62, last=2**62, reason="é" * 80) for _ in range(200))
    header = BatchHeader(epoch=EPOCH, highest=2**62, records=0, dropped=drops)
    assert decode_batch(encode_batch(header, [])).header == header


def test_a_batch_cut_at_any_byte_is_refused() -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    payload = encode_batch(header, [Record(1, 2, "a/b", "", b"payload")])
    for end in range(len(payload)):
        with pytest.raises(UnreadableMessage):
            decode_batch(payload[:end])


def test_a_batch_with_any_bit_changed_is_refused_or_reads_the_same() -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    payload = encode_batch(header, [Record(1, 2, "a/b", "", b"payload" * 9)])
    meant = decode_batch(payload)
    refused = 0
    for bit in range(8 * len(payload)):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            assert decode_batch(bytes(changed)) == meant
        except UnreadableMessage:
            refused += 1
    assert refused > 8 * len(payload) * 0.9


@pytest.mark.parametrize(
    ("received", "kept"), [(-1, 0), (2**62 + 1, 2**62), (2**63 - 1, 2**62), (-(2**63), 0)]
)
def test_a_record_of_a_time_that_cannot_be_is_refused_alone(received: int, kept: int) -> None:
    header = BatchHeader(epoch=EPOCH, highest=3, records=3)
    sound = [Record(1, 5, "t", "", b"x"), Record(3, 2**62, "t", "", b"z")]
    payload = encode_batch(header, [sound[0], Record(2, received, "t", "", b"y"), sound[1]])
    first, wrong, last = decode_batch(payload).records
    assert [first, last] == sound
    assert wrong == Record(2, kept, "t", wrong.reason, b"y")
    assert str(received) in wrong.reason


def test_a_reason_is_kept_beside_the_time_that_cannot_be() -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    (read,) = decode_batch(encode_batch(header, [Record(1, -1, "t", "no JSON", b"y")])).records
    assert "no JSON" in read.reason


@pytest.mark.parametrize("number", [2**63 + 5, 0])
def test_a_batch_with_a_number_that_cannot_be_is_refused(number: int) -> None:
    header = BatchHeader(epoch=EPOCH, highest=1, records=1)
    payload = encode_batch(header, [Record(number, 0, "t", "", b"x")])
    with pytest.raises(UnreadableMessage):
        decode_batch(payload)
