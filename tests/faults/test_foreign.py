"""Damaged messages of foreign formats, a short and seeded share; and what a long run has found."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.faults.damage.decoders import eui, land
from benchmarks.faults.damage.foreign import MUST_BE_NONE, NOW, fuzz
from contract import topics
from contract.line.bus import Delivery
from contract.testing.fixed_clock import FixedClock
from gateway.intake import take
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool


def taken(topic: str, payload: bytes) -> Entry:
    return take(Delivery(topic, payload, False, -1, 1, topics.parse(topic)), NOW, land())


def test_damaged_messages_of_every_format_are_kept_or_read() -> None:
    for name, found in fuzz(60, 3).items():
        assert {fate: found[fate] for fate in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0), name
        assert found["read"], name
        assert found["unreadable"], name


def test_a_number_with_a_fraction_as_identity_does_not_count_to_a_million_billions() -> None:
    """A range asked for 2.5 looks at each of its numbers: the gateway stood still for days."""
    said = {"ts": 1777608000, "n": 2.5, "air": {"t": 54.5}}
    assert taken("farm/own/json", json.dumps(said).encode()).reason == ""


def test_half_a_letter_does_not_stop_the_spool(tmp_path: Path) -> None:
    """JSON may say ``\\ud800`` alone; what quotes it must still be written."""
    body = (
        b'{"cmd":"gw","EUI":"%s\\ud800","fcnt":1,"ts":1777608007250,"port":2,"data":"0e"}'
        % eui("elsys").encode()
    )
    third = (
        b'{"applicationID":"1","devEUI":"%s","fCnt":1,"objectJSON":"{\\"x\\ud800\\":1}"}'
        % eui("elsys").encode()
    )
    entries = [taken("loriot/a", body), taken("application/1/device/x/event/up", third)]
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOW))
    spool.add(entries)
    assert sum(spool.highest.values()) == 2
    spool.close()
