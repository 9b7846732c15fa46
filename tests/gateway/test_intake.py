"""Nothing is refused: what cannot be read or attributed is kept with its reason."""

from __future__ import annotations

import pytest

from contract import topics, wire
from contract.line.bus import Delivery
from contract.places import Territory
from gateway.intake import MAX_KEPT_BYTES, MAX_REASON
from gateway.spool.entry import Origin
from tests.gateway.ends import NOON, Bench, clip_messages, reading, say, taken


def delivery(topic: str, payload: bytes) -> Delivery:
    return Delivery(topic, payload, False, 1, 1, topics.parse(topic))


@pytest.mark.parametrize(
    ("topic", "payload", "reason", "told"),
    [
        ("ecoviv/1/s1/soil-1/readings", b"\xff\x00", "not JSON", False),
        ("ecoviv/1/s1/soil-1/readings", b"", "not JSON", False),
        ("ecoviv/1/s1/soil-1/readings", reading(1).replace(b"12.5", b"NaN"), "finite number", True),
        ("ecoviv/1/s1/soil-1/readings", reading(1).replace(b'"v":1', b'"v":2'), "version is not 1", True),
        (
            "ecoviv/1/s1/soil-1/readings",
            reading(1).replace(b"soil_temp", b"boil_temp"),
            "not a quantity",
            True,
        ),
        ("ecoviv/1/s1/soil-1/readings", b"[" * 40 + b"]" * 40, "nested deeper", False),
        ("ecoviv/1/s1/soil-1/readings", reading(1) + b" " * 300_000, "more than 262144", True),
        (
            "ecoviv/1/s1/soil-1/readings",
            reading(1)[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}",
            "nested deeper",
            True,
        ),
        ("ecoviv/1/s1/soil-1/health", reading(1), "its topic says 'health'", True),
        ("ecoviv/1/s1/soil-1/readings", reading(1, device="soil-2"), "its topic says s1/soil-1", True),
        ("ecoviv/1/s2/soil-1/readings", reading(1, site="s2"), "is at site 's1'", True),
        ("ecoviv/1/s1/soil-9/readings", reading(1, device="soil-9"), "not in the territory", True),
        ("ecoviv/1/s1/soil-1/gossip", reading(1), "its topic says 'gossip'", True),
        ("somewhere/else", reading(1), "none of ours", False),
    ],
)
def test_what_cannot_be_read_or_attributed_is_kept_with_its_reason(
    territory: Territory, topic: str, payload: bytes, reason: str, told: bool
) -> None:
    entry = taken(delivery(topic, payload), NOON, territory)
    assert reason in entry.reason
    assert (entry.stream, entry.payload, entry.topic) == ("readings", payload, topic)
    assert (entry.origin is not None) == told
    assert entry.stranger == any(why in reason for why in ("is at site", "not in the terr", "none of ours"))


def test_the_sender_is_who_spoke_not_who_the_content_names(territory: Territory) -> None:
    forged = reading(7, device="soil-2", site="s2")
    entry = taken(delivery("ecoviv/1/s1/soil-1/readings", forged), NOON, territory)
    assert (entry.origin, entry.seq) == (Origin("s1", "soil-1", "b1"), 7)


@pytest.mark.parametrize(
    ("topic", "head"),
    [
        (topics.audio("s1", "mic-1", "0" * 64), b"EVA\x07"),
        (topics.audio("s1", "mic-1", "0" * 64), b"no piece"),
        ("ecoviv/1/s1/mic-1/readings", b"RIFF\x00\x00\x01\x00WAVE"),
        ("somebody/recorder/sound", b"fLaC\x00\x00\x00\x22"),
        ("somebody/recorder/sound", b"FORM\x00\x00\x01\x00AIFF"),
    ],
)
def test_of_sound_that_nobody_can_search_for_voices_no_more_than_the_head_is_kept(
    territory: Territory, topic: str, head: bytes
) -> None:
    sound = head + b"voice" * 1_000
    entry = taken(delivery(topic, sound), NOON, territory)
    assert (entry.payload, entry.part) == (sound[:128], None)
    assert f"of {len(sound)} bytes the first 128 are kept" in entry.reason


def test_sound_of_an_unknown_device_is_kept_and_its_sender_told(territory: Territory) -> None:
    sha256, _, parts = clip_messages(b"x" * 100)
    entry = taken(delivery(topics.audio("s1", "mic-9", sha256), parts[0]), NOON, territory)
    assert "not in the territory" in entry.reason
    assert (entry.origin, entry.part) == (Origin("s1", "mic-9", "m1"), wire.decode_part(parts[0]))


def test_a_giant_is_cut_and_says_so(territory: Territory) -> None:
    giant = b"{" + b" " * (2 * MAX_KEPT_BYTES)
    entry = taken(delivery("ecoviv/1/s1/soil-1/readings", giant), NOON, territory)
    assert entry.payload == giant[:MAX_KEPT_BYTES]
    assert f"first {MAX_KEPT_BYTES} bytes are kept" in entry.reason


def test_a_reason_quotes_only_the_beginning_of_a_name_without_end(territory: Territory) -> None:
    uplink = (
        '{"time":"2026-05-01T04:00:07Z","deviceInfo":{"devEui":"0102030405060708"},"devAddr":"00189440",'
        '"object":{"%s":1}}' % ("ü" * 60_000)
    ).encode()
    entry = taken(delivery("application/a/device/b/event/up", uplink), NOON, territory)
    assert entry.reason.startswith("none of its decoded fields is known: üüü")
    assert len(entry.reason) == MAX_REASON
    assert entry.payload == uplink


def test_an_unreadable_message_counts_for_its_sender_and_reaches_ingest(bench: Bench) -> None:
    bad = reading(2).replace(b"12.5", b'"warm"')
    for payload in (reading(1), bad, reading(3)):
        say(bench.sensor, payload)
    bench.turn()
    assert bench.heard() == {"b1": (3, 3)}
    reasons = [record.reason for _, batch in bench.ingest.batches for record in batch.records]
    assert [bool(reason) for reason in reasons] == [False, True, False]
    assert sorted(bench.ingest.payloads()) == sorted([reading(1), bad, reading(3)])


@pytest.mark.parametrize("payload", [reading(1), b"not JSON"])
def test_the_broker_s_copy_is_kept_as_such(territory: Territory, payload: bytes) -> None:
    heard = delivery("ecoviv/1/s1/soil-1/readings", payload)
    copy = taken(heard._replace(retained=True), NOON, territory)
    assert copy == taken(heard, NOON, territory)._replace(retained=True)


def test_a_word_that_begins_as_a_file_of_sound_does_is_kept_whole(territory: Territory) -> None:
    letter = b"FORM 12: soil probe moved. " + b"x" * 500
    assert taken(delivery("somebody/forms", letter), NOON, territory).payload == letter
