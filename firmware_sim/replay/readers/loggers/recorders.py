"""What recorders write about themselves beside their sound: Song Meter summaries and AudioMoth's CONFIG.TXT.

1. A summary (SM3, SM4, Mini, Micro) has a row a minute or a file: voltage, temperature in the case and
   place.  Each row becomes a message of health, in the recorder's local time.
2. In a folder of recordings it is a companion: where nobody knows its owner or zone, that is a note and
   no error, since the recordings state both themselves.
3. CONFIG.TXT states no time: its facts, the schedule above all, are said as notes.

Source: Wildlife Acoustics, SM4 user's guide, "Summary text file"; files of public recorders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from contract import topics
from contract.errors import TimeWithoutZone
from contract.instant import from_datetime, to_datetime
from contract.quantities import converted
from contract.reading import Health
from contract.recording.header import Header
from contract.recording.position import Position, in_wamd
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.loggers.spelling.dates import Dates
from firmware_sim.replay.readers.loggers.spelling.titles import parted
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    Unfit,
    at,
    cells_of,
    decoded,
    is_missing,
    table_rows,
    within_calendar,
)
from firmware_sim.replay.readers.reader import Findings, Question, UnknownOwner, boot_of, owner, zone_for

_SUMMARY = re.compile(r"(?P<prefix>.+?)(?:_(?P<card>[A-D]))?_Summary", re.IGNORECASE)
_UNITS = {"v": "V", "mv": "mV", "c": "Cel", "f": "[degF]"}
_FACT = re.compile(r"(?P<name>[^:]+):(?P<fact>.*)")
_NOTHING = re.compile(r"-+(?: -+:-+:-+)?|-{4}.*")
_MOST_DIGITS = 10
_CLOCK = re.compile(r"(\d\d):(\d\d) - (\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class SongMeterSummary:
    """Reads summaries."""

    name: str = "song-meter-summary"
    beside: bool = False
    """Found in a folder: a companion of recordings."""

    def fits(self, head: str) -> bool:
        """The first line names date, time, place and power."""
        words = [parted(title)[0] for title in _titles(head)]
        return words[:2] == ["date", "time"] and "power" in words and "#files" in words

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """A message of health for each row; see ``Reader``."""
        try:
            yield from self._health(path, question, findings)
        except (UnknownOwner, TimeWithoutZone) as error:
            if not self.beside:
                raise
            findings.note(f"passed over: {error.message}")
        except Unfit as error:
            findings.problem(f"{path}: {error}")

    def _health(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        titles = _titles("\n".join(lines))
        rows = list(table_rows(lines, 1, ",")())
        if not rows:
            findings.note("passed over: a recorder's own words beside its recordings, without a row")
            return
        named = _SUMMARY.fullmatch(path.stem)
        device = owner(path, [named["prefix"]] if named else [], "acoustic", question)
        zone = zone_for(path, device, question)
        boot, seq = boot_of(content, device, question, self.name, zone), 0
        topic = topics.sensor(device.site, device.id, "health")
        for number, cells in rows:
            try:
                local = Dates().read(f"{at(cells, 0)} {at(cells, 1)}")
                instant = within_calendar(from_datetime(local.replace(tzinfo=zone)) + question.shift)
                volts, degrees, text = _told(titles, cells)
            except Unfit as error:
                findings.problem(f"{path}, line {number}: {error}")
                continue
            seq += 1
            _say_place(titles, cells, instant, findings)
            message = Health(
                site=device.site, device=device.id, boot=boot, seq=seq, time=to_datetime(instant),
                clock="rtc", firmware=f"replay {self.name}", battery_voltage=volts, temperature=degrees,
                text=text,
            )  # fmt: skip
            yield Outgoing(instant, device.site, device.id, boot, seq, topic, encode(message), kind="health")


def _titles(head: str) -> list[str]:
    try:
        return cells_of(head.split("\n", 1)[0].rstrip("\r"), ",")
    except Unfit:
        return []


def _told(titles: Sequence[str], cells: Cells) -> tuple[float | None, float | None, str]:
    """(voltage [V], temperature [Cel], the rest in words)."""
    volts = _number(titles, cells, "power", "battery_voltage")
    degrees = _number(titles, cells, "temp", "case_temperature")
    place = _position(titles, cells)
    words = [] if place is None else [f"position {place[0]:.5f} {place[1]:.5f}"]
    files = at(cells, titles.index("#FILES")) if "#FILES" in titles else ""
    if files and not (files.isdecimal() and len(files) < _MOST_DIGITS):
        raise Unfit(f"{files[:80]!r} under '#FILES' is no number of files")
    if files and files != "0":
        words.append(f"{files} files")
    return volts, degrees, "; ".join(words)


def _number(titles: Sequence[str], cells: Cells, word: str, quantity: str) -> float | None:
    """What stands under the title ``word(unit)``, in our unit."""
    for number, title in enumerate(titles):
        words, unit = parted(title)
        text = at(cells, number)
        if words != word or is_missing(text):
            continue
        try:
            value = converted(quantity, float(text), _UNITS[unit.lower()])
        except (ValueError, KeyError) as error:
            raise Unfit(f"{text!r} under {title!r} is not understood") from error
        if not isfinite(value) or (value < 0 and quantity == "battery_voltage"):
            raise Unfit(f"{text!r} under {title!r} is no such measurement")
        return value
    return None


def _position(titles: Sequence[str], cells: Cells) -> Position | None:
    """(latitude, longitude) [deg]; None where the recorder had no fix, which it writes as 0, 0."""
    if "LAT" not in titles or "LON" not in titles:
        return None
    lat, lon = titles.index("LAT"), titles.index("LON")
    place = in_wamd(",".join(("WGS84", *cells[lat : lat + 2], *cells[lon : lon + 2])))
    return None if place == (0, 0) else place


def _say_place(titles: Sequence[str], cells: Cells, instant: int, findings: Findings) -> None:
    """The recorder's first time and last place, as a sound file would state them."""
    if findings.header is None:
        findings.header = Header(make="Wildlife Acoustics", start=instant, start_source="records")
    findings.header.position = _position(titles, cells) or findings.header.position


