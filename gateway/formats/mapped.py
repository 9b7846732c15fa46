"""Anything that publishes JSON or bare numbers on topics of its own: read by the map of the topic.

1. The territory's maps count before the shipped ones; a device whose address is the topic may name one.
2. The device is the map's own, or the one whose address the message, the topic or a level of it says.
3. Its time is what the message says, else when the gateway took it; its number likewise, else a hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from contract import topics
from contract.errors import ConfigurationError, UnreadableMessage
from contract.instant import format_instant, parse_zone
from contract.maps import Map
from contract.places import Device, Territory
from contract.reading import MAX_SEQUENCE
from gateway.formats.format import NoMeasurement, NotUnderstood, Translation, json_value, unreadable
from gateway.formats.lorawan import as_translation, number_from
from gateway.formats.maps.choice import named
from gateway.formats.maps.numbers import number_of
from gateway.formats.maps.paths import walk
from gateway.formats.maps.reading import read_by
from gateway.formats.maps.shipped import shipped_maps
from gateway.formats.maps.times import instant_of

_BARE = 200
"""Bytes of a payload that is no JSON and still may be a value."""


class Mapped:
    """One message on a topic that a map names, one ``readings`` message."""

    @property
    def filters(self) -> tuple[str, ...]:
        """Of every shipped map; looked up where it is asked for: a gateway of our own sensors needs none."""
        return _shipped_topics()

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """What the map makes of it; ``UnreadableMessage`` says what is wanting."""
        message = message_of(payload, topic)
        one, device, address = _map_and_device(topic, message, territory)
        if device is not None:
            one, device = _as_it_was(one, device, address, message, territory, received)
        else:
            why = f"no device of the territory has an address that {topic[:200]!r} or the message says"
            if one in territory.maps:
                raise unreadable(why)
            return NoMeasurement(not_understood=(NotUnderstood(topic, why),))  # somebody else's lamp
        return read_mapped(one, device, topic, payload, received)


@cache
def _shipped_topics() -> tuple[str, ...]:
    return tuple(name for one in shipped_maps() for name in one.topics)


def read_mapped(
    one: Map, device: Device, topic: str, payload: bytes, received: int | None
) -> Translation | NoMeasurement:
    """``payload`` of ``device`` by the map ``one``; ``UnreadableMessage`` where it holds nothing for it."""
    message = message_of(payload, topic)
    found = read_by(one, message, device)
    try:
        own = _own_time(one, device, message)
    except ConfigurationError as error:
        own = None
        found.not_understood.append(NotUnderstood(one.time_at, f"{error.message}; placed at its receipt"))
    if not found.readings:
        if not found.not_understood:
            return NoMeasurement(device.site, device.id)
        names = ", ".join(sorted(missed.field for missed in found.not_understood)[:10])
        raise unreadable(f"the map {one.id!r} understands none of its fields: {names}")
    time = received if own is None else own
    made = as_translation(
        device, f"map-{one.id}"[:64], _number(one, message, topic, payload, time), time,
        tuple(found.readings), clock="gateway" if own is None and time is not None else "none",
    )  # fmt: skip
    return made._replace(not_understood=tuple(found.not_understood), notes=tuple(found.notes))


def message_of(payload: bytes, topic: str) -> object:
    """The JSON of ``payload``; a bare value becomes an object with the levels of its topic beside it."""
    try:
        value = json_value(payload, "message")
    except UnreadableMessage:
        if len(payload) > _BARE:
            raise
        value = payload.decode("utf-8", "replace").strip()
    if isinstance(value, dict | list):
        return value
    return {"value": value, "topic": {str(at): level for at, level in enumerate(topic.split("/"))}}


def is_for_a_map(topic: str, territory: Territory) -> bool:
    """True where a map of the territory names this topic, or a device with a map has it as address."""
    named_there = any(topics.matches(name, topic) for one in territory.maps for name in one.topics)
    device = territory.device_by_address.get(topic)
    return named_there or bool(device and device.map)


def _map_and_device(topic: str, message: object, territory: Territory) -> tuple[Map, Device | None, str]:
    """(map, who had the address last, the address; empty where another thing named the device)"""
    owner = territory.device_by_address.get(topic)
    if owner is not None and owner.map and (one := named(owner.map, territory)) is not None:
        return one, owner, topic
    fitting = [
        one
        for one in (*territory.maps, *shipped_maps())
        if any(topics.matches(name, topic) for name in one.topics)
    ]
    for one in fitting:
        device, address = _device(one, topic, message, territory)
        if device is not None:
            return one, device, address
    if not fitting:
        raise unreadable(f"no map names the topic {topic[:200]!r}")
    return fitting[0], None, ""


def _device(one: Map, topic: str, message: object, territory: Territory) -> tuple[Device | None, str]:
    """By the map, by an address, else the only device that names this map and has no address."""
    if one.device:
        return territory.device_by_id.get(one.device), ""
    for address in _addresses(one, topic, message):
        if address in territory.device_by_address:
            return territory.device_by_address[address], address
    those = [device for device in territory.devices if one.is_called(device.map) and not device.address]
    return (those[0] if len(those) == 1 else None), ""


def _as_it_was(
    one: Map, device: Device, address: str, message: object, territory: Territory, received: int | None
) -> tuple[Map, Device]:
    """Who had the address when the message was said, as it was then, with its map."""
    try:
        at = _own_time(one, device, message)
    except ConfigurationError:
        at = None  # told where its readings are made
    at = received if at is None else at
    if at is None:
        return one, device
    then = territory.addresses.at(address, at) if address else device.at(at)
    if then is None:
        who = (
            f"the address {address[:200]!r} belonged to no device" if address else f"{device.id} was nowhere"
        )
        raise unreadable(f"{who} at {format_instant(at)}")
    own = named(then.map, territory) if then.id != device.id and then.map else None
    return (one if own is None else own), then


def _addresses(one: Map, topic: str, message: object) -> Iterator[str]:
    """What may be the address, the most certain first; a number of a radio node also as ``!0a1b2c3d``."""
    for spot in walk(message, one.address_at) if one.address_at else ():
        if isinstance(spot.value, int) and not isinstance(spot.value, bool):
            yield f"!{spot.value & 0xFFFFFFFF:08x}"
        yield str(spot.value)[:200]
    if one.address_at:
        return
    yield topic
    levels = topic.split("/")
    for name in one.topics:
        if topics.matches(name, topic):
            yield from (
                level for level, wanted in zip(levels, name.split("/"), strict=False) if wanted == "+"
            )


def _own_time(one: Map, device: Device, message: object) -> int | None:
    spot = next(walk(message, one.time_at), None) if one.time_at else None
    if spot is None:
        return None
    name = one.timezone or device.timezone
    return instant_of(spot.value, parse_zone(name) if name else None)


def _number(one: Map, message: object, topic: str, payload: bytes, time: int | None) -> int:
    spot = next(walk(message, one.identity_at), None) if one.identity_at else None
    if spot is not None and spot.value is not None:
        said = number_of(spot.value)
        if said is not None and not said.unit and _is_sequence(said.number):
            return int(said.number)
        return number_from(json.dumps(spot.value, sort_keys=True).encode())
    return number_from(topic.encode(), payload, str(time).encode())


def _is_sequence(number: float) -> bool:
    """A whole number that a message may bear; asking a ``range`` for 2.5 would count through all of it."""
    return 1 <= number <= MAX_SEQUENCE and number == int(number)
