"""What a recorder wrote beside the sound, and in the name of the file.

1. ``wav_fields``: the chunks of a WAV file: ICMT and IART (AudioMoth), GUANO, and whether
   the sound itself is all there.
2. ``stamp_of``: start and serial from the header, else from the file name; the name of the
   source travels with the clip.

Nothing is converted here: the words go along as they stand.  A time without zone stays so.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from contract.errors import AudioError
from contract.instant import parse_zone

_RECORDED = re.compile(
    r"Recorded at (\d\d:\d\d:\d\d) (\d\d)/(\d\d)/(\d{4})(?: \((UTC(?:[+-]\d{1,2}(?::?\d\d)?)?)\))?"
)
_AUDIOMOTH = re.compile(r"\b([0-9A-F]{16})\b")
_NAMED = re.compile(r"(?:(?P<serial>[A-Za-z0-9-]+?)_)?(?P<day>\d{8})_(?P<time>\d{6})T?(?![0-9])")
_LONGEST = 480
_MOST_FIELDS = 50


@dataclass(slots=True)
class Stamp:
    """When and by whom a file was recorded, as far as it says."""

    serial: str = ""
    local: datetime | None = None
    """Start, without zone."""
    zone: tzinfo | None = None
    source: str = ""
    """Where the start was found."""
    fields: dict[str, str] = field(default_factory=dict)
    """What else stands in the header, name -> text."""


def stamp_of(path: Path, fields: dict[str, str]) -> Stamp:
    """The stamp of a file whose header holds ``fields``; the header goes before the name."""
    kept = {name[:120]: text[:_LONGEST] for name, text in list(fields.items())[:_MOST_FIELDS] if name}
    stamp = Stamp(fields=kept)
    _from_comment(fields.get("comment", ""), stamp)
    _from_guano(fields, stamp)
    named = _NAMED.search(path.stem)
    if named:
        stamp.serial = stamp.serial or named["serial"] or ""
        if stamp.local is None:
            stamp.local, stamp.source = _moment(f"{named['day']}{named['time']}", "%Y%m%d%H%M%S"), "file name"
    return stamp


def _from_comment(comment: str, stamp: Stamp) -> None:
    found = _RECORDED.search(comment)
    if not found:
        return
    time, day, month, year, zone = found.groups()
    stamp.local = _moment(f"{year}{month}{day} {time}", "%Y%m%d %H:%M:%S")
    if stamp.local is not None:
        stamp.source = "header ICMT"
        stamp.zone = parse_zone(zone) if zone else None
    device = _AUDIOMOTH.search(comment)
    stamp.serial = device[1] if device else ""


def _from_guano(fields: dict[str, str], stamp: Stamp) -> None:
    stamp.serial = stamp.serial or fields.get("Serial", "")
    text = fields.get("Timestamp", "")
    if not text or stamp.local is not None:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    stamp.local, stamp.zone, stamp.source = moment.replace(tzinfo=None), moment.tzinfo, "header GUANO"


def _moment(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        return None


def wav_fields(path: Path) -> dict[str, str]:
    """Header texts of a WAV file; ``AudioError`` if its sound is not all there."""
    fields: dict[str, str] = {}
    size, has_sound = path.stat().st_size, False
    with path.open("rb") as stream:
        head = stream.read(12)
        if len(head) < 12 or head[:4] not in {b"RIFF", b"RF64"} or head[8:] != b"WAVE":
            raise _broken(path, "it does not begin as a WAV file")
        while len(chunk := stream.read(8)) == 8:
            name, length = struct.unpack("<4sI", chunk)
            left = size - stream.tell()
            if name == b"data":
                has_sound = True
                if length == 0:
                    raise _broken(path, "it holds no sound: its header was never finished")
                if length > left:
                    raise _broken(path, f"it was cut short: {left} of {length} bytes of sound are there")
                stream.seek(length + (length & 1), 1)
            elif length > left:
                raise _broken(path, "a part of its header is cut short")
            else:
                content = stream.read(length + (length & 1))[:length]
                fields |= _info(content) if name == b"LIST" else _guano(content) if name == b"guan" else {}
    if not has_sound:
        raise _broken(path, "it holds no sound")
    return fields


def _info(content: bytes) -> dict[str, str]:
    """ICMT as ``comment`` and IART as ``artist``."""
    found: dict[str, str] = {}
    at = 4
    while content[:4] == b"INFO" and at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        label = {b"ICMT": "comment", b"IART": "artist"}.get(name)
        if label:
            found[label] = _text(content[at + 8 : at + 8 + length])
        at += 8 + length + (length & 1)
    return found


def _guano(content: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in _text(content).splitlines())
    return {name.strip(): text.strip() for name, colon, text in lines if colon and text.strip()}


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace").replace("\x00", "").strip()


def _broken(path: Path, why: str) -> AudioError:
    return AudioError(f"{path} cannot be sent: {why}", help="Copy it from the card again, or leave it out")
