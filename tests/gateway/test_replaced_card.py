"""The law of a replaced card: who stays in its boot is told on, and told nothing that is not so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import topics
from contract.instant import SECOND
from contract.line.sender import Sender
from contract.places import Territory
from tests.gateway.ends import NOON, Bench, make_bench, reading, say

TOPIC = topics.sensor("s1", "soil-1", "readings")


def _bench(folder: Path, territory: Territory) -> Bench:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return next(make_bench(folder, territory, 64 * 2**20))


def _replace_card(bench: Bench) -> None:
    for file in bench.folder.glob("spool.db*"):
        file.unlink()
    bench.reopen()


def _stored(bench: Bench) -> set[int]:
    return {json.loads(payload)["seq"] for payload in bench.ingest.payloads()}


_ACTS = st.lists(st.sampled_from(["send", "send", "send", "turn", "mute", "card"]), max_size=40)


@given(_ACTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_device_that_stays_in_its_boot_is_told_on(
    tmp_path: Path, territory: Territory, acts: list[str]
) -> None:
    bench = _bench(tmp_path / "state", territory)
    sender, seq = Sender(bench.broker.client("sensor", [topics.SENSOR_RECEIPT_FILTER]), clock=bench.clock), 0
    for act in [*acts, "send"]:
        if act == "send":
            seq += 1
            sender.send("s1", "soil-1", "b1", seq, TOPIC, reading(seq))
        elif act == "card":
            _replace_card(bench)
        elif act == "mute":
            bench.ingest.mute = not bench.ingest.mute
        else:
            bench.turn(2)
            sender.step(0)
        for boot in sender.unconfirmed():
            assert set(range(1, boot.stored + 1)) <= _stored(bench)
    bench.ingest.mute = False
    for _ in range(12):  # 24 s: before patience, which also ends a gap, could have
        bench.turn(2)
        sender.step(0)
        bench.clock.advance(2 * SECOND)
    assert sender.outstanding == 0, "nothing is kept for ever"
    confirmed = seq - sender.unstored
    assert set(range(1, confirmed + 1)) <= _stored(bench)
    bench.gateway.spool.close()


@pytest.mark.parametrize("retained", [False, True])
def test_only_what_is_said_now_says_what_is_held(bench: Bench, retained: bool) -> None:
    """A retained message may be older than what the device holds today."""
    payload = reading(41)[:-1] + b',"floor":41}'
    say(bench.sensor, payload)
    gateway = bench.gateway.bus
    (delivery,) = gateway.poll(0)
    gateway.acknowledge([delivery])
    gateway.waiting.append(delivery._replace(retained=retained, packet=0))  # type: ignore[attr-defined]
    bench.turn(3)
    assert bench.heard()["b1"][0] == (0 if retained else 41)
    assert bench.clock.now() > NOON
