"""Pieces of sound become a file exactly when they give its hash, announced until heard."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import topics
from contract.batch import EVICTED_UNHEARD, ClipNotice, DeviceReceipt
from contract.instant import SECOND
from contract.places import Territory
from contract.testing.memory_bus import MemoryBus
from gateway.spool.status import read_status
from tests.gateway.ends import Bench, clip_messages, features, make_bench, say

SOUND = random.Random(3).randbytes(9_500)


@pytest.fixture
def edge(bench: Bench) -> Iterator[MemoryBus]:
    return bench.broker.client("edge", [topics.LOCAL_CLIP])


def notices(edge: MemoryBus) -> list[ClipNotice]:
    deliveries = edge.poll(0, 1_000)
    edge.acknowledge(deliveries)
    return [ClipNotice.model_validate_json(delivery.payload) for delivery in deliveries]


def send(bench: Bench, sound: bytes, *, first_seq: int = 1) -> str:
    sha256, manifest, parts = clip_messages(sound, first_seq=first_seq)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    for part in parts:
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    return sha256


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(11)), repeats=st.lists(st.integers(0, 10), max_size=5))
def test_any_order_with_repeats_gives_the_file(
    tmp_path_factory: pytest.TempPathFactory, territory: Territory, order: list[int], repeats: list[int]
) -> None:
    for bench in make_bench(tmp_path_factory.mktemp("clip"), territory, 64 * 2**20):
        edge = bench.broker.client("edge", [topics.LOCAL_CLIP])
        sha256, manifest, parts = clip_messages(SOUND)
        messages = [(topics.sensor("s1", "mic-1", "clip"), manifest)]
        messages += [(topics.audio("s1", "mic-1", sha256), part) for part in parts]
        for index in order + repeats:
            bench.sensor.publish(*messages[index])
        bench.turn()
        (notice,) = notices(edge)
        assert Path(notice.path).read_bytes() == SOUND
        assert (notice.site, notice.device, notice.sha256) == ("s1", "mic-1", sha256)
        assert (notice.name, notice.start_source) == ("20260501_040000.WAV", "name")
        assert bench.heard()["m1"] == (11, 11)


def test_a_clip_is_announced_again_until_its_features_are_spooled(bench: Bench, edge: MemoryBus) -> None:
    sha256 = send(bench, SOUND)
    bench.turn()
    assert len(notices(edge)) == 1
    told_at = []
    for second in range(40):
        bench.clock.advance(SECOND)
        bench.turn(1)
        told_at += [second] * len(notices(edge))
    first, second_time, *_ = told_at
    assert (len(told_at), second_time - first) == (3, 10)
    say(bench.sensor, features(sha256), device="mic-1", kind="features")
    bench.turn(1)
    for _ in range(100):
        bench.clock.advance(10 * SECOND)
        bench.turn(1)
    assert notices(edge) == []
    assert read_status(bench.folder).clips == {}, "heard, it left the ring"


def test_unheard_clips_are_announced_again_after_a_power_cut(bench: Bench, edge: MemoryBus) -> None:
    send(bench, SOUND)
    bench.turn()
    notices(edge)
    bench.reopen()
    bench.turn(1)
    assert len(notices(edge)) == 1


def test_a_power_cut_between_file_and_record_joins_again(bench: Bench, edge: MemoryBus) -> None:
    sha256, manifest, parts = clip_messages(SOUND)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    for part in parts[:-1]:
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    bench.turn()
    (bench.folder / "clips" / f"{sha256}.joining").write_bytes(b"half")
    bench.reopen()
    assert not list((bench.folder / "clips").iterdir())
    bench.sensor.publish(topics.audio("s1", "mic-1", sha256), parts[-1])
    bench.turn()
    (notice,) = notices(edge)
    assert Path(notice.path).read_bytes() == SOUND


def test_pieces_that_do_not_give_the_hash_make_no_file_and_are_told(bench: Bench, edge: MemoryBus) -> None:
    sha256, manifest, parts = clip_messages(SOUND)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    for part in [parts[0][:-1] + b"?", *parts[1:]]:
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    bench.turn()
    assert notices(edge) == []
    assert not list((bench.folder / "clips").iterdir())
    reasons = [
        record.reason for _, batch in bench.ingest.batches for record in batch.records if record.reason
    ]
    assert len(reasons) == 1
    assert "cannot be joined: its pieces give 9500 bytes" in reasons[0]
    for part in parts:
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    bench.turn()
    (notice,) = notices(edge)
    assert Path(notice.path).read_bytes() == SOUND


def test_the_ring_lets_heard_clips_go_first_and_counts_the_unheard(bench: Bench, edge: MemoryBus) -> None:
    bench.gateway.clips.cap_bytes = 25_000
    sounds = [random.Random(seed).randbytes(9_500) for seed in range(4)]
    shas = []
    for index, sound in enumerate(sounds[:2]):
        shas.append(send(bench, sound, first_seq=1 + 20 * index))
        bench.turn()
    say(bench.sensor, features(shas[1]), device="mic-1", kind="features")
    bench.turn()
    left = []
    for index, sound in enumerate(sounds[2:], 2):
        shas.append(send(bench, sound, first_seq=1 + 20 * index))
        bench.turn()
        left.append({path.stem for path in (bench.folder / "clips").iterdir()})
    assert left == [{shas[0], shas[2]}, {shas[2], shas[3]}]
    counters = read_status(bench.folder).counters
    assert (counters["clips_evicted"], counters["clips_evicted_unheard"]) == (1, 1)


def test_only_a_few_clips_are_announced_at_a_time(bench: Bench, edge: MemoryBus) -> None:
    for index in range(20):
        send(bench, random.Random(index).randbytes(300), first_seq=1 + 10 * index)
    bench.turn(10)
    bench.clock.advance(SECOND)
    bench.turn(1)
    told = {notice.sha256 for notice in notices(edge)}
    assert len(told) == 16
    for number, sha256 in enumerate(sorted(told), 1):
        say(bench.sensor, features(sha256, seq=number), device="mic-1", kind="features")
    bench.turn()
    assert len({notice.sha256 for notice in notices(edge)} - told) == 4


def test_sound_outlives_a_damaged_spool(bench: Bench, edge: MemoryBus) -> None:
    """One clip whole and unheard, one with a piece still to come; then a page of records is overwritten."""
    send(bench, SOUND)
    other = random.Random(9).randbytes(3_500)
    sha256, manifest, parts = clip_messages(other, first_seq=100)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    for part in parts[:-1]:
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    bench.turn()
    notices(edge)
    bench.gateway.spool.connection.execute("UPDATE senders SET contiguous=7")
    bench.reopen()
    bench.sensor.publish(topics.audio("s1", "mic-1", sha256), parts[-1])
    bench.turn()
    assert list(bench.folder.glob("spool.db.damaged-*"))
    assert [Path(notice.path).read_bytes() for notice in notices(edge)] == [SOUND, other]


def test_names_of_files_cannot_leave_the_ring(tmp_path: Path, territory: Territory) -> None:
    for bench in make_bench(tmp_path, territory, 64 * 2**20):
        sha256, manifest, parts = clip_messages(b"abc")
        say(bench.sensor, manifest.replace(b"20260501_040000.WAV", b".."), device="mic-1", kind="clip")
        bench.sensor.publish(topics.audio("s1", "mic-1", sha256), parts[0])
        bench.turn()
        assert [path.name for path in (tmp_path / "clips").iterdir()] == [sha256]


def test_a_whole_clip_takes_no_more_pieces(bench: Bench) -> None:
    send(bench, SOUND)
    bench.turn()
    send(bench, SOUND)
    bench.turn()
    assert read_status(bench.folder).clips == {"whole": 1}
    assert bench.gateway.spool.connection.execute("SELECT count(*) FROM parts").fetchone() == (0,)


def told(bench: Bench, boot: str = "m1") -> DeviceReceipt:
    """The last receipt of one boot."""
    bench.turn(1)
    deliveries = bench.sensor.poll(0, 1_000)
    bench.sensor.acknowledge(deliveries)
    receipts = [DeviceReceipt.model_validate_json(one.payload) for one in deliveries]
    return [one for one in receipts if one.boot == boot][-1]


def test_a_receipt_says_what_became_of_each_clip_and_an_eviction_is_told_upstream(
    bench: Bench, edge: MemoryBus
) -> None:
    bench.gateway.clips.cap_bytes = 25_000
    shas = []
    for index in range(2):
        shas.append(send(bench, random.Random(index).randbytes(9_500), first_seq=1 + 20 * index))
        bench.turn()
    receipt = told(bench)
    assert receipt.clips == dict.fromkeys(shas, "waiting")
    assert receipt.ring_free == 25_000 - 2 * 9_500
    say(bench.sensor, features(shas[1]), device="mic-1", kind="features")
    receipt = told(bench)
    assert (receipt.clips[shas[1]], receipt.ring_free) == ("heard", 25_000 - 9_500)
    for index in (2, 3):
        shas.append(send(bench, random.Random(index).randbytes(9_500), first_seq=1 + 20 * index))
        bench.turn()
    assert told(bench).clips == dict(zip(shas, ("evicted", "heard", "waiting", "waiting"), strict=True))
    gone = [r for _, b in bench.ingest.batches for r in b.records if r.reason.startswith(EVICTED_UNHEARD)]
    assert [record.payload for record in {r.number: r for r in gone}.values()] == [shas[0].encode()]


def test_a_clip_whose_pieces_the_spool_let_go_is_evicted_and_one_sent_again_waits_anew(bench: Bench) -> None:
    sound = random.Random(1).randbytes(9_500)
    sha256, manifest, parts = clip_messages(sound)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    bench.sensor.publish(topics.audio("s1", "mic-1", sha256), parts[0])
    bench.turn()
    bench.gateway.spool.connection.execute("DELETE FROM parts")
    bench.gateway.spool.connection.execute("DELETE FROM clips")
    bench.clock.advance(10 * SECOND)
    bench.turn()
    assert told(bench).clips == {sha256: "evicted"}
    send(bench, sound)
    bench.turn()
    assert told(bench).clips == {sha256: "waiting"}
    say(bench.sensor, features(sha256), device="mic-1", kind="features")
    assert told(bench).clips == {sha256: "heard"}


def test_a_clip_whose_pieces_never_come_or_that_no_ring_holds_takes_no_room_for_good(bench: Bench) -> None:
    bench.gateway.clips.cap_bytes = 25_000
    _, manifest, _ = clip_messages(SOUND)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    _, larger, _ = clip_messages(bytes(25_001), boot="m2")
    say(bench.sensor, larger, device="mic-1", kind="clip")
    assert told(bench).ring_free == 25_000 - len(SOUND)
    bench.clock.advance(11 * 60 * SECOND)
    send(bench, SOUND[1:], first_seq=20)
    assert told(bench).ring_free == 25_000 - len(SOUND[1:])
