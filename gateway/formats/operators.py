"""LORIOT and Actility ThingPark: uplinks as their MQTT outputs write them, on topics that the user chooses.

1. LORIOT: ``cmd`` ``rx`` (or ``gw`` with radio), ``EUI``, ``fcnt``, ``ts`` in milliseconds, ``decoded``.
2. Actility: ``DevEUI_uplink`` with numbers that may be text, ``payload`` as its driver decoded it, and
   ``points``: a value with its unit each.

Sources: https://docs.loriot.io (Uplink Data Message, Gateway Information), https://docs.thingpark.com
(Uplink Message).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from contract.errors import ConfigurationError
from contract.places import Territory
from gateway.formats.format import NoMeasurement, Translation, json_object, unreadable
from gateway.formats.lorawan import Uplink, translate
from gateway.formats.maps.numbers import number_of
from gateway.formats.maps.times import instant_of

_SPREADING = re.compile(r"SF(\d{1,2})")


class Loriot:
    """One frame, one ``readings`` message."""

    filters = ("loriot/#",)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """The frame in our units; ``UnreadableMessage`` says what is wanting."""
        event = json_object(payload, "uplink of LORIOT")
        if event.get("cmd") not in ("rx", "gw"):
            return NoMeasurement()
        heard = _strongest(event.get("gws")) or event
        rate = _SPREADING.search(str(event.get("dr", "")))
        decoded = event.get("decoded")
        inner = decoded.get("data", decoded) if isinstance(decoded, dict) else None
        address = str(event.get("EUI", ""))
        data = event.get("data")
        return translate(
            territory,
            Uplink(
                address=address,
                session=_plain(str(event.get("devaddr") or address)),
                frame=_frame(event.get("fcnt")),
                time=_instant(event.get("ts")),
                fields=inner,
                heard=(
                    ("signal_strength", _value(heard.get("rssi"))),
                    ("signal_to_noise_ratio", _value(heard.get("snr"))),
                    ("spreading_factor", float(rate[1]) if rate else None),
                    ("battery_level", _battery(event.get("bat"))),
                ),
                carries=f"{str(data)[:40]!r} (port {event.get('port')})"
                if data and event.get("port")
                else "",
            ),
            received,
        )


class Actility:
    """One frame, one ``readings`` message."""

    filters = ("mqtt/things/+/uplink",)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """The frame in our units; ``UnreadableMessage`` says what is wanting."""
        event = json_object(payload, "uplink of Actility").get("DevEUI_uplink")
        if not isinstance(event, dict):
            return NoMeasurement()
        address = str(event.get("DevEUI", ""))
        data = event.get("payload_hex")
        return translate(
            territory,
            Uplink(
                address=address,
                session=_plain(str(event.get("DevAddr") or address)),
                frame=_frame(event.get("FCntUp")),
                time=_instant(event.get("Time")),
                fields=event.get("payload"),
                heard=(
                    ("signal_strength", _value(event.get("LrrRSSI"))),
                    ("signal_to_noise_ratio", _value(event.get("LrrSNR"))),
                    ("spreading_factor", _value(event.get("SpFact"))),
                    ("battery_level", _point(event.get("points"), "batteryLevel", "%")),
                ),
                carries=f"{str(data)[:40]!r} (FPort {event.get('FPort')})"
                if data and event.get("FPort")
                else "",
            ),
            received,
        )


def _strongest(heard: object) -> Mapping[str, Any]:
    each = [one for one in heard if isinstance(one, dict)] if isinstance(heard, list) else []
    return max(each, key=lambda one: _value(one.get("rssi")) or -1e6, default={})


def _point(points: object, name: str, unit: str) -> float | None:
    point = points.get(name) if isinstance(points, dict) else None
    if not isinstance(point, dict) or point.get("unitId") != unit:
        return None
    return _value(point.get("record"))


def _value(value: object) -> float | None:
    said = number_of(value)
    return None if said is None or said.unit else said.number


def _battery(level: object) -> float | None:
    """The answer to DevStatusReq: 1 to 254 of the full range, 0 mains, 255 unknown (LoRaWAN 1.0.3, 5.5)."""
    value = _value(level)
    return (value - 1) / 253 * 100 if value is not None and 1 <= value <= 254 else None


def _frame(value: object) -> int:
    number = _value(value)
    if number is None or number != int(number) or not 0 <= number <= 2**32:
        raise unreadable(f"it counts no frame: {str(value)[:40]!r}")
    return int(number)


def _instant(value: object) -> int | None:
    try:
        return instant_of(value, None)
    except ConfigurationError as error:
        raise unreadable(error.message) from error


def _plain(address: str) -> str:
    return re.sub(r"[^0-9A-Fa-f]", "", address)[:16] or "unknown"
