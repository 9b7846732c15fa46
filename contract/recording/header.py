"""The one header of a recording: when, where, which recorder, how it was set.

1. ``read_header`` takes the words of a WAV or FLAC file and the file's name apart.
2. Of each fact the first source that states it counts: GUANO, wamd, tags of FLAC, the comment
   (ICMT), the file's name, bext.  Of times, one with a zone goes before all without.
3. Sources that disagree are reported in ``warnings``, not reconciled.
4. Which zone a time without one has is said from outside (``contract.recording.start``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.instant import format_instant
from contract.recording import position
from contract.recording.audiomoth import parse_comment
from contract.recording.chunks import RecorderWords, WavChunks, read_chunks
from contract.recording.flac import read_flac_words
from contract.recording.guano import field_of, parse_guano
from contract.recording.names import read_name
from contract.recording.position import Position
from contract.recording.stamp import Stamp, ZoneUnreadable, parse_stamp
from contract.recording.wamd import parse_wamd

_SHOWN = ("make", "model", "serial", "firmware", "start", "start_source", "reason", "local_time", "gain",
          "battery_v", "battery_bound", "temperature_c", "high_pass_hz", "low_pass_hz", "trigger", "stopped",
          "external_microphone", "position", "species", "comment", "guano", "wamd", "tags",
          "warnings")  # fmt: skip
_DIGITS = re.compile(r"(\d{4})\D(\d\d)\D(\d\d) (\d\d)\D(\d\d)\D(\d\d)")


@dataclass(slots=True)
class Header:
    """What the file says about itself; ``None`` or empty where it does not say.

    ``start`` [ns UTC] with ``start_source`` ``guano``, ``wamd``, ``tags``, ``icmt``, ``filename``, ``bext``
    or ``none``, and ``reason`` where there is no start: all three once it is settled whose zone counts;
    ``local_time`` ISO, of the source that counts; ``serial`` the recorder's number or prefix;
    ``high_pass_hz``/``low_pass_hz`` [Hz]; ``position`` (latitude, longitude) [deg]; ``species`` as written
    by the recorder or a person; ``guano``, ``wamd``, ``tags`` every field; ``warnings`` in the order met.

    ``stamps`` every time that is stated, in the order of trust; ``serials`` every name that may be the
    recorder's; ``places`` (source, position); ``unusable`` why a stated time cannot be used.
    """

    make: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    start: int | None = None
    start_source: str = "none"
    reason: str = ""
    local_time: str | None = None
    gain: str | None = None
    battery_v: float | None = None
    battery_bound: str = ""
    temperature_c: float | None = None
    high_pass_hz: float | None = None
    low_pass_hz: float | None = None
    trigger: str | None = None
    stopped: str | None = None
    external_microphone: bool = False
    position: Position | None = None
    species: tuple[str, ...] = ()
    comment: str = ""
    guano: dict[str, str] = field(default_factory=dict)
    wamd: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    serials: list[str] = field(default_factory=list)
    places: list[tuple[str, Position]] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Only what is known, ready for JSON."""
        known = {name: getattr(self, name) for name in _SHOWN}
        known["start"] = None if self.start is None else format_instant(self.start)
        return {name: value for name, value in known.items() if value not in (None, "", (), {}, [], False)}

    def texts(self) -> dict[str, str]:
        """Every text that the recorder wrote, as it stands, by the name it has there."""
        said = {"comment": self.comment} if self.comment else {}
        return {**said, **self.tags, **self.wamd, **self.guano}


def read_header(path: Path) -> Header:
    """The header of a WAV or FLAC file, sound or not; of another file what its name says.

    Raises ``OSError`` where the file cannot be read.
    """
    chunks = read_chunks(path)
    return header_of(path.stem, read_flac_words(path) if chunks is None else chunks.words, chunks)


def header_of(stem: str, words: RecorderWords, chunks: WavChunks | None = None) -> Header:
    """The header from the file's name without ending, the words beside the sound, and what the walk met."""
    header = Header(comment=words.comment, tags=words.tags)
    if chunks is not None:
        header.warnings.extend(chunks.warnings)
    serials = [_guano(words.guano, header), _wamd(words.wamd, header), _tags(header), _comment(header)]
    named = read_name(stem)
    if named.stamp is not None:
        header.stamps.append(named.stamp)
    header.unusable.extend(named.problems)
    header.warnings.extend(f"time_unreadable: {problem}" for problem in named.problems)
    _place("filename", named.position, header)
    _stamp("bext", _DIGITS.sub(r"\1-\2-\3 \4:\5:\6", words.origination), header)
    prefixes = [named.serial, header.guano.get("WA|Song Meter|Prefix", ""), header.wamd.get("prefix", "")]
    header.serials = list(
        dict.fromkeys(name for name in [*serials, _artist(words.artist), *prefixes] if name)
    )
    header.serial = header.serials[0] if header.serials else ""
    if words.artist.startswith("AudioMoth "):
        header.model = header.model or "AudioMoth"
    _conflicts([name for name in serials if name], header)
    return header


