"""What stores and readers hand each other of foreign messages: originals, and what nobody understands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Original:
    """A foreign message as its gateway read it, secrets blanked."""

    id: int
    """Within its store."""
    received: int
    """By its gateway [ns UTC]."""
    topic: str
    site: str
    device: str
    boot: str
    """With ``seq`` the identity of the message that it gave; empty where it gave none."""
    seq: int
    not_understood: tuple[str, ...]
    """Fields that are neither read nor known to be no measurement."""
    gateway: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field of a device's messages that nobody understands."""

    site: str
    device: str
    field: str
    times: int
    """Originals that bear it."""
    first: int
    """Receipt of the earliest [ns UTC]."""
    last: int
