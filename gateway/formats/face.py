"""What a foreign format is: a set of topics and a way to read what arrives on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from contract.places import Territory
from contract.reading import AudioPart
from contract.wire import WireMessage


@dataclass(frozen=True, slots=True)
class Translation:
    """A message in our language."""

    site: str
    device: str
    message: WireMessage | AudioPart
    topic: str
    """A sensor topic of ours."""
    payload: bytes
    """Wire version 1; unchanged if it already was."""


class Format(Protocol):
    """Pure: no clock, no network, no state; the same bytes give the same translation."""

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT filters of its topics."""

    def read(self, topic: str, payload: bytes, territory: Territory) -> Translation:
        """The message, or ``UnreadableMessage`` with one sentence of reason; nothing else is raised."""
