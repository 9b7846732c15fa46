"""What a format is: the topics that it owns, and a way to read what arrives on them.

1. ``Format`` is the protocol; ``gateway.formats.FORMATS`` lists who keeps it.
2. ``Translation`` is what a format returns: a message in our language, and the names of the fields that
   it did not understand; ``NoMeasurement`` where there is known to be none.
3. ``parsed``, ``sentence`` and ``unreadable`` are for formats that read JSON by a model.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from contract.errors import UnreadableMessage
from contract.places import Territory
from contract.plain import PlainReadings
from contract.reading import AudioPart
from contract.wire import MAX_MESSAGE_BYTES, WireMessage

_Foreign = TypeVar("_Foreign", bound=BaseModel)
_MOST_BRACKETS = 5_000


class NotUnderstood(NamedTuple):
    """A field that is neither read nor known to be no measurement."""

    field: str
    """Its path."""
    reason: str
    """What stood there, or what is wrong with it."""


UNDECODED = "undecoded"
"""Name of what stands for a whole frame of which the network server decoded nothing."""
SET_A_CODEC = "set a codec (ChirpStack) or a payload formatter (The Things Stack) in the network server"
"""What helps then."""


class Translation(NamedTuple):
    """A message in our language.  A tuple, because thousands a second are made."""

    site: str
    device: str
    message: WireMessage | PlainReadings | AudioPart
    topic: str
    """A sensor topic of ours."""
    payload: bytes
    """Wire version 1; unchanged if it already was."""
    not_understood: tuple[NotUnderstood, ...] = ()
    notes: tuple[str, ...] = ()
    """What people should know of values that were read."""
    unread: str = ""
    """Why the original must be kept as unreadable beside this: its measurements are not in here."""


class NoMeasurement(NamedTuple):
    """Known to hold no measurement: nothing to keep."""

    site: str = ""
    device: str = ""
    """Of the territory; empty where it is none."""
    not_understood: tuple[NotUnderstood, ...] = ()
    """What it tells of other messages of the device: a decoder that failed."""


_HALF_LETTER = re.compile(r"\\u[dD][89a-fA-F]")


class Format(Protocol):
    """Pure: no clock, no network, no state; the same bytes and receipt give the same translation."""

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT filters of its topics."""

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """The message, or ``UnreadableMessage`` with one sentence of reason; nothing else is raised.

        ``received`` [ns UTC] is when the gateway took it: the time of what states none.
        """


def parsed(model: type[_Foreign], payload: bytes, name: str) -> _Foreign:
    """Foreign JSON as ``model``; ``UnreadableMessage`` says what of ``name`` is wrong with it."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise unreadable(f"the {name} has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise unreadable(f"no {name}: {sentence(error)}") from error


def json_object(payload: bytes, name: str) -> dict[str, object]:
    """Foreign JSON as it is; ``UnreadableMessage`` where it is no object, too large or nested too deeply."""
    value = json_value(payload, name)
    if not isinstance(value, dict):
        raise unreadable(f"no {name}: it is no JSON object")
    return value


def json_value(payload: bytes, name: str) -> object:
    """Likewise, of any kind."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise unreadable(f"the {name} has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
    if payload.count(b"[") + payload.count(b"{") > _MOST_BRACKETS:
        raise unreadable(f"the {name} holds more than {_MOST_BRACKETS} objects and lists")
    try:
        text = payload.decode(json.detect_encoding(payload))
        value: object = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise unreadable(f"no {name}: it is no JSON") from error
    return _whole_letters(value) if _HALF_LETTER.search(text) else value


def _whole_letters(value: object) -> object:
    """``value`` without half letters (``\\ud800`` alone), which neither spool nor broker can carry."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole_letters(one) for one in value]
        case dict():
            return {_whole_letters(key): _whole_letters(one) for key, one in value.items()}
    return value


def _whole(text: str) -> float | int:
    return int(text) if len(text) < 20 else float(text)


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
