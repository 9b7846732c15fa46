"""Our own format: wire version 1 on our own topics, checked for who says it.

1. The topic names site, device and kind.
2. The bytes are decoded; piece of audio or message.
3. What they say must agree with the topic, and the territory must know the device there.
"""

from __future__ import annotations

from contract import topics, wire
from contract.errors import UnreadableMessage
from contract.places import Territory
from gateway.formats.format import Translation


class Native:
    """Wire version 1."""

    filters = (topics.SENSOR_FILTER, topics.AUDIO_FILTER)

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation:
        """The message or piece of audio, its bytes as they came; ``UnreadableMessage`` otherwise."""
        place = topics.parse(topic)
        if not isinstance(place, topics.SensorTopic):
            raise _unreadable("its topic is none of ours")
        return read_native(place, topic, payload, territory)


def read_native(place: topics.SensorTopic, topic: str, payload: bytes, territory: Territory) -> Translation:
    """What was said on ``topic``, whose parts are ``place``; ``UnreadableMessage`` where they disagree."""
    if place.kind == "audio":
        part = wire.decode_part(payload)
        if place.sha256 != part.sha256:
            raise _unreadable("its topic names another clip than its content")
        _check_place(place, territory)
        return Translation(place.site, place.device, part, topic, payload)
    message = wire.read(payload)
    if message.kind != place.kind:
        raise _unreadable(f"its topic says {place.kind!r}, its content {message.kind!r}")
    if (message.site, message.device) != (place.site, place.device):
        raise _unreadable(
            f"its topic says {place.site}/{place.device}, its content {message.site}/{message.device}"
        )
    _check_place(place, territory)
    return Translation(place.site, place.device, message, topic, payload)


def _check_place(place: topics.SensorTopic, territory: Territory) -> None:
    if reason := territory.misplaced(place.site, place.device):
        raise _unreadable(reason)


def _unreadable(reason: str) -> UnreadableMessage:
    return UnreadableMessage(
        reason, help="The bytes are kept: correct the sender or the territory, then retry them"
    )
