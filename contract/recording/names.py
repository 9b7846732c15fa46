"""When, by whom and where, as the name of a file says.

1. ``read_name`` looks for a date and a time of day that stand together, however they are
   separated, with or without fraction and zone; and for the few names that are built otherwise:
   BirdNET-Pi, SoundTrap, and AudioMoth 1.0 (seconds since 1970 in hexadecimal, UTC).
2. What stands before is the recorder's prefix, whole, without channels (``_0+1_``) and without
   version, batch and unit (``_V1_B0001_U1_``).
3. Letters or digits that may be a zone but cannot be read as one make the time unusable:
   no other zone stands in for a stated one.  A name with two unrelated times says no time.

Names: manuals of Wildlife Acoustics, Frontier Labs, Open Acoustic Devices, Titley, Ocean Instruments;
BirdNET-Pi and Arbimon as they write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from contract.recording import position
from contract.recording.position import Position
from contract.recording.stamp import Stamp, ZoneUnreadable, stamp_of

SOURCE = "filename"

_DATE = r"(?P<year>(?:19|20)\d{2})(?P<d>[-_.]?)(?P<month>\d{2})(?P=d)(?P<day>\d{2})"
_TIME = r"(?P<hour>\d{2})(?P<t>[-_.:]?)(?P<minute>\d{2})(?P=t)(?P<second>\d{2})"
_OFFSET = r"[+-]\d{2}:?\d{2}(?![\d.])|[+-]\d{2}(?![\d.:])"
_STATED = rf"[Zz](?![A-Za-z0-9])|(?:UTC|GMT|utc|gmt)(?:[+-]\d{{1,2}}(?::?\d{{2}})?)?(?![A-Za-z0-9])|{_OFFSET}"
_STAMP = re.compile(
    rf"(?<!\d){_DATE}(?P<between>T|t|[-_ $.]{{1,3}}|){_TIME}(?:[.,](?P<fraction>\d{{1,9}}))?(?!\d)"
    rf"(?:[_ ]?(?P<zone>{_STATED})|(?P<word>[A-Z]{{1,3}}[SDE]?T)(?![A-Za-z0-9])|T(?![A-Za-z0-9]))?"
    r"(?:_(?P<milli>\d{3})$)?"
)
_BIRDNET_PI = re.compile(rf"(?<!\d){_DATE}-birdnet-(?:(?P<serial>.+)-)?{_TIME}$")
_SOUNDTRAP = re.compile(
    r"(?P<serial>\d{4,12})\.(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})"
)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{8}")
_NO_PART = re.compile(r"(?:_[01]?[+-][01]?|_V\d+_B\d+_U\d+)$", re.IGNORECASE)
_START_MARK = re.compile(r"(?:^|(?<=[_ -]))S$")
_SEPARATORS = " _-.$"
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """What a name says.

    ``stamp`` the start, None where none is stated; ``serial`` the prefix or number, empty where there is
    none; ``position`` in degrees; ``problems`` why a time that is there cannot be used.
    """

    stamp: Stamp | None = None
    serial: str = ""
    position: Position | None = None
    problems: tuple[str, ...] = field(default=())


def read_name(stem: str) -> NamedFile:
    """What the name of a file says, without its ending."""
    special = _birdnet_pi(stem) or _soundtrap(stem) or _hexadecimal(stem)
    return special or replace(_stamped(stem), position=position.in_name(stem))


def _birdnet_pi(stem: str) -> NamedFile | None:
    found = _BIRDNET_PI.search(stem)
    stamp = stamp_of(SOURCE, found.groupdict()) if found else None
    return NamedFile(stamp, (found["serial"] or "") if found else "") if stamp else None


def _soundtrap(stem: str) -> NamedFile | None:
    found = _SOUNDTRAP.fullmatch(stem)
    if found is None:
        return None
    parts: dict[str, str | None] = {**found.groupdict(), "year": f"20{found['year']}"}
    stamp = stamp_of(SOURCE, parts)
    return NamedFile(stamp, found["serial"]) if stamp else None


def _hexadecimal(stem: str) -> NamedFile | None:
    """Eight hexadecimal digits alone that are no date, up to what 31 bits of seconds hold (2038)."""
    if not _HEXADECIMAL.fullmatch(stem) or _is_day(stem):
        return None
    seconds = int(stem, 16)
    if seconds >= 2**31:
        return NamedFile()
    local = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return NamedFile(Stamp(SOURCE, local, zone=UTC))


def _is_day(stem: str) -> bool:
    parts: dict[str, str | None] = {"year": stem[:4], "month": stem[4:6], "day": stem[6:]}
    parts |= {"hour": "0", "minute": "0", "second": "0"}
    return stem.isdigit() and stem[:2] in {"19", "20"} and stamp_of(SOURCE, parts) is not None


def _stamped(stem: str) -> NamedFile:
    """The name with date and time together; the first of a start and an end counts."""
    stamps: list[tuple[re.Match[str], Stamp]] = []
    problems: list[str] = []
    for found in _STAMP.finditer(stem):
        if not found["between"] and (found["d"] or found["t"]):
            continue
        stamp = _read_stamp(found, problems)
        if stamp is not None:
            stamps.append((found, stamp))
    if not stamps:
        return NamedFile()
    found, stamp = stamps[0]
    prefix = stem[: found.start()]
    serial = serial_of(_START_MARK.sub("", prefix) if len(stamps) > 1 else prefix)
    for _, other in stamps[1:]:
        if not timedelta(0) <= other.local - stamp.local <= _LONGEST:
            problems.append(f"the name states two times, {stamp.text()} and {other.text()}")
    return NamedFile(None if problems else stamp, serial, problems=tuple(problems))


def _read_stamp(found: re.Match[str], problems: list[str]) -> Stamp | None:
    parts = found.groupdict()
    parts["fraction"] = parts["fraction"] or parts["milli"]
    zone = found["zone"]
    try:
        stamp = stamp_of(SOURCE, parts, zone)
    except ZoneUnreadable:
        stamp, zone = stamp_of(SOURCE, parts), None
        problems.append(f"{found['zone']} after the time in the name is no zone")
    if stamp is not None and found["word"]:
        problems.append(f"{found['word']} after the time in the name may be a zone of several meanings")
    if stamp is not None and zone and _may_be_a_number(zone, found["between"]):
        problems.append(f"{zone} after the time in the name may be a zone or a number of its own")
    return stamp


def _may_be_a_number(zone: str, between: str) -> bool:
    """``_043000-01`` may be the first of several files; ``T043000-01`` is ISO 8601, ``+01`` never counts."""
    if re.fullmatch(r"-\d{2}", zone):
        return between not in {"T", "t"}
    return zone[0] in "+-" and len(zone) > 3 and int(zone[-2:]) % 15 != 0


def serial_of(prefix: str) -> str:
    """The recorder's prefix as a whole, without what names channels, version, batch and unit."""
    name = prefix.strip(_SEPARATORS)
    while (shorter := _NO_PART.sub("", name)) != name:
        name = shorter.rstrip(_SEPARATORS)
    return name
