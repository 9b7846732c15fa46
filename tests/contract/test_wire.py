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
from contract.plain import PlainReadings
from contract.reading import Readings
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
    assert wire.salvage(payload[:-5]) == ("d", "b", 1), "cut short"


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


GOOD, BAD = '{"quantity":"soil_ph","value":7}', '{"quantity":"joy","value":1}'


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (BAD, "readings[1]: Value error, 'joy' is not a quantity"),
        (GOOD.replace("7", "NaN"), "readings[1].value: Input should be a finite number"),
        (GOOD.replace("7", '"7"'), "readings[1].value: Input should be a valid number"),
        (GOOD[:-1] + ',"unit":"furlong"}', "readings[1]: Value error, soil_ph is in 1, not 'furlong'"),
        ("null", "readings[1]: Input should be an object"),
    ],
)
def test_one_bad_reading_is_set_aside_with_its_reason_and_the_others_are_read(bad: str, reason: str) -> None:
    payload = READING.replace("%s", f"{GOOD},{bad},{GOOD}").encode()
    for read in (wire.read, wire.decode):
        message = read(payload)
        assert isinstance(message, Readings)
        assert [one.value for one in message.readings] == [7, 7]
        assert message.set_aside == (reason,)
    assert isinstance(message, Readings)
    aside = json.loads(message.aside)
    assert json.dumps(aside["readings"], separators=(",", ":")) == f"[{bad}]"
    assert {**aside, "readings": 0} == {**json.loads(payload), "readings": 0}


@given(
    st.lists(st.sampled_from([GOOD, BAD, GOOD.replace("7", "NaN"), "[]", "1e400"]), min_size=1, max_size=9)
)
def test_every_reading_is_read_or_set_aside(readings: list[str]) -> None:
    payload = READING.replace("%s", ",".join(readings)).encode()
    try:
        message = wire.decode(payload)
    except UnreadableMessage:
        assert GOOD not in readings or "1e400" in readings
        return
    assert isinstance(message, Readings)
    assert len(message.readings) == readings.count(GOOD)
    assert len(message.readings) + len(message.set_aside) == len(readings)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"device":"d","boot":"b","seq":1,"readings":[{"value":nan}]}',
        b'{"device":"d","boot":"b","seq":1,"readings":[{"val',
        b'{"device":"d","boot":"b","seq":"1","readings":[]}',
        b'{"readings":[{"seq":9,"value":-inf}],"seq":1,"boot":"b","device":"d"}',
        b'{"device":"d","boot":"b","seq":1,"text":"caf\xe9"}',
    ],
)
def test_the_identity_is_salvaged_from_whatever_bytes_it_is_legible_in(payload: bytes) -> None:
    assert wire.salvage(payload) == ("d", "b", 1)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"device":"d","boot":"b","seq":1',  # it may have been 12
        b'{"device":"d","boot":"b","seq":-1}',
        b'{"device":"d","boot":"b","seq":"9007199254740992"}',
        b'{"device":"d","boot":"b","seq":"one"}',
        b'{"device":"d","bo',
    ],
)
def test_an_identity_that_is_not_legible_is_not_guessed(payload: bytes) -> None:
    assert wire.salvage(payload) is None


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [("air_temperature", "°C"), ("air_temperature", "degC"), ("relative_humidity", "%"),
     ("wind_speed", "m s-1"), ("shortwave_radiation", "W/m²"), ("soil_electrical_conductivity", "µS/cm"),
     ("soil_moisture", "m³/m³")],
)  # fmt: skip
def test_a_unit_may_be_written_as_people_write_it(quantity: str, unit: str) -> None:
    payload = READING.replace("%s", f'{{"quantity":"{quantity}","value":1,"unit":"{unit}"}}').encode()
    assert isinstance(wire.read(payload), PlainReadings)
    assert wire.decode(payload).identity == ("d", "b", 1)


@given(strategies.messages, st.integers(1, 2**53 - 1))
def test_a_floor_makes_no_other_message(message: wire.WireMessage, floor: int) -> None:
    payload = wire.encode(message)
    said = wire.with_floor(payload, floor)
    assert wire.decode(said) == wire.decode(payload).model_copy(update={"floor": message.floor or floor})
    bare = wire.encode(message.model_copy(update={"floor": None}))
    assert wire.payload_hash(said) == wire.payload_hash(bare)