@dataclass(frozen=True, slots=True)
class AudioMothConfig:
    """Reads CONFIG.TXT."""

    name: str = "audiomoth-config"

    def fits(self, head: str) -> bool:
        """It names a device and a firmware of AudioMoth."""
        facts = _facts(head)
        return "Device ID" in facts and facts.get("Firmware", "").startswith("AudioMoth")

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """Never a message: what it says stands in the notes."""
        facts = _facts(decoded(path.read_bytes()))
        for name, fact in facts.items():
            if not _NOTHING.fullmatch(fact):
                findings.note(f"{name}: {fact}")
        for sentence in planned(facts):
            findings.note(sentence)
        yield from ()


def _facts(text: str) -> dict[str, str]:
    """Name → what stands behind its colon."""
    found = (_FACT.fullmatch(line) for line in text.splitlines())
    facts = ((one["name"].strip(), one["fact"].strip()) for one in found if one)
    return {name: fact for name, fact in facts if fact}


def planned(facts: dict[str, str]) -> Iterator[str]:
    """How much the schedule records in a day, where it is a schedule of the clock."""
    windows = [
        _CLOCK.match(fact) for name, fact in facts.items() if re.fullmatch(r"Recording period \d+", name)
    ]
    if not windows or None in windows:
        return
    minutes = sum(_minutes(one) for one in windows if one)
    sleep, recording = facts.get("Sleep duration (s)", "-"), facts.get("Recording duration (s)", "-")
    told = sleep.isdecimal() and recording.isdecimal() and max(len(sleep), len(recording)) < _MOST_DIGITS
    if told and int(sleep) + int(recording):
        every = int(sleep) + int(recording)
        hours = minutes / 60 * int(recording) / every
        yield f"planned: {recording} s of every {every} s, {hours:g} h a day"
    else:
        yield f"planned: {minutes / 60:g} h a day without a break"


def _minutes(window: re.Match[str]) -> int:
    begin, end = int(window[1]) * 60 + int(window[2]), int(window[3]) * 60 + int(window[4])
    return end - begin if end > begin else end - begin + 1_440
