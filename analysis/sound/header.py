"""What a recorder wrote beside the sound: when, where, which device, how it was set.

1. The chunks of a WAV file, or the tags of a FLAC file, are read before any conversion.
2. The AudioMoth comment and the GUANO text become one ``Header``.
3. The start is taken from GUANO, then from the comment, then from the file name, and only
   where a zone is stated; otherwise it stays unknown and the local time is kept, flagged.
4. Header and file name that disagree are reported, not reconciled.

GUANO: Reichert et al., "GUANO Metadata Specification" 1.0, https://guano-md.org.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.sound.audiomoth import parse_comment
from analysis.sound.chunks import WavChunks
from contract.errors import ConfigurationError
from contract.instant import format_instant, from_datetime, parse_zone

_STAMP = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})-?(?P<month>\d{2})-?(?P<day>\d{2})[_T ]"
    r"(?P<hour>\d{2})[-:]?(?P<minute>\d{2})[-:]?(?P<second>\d{2})(?P<zone>Z|[+-]\d{2}:?\d{2})?(?!\d)"
)
_POSITION = re.compile(r"\[(?P<lat>[+-]?\d{1,2}\.\d+)(?:[ ,]+|(?=[+-]))(?P<lon>[+-]?\d{1,3}\.\d+)\]")
_EARLIEST = 946_684_800_000_000_000  # 2000-01-01: before it no recorder's clock was set
_SAME_START_S = 2.0


@dataclass(slots=True)
class Header:
    """What the file says about itself; ``None`` or empty where it does not say.

    ``start`` [ns UTC] with ``start_source`` ``guano``, ``icmt``, ``filename`` or ``none``;
    ``local_time`` ISO, kept where no zone was stated; ``high_pass_hz``/``low_pass_hz`` [Hz];
    ``position`` (latitude, longitude) [deg]; ``species`` as written by the recorder or a person;
    ``guano`` every field with its name space; ``warnings`` in the order they were met.
    """

    make: str = ""
    model: str = ""
    device: str = ""
    firmware: str = ""
    start: int | None = None
    start_source: str = "none"
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
    position: tuple[float, float] | None = None
    species: tuple[str, ...] = ()
    comment: str = ""
    guano: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Only what is known, ready for JSON."""
        known = {name: getattr(self, name) for name in self.__slots__}
        known["start"] = None if self.start is None else format_instant(self.start)
        return {name: value for name, value in known.items() if value not in (None, "", (), {}, [], False)}


def read_header(path: Path, chunks: WavChunks | None, *, comment: str = "", artist: str = "") -> Header:
    """The header of one file; ``comment`` and ``artist`` are used where there are no chunks (FLAC)."""
    header = Header(comment=chunks.comment if chunks else comment)
    starts: list[tuple[str, int | None, str | None]] = []
    if chunks is not None:
        header.warnings.extend(chunks.warnings)
        if chunks.guano:
            starts.append(("guano", *_guano(chunks.guano, header)))
    starts.append(("icmt", *_comment(header)))
    _artist(chunks.artist if chunks else artist, header)
    starts.append(("filename", *_file_name(path.stem, header)))
    _choose([(source, instant, _possible(local, header)) for source, instant, local in starts], header)
    return header


def _comment(header: Header) -> tuple[int | None, str | None]:
    said = parse_comment(header.comment)
    if said is None:
        return None, None
    header.make, header.model = header.make or "Open Acoustic Devices", header.model or "AudioMoth"
    header.device = header.device or said.device or ""
    for name in ("gain", "battery_v", "temperature_c", "high_pass_hz", "low_pass_hz", "trigger", "stopped"):
        if getattr(header, name) is None:
            setattr(header, name, getattr(said, name))
    header.battery_bound, header.external_microphone = said.battery_bound, said.external_microphone
    return _instant(said.local_time, said.zone, header), said.local_time


def _artist(text: str, header: Header) -> None:
    if text.startswith("AudioMoth ") and not header.device:
        header.device = text.split()[-1]
        header.model = header.model or "AudioMoth"


def _file_name(stem: str, header: Header) -> tuple[int | None, str | None]:
    place = _POSITION.search(stem)
    if place and header.position is None:
        header.position = (float(place["lat"]), float(place["lon"]))
    stamp = _STAMP.search(stem)
    if stamp is None:
        return None, None
    day = f"{stamp['year']}-{stamp['month']}-{stamp['day']}"
    local = f"{day}T{stamp['hour']}:{stamp['minute']}:{stamp['second']}"
    try:
        datetime.fromisoformat(local)
    except ValueError:
        return None, None
    zone = {"Z": "UTC"}.get(stamp["zone"] or "", stamp["zone"])
    return _instant(local, zone, header), local


