"""Damaged bytes at every door, a short and seeded share of ``chaos bytes``; and that it sees faults."""

from __future__ import annotations

import pytest

from benchmarks.faults.damage.run import READABLE, UNREADABLE, fuzz
from contract.line.sender import Sender
from gateway.service import Gateway
from ingest.store.sqlite.letters import Kept, Letters

SEED, PAYLOADS = 7, 4_000
ALWAYS_READABLE = "batches of damaged records"
CHECKED = "batches, damaged outside"
"""Their checksum refuses all but the few changes that leave the same content."""


def test_damaged_bytes_are_kept_or_read_and_delete_nothing() -> None:
    *sources, everything = fuzz(PAYLOADS, SEED)
    assert (everything["lost"], everything["undeclared"], everything["slow"]) == (0, 0, 0)
    assert everything["lost at the end"] == 0
    assert everything["payloads"] == PAYLOADS
    assert len(sources) == 15
    for source in sources:
        assert source[READABLE] or source["source"] == CHECKED, (
            f"the damage to {source['source']} leaves nothing to read"
        )
        assert source[UNREADABLE] or source["source"] == ALWAYS_READABLE


def test_unreadable_bytes_that_are_not_written_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Letters, "keep", lambda *_, **__: Kept.KNOWN)
    assert list(fuzz(1_500, SEED))[-1]["lost at the end"]


def test_an_error_that_nobody_declared_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> float:
        raise ZeroDivisionError

    monkeypatch.setattr("gateway.formats.maps.reading.number_of", broken)
    counts = {line["source"]: line["undeclared"] for line in fuzz(300, SEED)}
    assert min(counts["ChirpStack 4"], counts["The Things Stack 3"]) > counts["readings"] == 0


def test_a_receipt_that_is_believed_too_easily_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless_gateway(
        self: Gateway, stream: str, _payload: bytes, confirmed: dict[tuple[str, str], int]
    ) -> None:
        confirmed[stream, self.spool.epoch] = self.spool.highest[stream]

    def careless_sensor(self: Sender, *_: object) -> None:
        self.outstanding //= 2

    monkeypatch.setattr(Gateway, "_hear", careless_gateway)
    counts = {line["source"]: line["lost"] for line in fuzz(300, SEED)}
    assert counts["receipts to a gateway"] > counts["receipts to a sensor"] == 0
    monkeypatch.undo()
    monkeypatch.setattr(Sender, "_confirm", careless_sensor)
    counts = {line["source"]: line["lost"] for line in fuzz(300, SEED)}
    assert counts["receipts to a sensor"] > counts["receipts to a gateway"] == 0
