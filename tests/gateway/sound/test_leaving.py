"""Sound that was heard is nowhere on the gateway's disk a minute later: not in the ring, not in the spool."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.instant import SECOND
from gateway.leaving import Leaving
from gateway.spool.status import read_status
from tests.gateway.ends import Bench, clip_messages, features, say
from tests.gateway.sound.test_clips import send

SOUND = random.Random(11).randbytes(30_000)
WINDOW = 32
"""Bytes that are looked for, at every 250th place: no such run is there twice by chance."""


def left(folder: Path, sound: bytes) -> dict[str, int]:
    """File -> how many windows of the sound it holds; files with none are left out."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            number = sum(sound[at : at + WINDOW] in held for at in range(0, len(sound) - WINDOW, 250))
            if number:
                found[path.name] = number
    return found


def pass_time(bench: Bench, seconds: int) -> None:
    for _ in range(seconds // 5):
        bench.clock.advance(5 * SECOND)
        bench.turn(1)


def test_a_clip_that_was_heard_is_nowhere_on_the_disk_a_minute_later(bench: Bench) -> None:
    sha256 = send(bench, SOUND)
    bench.turn(20)
    assert f"{sha256}.wav" in left(bench.folder, SOUND)
    pass_time(bench, 120)  # nobody heard it: it waits
    assert list(left(bench.folder, SOUND)) == [f"{sha256}.wav"]
    say(bench.sensor, features(sha256), device="mic-1", kind="features")
    bench.turn(1)
    pass_time(bench, 15)
    assert list(left(bench.folder, SOUND)) == [f"{sha256}.wav"], "a second worker may still be reading"
    pass_time(bench, 45)
    assert left(bench.folder, SOUND) == {}
    status = read_status(bench.folder)
    assert (status.clips, status.counters["clips_let_go"]) == ({}, 1)


def test_repeats_whose_receipt_was_lost_bring_no_sound_back(bench: Bench) -> None:
    """A sender repeats the last pieces after its gateway had heard the clip and let it go; a day later the
    same recording is another one: what was computed of it may be lost by then."""
    sha256 = send(bench, SOUND)
    bench.turn(20)
    say(bench.sensor, features(sha256), device="mic-1", kind="features")
    bench.turn(1)
    pass_time(bench, 60)
    _, manifest, parts = clip_messages(SOUND)
    for part in parts[-2:]:
        bench.sensor.publish(f"ecoviv/1/s1/mic-1/audio/{sha256}", part)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    bench.turn(20)
    assert left(bench.folder, SOUND) == {}
    assert read_status(bench.folder).clips == {}
    bench.clock.advance(24 * 3600 * SECOND)
    send(bench, SOUND)
    bench.turn(20)
    assert list(left(bench.folder, SOUND)) == [f"{sha256}.wav"]


def test_pieces_that_do_not_give_the_hash_are_nowhere_on_the_disk_a_minute_later(bench: Bench) -> None:
    _, manifest, parts = clip_messages(SOUND)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    sha256 = clip_messages(SOUND)[0]
    for part in [parts[0][:-1] + b"?", *parts[1:]]:
        bench.sensor.publish(f"ecoviv/1/s1/mic-1/audio/{sha256}", part)
    bench.turn(20)
    pass_time(bench, 60)
    assert left(bench.folder, SOUND) == {}


def test_pieces_that_go_for_want_of_room_are_overwritten(bench: Bench) -> None:
    _, manifest, parts = clip_messages(SOUND)
    say(bench.sensor, manifest, device="mic-1", kind="clip")
    for part in parts[:-1]:
        bench.sensor.publish(f"ecoviv/1/s1/mic-1/audio/{clip_messages(SOUND)[0]}", part)
    bench.turn(20)
    assert left(bench.folder, SOUND)
    spool = bench.gateway.spool
    spool.connection.execute("BEGIN IMMEDIATE")
    spool.room.give_up(10**6, set())
    spool.connection.execute("COMMIT")
    pass_time(bench, 60)
    assert left(bench.folder, SOUND) == {}


def test_what_was_heard_before_a_power_cut_goes_at_the_start(bench: Bench) -> None:
    sha256 = send(bench, SOUND)
    bench.turn(20)
    say(bench.sensor, features(sha256), device="mic-1", kind="features")
    bench.turn(1)
    bench.reopen()
    bench.turn(2)
    assert left(bench.folder, SOUND) == {}


def test_heard_sound_cannot_be_told_to_stay(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="cannot stay 3600 s"):
        Leaving(bench.folder, bench.gateway.spool, bench.clock, 3600)
