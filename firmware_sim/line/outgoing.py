"""One message on its way out: its bytes, and what the tally needs of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out."""

    instant: int
    """When it goes out in the world's time [ns UTC]."""
    site: str
    device: str
    boot: str
    seq: int
    topic: str
    payload: bytes
    readings: int = 0
    """Stored points that it should give: readings, or values of features."""
    kind: str = "readings"
    readable: bool = True