def _guano(text: str, header: Header) -> str:
    """Take the fields of GUANO in; the serial."""
    fields, unreadable = parse_guano(text)
    header.guano = fields
    header.warnings.extend(f"guano_line_unreadable: {line}" for line in unreadable)
    header.make, header.model = field_of(fields, "Make"), field_of(fields, "Model")
    header.firmware = field_of(fields, "Firmware Version")
    header.temperature_c = _number(field_of(fields, "Temperature Int") or field_of(fields, "Temperature Ext"))
    header.battery_v = _number(field_of(fields, "OAD|Battery Voltage"))
    corners = (_number(field_of(fields, "Filter HP")), _number(field_of(fields, "Filter LP")))
    header.high_pass_hz, header.low_pass_hz = (None if f is None else f * 1000.0 for f in corners)
    names = (field_of(fields, "Species Manual ID"), field_of(fields, "Species Auto ID"))
    header.species = tuple(dict.fromkeys(name for name in names if name))
    _place("guano", position.in_text(field_of(fields, "Loc Position")), header)
    _stamp("guano", field_of(fields, "Timestamp"), header)
    return field_of(fields, "Serial")


def _wamd(body: bytes, header: Header) -> str:
    """Take the fields of wamd in; the serial."""
    header.wamd = fields = parse_wamd(body)
    if fields:
        header.make = header.make or "Wildlife Acoustics"
    header.model = header.model or fields.get("model", "")
    header.firmware = header.firmware or fields.get("firmware", "")
    if header.temperature_c is None:
        header.temperature_c = _number(fields.get("temperature_int", "").rstrip("C °"))
    _place("wamd", position.in_wamd(fields.get("position", "")), header)
    _stamp("wamd", fields.get("start", ""), header)
    return fields.get("serial", "")


def _tags(header: Header) -> str:
    """Take Frontier Labs' tags of a FLAC file in; the serial."""
    firmware = field_of(header.tags, "SensorFirmwareVersion")
    header.firmware = header.firmware or firmware.strip()
    _place("tags", position.in_text(field_of(header.tags, "SensorLocation")), header)
    _stamp("tags", field_of(header.tags, "RecordingStart"), header)
    return field_of(header.tags, "SensorUid")


def _comment(header: Header) -> str:
    """Take an AudioMoth's comment in; the serial."""
    said = parse_comment(header.comment)
    if said is None:
        return ""
    header.make, header.model = header.make or "Open Acoustic Devices", header.model or "AudioMoth"
    for name in ("gain", "battery_v", "temperature_c", "high_pass_hz", "low_pass_hz", "trigger", "stopped"):
        if getattr(header, name) is None:
            setattr(header, name, getattr(said, name))
    header.battery_bound, header.external_microphone = said.battery_bound, said.external_microphone
    if said.local_time is not None:
        _stamp("icmt", f"{said.local_time} {said.zone or ''}".strip(), header)
    return said.device or ""


def _artist(text: str) -> str:
    return text.split()[-1] if text.startswith("AudioMoth ") else ""


def _stamp(source: str, text: str, header: Header) -> None:
    """Keep the time that ``source`` states, if it can be read."""
    if not text:
        return
    try:
        stamp = parse_stamp(source, text)
    except ZoneUnreadable:
        header.unusable.append(f"the zone in {text!r} ({source}) cannot be read")
        stamp = None
    if stamp is None:
        header.warnings.append(f"time_unreadable: {source} {text[:60]}")
        return
    header.stamps.append(stamp)


def _place(source: str, place: Position | None, header: Header) -> None:
    if place is not None:
        header.places.append((source, place))
        header.position = header.position or place


def _conflicts(serials: list[str], header: Header) -> None:
    """Say where headers name two recorders, or two places more than 100 m apart."""
    if len({serial.casefold() for serial in serials}) > 1:
        header.warnings.append("serial_disagrees: " + ", ".join(serials))
    if any(position.apart(header.places[0][1], place) for _, place in header.places[1:]):
        said = ", ".join(f"{source} {lat} {lon}" for source, (lat, lon) in header.places)
        header.warnings.append(f"position_disagrees: {said}")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
