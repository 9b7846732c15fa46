"""Message <-> bytes, wire version 1.

1. ``encode`` writes one message as compact UTF-8 JSON, ``v`` and ``kind`` first.
2. ``decode`` reads it, straight from bytes; anything else is ``UnreadableMessage``
   with one sentence of reason.  Unknown fields are tolerated, unknown versions are not.
   ``read`` does the same for the hot path, where ordinary readings stay plain.
3. ``encode_part`` / ``decode_part`` do the same for pieces of audio, the only binary kind.
4. One bad reading makes no message unreadable: it is set aside with its reason.  ``salvage``
   reads the identity of what is unreadable, so that its sender can be told that it was kept.

``tests/golden/wire`` pins version 1: those files never change.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from contract.errors import UnreadableMessage
from contract.places import Slug
from contract.plain import PlainReadings, plain_readings
from contract.reading import (
    MAX_SEQUENCE,
    PART_BYTES,
    AudioPart,
    BootId,
    ClipManifest,
    Detections,
    Features,
    Health,
    Message,
    Readings,
    SequenceNumber,
)

VERSION = 1
MAX_MESSAGE_BYTES = 262_144
MAX_DEPTH = 16
WireMessage = Readings | Features | Detections | ClipManifest | Health

_MESSAGE: TypeAdapter[WireMessage] = TypeAdapter(Message)
_BOOT: TypeAdapter[str] = TypeAdapter(BootId)
_SCANNED_BYTES = 65_536
_TOKEN = re.compile(
    rb'"((?:[^"\\]|\\.)*+)"(?:\s*+:\s*+("(?:[^"\\]|\\.)*+"|[0-9]{1,20})(?=\s*[,}]))?|[\[\]{}"]', re.DOTALL
)
"""A bracket, or a text with the plain value that follows it; a lone quote begins what never ends."""
_FLOOR = re.compile(rb',\s*+"floor"\s*+:\s*+[0-9]++|"floor"\s*+:\s*+[0-9]++\s*+,')
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
_READINGS, _HEAD = b'"kind":"readings"', 40
_PART_MAGIC = b"EVA"
_PART_HEAD = struct.Struct(">3sBB")
_PART_TAIL = struct.Struct(">Q32sII")


class _Number(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    boot: BootId
    seq: SequenceNumber


class _Salvage(_Number):
    device: Slug


_Head = TypeVar("_Head", bound=_Number)


def encode(message: WireMessage) -> bytes:
    """Compact UTF-8 JSON, ``v`` and ``kind`` first; fields at their default are left out."""
    fields = message.model_dump(mode="json", exclude_defaults=True)
    head = {"v": VERSION, "kind": message.kind}
    return json.dumps(head | fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode(payload: bytes) -> WireMessage:
    """The message in ``payload``; ``UnreadableMessage`` says what is wrong with it."""
    _check_limits(payload)
    try:
        return _MESSAGE.validate_json(payload)
    except ValidationError as error:
        if (spared := _without_bad_readings(payload, error)) is not None:
            return spared
        raise _unreadable(_sentence(error)) from error


def read(payload: bytes) -> WireMessage | PlainReadings:
    """Like ``decode``, at a third of its cost for readings that begin as ``encode`` writes them.

    ``UnreadableMessage`` says what is wrong.
    """
    if payload.find(_READINGS, 0, _HEAD) < 0:
        return decode(payload)
    if len(payload) > MAX_MESSAGE_BYTES or payload.count(b"[") + payload.count(b"{") > MAX_DEPTH:
        _check_limits(payload)
    return plain_readings(payload) or decode(payload)


def encode_part(part: AudioPart) -> bytes:
    """Magic, version, boot, sequence, SHA-256, index, count, content."""
    boot = part.boot.encode()
    head = _PART_HEAD.pack(_PART_MAGIC, VERSION, len(boot))
    tail = _PART_TAIL.pack(part.seq, bytes.fromhex(part.sha256), part.index, part.count)
    return head + boot + tail + part.content


def decode_part(payload: bytes) -> AudioPart:
    """The piece of audio in ``payload``; ``UnreadableMessage`` says what is wrong with it."""
    if len(payload) < _PART_HEAD.size:
        raise _unreadable("an audio part is shorter than its header")
    magic, version, boot_length = _PART_HEAD.unpack_from(payload)
    if magic != _PART_MAGIC:
        raise _unreadable("an audio part does not begin with EVA")
    if version != VERSION:
        raise _unreadable(f"audio parts of version {version} are not known here")
    start = _PART_HEAD.size + boot_length
    content = payload[start + _PART_TAIL.size :]
    if len(payload) < start + _PART_TAIL.size or not content:
        raise _unreadable("an audio part has no content")
    if len(content) > PART_BYTES:
        raise _unreadable(f"an audio part holds {len(content)} bytes, more than {PART_BYTES}")
    seq, digest, index, count = _PART_TAIL.unpack_from(payload, start)
    if not 0 < seq <= MAX_SEQUENCE or not 0 <= index < count <= 32_768:
        raise _unreadable(f"an audio part numbers itself {index} of {count}, sequence {seq}")
    try:
        boot = _BOOT.validate_python(payload[_PART_HEAD.size : start].decode("ascii"))
    except ValueError as error:
        raise _unreadable("an audio part has no valid boot id") from error
    return AudioPart(boot, seq, digest.hex(), index, count, content)


def salvage(payload: bytes) -> tuple[str, str, int] | None:
    """(device, boot, sequence) of a message whose body is unreadable, if it still has one.

    Also of one that is too large, too deep, cut short or no JSON any more: else its sender would
    repeat it for ever.  A sequence may be written as text.
    """
    head = _legible(_Salvage, payload)
    return None if head is None else (head.device, head.boot, head.seq)


def salvage_number(payload: bytes) -> tuple[str, int] | None:
    """(boot, sequence) of such a message, also where it names no device or a wrong one."""
    head = _legible(_Number, payload)
    return None if head is None else (head.boot, head.seq)


def _legible(head: type[_Head], payload: bytes) -> _Head | None:
    try:
        return head.model_validate_json(payload)
    except ValidationError:
        try:
            return head.model_validate(_outermost(payload[:_SCANNED_BYTES]))
        except ValidationError:
            return None


def _outermost(text: bytes) -> dict[str, object]:
    """What the outermost object says of its identity, as far as it can be followed."""
    fields: dict[str, object] = {}
    depth = 0
    for token in _TOKEN.finditer(text):
        mark, name, value = token[0], token[1], token[2]
        if mark == b'"':
            break
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and value and name in (b"device", b"boot", b"seq"):
            text_of = value.strip(b'"').decode("utf-8", "replace")
            is_number = name == b"seq" and _DIGITS.fullmatch(text_of) is not None
            fields[name.decode()] = int(text_of) if is_number else text_of
    return fields


def _without_bad_readings(payload: bytes, error: ValidationError) -> Readings | None:
    """The message without the readings that ``error`` is about; None where it is about anything else.

    None too where no reading is left, or a number is beyond what can be written again.
    """
    reasons: dict[int, str] = {}
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        match one["loc"]:
            case ("readings", "readings", int(at), *field):
                place = ".".join([f"readings[{at}]", *map(str, field)])
                reasons.setdefault(at, f"{place}: {one['msg']}")
            case _:
                return None
    try:
        said = json.loads(payload, parse_float=_finite)
        every = said["readings"]
        good = [reading for at, reading in enumerate(every) if at not in reasons]
        bad = [every[at] for at in sorted(reasons)]
        message = _MESSAGE.validate_json(json.dumps(said | {"readings": good}))
        aside = json.dumps(said | {"readings": bad}, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # a validation error is one, too
        return None
    assert isinstance(message, Readings)
    message.put_aside(tuple(reasons[at] for at in sorted(reasons)), aside)
    return message


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("it could not be written again as it was")
    return value


def payload_hash(payload: bytes) -> bytes:
    """The first 16 bytes of SHA-256: tells a repeat from a reused identity.

    ``floor`` does not count: it says what the device holds at that moment, and may be another in a repeat.
    """
    if b'"floor"' in payload:
        payload = _FLOOR.sub(b"", payload, count=1)
    return hashlib.sha256(payload).digest()[:16]


def with_floor(payload: bytes, floor: int) -> bytes:
    """``payload`` of a message saying that nothing below ``floor`` is held.

    Unchanged where it says so already, and where it is no JSON message: nobody would read it there.
    """
    if b'"floor"' in payload or not payload.endswith(b"}"):
        return payload
    try:
        decode(payload)
    except UnreadableMessage:
        return payload
    return b'%s,"floor":%d}' % (payload[:-1], floor)


def _check_limits(payload: bytes) -> None:
    if len(payload) > MAX_MESSAGE_BYTES:
        raise _unreadable(f"the message has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
    if payload.count(b"[") + payload.count(b"{") > MAX_DEPTH and _depth(payload) > MAX_DEPTH:
        raise _unreadable(f"the message is nested deeper than {MAX_DEPTH} levels")


def _depth(payload: bytes) -> int:
    deepest = depth = 0
    in_text = escaped = False
    for byte in payload:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                return deepest
        elif byte in b"]}":
            depth -= 1
    return deepest


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "json_invalid":
        return f"not JSON: {first['msg'].removeprefix('Invalid JSON: ')}"
    if place.endswith(".v") or place == "v":
        return "its wire version is not 1"
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _unreadable(reason: str) -> UnreadableMessage:
    return UnreadableMessage(
        reason, help="The bytes are kept: correct the sender or the territory, then retry them"
    )
