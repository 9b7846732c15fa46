"""A refused message is told; the time is told only by who knows it; who repeats is named."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.batch import DeviceReceipt
from contract.instant import MINUTE, SECOND, parse_instant
from gateway.answers import Answers
from gateway.doctor.sensors import check_sensors
from gateway.spool.entry import Entry, Origin
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say


def told(bench: Bench) -> dict[str, DeviceReceipt]:
    """The latest receipt of each boot."""
    deliveries = bench.sensor.poll(0, 10_000)
    bench.sensor.acknowledge(deliveries)
    receipts = [DeviceReceipt.model_validate_json(one.payload) for one in deliveries]
    return {receipt.boot: receipt for receipt in receipts}


@pytest.mark.parametrize(
    ("payload", "boot", "refused"),
    [
        (reading(1).replace(b"12.5", b"nan"), "b1", "1: not JSON"),
        (reading(1)[:-4], "b1", "1: not JSON"),
        (reading(1).replace(b'"seq":1', b'"seq":"1"'), "b1", "1: readings.seq: Input should be"),
        (reading(1).replace(b"soil-1", b"Soil 1"), "b1", "1: readings.device: String should match"),
        (b"hello", "", f"sha256 {hashlib.sha256(b'hello').hexdigest()[:16]}: not JSON"),
    ],
)
def test_whoever_says_what_cannot_be_read_is_told_so(
    bench: Bench, payload: bytes, boot: str, refused: str
) -> None:
    say(bench.sensor, payload)
    bench.turn()
    receipt = told(bench)[boot]
    assert receipt.spooled == (1 if boot else 0), "it is kept: its sender may forget it"
    assert len(receipt.refused) == 1
    assert receipt.refused[0].startswith(refused)
    assert payload in bench.ingest.payloads()


def test_one_bad_reading_is_told_and_kept_beside_the_message(bench: Bench) -> None:
    joy = b'"readings":[{"quantity":"joy","value":1}'
    payload = reading(1).replace(b'"readings":[', joy + b",")
    say(bench.sensor, payload)
    bench.turn()
    receipt = told(bench)["b1"]
    assert (receipt.spooled, receipt.stored) == (1, 1)
    assert receipt.refused == ("1: readings[0]: Value error, 'joy' is not a quantity",)
    ((_, batch),) = [one for one in bench.ingest.batches if one[1].records]
    assert [(one.payload, bool(one.reason)) for one in batch.records] == [
        (payload, False),
        (reading(1).split(b'"readings":[')[0] + joy + b"]}", True),
    ]


_TEXTS = st.lists(st.tuples(st.integers(0, 40), st.text(max_size=300)), max_size=30)


@given(_TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_receipt_names_the_last_eight_in_letters_that_fit(
    bench: Bench, refused: list[tuple[int, str]]
) -> None:
    answers, me = Answers(bench.clock, lambda: False), Origin("s1", "soil-1", "b1")
    for seq, reason in refused:
        answers.hear([Entry("readings", NOON, "t", reason or "?", b"x", me, seq)])
    receipt = answers.complete(DeviceReceipt(boot="b1", spooled=0, stored=0), me)
    assert DeviceReceipt.model_validate_json(receipt.model_dump_json()) == receipt
    if refused and refused[-1][0]:
        assert any(one.startswith(f"{refused[-1][0]}: ") for one in receipt.refused)


@pytest.mark.parametrize(("follows", "known"), [(True, True), (False, False), (None, False)])
def test_the_time_is_told_only_while_the_clock_follows_a_source(
    bench: Bench, follows: bool | None, known: bool
) -> None:
    bench.gateway.answers.follows = lambda: follows
    say(bench.sensor, reading(1))
    bench.turn()
    time = told(bench)["b1"].time
    assert (time is not None) == known
    if time is not None:
        assert abs(parse_instant(time) - bench.clock.now()) < SECOND


def test_the_doctor_names_who_repeats_and_since_when(bench: Bench) -> None:
    def named() -> list[str]:
        found = check_sensors(bench.territory, read_status(bench.folder), bench.clock.now())
        return [one.text for one in found if one.name == "repeats s1/soil-1"]

    for seq in (1, 2, 3):
        say(bench.sensor, reading(seq))
    bench.turn()
    assert named() == []
    for _ in range(4):
        bench.clock.advance(MINUTE)
        say(bench.sensor, reading(2))
        say(bench.sensor, reading(3))
        bench.turn(1)
    (text,) = named()
    assert text == "says message 2 of boot b1 again and again since 2026-05-01T12:01:00Z, 4 times"
    bench.clock.advance(16 * MINUTE)
    assert named() == [], "it has found its peace"


def test_a_redelivery_by_the_broker_is_no_repeating_device(bench: Bench) -> None:
    for _ in range(50):
        say(bench.sensor, reading(1))
    bench.turn()
    assert read_status(bench.folder).repeats == ()
    assert json.loads(bench.gateway.spool.setting("repeats") or "[]") == []
