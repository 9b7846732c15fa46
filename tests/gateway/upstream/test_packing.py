"""No batch is larger than the broker takes, and what never fits blocks nothing."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import topics
from contract.batch import encode_batch
from contract.line.bus import TOO_LARGE
from contract.places import Territory
from gateway.doctor.spool import check_spool
from gateway.spool.status import read_status
from gateway.upstream.batch_size import MAX_BYTES_A_BATCH, BatchSize
from tests.gateway.ends import GATEWAY, NOON, Bench, make_bench, reading, say


def long_reading(seq: int, size: int) -> bytes:
    """About ``size`` bytes that do not compress well."""
    return reading(seq)[:-1] + b',"x":"' + os.urandom(size // 2).hex().encode() + b'"}'


def _payloads_sent(bench: Bench) -> list[int]:
    return [len(encode_batch(one.header, one.records)) for _, one in bench.ingest.batches]


@given(st.lists(st.integers(200, 20_000), min_size=1, max_size=40), st.integers(4_000, 30_000))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_message_arrives_within_the_limit_or_is_set_aside_and_counted(
    tmp_path_factory: pytest.TempPathFactory, territory: Territory, sizes: list[int], limit: int
) -> None:
    bench = next(make_bench(tmp_path_factory.mktemp("gateway"), territory, 64 * 2**20))
    bench.gateway.bus.packet_limit = limit
    said = [long_reading(seq, size) for seq, size in enumerate(sizes, 1)]
    for payload in said:
        say(bench.sensor, payload)
    bench.turn(60)
    assert max(_payloads_sent(bench)) <= limit
    aside = [_payload(file) for file in (bench.folder / "too-large").glob("*")]
    assert sorted(bench.ingest.payloads() + aside) == sorted(said)
    status = read_status(bench.folder)
    assert status.counters.get("too_large", 0) == len(aside)
    assert all(stream.waiting == 0 for stream in status.streams), "nothing is blocked"
    bench.gateway.spool.close()


def _payload(file: Path) -> bytes:
    return base64.b64decode(json.loads(file.read_text())["payload"])


@pytest.mark.parametrize("takes", [2_000, 20_000, 200_000])
def test_a_broker_that_states_no_limit_but_refuses_is_met_by_halves(bench: Bench, takes: int) -> None:
    """It takes the packet, throws it away, and says so with the PUBACK."""
    gateway, publish = bench.gateway.bus, bench.gateway.bus.publish

    def refusing(topic: str, payload: bytes, *, retain: bool = False) -> bool:
        if topic.startswith(topics.up(GATEWAY, "")) and len(payload) > takes:
            gateway.refusals.append(f"{topic}: {TOO_LARGE}")
            return True
        return publish(topic, payload, retain=retain)

    bench.gateway.bus = bench.gateway.upstream._bus = _Refusing(gateway, refusing)  # type: ignore[assignment]
    said = [long_reading(seq, 5_000 if seq == 7 else 800) for seq in range(1, 101)]
    for payload in said:
        say(bench.sensor, payload)
    bench.turn(100)
    arrived = bench.ingest.payloads()
    assert sorted(arrived) == sorted(one for one in said if takes > 4_000 or len(one) < 4_000)
    assert bench.heard()["b1"] == (100, 100 if takes > 4_000 else 6)
    assert gateway.refusals == []


class _Refusing:
    """A bus whose ``publish`` is another's."""

    def __init__(self, bus: object, publish: object) -> None:
        self._bus, self.publish = bus, publish

    def __getattr__(self, name: str) -> object:
        return getattr(self._bus, name)


def test_the_doctor_names_what_no_broker_takes(bench: Bench) -> None:
    bench.gateway.bus.packet_limit = 2_000  # type: ignore[misc]
    say(bench.sensor, long_reading(1, 8_000))
    bench.turn()
    found = {one.name: one for one in check_spool(read_status(bench.folder), NOON, bench.territory, 10**9)}
    assert found["packets"].level == "warn"
    assert "1 messages were larger" in found["packets"].text


def test_batches_grow_again_where_there_is_room() -> None:
    size = BatchSize()
    size.halve(MAX_BYTES_A_BATCH)
    size.halve(MAX_BYTES_A_BATCH)
    assert size.max_bytes == MAX_BYTES_A_BATCH // 4
    for _ in range(2):
        size.took(1_000, 0)
    assert size.max_bytes == MAX_BYTES_A_BATCH
