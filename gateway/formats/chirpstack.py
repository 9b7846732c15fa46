"""ChirpStack 4 and 3: events of the MQTT integration, JSON encoding.

1. ``up`` is a frame; ``status`` says battery and link margin of the device.
2. ``join``, ``ack``, ``txack`` and ``location`` hold no measurement; ``log`` names the decoder that failed.
3. Version 3 writes ``devEUI`` as base64 or hexadecimal, the decoded object as text where it is asked to.

Field names follow ``integration.proto`` of chirpstack_api 4 and 3.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from contract.errors import ConfigurationError, UnreadableMessage
from contract.instant import parse_instant
from contract.places import Device, Territory
from contract.reading import Reading
from gateway.formats.format import NoMeasurement, NotUnderstood, Translation, json_object, unreadable
from gateway.formats.lorawan import (
    STATUS_BOOT,
    Uplink,
    as_translation,
    device_at,
    is_session,
    number_from,
    translate,
)

_NAME = "ChirpStack 4 uplink"
_MOST_DIGITS = 20
"""Of a counter as text; Python refuses to read thousands of them."""
_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_MAX_FRAME = 2**32
_CODEC = ("UPLINK_CODEC", "DOWNLINK_CODEC")
"""Codes of log events about decoders."""


class ChirpStack:
    """One frame, one ``readings`` message; the events about it."""

    filters = ("application/+/device/+/event/+",)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """The event in our units; ``UnreadableMessage`` says what is wanting."""
        event = _event(payload)
        match topic.rsplit("/", 1)[-1]:
            case "up":
                uplink = _version_3(event) if "devEUI" in event else _version_4(event)
                return translate(territory, uplink, received)
            case "status":
                return _status(event, payload, territory, received)
            case "log" | "error":
                return _log(event, territory)
            case _:
                return NoMeasurement()


def _event(payload: bytes) -> dict[str, Any]:
    try:
        return json_object(payload, _NAME)
    except UnreadableMessage as error:
        if payload[:1] in b"\x0a\x12\x1a" and payload[:1]:  # the first fields of a protobuf message
            raise unreadable(
                f"no {_NAME}: it is encoded as protobuf; set json=true in the server's MQTT integration"
            ) from error
        raise


def _version_4(event: Mapping[str, Any]) -> Uplink:
    heard, sent = _best(event.get("rxInfo")), event.get("txInfo")
    return Uplink(
        address=_text(_inner(event, "deviceInfo"), "devEui", "deviceInfo.devEui"),
        session=_session(event.get("devAddr"), "devAddr"),
        frame=_frame(event.get("fCnt", 0)),
        time=_time(event.get("time"), "time"),
        server=_own_time(event.get("rxInfo")),
        fields=event.get("object"),
        heard=(
            ("signal_strength", heard.get("rssi")),
            ("signal_to_noise_ratio", heard.get("snr", 0.0) if "rssi" in heard else None),
            ("spreading_factor", _dig(sent, "modulation", "lora", "spreadingFactor")),
        ),
        carries=_carried(event),
    )


def _version_3(event: Mapping[str, Any]) -> Uplink:
    heard, address = _best(event.get("rxInfo")), _eui(_text(event, "devEUI", "devEUI"))
    fields = event.get("object")
    if not fields and isinstance(event.get("objectJSON"), str) and event["objectJSON"]:
        fields = json_object(
            event["objectJSON"].encode("utf-8", "surrogatepass"), "objectJSON of ChirpStack 3"
        )
    session = event.get("devAddr")
    return Uplink(
        address=address,
        session=_eui(session) if isinstance(session, str) and session else address,
        frame=_frame(event.get("fCnt", 0)),
        time=_time(heard.get("time"), "rxInfo.time"),
        server=_time(event.get("publishedAt"), "publishedAt"),
        fields=fields,
        heard=(
            ("signal_strength", heard.get("rssi")),
            ("signal_to_noise_ratio", heard.get("loRaSNR")),
            ("spreading_factor", _dig(event.get("txInfo"), "loRaModulationInfo", "spreadingFactor")),
        ),
        carries=_carried(event),
    )


def _status(
    event: Mapping[str, Any], payload: bytes, territory: Territory, received: int | None
) -> Translation | NoMeasurement:
    device = _device(event, territory)
    told = dict[str, object]()
    if not (event.get("externalPowerSource") or event.get("batteryLevelUnavailable")):
        told["battery_level"] = event.get("batteryLevel")
    told["link_margin"] = event.get("margin")
    readings = tuple(
        Reading(quantity=quantity, value=float(value))
        for quantity, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
    )
    if not readings:
        return NoMeasurement(device.site, device.id)
    time = _time(event.get("time"), "time")
    seq = number_from(payload)
    return as_translation(device, STATUS_BOOT, seq, received if time is None else time, readings)


def _log(event: Mapping[str, Any], territory: Territory) -> NoMeasurement:
    code, level = event.get("code") or event.get("type"), event.get("level", "ERROR")
    if code not in _CODEC and "CODEC" not in str(code):
        return NoMeasurement()
    try:
        device = _device(event, territory)
    except UnreadableMessage:
        return NoMeasurement()
    said = str(event.get("description") or event.get("error") or level).strip().splitlines()
    uplink = _dig(event.get("context"), "deduplication_id")
    about = f" (uplink {uplink})" if isinstance(uplink, str) else ""
    text = f"the network's decoder failed: {' '.join(part.strip() for part in said)[:200]}{about}"
    return NoMeasurement(device.site, device.id, (NotUnderstood("decoded", text),))


def _device(event: Mapping[str, Any], territory: Territory) -> Device:
    if "devEUI" in event:
        return device_at(territory, _eui(_text(event, "devEUI", "devEUI")))
    return device_at(territory, _text(_inner(event, "deviceInfo"), "devEui", "deviceInfo.devEui"))


def _best(heard: object) -> Mapping[str, Any]:
    """How the gateway heard it that heard it best."""
    each = [one for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    return max(each, key=lambda one: _number(one.get("rssi")), default={})


def _own_time(heard: object) -> int | None:
    """The network server's own time, else that of a gateway's machine; the earliest [ns UTC]."""
    each = [one for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    for name in ("nsTime", "gwTime"):
        times = [time for one in each if (time := _time_or_none(one.get(name))) is not None]
        if times:
            return min(times)
    return None


def _carried(event: Mapping[str, Any]) -> str:
    """The data of its application; port 0 carries commands of the network."""
    data, port = event.get("data"), event.get("fPort", 0)
    if not isinstance(data, str) or not data or not port:
        return ""
    return f"{data[:40]!r} (fPort {port}, uplink {str(event.get('deduplicationId', '?'))[:40]})"


def _eui(text: str) -> str:
    """Hexadecimal of what JSON of protobuf writes as base64."""
    if _EUI.fullmatch(text) or is_session(text):
        return text
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return text


def _session(value: object, name: str) -> str:
    if not is_session(value):
        raise unreadable(f"no {_NAME}: {name}: it is no address of a session")
    return str(value)


def _frame(value: object) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_FRAME:
        raise unreadable(f"no {_NAME}: fCnt: it is no counter of frames")
    return value


def _time(value: object, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str):
            raise ConfigurationError(f"{value!r} is no time", help="Write it as text")
        return parse_instant(value)
    except ConfigurationError as error:
        raise unreadable(f"no {_NAME}: {name}: {error.message}") from error


def _time_or_none(value: object) -> int | None:
    try:
        return _time(value, "")
    except UnreadableMessage:
        return None


def _inner(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _text(event: Mapping[str, Any], key: str, name: str) -> str:
    value = event.get(key)
    if not isinstance(value, str) or not value:
        raise unreadable(f"no {_NAME}: {name}: it is missing")
    return value


def _dig(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e6 else -1e6
