"""Ecowitt consoles and gateways, and their older relatives: one header row whose titles state the units.

1. Outdoor columns are read; indoor ones are known and left, so is what is computed.
2. Rain is given as a rate and as running totals: neither is the amount of a row, so none is read.
3. Soil moisture in % is a place between the counts that its user calls dry and wet (Ambient Weather,
   WS-2000 manual, 6.7.19): no volume, so it is left; the count itself is read.
4. ``Timestamp`` [s UTC] of newer firmware counts before the local ``Time``.
5. An export of ecowitt.net has the groups in a first row (``Outdoor``) and the titles in a second.

Source: header rows of consoles, of GW3000 cards and of EasyWeather exports in public programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.instant import SECOND
from firmware_sim.replay.readers.loggers.spelling.dates import dates_of
from firmware_sim.replay.readers.loggers.spelling.titles import Meaning, column_titled, parted
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Time,
    Unfit,
    at,
    cells_of,
    decoded,
    delimiter_of,
    table_rows,
)
from firmware_sim.replay.readers.reader import Findings, Question

_AIR = Meaning(("air_temperature",))
_HUMIDITY = Meaning(("relative_humidity",))
_SPEED, _GUST = Meaning(("wind_speed",)), Meaning(("wind_gust",))
_DIRECTION = Meaning(("wind_from_direction",), compass=True)
_OWN, _SEA = Meaning(("air_pressure",)), Meaning(("air_pressure",), reduced=True)
_LIGHT = Meaning(("shortwave_radiation", "illuminance"))
_INDOORS, _COMPUTED = Meaning(left="indoors"), Meaning(left="computed")
_NO_AMOUNT = Meaning(left="a rate or running total, no amount of the row")
_WHEN = Meaning(left="says when")
_OTHER, _DEVICE = Meaning(left="no quantity of ours"), Meaning(left="of the console")

MEANINGS = {
    "outdoor feels like": _COMPUTED, "outdoor dew point": _COMPUTED, "outdoor vpd": _COMPUTED,
    "outdoor temperature": _AIR, "outdoor humidity": _HUMIDITY,
    "wind": _SPEED, "wind speed": _SPEED, "gust": _GUST, "wind gust": _GUST,
    "wind direction": _DIRECTION, "direction": _DIRECTION,
    "abs pressure": _OWN, "absolute pressure": _OWN, "absolute": _OWN, "pressure absolute": _OWN,
    "rel pressure": _SEA, "relative pressure": _SEA, "relative": _SEA, "pressure relative": _SEA,
    "solar rad": _LIGHT, "solar radiation": _LIGHT, "solar": _LIGHT, "light": _LIGHT,
    "solar and uvi solar": _LIGHT,
    "indoor temperature": _INDOORS, "indoor humidity": _INDOORS, "indoor dew point": _INDOORS,
    "indoor feels like": _INDOORS, "indoor vpd": _INDOORS,
    "dew point": _COMPUTED, "dewpoint": _COMPUTED, "feels like": _COMPUTED, "vpd": _COMPUTED,
    "windchill": _COMPUTED, "wind chill": _COMPUTED, "heat index": _COMPUTED, "app temp": _COMPUTED,
    "bgt": _COMPUTED, "wbgt": _COMPUTED, "wind level": _COMPUTED, "gust level": _COMPUTED,
    "uv-index": _OTHER, "uvi": _OTHER, "uv index": _OTHER, "uv": _OTHER,
    "wind direction 10min avg": _OTHER, "10min avg wind direction": _OTHER,
    "console battery": _DEVICE, "external supply battery": _DEVICE, "charge": _DEVICE,
    "time": _WHEN, "timestamp": _WHEN, "no": _WHEN, "no.": _WHEN, "interval": _WHEN,
}  # fmt: skip
_RAIN = re.compile(
    r".*\b(?:hourly|daily|event|weekly|monthly|yearly|24 hours?)|.*\brain(?:fall)?\b.*"
    r"|(?:piezo |rainfall |rain )?(?:rain )?rate|piezo.*"
)
_SOIL = re.compile(r"(?:ch ?\d+ ?)?soil ?(?:moisture|humidity)(?: ?ch ?\d+)?|soilmoisture(?: ?ch ?\d+)?")
_SOIL_TEMPERATURE = re.compile(r"(?:ch ?\d+ ?)?soil ?temp(?:erature)?(?: ?ch ?\d+)?")
_CHANNEL = re.compile(r"ch\d+ (?:temperature|dew ?point|heatindex|humidity)|soilmoisture ch\d+|wn3\d ch\d+")
"""Of the second file on a console's card: what its channels hang on is said nowhere but for the soil."""
_COUNTED = re.compile(r".*soil.*\bad\b.*")
_MOST_DIGITS = 15
_HEAD_LINES = 5
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Ecowitt:
    """The kind of file."""

    name: str = "ecowitt"

    def fits(self, path: Path, head: str) -> bool:
        """A time, and columns outdoors or of channels as Ecowitt names them, with units."""
        return _header(head.splitlines()) is not None

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The station."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        header = _header(lines)
        if header is None:
            raise Unfit("its header is not that of an Ecowitt console")
        first, delimiter, titles = header
        rows = table_rows(lines, first, delimiter)
        words = [parted(title)[0] for title in titles]
        time = words.index("time")
        stamp = words.index("timestamp") if "timestamp" in words else None
        dates = None if stamp is not None else dates_of(at(cells, time) for _, cells in rows())

        def when(cells: Cells) -> Time:
            if dates is not None:
                return dates.read(at(cells, time))
            text = at(cells, stamp or 0)
            if not text.isdecimal() or len(text) > _MOST_DIGITS:
                raise Unfit(f"{text[:40]!r} is no number of seconds")
            return int(text) * SECOND

        yield StationFile(
            self.name,
            "weather",
            (),
            tuple(_column(place, title) for place, title in enumerate(titles)),
            rows,
            when,
            content,
            weather_only=True,
            comma=delimiter != ",",
        )


