"""What the spool takes: an entry, and who spoke it, who gets its receipt."""

from __future__ import annotations

from typing import NamedTuple

from contract.reading import AudioPart, ClipManifest


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
    """Why it is unreadable; empty otherwise."""
    payload: bytes
    origin: Origin | None = None
    """None where it is not legible."""
    seq: int = 0
    """Of ``origin``'s boot; 0 without one."""
    part: AudioPart | None = None
    manifest: ClipManifest | None = None
    features_of: str = ""
    """SHA-256 of the clip whose features this message brings."""
    retained: bool = False
    """The broker's own copy, given to every new subscriber; its sensor did not speak."""
