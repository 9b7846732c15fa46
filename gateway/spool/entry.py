"""What the spool takes: an entry, and who is to be told that it was taken."""

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
    sender: Origin | None = None
    seq: int = 0
    part: AudioPart | None = None
    manifest: ClipManifest | None = None
    heard_clip: str = ""
    """SHA-256 of the clip whose features this message brings."""
