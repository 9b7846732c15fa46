"""What a format is: the topics that it owns, and a way to read what arrives on them.

1. ``Format`` is the protocol; ``gateway.formats.FORMATS`` lists who keeps it.
2. ``Translation`` is what every format returns: a message in our language.
3. ``parsed``, ``sentence`` and ``unreadable`` are for formats that read JSON by a model.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from contract.errors import UnreadableMessage
from contract.places import Territory
from contract.plain import PlainReadings
from contract.reading import AudioPart
from contract.wire import MAX_MESSAGE_BYTES, WireMessage

_Foreign = TypeVar("_Foreign", bound=BaseModel)


class Translation(NamedTuple):
    """A message in our language.  A tuple, because thousands a second are made."""

    site: str
    device: str
    message: WireMessage | PlainReadings | AudioPart
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


def parsed(model: type[_Foreign], payload: bytes, name: str) -> _Foreign:
    """Foreign JSON as ``model``; ``UnreadableMessage`` says what of ``name`` is wrong with it."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise unreadable(f"the {name} has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise unreadable(f"no {name}: {sentence(error)}") from error


def sentence(error: ValidationError) -> str:
    """The first thing that a model found wrong, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"


def unreadable(reason: str) -> UnreadableMessage:
    """The error for bytes that a foreign format cannot read, with the next thing to do."""
    return UnreadableMessage(
        reason,
        help="The bytes are kept: correct the decoder, its map or the territory, then retry them",
    )
