"""A recording of MQTT traffic: one header line, then one line a message.

1. ``header_line`` and ``message_line`` write it: JSON, the payload in base64, the time of
   receipt; a torn last line is tolerated.
2. ``NativeReader`` plays it: the same bytes on the same topics, in the same order.
3. Moved in time, selected by topic or played in a further pass, it is a new recording:
   each message gets a new boot and a new sequence, and its times are moved.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract import topics
from contract.errors import EcoVivError, UnreadableMessage
from contract.instant import format_instant, parse_instant
from contract.reading import Features, Readings
from contract.wire import decode, decode_part, encode_part, salvage
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.reader import Findings, Question

MARK = "ecoviv-recording"


def header_line(started: int, broker: str) -> bytes:
    """First line of a recording begun at ``started`` [ns UTC]."""
    return json.dumps({MARK: 1, "started": format_instant(started), "broker": broker}).encode() + b"\n"


def message_line(received: int, topic: str, payload: bytes) -> bytes:
    """One message."""
    fields = {"t": received, "topic": topic, "payload": base64.b64encode(payload).decode()}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def is_native(head: bytes) -> bool:
    """True for the first bytes of a recording."""
    return head.startswith(b'{"' + MARK.encode() + b'"')


@dataclass(frozen=True, slots=True)
class NativeReader:
    """Reads recordings that ``record`` made."""

    name: str = "recording"

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """The lines of a recording as they were said, under their own boots or under new ones."""
        renumber = None if question.as_recorded else _Renumber(path, question)
        with path.open("rb") as stream:
            stream.readline()
            for number, line in enumerate(stream, 2):
                try:
                    message = _message(line)
                except (ValueError, KeyError, TypeError) as error:
                    torn = "cut short" if not line.endswith(b"\n") else f"not a recorded message ({error})"
                    findings.problem(f"{path}, line {number}: {torn}")
                    continue
                if not question.wants(message.topic):
                    continue
                if not message.boot:
                    findings.note("messages that do not say who they are: sent, never confirmed")
                yield renumber(message) if renumber is not None and message.boot else message


def _message(line: bytes) -> Outgoing:
    fields = json.loads(line)
    topic, payload = str(fields["topic"]), base64.b64decode(fields["payload"], validate=True)
    place = topics.parse(topic)
    site, device, kind = "", "", ""
    if isinstance(place, topics.SensorTopic):
        site, device, kind = place.site, place.device, place.kind
    boot, seq = _identity(kind, payload)
    points = _points(kind, payload)
    return Outgoing(int(fields["t"]), site, device, boot, seq, topic, payload, points, kind)


def _points(kind: str, payload: bytes) -> int:
    """How many points the message should give."""
    if kind not in {"readings", "features"}:
        return 0
    try:
        message = decode(payload)
    except UnreadableMessage:
        return 0
    if isinstance(message, Readings):
        return len(message.readings)
    return len(message.values) if isinstance(message, Features) else 0


def _identity(kind: str, payload: bytes) -> tuple[str, int]:
    """(boot, sequence), or ("", 0) where the message does not say."""
    if kind == "audio":
        try:
            part = decode_part(payload)
        except UnreadableMessage:
            return "", 0
        return part.boot, part.seq
    found = salvage(payload)
    return ("", 0) if found is None else (found[1], found[2])


@dataclass(slots=True)
class _Renumber:
    """Gives messages new identities, and moved times."""

    path: Path
    question: Question
    _boots: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    _highest: dict[str, int] = field(default_factory=dict)

    def __call__(self, message: Outgoing) -> Outgoing:
        boot = self._boot(message)
        key = (boot, message.seq)
        if key not in self._numbers:
            self._highest[boot] = self._highest.get(boot, 0) + 1
            self._numbers[key] = self._highest[boot]
        seq = self._numbers[key]
        if message.kind == "audio":
            payload = encode_part(replace(decode_part(message.payload), boot=boot, seq=seq))
        else:
            payload = _moved(message.payload, boot, seq, self.question.shift)
        return replace(
            message, boot=boot, seq=seq, payload=payload, instant=message.instant + self.question.shift
        )

    def _boot(self, message: Outgoing) -> str:
        key = (message.site, message.device, message.boot)
        if key not in self._boots:
            asked = self.question
            parts = (*key, asked.shift, asked.round, *asked.filters)
            text = "\x00".join(str(part) for part in parts)
            self._boots[key] = f"replay-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
        return self._boots[key]


def _moved(payload: bytes, boot: str, seq: int, shift: int) -> bytes:
    """The message under its new identity, all its times moved."""
    fields: dict[str, Any] = json.loads(payload)
    fields["boot"], fields["seq"] = boot, seq
    _move(fields, "time", shift)
    _move(fields, "start", shift)
    if isinstance(fields.get("excerpt"), dict):
        _move(fields["excerpt"], "start", shift)
    fields.pop("floor", None)  # of the sequences before
    for reading in fields.get("readings") or ():
        if isinstance(reading, dict):
            _move(reading, "time", shift)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _move(fields: dict[str, Any], key: str, shift: int) -> None:
    text = fields.get(key)
    if not isinstance(text, str) or not shift:
        return
    try:
        fields[key] = format_instant(parse_instant(text) + shift)
    except EcoVivError:
        return  # not a time: an unreadable message keeps its own words
