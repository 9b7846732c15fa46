"""Which format reads a message: by its topic, else by its shape.

Topics of network servers can be changed by whoever runs them; what they write cannot.
"""

from __future__ import annotations

from contract import topics
from contract.places import Territory
from gateway.formats import FORMATS
from gateway.formats.birdnet_go import is_note, topics_of
from gateway.formats.format import Format
from gateway.formats.mapped import is_for_a_map
from gateway.formats.maps.shipped import shipped_maps

_MARKS = {
    "chirpstack": ((b'"deviceInfo"', b'"devEui"'), (b'"devEUI"', b'"applicationID"')),
    "ttn": ((b'"end_device_ids"', b'"uplink_message"'),),
    "actility": ((b'"DevEUI_uplink"',),),
    "loriot": ((b'"cmd"', b'"EUI"', b'"fcnt"'),),
}
_LOOKED_AT = 4096
_FOREIGN = {name: form for name, form in FORMATS.items() if name != "native"}


def format_of(topic: str, payload: bytes, territory: Territory) -> Format:
    """Who reads this; the native format, which says that the topic is none of ours, where nobody does."""
    if is_for_a_map(topic, territory) and by_shape(payload) is None:
        return FORMATS["mapped"]
    if topic in topics_of(territory) and by_shape(payload) in (None, FORMATS["birdnet-go"]):
        return FORMATS["birdnet-go"]
    for candidate in _FOREIGN.values():
        if any(topics.matches(name, topic) for name in candidate.filters):
            return candidate
    return by_shape(payload) or FORMATS["native"]


def by_shape(payload: bytes) -> Format | None:
    """The network server or station whose marks ``payload`` bears; None without."""
    head = payload[:_LOOKED_AT]
    for name, ways in _MARKS.items():
        if any(all(mark in head for mark in marks) for marks in ways):
            return FORMATS[name]
    return FORMATS["birdnet-go"] if is_note(payload) else None


def filters_of(territory: Territory | None) -> tuple[str, ...]:
    """Every MQTT filter of the formats, and of the territory's maps, servers and stations.

    A shipped map is listened for only where a device names it: a house has many topics.
    """
    foreign = [name for kind, form in FORMATS.items() if kind != "mapped" for name in form.filters]
    if territory is None:
        return tuple(foreign)
    wanted = {device.map for device in territory.devices if device.map}
    maps = [one for one in shipped_maps() if any(one.is_called(name) for name in wanted)] if wanted else []
    own = [name for one in (*territory.maps, *maps) for name in one.topics]
    addresses = [device.address for device in territory.devices if device.map and "/" in device.address]
    return tuple(dict.fromkeys((*foreign, *own, *addresses, *territory.topics, *topics_of(territory))))
