"""Batches go up by priority until confirmed, again when missing, and never pile up."""

from __future__ import annotations

import pytest

from contract import topics
from contract.batch import Receipt
from contract.instant import SECOND
from contract.testing.memory_bus import MemoryBus
from tests.gateway.ends import GATEWAY, Bench, reading, say


def health(seq: int) -> bytes:
    return b'{"v":1,"kind":"health","site":"s1","device":"soil-1","boot":"b1","seq":%d}' % seq


def answer(bench: Bench, committed: int, missing: tuple[tuple[int, int], ...] = (), epoch: str = "") -> None:
    receipt = Receipt(
        epoch=epoch or bench.gateway.spool.epoch, committed=committed, missing=tuple(list(m) for m in missing)
    )
    bench.ingest.bus.publish(topics.receipt(GATEWAY, "readings"), receipt.model_dump_json().encode())


def sent(bench: Bench) -> list[int]:
    """Numbers of the readings sent since the last call."""
    bench.ingest.step()
    found = [r.number for stream, b in bench.ingest.batches for r in b.records if stream == "readings"]
    bench.ingest.batches.clear()
    return found


def test_health_goes_before_readings(bench: Bench) -> None:
    for seq in range(1, 4):
        say(bench.sensor, reading(seq))
    say(bench.sensor, health(4), kind="health")
    bench.turn(1)
    full = [stream for stream, batch in bench.ingest.batches if batch.records]
    assert full == ["health", "readings"]


def test_a_receipt_empties_the_spool_and_tells_the_sensor(bench: Bench) -> None:
    for seq in range(1, 121):
        say(bench.sensor, reading(seq))
    bench.turn(12)
    assert bench.heard()["b1"] == (120, 120)
    assert bench.gateway.spool.batch("readings", 1, 200, limit=10, max_bytes=10**6) == []


def test_heartbeats_tell_the_highest_number(bench: Bench) -> None:
    say(bench.sensor, reading(1))
    bench.turn()
    bench.ingest.batches.clear()
    bench.clock.advance(31 * SECOND)
    bench.turn(1)
    beats = {stream: batch.header.highest for stream, batch in bench.ingest.batches}
    assert beats == {"health": 0, "readings": 1}


def test_without_an_answer_only_heartbeats_go_out(bench: Bench) -> None:
    bench.ingest.mute = True
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn()
    assert sent(bench) == list(range(1, 11))
    for seq in range(11, 2_000):
        say(bench.sensor, reading(seq))
    for _ in range(60):
        bench.clock.advance(SECOND)
        bench.turn(1)
    readings = [batch for stream, batch in bench.ingest.batches if stream == "readings"]
    beats = [batch for batch in readings if not batch.records]
    assert sum(len(batch.records) for batch in readings) < 1_989
    assert all(not batch.records for batch in readings[8:])
    assert 4 <= len(beats) < 20