def _guano(text: str, header: Header) -> tuple[int | None, str | None]:
    fields = guano_fields(text, header)
    header.guano = fields
    header.make, header.model = fields.get("Make", ""), fields.get("Model", "")
    header.device, header.firmware = fields.get("Serial", ""), fields.get("Firmware Version", "")
    header.temperature_c = _number(fields.get("Temperature Int", fields.get("Temperature Ext", "")))
    header.battery_v = _number(fields.get("OAD|Battery Voltage", ""))
    corners = (_number(fields.get("Filter HP", "")), _number(fields.get("Filter LP", "")))
    header.high_pass_hz, header.low_pass_hz = (None if f is None else f * 1000.0 for f in corners)
    place = [_number(part) for part in fields.get("Loc Position", "").replace(",", " ").split()]
    if len(place) == 2 and place[0] is not None and place[1] is not None:
        header.position = (place[0], place[1])
    names = (fields.get("Species Manual ID", ""), fields.get("Species Auto ID", ""))
    header.species = tuple(dict.fromkeys(name for name in names if name))
    stamp = fields.get("Timestamp", "").strip().replace(" ", "T", 1)
    match = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(Z|[+-]\d{1,2}(?::?\d{2})?)?", stamp
    )
    if match is None:
        if stamp:
            header.warnings.append("guano_time_unreadable")
        return None, None
    return _instant(match[1], {"Z": "UTC"}.get(match[2] or "", match[2]), header), match[1]


def guano_fields(text: str, header: Header) -> dict[str, str]:
    """Every GUANO field as text, ``Name space|Key`` for vendors' own; warnings go to ``header``."""
    try:
        import guano
    except ImportError:
        header.warnings.append("guano_not_read: the package guano is not installed")
        return {}
    guano.log.disabled = True  # its warnings would go to stderr; ours go into the header
    fields: dict[str, str] = {}
    for line in text.replace("\0", "").splitlines():
        if not line.strip():
            continue
        try:
            parsed = {str(key): _text(value) for key, value in guano.GuanoFile.from_string(line).items()}
        except (ValueError, TypeError, IndexError, OverflowError):
            header.warnings.append(f"guano_line_unreadable: {line.strip()[:60]}")
            continue
        fields.update(parsed)
    return fields


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return str(value)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _possible(local: str | None, header: Header) -> str | None:
    """``local`` if the calendar knows it."""
    if local is None:
        return None
    try:
        datetime.fromisoformat(local)
    except ValueError:
        header.warnings.append(f"time_unreadable: {local}")
        return None
    return local


def _instant(local: str | None, zone: str | None, header: Header) -> int | None:
    if local is None or zone is None:
        return None
    try:
        instant = from_datetime(datetime.fromisoformat(local).replace(tzinfo=parse_zone(zone)))
        format_instant(instant)
    except (ValueError, OverflowError, ConfigurationError):
        header.warnings.append(f"time_unreadable: {local} {zone}")
        return None
    return instant


def _choose(starts: list[tuple[str, int | None, str | None]], header: Header) -> None:
    for source, instant, local in starts:
        if instant is not None and header.start is None:
            header.start, header.start_source = instant, source
        if local is not None and header.local_time is None:
            header.local_time = local
    if header.start is None and header.local_time is not None:
        header.warnings.append("time_without_zone")
    if header.start is not None and header.start < _EARLIEST:
        header.warnings.append("clock_implausible")
    if _disagree(starts):
        header.warnings.append("start_disagrees: " + ", ".join(f"{s} {t}" for s, _, t in starts if t))


def _disagree(starts: list[tuple[str, int | None, str | None]]) -> bool:
    """True where two sources differ both as wall-clock times and as instants."""
    said = [(instant, datetime.fromisoformat(local)) for _, instant, local in starts if local is not None]
    for index, (instant, local) in enumerate(said):
        for other_instant, other_local in said[index + 1 :]:
            same_wall = abs(local - other_local) <= timedelta(seconds=_SAME_START_S)
            universal = [
                known is not None and abs(known - _as_utc(wall)) <= _SAME_START_S * 1e9
                for known, wall in ((instant, other_local), (other_instant, local))
            ]
            if not same_wall and not any(universal):
                return True
            if instant is not None and other_instant is not None and instant != other_instant and same_wall:
                return True
    return False


def _as_utc(local: datetime) -> int:
    return from_datetime(local.replace(tzinfo=parse_zone("UTC")))
