"""Plain readings accept what the models accept, and say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.errors import UnreadableMessage
from contract.instant import to_datetime
from contract.plain import PlainReadings
from contract.quantities import QUANTITIES
from contract.reading import Readings
from tests import strategies

ORDINARY = (
    '{"v":1,"kind":"readings","site":"s","device":"d","boot":"b","seq":1,"time":"2026-05-01T12:00:00Z",'
    '"clock":"ntp","uptime_ms":60000,"readings":[{"quantity":"soil_ph","value":7},'
    '{"quantity":"air_temperature","value":12.5,"unit":"Cel","depth_m":-2,"period_s":60,"method":"mean"}]}'
)
_JUNK: list[Any] = [
    None, True, "", "x", "Cel", "1", -1, 0, 1.5, 10**20, [], {}, "2026-05-01T12:00:00",
    "1960-01-01T00:00:00Z", "2026-05-01T12:00:60Z", "2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.1234567Z",
    "2026-W18-5T12:00:00Z", "2026-05-01t12:00:00z", "2026-05-01T12:00:00+02:00", "2101-01-01T00:00:00Z",
    "2026-02-30T12:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:00:00-00:00", "2026-05-01T12:00:00+24:00",
    "2026-05-01T12:00:00+02:60", "2100-12-31T23:00:00-02:00",
    "20260101", "1767225600", "1767225600.5", "2026", " 20260101 ", "1e9", "1767225600000Z",
    "sum", "gps", "soil_ph", "ü" * 41,
]  # fmt: skip
_KEYS = [
    "v",
    "kind",
    "site",
    "device",
    "boot",
    "seq",
    "time",
    "clock",
    "uptime_ms",
    "firmware",
    "floor",
    "readings",
]
_INNER = ["quantity", "value", "unit", "time", "depth_m", "period_s", "method", "unknown"]


def verdict(payload: bytes, read: Any) -> Any:
    try:
        message = read(payload)
    except UnreadableMessage as error:
        return error.message
    if not isinstance(message, PlainReadings):
        return message
    values = [{"unit": None} | reading for reading in message.readings]
    fields = {name: getattr(message, name) for name in _KEYS if name not in ("readings", "time")}
    fields["time"] = None if message.instant is None else to_datetime(message.instant)
    return Readings.model_validate(fields | {"readings": tuple(values)})


@given(
    st.lists(st.tuples(st.sampled_from(_KEYS), st.sampled_from(_JUNK) | st.none()), max_size=2),
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(_INNER), st.sampled_from(_JUNK)), max_size=2),
)
@settings(max_examples=1_500, deadline=None)
def test_the_verdict_on_a_changed_message_is_that_of_the_models(
    outer: list[tuple[str, Any]], inner: list[tuple[int, str, Any]]
) -> None:
    said = json.loads(ORDINARY)
    for at, name, value in inner:
        said["readings"][at][name] = value
    for name, value in outer:
        said[name] = value
    payload = json.dumps(
        {"v": said.pop("v"), "kind": said.pop("kind"), **said}, separators=(",", ":")
    ).encode()
    assert verdict(payload, wire.read) == verdict(payload, wire.decode)


@given(strategies.messages)
@settings(max_examples=200, deadline=None)
def test_every_message_reads_the_same(message: wire.WireMessage) -> None:
    assert verdict(wire.encode(message), wire.read) == message


@pytest.mark.parametrize("name", sorted(QUANTITIES))
def test_only_the_unit_of_the_quantity_stays_plain(name: str) -> None:
    head = '{"v":1,"kind":"readings","site":"s","device":"d","boot":"b","seq":1,"readings":'
    right = f'{head}[{{"quantity":"{name}","value":1,"unit":"{QUANTITIES[name].unit}"}}]}}'
    assert isinstance(wire.read(right.encode()), PlainReadings)
    with pytest.raises(UnreadableMessage, match="not 'furlong'"):
        wire.read(f'{head}[{{"quantity":"{name}","value":1,"\\u0075nit":"furlong"}}]}}'.encode())


@pytest.mark.parametrize("time", ['"20260101"', '"1767225600"', "1767225600", '"2026-01-01"', "1.7e9"])
def test_a_time_without_day_and_hour_is_refused_and_never_guessed(time: str) -> None:
    said = ORDINARY.replace('"2026-05-01T12:00:00Z"', time)
    for read in (wire.read, wire.decode):
        with pytest.raises(UnreadableMessage, match="time"):
            read(said.encode())


def test_too_deep_and_too_long_are_refused_before_they_are_read() -> None:
    deep = ORDINARY.replace('"value":7', '"value":' + "[" * 20 + "]" * 20)
    long = ORDINARY.replace('"s"', '"' + "s" * wire.MAX_MESSAGE_BYTES + '"')
    for payload, reason in ((deep, "nested deeper"), (long, "bytes, more than")):
        with pytest.raises(UnreadableMessage, match=reason):
            wire.read(payload.encode())