def test_offline_nothing_is_packed_in_vain(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    say(bench.sensor, reading(1))
    tried: list[str] = []

    def offline(_bus: MemoryBus, topic: str, _payload: bytes, *, retain: bool = False) -> bool:
        tried.append(topic)
        return retain

    with monkeypatch.context() as broken:
        broken.setattr(MemoryBus, "publish", offline)
        for _ in range(50):
            bench.gateway.step(0)
            bench.clock.advance(20_000_000)
    assert 1 <= tried.count(topics.up(GATEWAY, "readings")) <= 4
    bench.gateway.greet()
    bench.turn()
    assert bench.ingest.payloads() == [reading(1)]


def test_after_silence_everything_arrives(bench: Bench) -> None:
    bench.ingest.mute = True
    wanted = [reading(seq) for seq in range(1, 501)]
    for payload in wanted:
        say(bench.sensor, payload)
    bench.turn(20)
    bench.clock.advance(10 * SECOND)
    bench.turn(20)
    bench.ingest.mute = False
    for _ in range(40):
        bench.clock.advance(SECOND)
        bench.turn(1)
    assert bench.ingest.payloads() == wanted
    assert bench.heard()["b1"] == (500, 500)


def test_what_is_missing_is_sent_again_and_nothing_else(bench: Bench) -> None:
    bench.ingest.mute = True
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    assert sent(bench) == list(range(1, 11))
    bench.clock.advance(2 * SECOND)
    answer(bench, 3, missing=((4, 5), (9, 9)))
    bench.turn(1)
    assert sent(bench) == [4, 5, 9]


def test_what_was_sent_a_moment_ago_is_not_sent_again(bench: Bench) -> None:
    bench.ingest.mute = True
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    sent(bench)
    answer(bench, 3, missing=((4, 10),))
    bench.turn(1)
    assert sent(bench) == []


def test_receipts_of_another_epoch_or_unreadable_ones_change_nothing(bench: Bench) -> None:
    bench.ingest.mute = True
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    answer(bench, 10, epoch="0" * 16)
    bench.sensor.publish(topics.receipt(GATEWAY, "readings"), b"{}")
    bench.turn(1)
    assert bench.gateway.spool.openings["readings"][0].committed == 0
    assert len(bench.gateway.spool.batch("readings", 1, 10, limit=99, max_bytes=10**6)) == 10


def test_a_spool_copied_back_from_the_past_starts_a_new_epoch(bench: Bench) -> None:
    """Ingest has 1 … 20 of the old epoch; the copy gave 10 numbers only and must not use 11 … 20 again."""
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn()
    bench.gateway.spool.close()
    past = (bench.folder / "spool.db").read_bytes()
    bench.reopen()
    for seq in range(11, 21):
        say(bench.sensor, reading(seq))
    bench.turn()
    old = bench.gateway.spool.epoch
    bench.gateway.spool.close()
    (bench.folder / "spool.db").write_bytes(past)
    bench.reopen()
    say(bench.sensor, reading(21))
    bench.turn(10)
    assert bench.gateway.spool.epoch != old
    assert set(bench.ingest.payloads()) == {reading(seq) for seq in range(1, 22)}


def test_a_younger_store_is_told_what_it_can_never_have(bench: Bench) -> None:
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn()
    bench.ingest.records.clear()
    say(bench.sensor, reading(11))
    bench.turn()
    floors = [batch.header.floor for stream, batch in bench.ingest.batches if stream == "readings"]
    assert floors[-1] == 11
    assert bench.ingest.payloads() == [reading(11)]
    assert bench.heard()["b1"] == (11, 11)


def test_earlier_openings_are_named_also_when_nothing_of_them_is_left(bench: Bench) -> None:
    say(bench.sensor, reading(1))
    bench.turn()
    bench.reopen()
    bench.ingest.batches.clear()
    bench.turn(1)
    named = [
        one for stream, batch in bench.ingest.batches if stream == "readings" for one in batch.header.earlier
    ]
    assert [(one.epoch, one.highest, one.floor) for one in named] == [
        (bench.gateway.spool.openings["readings"][0].epoch, 1, 2)
    ]


def test_a_receipt_for_another_opening_confirms_nothing(bench: Bench) -> None:
    """A copy of this spool told a drop of number 3; what stands here of it is not forgotten."""
    bench.ingest.mute = True
    for seq in range(1, 6):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    text = Receipt(epoch=bench.gateway.spool.epoch, committed=5, opening="ab" * 8).model_dump_json()
    bench.sensor.publish(topics.receipt(GATEWAY, "readings"), text.encode())
    bench.turn(1)
    assert len(bench.gateway.spool.batch("readings", 1, 5, limit=9, max_bytes=10**6)) == 5


def test_numbers_that_somebody_else_gave_out_begin_a_new_epoch(bench: Bench) -> None:
    """As after a machine was put to sleep and woken twice: ingest has 1 … 8 where 1 … 3 were sent here."""
    for seq in range(1, 4):
        say(bench.sensor, reading(seq))
    bench.turn()
    old = bench.gateway.spool.epoch
    bench.ingest.mute = True
    bench.gateway.upstream._offline_until = bench.clock.monotonic() + 10 * SECOND
    for seq in range(4, 7):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    answer(bench, 8, epoch=old)
    bench.turn(1)
    assert bench.gateway.spool.epoch != old
    assert [one.highest for one in bench.gateway.spool.openings["readings"]] == [3, 3]
    bench.ingest.mute = False
    bench.clock.advance(31 * SECOND)
    bench.turn(10)
    assert set(bench.ingest.payloads()) == {reading(seq) for seq in range(1, 7)}


def test_receipts_that_come_again_in_their_order_begin_no_new_epoch(bench: Bench) -> None:
    """A connection is lost before they are acknowledged: 4, 9, and once more 4, 9, in one poll."""
    bench.ingest.mute = True
    for seq in range(1, 10):
        say(bench.sensor, reading(seq))
    bench.turn(1)
    old = bench.gateway.spool.epoch
    for committed in (4, 9, 4, 9):
        answer(bench, committed, epoch=old)
    bench.turn(1)
    (opening,) = bench.gateway.spool.openings["readings"]
    assert (bench.gateway.spool.epoch, opening.committed, opening.highest) == (old, 9, 9)


def test_a_stale_receipt_makes_no_drop(bench: Bench) -> None:
    for seq in range(1, 11):
        say(bench.sensor, reading(seq))
    bench.turn()
    answer(bench, 0, missing=((1, 10),))
    bench.turn()
    bench.clock.advance(31 * SECOND)
    bench.turn(2)
    assert len(bench.ingest.batches) > 3
    assert all(not batch.header.dropped for _, batch in bench.ingest.batches)


def test_after_a_power_cut_the_unconfirmed_goes_up_again(bench: Bench) -> None:
    bench.ingest.mute = True
    for seq in range(1, 31):
        say(bench.sensor, reading(seq))
    bench.turn()
    bench.ingest.mute = False
    bench.ingest.batches.clear()
    bench.reopen()
    bench.turn()
    assert sorted(bench.ingest.payloads()) == sorted(reading(seq) for seq in range(1, 31))
    assert bench.heard()["b1"] == (30, 30)