def _header(lines: Sequence[str]) -> tuple[int, str, list[str]] | None:
    """(line from 0 where rows begin, separator, titles); None where the shape is another."""
    for number, line in enumerate(lines[:_HEAD_LINES]):
        delimiter = delimiter_of(line)
        try:
            titles = cells_of(line, delimiter)
            below = cells_of(lines[number + 1], delimiter) if number + 1 < len(lines) else []
        except Unfit:
            return None
        if _is_header(titles):
            return number + 1, delimiter, titles
        if at(titles, 0).lower() == "time" and not at(below, 0) and len(below) >= len(titles):
            joined = _under_groups(titles, below)
            return (number + 2, delimiter, joined) if _is_header(joined) else None
    return None


_OUTDOORS = frozenset(
    {"outdoor", "außen", "aussen", "extérieur", "exterieur", "exterior", "esterno", "buiten"}
)
_INDOOR = frozenset({"indoor", "innen", "intérieur", "interieur", "interior", "interno", "binnen"})
"""The group above a column, in the languages of ecowitt.net."""


def _under_groups(groups: list[str], titles: list[str]) -> list[str]:
    """``Outdoor`` above ``Temperature(℃)`` is ``Outdoor Temperature(℃)``; a title that says all stays so."""
    joined, group = [], ""
    for place, title in enumerate(titles):
        group = at(groups, place) or group
        word = "Outdoor" if group.lower() in _OUTDOORS else "Indoor" if group.lower() in _INDOOR else group
        alone = parted(title)[0] in MEANINGS and word not in {"Indoor", "Outdoor"}
        joined.append(word if not title else title if alone else f"{word} {title}")
    return joined


def _is_header(titles: list[str]) -> bool:
    found = [parted(title) for title in titles]
    words = {words for words, _ in found}
    outdoors = any(name in {"outdoor temperature", "outdoor humidity"} and unit for name, unit in found)
    known = [name for name in words if name in MEANINGS or _RAIN.fullmatch(name)]
    channels = [name for name, unit in found if unit and _CHANNEL.fullmatch(name)]
    return "time" in words and ((outdoors and len(known) > _FEWEST) or len(channels) > _FEWEST)


def _column(place: int, title: str) -> LoggerColumn:
    words, _ = parted(title)
    if words in MEANINGS:
        return column_titled(place, title, MEANINGS)
    if _RAIN.fullmatch(words):
        return column_titled(place, title, {words: _NO_AMOUNT})
    if _COUNTED.fullmatch(words):
        return column_titled(place, title, {words: Meaning(("soil_moisture_count",), unit="1")})
    if _SOIL_TEMPERATURE.fullmatch(words):
        return column_titled(place, title, {words: Meaning(("soil_temperature",))})
    if _SOIL.fullmatch(words):
        return LoggerColumn(place, title, left="between the sensor's dry and wet, no volume of water")
    return LoggerColumn(place, title)
