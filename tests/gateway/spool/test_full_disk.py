"""A real full disk (a small tmpfs): no crash, nothing half written, drops counted, recovery by itself."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, clip_messages, make_bench, reading, say
from tests.gateway.spool.test_spool import ME, entry, numbers


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """8 MiB that are really all there is."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a tmpfs cannot be mounted here (it takes root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(hog: Path) -> None:
    """Take whatever the disk still has."""
    with contextlib.suppress(OSError), hog.open("wb", buffering=0) as stream:
        while stream.write(b"x" * 4096) == 4096:
            pass


@pytest.mark.parametrize("at_once", [50, 100])
def test_a_disk_smaller_than_the_cap_drops_the_oldest_and_counts_them(tiny_disk: Path, at_once: int) -> None:
    """In larger commits the log held pages for which the file had no room: nothing went in any more."""
    spool = Spool.open(tiny_disk / "spool.db", FixedClock(NOON), cap_bytes=64 * 2**20)
    for start in range(1, 20_001, at_once):
        spool.add([entry(seq, size=1_000) for seq in range(start, start + at_once)])
    left = numbers(spool)
    gone = 20_000 - len(left)
    assert left == list(range(gone + 1, 20_001))
    assert len(left) > 1_000
    assert read_status(tiny_disk).counters["dropped_readings"] == gone
    assert spool.receipt(ME).spooled == 20_000
    spool.close()
    again = Spool.open(tiny_disk / "spool.db", FixedClock(NOON), cap_bytes=64 * 2**20)
    assert numbers(again) == left
    again.close()


def test_a_disk_that_others_have_filled_keeps_the_balance_and_recovers_by_itself(tiny_disk: Path) -> None:
    spool = Spool.open(tiny_disk / "spool.db", FixedClock(NOON), cap_bytes=64 * 2**20)
    spool.add([entry(seq, stream="health") for seq in range(1, 4)])
    fill(tiny_disk / "hog")
    last, refused = 3, 0
    for _ in range(100):
        try:
            spool.add([entry(seq, size=1_000) for seq in range(last + 1, last + 51)])
            last += 50
        except StoreError:
            refused += 1
    gone = read_status(tiny_disk).counters.get("dropped_readings", 0)
    assert len(numbers(spool)) + gone == last - 3
    assert len(numbers(spool, "health")) == 3
    assert gone + refused > 0
    (tiny_disk / "hog").unlink()
    before = len(numbers(spool))
    for start in range(last + 1, last + 1_001, 50):
        spool.add([entry(seq, size=1_000) for seq in range(start, start + 50)])
    assert len(numbers(spool)) == before + 1_000
    assert spool.receipt(ME).spooled == last + 1_000
    spool.close()


def test_the_gateway_outlives_a_full_disk_and_loses_nothing(tiny_disk: Path, territory: Territory) -> None:
    for bench in make_bench(tiny_disk, territory, 64 * 2**20):
        fill(tiny_disk / "hog")
        sound = bytes(range(256)) * 2_000
        sha256, manifest, parts = clip_messages(sound, piece=60_000)
        say(bench.sensor, manifest, device="mic-1", kind="clip")
        for part in parts:
            bench.sensor.publish(f"ecoviv/1/s1/mic-1/audio/{sha256}", part)
        for seq in range(1, 301):
            say(bench.sensor, reading(seq))
        bench.turn(3)
        (tiny_disk / "hog").unlink()
        bench.clock.advance(20 * 10**9)
        bench.turn(20)
        assert (tiny_disk / "clips" / f"{sha256}.wav").read_bytes() == sound
        assert {reading(seq) for seq in range(1, 301)} < set(bench.ingest.payloads())
        assert bench.heard()["b1"] == (300, 300)


def test_a_ring_larger_than_the_disk_leaves_room_for_what_matters_more(
    tiny_disk: Path, territory: Territory
) -> None:
    """Thirty clips of half a megabyte on 8 MiB: the oldest go, and no reading does."""
    for bench in make_bench(tiny_disk, territory, 64 * 2**20):
        bench.gateway.clips.cap_bytes = 64 * 2**20
        for number in range(30):
            sound = number.to_bytes(4, "big") * 125_000
            sha256, manifest, parts = clip_messages(sound, piece=60_000, first_seq=1 + 20 * number)
            say(bench.sensor, manifest, device="mic-1", kind="clip")
            for part in parts:
                bench.sensor.publish(f"ecoviv/1/s1/mic-1/audio/{sha256}", part)
            for seq in range(1 + 50 * number, 51 + 50 * number):
                say(bench.sensor, reading(seq))
            bench.turn(4)
            bench.clock.advance(11 * 10**9)
        bench.turn(20)
        status = read_status(tiny_disk)
        assert status.counters.get("dropped_readings", 0) == 0
        assert {reading(seq) for seq in range(1, 1_501)} < set(bench.ingest.payloads())
        kept = {path.stem for path in (tiny_disk / "clips").iterdir()}
        assert sha256 in kept, "the latest clip is there"
        assert len(kept) + status.counters["clips_evicted_unheard"] == 30
        assert status.counters.get("dropped_audio", 0) == 0
