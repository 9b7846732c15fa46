"""Wire version 1: round trips, limits, and files that never change."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.errors import UnreadableMessage
from contract.instant import SECOND, SystemClock
from tests import strategies

GOLDEN = Path(__file__).parents[1] / "golden" / "wire"
READING = '{"v":1,"kind":"readings","site":"s","device":"d","boot":"b","seq":1,"readings":[%s]}'


@given(strategies.messages)
@settings(max_examples=200, deadline=None)
def test_every_message_survives_the_wire(message: wire.WireMessage) -> None:
    assert wire.decode(wire.encode(message)) == message


@given(strategies.parts)
@settings(deadline=None)
def test_every_audio_part_survives_the_wire(part: wire.AudioPart) -> None:
    assert wire.decode_part(wire.encode_part(part)) == part


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_declared_unreadable(payload: bytes) -> None:
    for decode in (wire.decode, wire.decode_part):
        with contextlib.suppress(UnreadableMessage):
            assert decode(payload).seq > 0


@given(st.from_regex(r"\s?[+-]?[0-9]{1,20}([.,][0-9]{0,9})?([eE][0-9])?Z?\s?", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_a_time_of_digits_is_refused_by_both_readers_wherever_it_stands(digits: str) -> None:
    """Are they seconds, milliseconds or a date?  Nobody knows, so nobody says."""
    reading, time = '{"quantity":"air_temperature","value":1%s}', json.dumps(digits)
    excerpt = f'"excerpt":{{"start":{time},"duration_s":1,"valid_s":1}}'
    features = READING.replace('"readings"', '"features"', 1).replace('"readings":[%s]', excerpt)
    for payload in (
        (READING % (reading % "")).replace('"seq":1', f'"seq":1,"time":{time}'),
        READING % (reading % f',"time":{time}'),
        features,
    ):
        for read in (wire.decode, wire.read):
            with pytest.raises(UnreadableMessage, match=r"time|start"):
                read(payload.encode())


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_messages_are_read_and_written_as_ever(path: Path) -> None:
    payload = path.read_bytes().rstrip(b"\n")
    assert wire.encode(wire.decode(payload)) == payload


def test_there_is_a_golden_message_of_each_kind() -> None:
    kinds = {json.loads(path.read_text())["kind"] for path in GOLDEN.glob("*.json")}
    assert kinds == {"readings", "features", "detections", "clip", "health"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"v":2,"kind":"health"}', "version is not 1"),
        (b"[" * 50, "nested deeper than 16"),
        (b'"' + b"x" * 300_000 + b'"', "more than 262144"),
        (READING.replace("%s", '{"quantity":"air_temperature","value":NaN}').encode(), "finite"),
        (READING.replace("%s", '{"quantity":"air_temperature","value":true}').encode(), "valid number"),
        (READING.replace("%s", '{"quantity":"joy","value":1}').encode(), "'joy' is not a quantity"),
        (
            READING.replace("%s", '{"quantity":"air_temperature","value":1,"unit":"K"}').encode(),
            "air_temperature is in Cel, not 'K'",
        ),
        (
            READING.replace(
                "%s", '{"quantity":"air_temperature","value":1,"time":"2026-05-01T04:00"}'
            ).encode(),
            "timezone",
        ),
        (READING.replace("%s", "").encode(), "at least 1 item"),
    ],
)
def test_what_is_wrong_with_a_message_is_said_in_a_sentence(payload: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMessage, match=reason):
        wire.decode(payload)


def test_brackets_within_text_are_not_depth() -> None:
    text = "[" * 100
    payload = f'{{"v":1,"kind":"health","site":"s","device":"d","boot":"b","seq":1,"text":"{text}"}}'
    assert wire.decode(payload.encode()).text == text  # type: ignore[union-attr]


def test_unknown_fields_are_tolerated() -> None:
    payload = b'{"v":1,"kind":"health","site":"s","device":"d","boot":"b","seq":1,"mood":{"x":[1]}}'
    assert wire.decode(payload).identity == ("d", "b", 1)


def test_the_identity_of_an_unreadable_body_is_salvaged() -> None:
    payload = READING.replace("%s", '{"quantity":"joy","value":1}').encode()
    assert wire.salvage(payload) == ("d", "b", 1)
    assert wire.salvage(payload[:-5]) is None


@pytest.mark.parametrize("depth", [17, 150, 20_000])
def test_the_identity_is_salvaged_however_large_or_deep_the_rest_is(depth: int) -> None:
    """pydantic's own parser stops at about 200 levels."""
    head = b'{"device":"d","boot":"b","seq":1,'
    assert wire.salvage(head + b'"x":"' + b"x" * 2**20 + b'"}') == ("d", "b", 1)
    deep = b'"x":' + b'{"seq":9,"y":' * depth + b"1" + b"}" * depth
    assert wire.salvage(head + deep + b"}") == ("d", "b", 1)
    assert wire.salvage(b"{" + deep + b"}") is None


@pytest.mark.parametrize("piece", [b'\\"', b'"', b"[", b'"device":', b"\\", b'"a":"', b" "])
def test_hostile_bytes_are_searched_in_a_moment(piece: bytes) -> None:
    """A quadratic search of 64 KiB would take minutes."""
    payload = b'{"x' + piece * (2**21 // len(piece))
    started = SystemClock().monotonic()
    wire.salvage(payload)
    assert SystemClock().monotonic() - started < SECOND


def test_the_schema_names_every_kind() -> None:
    kinds = set(wire.json_schema()["discriminator"]["mapping"])
    assert kinds == {"readings", "features", "detections", "clip", "health"}


def test_the_published_schema_is_the_generated_one() -> None:
    published = Path(__file__).parents[2] / "docs" / "firmware" / "wire-v1.schema.json"
    assert json.loads(published.read_text()) == wire.json_schema()
