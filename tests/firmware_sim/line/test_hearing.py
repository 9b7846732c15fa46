"""Clips are sent no faster than the ring takes them, and followed until they were heard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from contract import topics
from contract.batch import CLIP_EVICTED, CLIP_HEARD, CLIP_WAITING, DeviceReceipt
from contract.instant import SECOND, to_datetime
from contract.reading import ClipManifest
from contract.testing.fixed_clock import FixedClock
from contract.wire import encode
from firmware_sim.line.hearing import Hearing
from firmware_sim.line.outgoing import Outgoing

SIZE = 1_000


def _clip(name: str) -> tuple[str, Outgoing, Outgoing]:
    """SHA-256, manifest and only piece of a clip of ``SIZE`` bytes."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    manifest = ClipManifest(
        site="s1", device="mic", boot=f"replay-{name}", seq=1, sha256=sha256, size=SIZE, parts=1,
        name=f"{name}.wav", start=to_datetime(0), start_source="name",
    )  # fmt: skip
    head = Outgoing(
        0, "s1", "mic", manifest.boot, 1, topics.sensor("s1", "mic", "clip"), encode(manifest), kind="clip"
    )
    piece = Outgoing(0, "s1", "mic", manifest.boot, 2, topics.audio("s1", "mic", sha256), b"", kind="audio")
    return sha256, head, piece


def _hearing(wait_s: float = 10, meanwhile: Callable[[Hearing, int], None] | None = None) -> Hearing:
    """``meanwhile`` is called with the seconds that have passed; every turn takes one."""
    clock, passed = FixedClock(0), [0]

    def turn(_: float) -> None:
        clock.advance(SECOND)
        passed[0] += 1
        if meanwhile is not None:
            meanwhile(hearing, passed[0])

    hearing = Hearing(turn, clock, wait_s)
    return hearing


def _tell(hearing: Hearing, clips: dict[str, str], free: int | None = None, boot: str = "b") -> None:
    hearing.heed("s1", "mic", DeviceReceipt(boot=boot, spooled=2, stored=0, clips=clips, ring_free=free))


def _send(hearing: Hearing, *messages: Outgoing) -> None:
    for message in messages:
        hearing.take(message)


def test_a_clip_waits_until_the_ring_has_room_beside_what_no_receipt_has_named() -> None:
    (one, *first), (two, *second), (_, third, _) = _clip("a"), _clip("b"), _clip("c")

    def meanwhile(hearing: Hearing, passed: int) -> None:
        if passed == 5:
            _tell(hearing, {one: CLIP_WAITING, two: CLIP_WAITING}, free=SIZE - 1)
        if passed == 9:
            _tell(hearing, {one: CLIP_HEARD}, free=2 * SIZE - 1)

    hearing = _hearing(meanwhile=meanwhile)
    assert hearing.wait_for_room(first[0])
    _send(hearing, *first)
    _tell(hearing, {one: CLIP_WAITING}, free=SIZE)
    assert hearing.wait_for_room(second[0])
    assert hearing.clock.monotonic() == 0
    _send(hearing, *second)
    # What is free is taken by the second clip, though no receipt has told of it.
    assert hearing.wait_for_room(third)
    assert hearing.clock.monotonic() == 9 * SECOND


def test_no_room_and_nobody_who_hears_is_given_up_and_said() -> None:
    (one, *first), (_, second, _) = _clip("a"), _clip("b")
    hearing = _hearing()
    _send(hearing, *first)
    _tell(hearing, {one: CLIP_WAITING}, free=0)
    assert not hearing.wait_for_room(second)
    assert [(clip["name"], clip["state"]) for clip in hearing.unheard()] == [
        ("a.wav", "waiting"), ("b.wav", "unsent"),
    ]  # fmt: skip
    assert "no edge worker answers" in hearing.why(10)


def test_a_half_sent_clip_never_blocks_the_line_and_one_that_is_too_large_goes_alone() -> None:
    (_, head, _), (_, second, _) = _clip("a"), _clip("b")
    hearing = _hearing()
    _tell(hearing, {}, free=SIZE - 1)
    assert hearing.wait_for_room(head)
    _send(hearing, head)
    assert hearing.wait_for_room(second)
    assert hearing.clock.monotonic() == 0


def test_an_edge_worker_at_work_on_a_long_clip_is_waited_for() -> None:
    (one, *first) = _clip("a")

    def meanwhile(hearing: Hearing, passed: int) -> None:
        if passed in (8, 16, 24):
            receipt = DeviceReceipt(boot="edge-0123456789abcdef", spooled=passed, stored=0)
            hearing.heed("s1", "mic", receipt)
        if passed == 32:
            _tell(hearing, {one: CLIP_HEARD})

    hearing = _hearing(meanwhile=meanwhile)
    _send(hearing, *first)
    assert hearing.wait()
    assert (hearing.heard, hearing.unheard()) == (1, [])


def test_what_a_receipt_says_of_an_earlier_sending_is_not_the_end() -> None:
    (one, *first) = _clip("a")

    def meanwhile(hearing: Hearing, passed: int) -> None:
        _tell(hearing, {one: {1: CLIP_EVICTED, 2: CLIP_WAITING}.get(passed, CLIP_HEARD)})

    hearing = _hearing(meanwhile=meanwhile)
    _tell(hearing, {one: CLIP_EVICTED})
    _send(hearing, *first)
    assert hearing.wait()
    assert hearing.heard == 1


def test_an_evicted_clip_ends_the_waiting_unheard() -> None:
    (one, *first) = _clip("a")
    hearing = _hearing()
    _send(hearing, *first)
    _tell(hearing, {one: CLIP_EVICTED})
    assert hearing.wait()
    assert [clip["state"] for clip in hearing.unheard()] == ["evicted"]
    assert hearing.clock.monotonic() < 10 * SECOND


def test_a_gateway_that_says_nothing_of_clips_is_named() -> None:
    hearing = _hearing()
    _send(hearing, *_clip("a")[1:])
    assert not hearing.wait()
    assert "does not say what becomes of clips" in hearing.why(10)
