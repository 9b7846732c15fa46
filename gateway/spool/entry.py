"""What the spool takes: an entry, and who spoke it, who gets its receipt and bears its bytes."""

from __future__ import annotations

import re
from typing import NamedTuple

from contract import topics
from contract.places import SLUG_PATTERN
from contract.reading import AudioPart, ClipManifest

_SLUG = re.compile(SLUG_PATTERN)


class Origin(NamedTuple):
    """Who spoke: the place named by the topic, and the boot named by the message."""

    site: str
    device: str
    boot: str


class Entry(NamedTuple):
    """One message as the gateway took it."""

    stream: str
    """Of its record; empty if it leaves none (a piece of audio)."""
    received: int
    """[ns UTC]"""
    topic: str
    reason: str
    """Why it is unreadable, or what an original gave; empty otherwise."""
    payload: bytes
    origin: Origin | None = None
    """None where it is not legible."""
    seq: int = 0
    """Of ``origin``'s boot; 0 without one."""
    part: AudioPart | None = None
    manifest: ClipManifest | None = None
    features_of: str = ""
    """SHA-256 of the clip whose features this message brings."""
    stranger: bool = False
    """Said on the topic of a device that the territory does not know there."""
    said: int | None = None
    """When, by its device's clock [ns UTC]; None where it does not say, or speaks of a recording."""
    floor: int = 0
    """The lowest sequence that ``origin`` says it still holds; 0 where it says nothing."""
    beside: Entry | None = None
    """What of the same message was set aside: an entry of its own, with its reason."""
    missed: tuple[tuple[str, str, str], ...] = ()
    """What of it nobody understood: (site/device, field, reason), or ("", shape of the topic, reason)."""
    health: tuple[tuple[str, float], ...] = ()
    """(quantity, value) of what it says of its device."""
    words: str | None = None
    """The device's own, of a ``health`` message; None of any other."""
    about: tuple[str, str] | None = None
    """(site, device) of the territory whose it is, though it could not be read."""
    retained: bool = False
    """The broker's own copy, given to every new subscriber; its sensor did not speak."""


def speaker_of(topic: str) -> Origin | None:
    """Site and device that ``topic`` names, without a boot; None where it is no sensor's topic."""
    place = topics.parse(topic)
    if isinstance(place, topics.SensorTopic) and _SLUG.match(place.site) and _SLUG.match(place.device):
        return Origin(place.site, place.device, "")
    return None
