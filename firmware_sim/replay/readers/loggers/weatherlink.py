"""Davis WeatherLink: the text that the program exports, and the table of weatherlink.com.

1. The text has its titles in two rows, one above the other, and date and time in two columns.  The unit of
   temperature, wind, rain and pressure is what its user chose, and stands nowhere: such columns are
   named.  Humidity is always %, sun W/m2, directions letters.  A third row of units counts, so does a
   unit in a title.
2. The table states each unit in its title, ``Temp - °C``, below a few lines about the station.
3. A row ends the archive interval; temperatures and wind are its mean, ``Hi`` and ``Low`` its extremes.

Source: Davis, "WeatherLink: importing data into other programs"; header rows of public exports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.errors import ConfigurationError
from contract.quantities import unit_of
from firmware_sim.replay.readers.loggers.spelling.compass import is_german
from firmware_sim.replay.readers.loggers.spelling.dates import dates_of
from firmware_sim.replay.readers.loggers.spelling.titles import Meaning, column_titled, parted
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Unfit,
    at,
    cells_of,
    decoded,
    delimiter_of,
    table_rows,
)
from firmware_sim.replay.readers.reader import Findings, Question

_INDOORS, _COMPUTED = Meaning(left="indoors"), Meaning(left="computed")
_RATE, _OTHER = Meaning(left="a rate, no amount"), Meaning(left="no quantity of ours")
_RADIO, _WHEN = Meaning(left="of the radio"), Meaning(left="says when")
_MEAN = Meaning(("air_temperature",), "mean")
_HIGH, _LOW = Meaning(("air_temperature",), "max"), Meaning(("air_temperature",), "min")
_HUMIDITY = Meaning(("relative_humidity",), "mean", unit="%")
_SPEED, _GUST = Meaning(("wind_speed",), "mean"), Meaning(("wind_gust",), "max")
_DIRECTION = Meaning(("wind_from_direction",), "mean", compass=True, unit="deg")
_SEA, _OWN = Meaning(("air_pressure",), reduced=True), Meaning(("air_pressure",))
_RAIN = Meaning(("precipitation_amount",), "sum")
_SUN = Meaning(("shortwave_radiation",), "mean", unit="W/m2")
_HIGHEST_SUN = Meaning(("shortwave_radiation",), "max", unit="W/m2")

MEANINGS = {
    "temp out": _MEAN, "temp": _MEAN, "avg temp": _MEAN, "out temp": _MEAN, "outside temp": _MEAN,
    "hi temp": _HIGH, "high temp": _HIGH, "low temp": _LOW,
    "out hum": _HUMIDITY, "hum": _HUMIDITY, "hum out": _HUMIDITY, "outside hum": _HUMIDITY,
    "high hum": Meaning(("relative_humidity",), "max", unit="%"),
    "low hum": Meaning(("relative_humidity",), "min", unit="%"),
    "wind speed": _SPEED, "avg wind speed": _SPEED, "hi speed": _GUST, "high wind speed": _GUST,
    "wind dir": _DIRECTION, "prevailing wind direction": _DIRECTION, "prevailing wind dir": _DIRECTION,
    "bar": _SEA, "barometer": _SEA, "absolute pressure": _OWN, "abs. pressure": _OWN,
    "rain": _RAIN, "solar rad.": _SUN, "solar rad": _SUN, "hi solar rad.": _HIGHEST_SUN,
    "high solar rad": _HIGHEST_SUN,
    "date": _WHEN, "time": _WHEN, "date & time": _WHEN, "arc. int.": _WHEN,
    "rain rate": _RATE, "high rain rate": _RATE, "high bar": _OTHER, "low bar": _OTHER,
    "hi dir": _OTHER, "high wind direction": _OTHER, "wind run": _OTHER, "solar energy": _OTHER,
    "uv index": _OTHER, "high uv index": _OTHER, "uv dose": _OTHER, "hi uv": _OTHER,
    "dew pt.": _COMPUTED, "dew point": _COMPUTED, "wet bulb": _COMPUTED, "wind chill": _COMPUTED,
    "heat index": _COMPUTED, "thw index": _COMPUTED, "thsw index": _COMPUTED, "et": _COMPUTED,
    "heat d-d": _COMPUTED, "cool d-d": _COMPUTED, "heating degree days": _COMPUTED,
    "cooling degree days": _COMPUTED,
    "in temp": _INDOORS, "in hum": _INDOORS, "in dew": _INDOORS, "in heat": _INDOORS, "in emc": _INDOORS,
    "in air density": _INDOORS, "inside temp": _INDOORS, "inside hum": _INDOORS,
    "wind samp": _RADIO, "wind tx": _RADIO, "iss recept": _RADIO, "iss recept.": _RADIO,
}  # fmt: skip
_COMPUTED_WORDS = re.compile(r"(?:high|low|hi) (?:dew point|wet bulb|wind chill|(?:heat|thw|thsw) index)"
                             r"|(?:high|low) in(?:side)? .*"
                             r"|in(?:side)? (?:high|low|dew|heat|air|emc|temp|hum)\b.*")  # fmt: skip
_SOIL = re.compile(r"(?:soil )?(?P<what>temp|moisture) \d|soil (?P<word>temp|moist(?:ure)?)\.? ?\d?")
_PLAIN_UNITS = frozenset({"mm", "hPa", "mb", "mbar", "mph", "inHg"})
_TEXT_HEAD, _TABLE_HEAD = 4, 20
_FEWEST = 6


@dataclass(frozen=True, slots=True)
class WeatherLinkText:
    """The text of the program."""

    name: str = "weatherlink-text"

    def fits(self, path: Path, head: str) -> bool:
        """Two rows of titles that together name a date, a time and columns of a Davis station."""
        return _text_header(head.splitlines()) is not None

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The station."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        header = _text_header(lines)
        if header is None:
            raise Unfit("its header is not that of WeatherLink")
        first, delimiter, titles = header
        words = [parted(title)[0] for title in titles]
        date, time = words.index("date"), words.index("time")
        interval = words.index("arc. int.") if "arc. int." in words else None
        yield _station(
            self.name,
            content,
            titles,
            table_rows(lines, first, delimiter),
            lambda cells: f"{at(cells, date)} {at(cells, time)}",
            delimiter,
            None if interval is None else lambda cells: _minutes(at(cells, interval)),
        )


@dataclass(frozen=True, slots=True)
class WeatherLinkTable:
    """The table of weatherlink.com."""

    name: str = "weatherlink-csv"

    def fits(self, path: Path, head: str) -> bool:
        """A row of titles that begins with the time and states units, below lines about the station."""
        return _table_header(head.splitlines()) is not None

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """The station."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        header = _table_header(lines)
        if header is None:
            raise Unfit("its header is not that of weatherlink.com")
        first, delimiter, titles = header
        rows = table_rows(lines, first, delimiter)
        yield _station(self.name, content, titles, rows, lambda cells: at(cells, 0), delimiter, None)


def _station(
    kind: str,
    content: bytes,
    titles: Sequence[str],
    rows: Callable[[], Iterator[tuple[int, Cells]]],
    when: Callable[[Cells], str],
    delimiter: str,
    period: Callable[[Cells], float | None] | None,
) -> StationFile:
    dates = dates_of(when(cells) for _, cells in rows())
    columns = tuple(_column(place, title) for place, title in enumerate(titles))
    return StationFile(
        kind,
        "weather",
        (),
        tuple(_told_in_german(column, rows) for column in columns),
        rows,
        lambda cells: dates.read(when(cells)),
        content,
        period=period,
        weather_only=True,
        comma=delimiter != ",",
    )


def _told_in_german(column: LoggerColumn, rows: Callable[[], Iterator[tuple[int, Cells]]]) -> LoggerColumn:
    """The column, unless its directions have O for east."""
    if column.compass and is_german(frozenset(at(cells, column.place) for _, cells in rows())):
        return LoggerColumn(column.place, f"{column.title}: O may be east")
    return column


def _minutes(text: str) -> float | None:
    return float(text) * 60 if text.isdecimal() else None


def _column(place: int, title: str) -> LoggerColumn:
    words, unit = parted(title)
    if words in MEANINGS:
        return column_titled(place, title, MEANINGS)
    if _COMPUTED_WORDS.fullmatch(words):
        return LoggerColumn(place, title, left="computed or indoors")
    soil = _SOIL.fullmatch(words)
    if soil and (soil["what"] == "moisture" or (soil["word"] or "").startswith("moist")):
        if unit == "bar":
            return LoggerColumn(place, f"{title}: Davis measures centibars")
        return column_titled(place, title, {words: Meaning(("soil_water_potential",), "mean")})
    if soil and words.startswith("soil"):
        return column_titled(place, title, {words: Meaning(("soil_temperature",), "mean")})
    return LoggerColumn(place, title)


def _text_header(lines: Sequence[str]) -> tuple[int, str, list[str]] | None:
    """(line from 0 where rows begin, separator, joined titles); None where the shape is another."""
    for number in range(1, min(len(lines), _TEXT_HEAD)):
        delimiter = delimiter_of(lines[number])
        try:
            above, below = cells_of(lines[number - 1], delimiter), cells_of(lines[number], delimiter)
            units = cells_of(lines[number + 1], delimiter) if number + 1 < len(lines) else []
        except Unfit:
            return None
        titles = [f"{at(above, place)} {cell}".strip() for place, cell in enumerate(below)]
        words = [parted(title)[0] for title in titles]
        if words[:2] == ["date", "time"] and sum(word in MEANINGS for word in words) >= _FEWEST:
            if _are_units(units):
                return number + 2, delimiter, _with_units(titles, units)
            return number + 1, delimiter, [_spelled(title) for title in titles]
    return None


def _spelled(title: str) -> str:
    """``Temp Out °C`` as ``Temp Out (°C)``; a last word of mere letters only where it can be nothing else."""
    words, _, last = title.rpartition(" ")
    sure = not last.isalpha() or last in _PLAIN_UNITS
    return f"{words} ({last})" if words and sure and _is_unit(last) else title


def _is_unit(text: str) -> bool:
    try:
        unit_of(text)
    except ConfigurationError:
        return False
    return bool(text)


def _are_units(cells: Sequence[str]) -> bool:
    """A third row of the header: units and nothing else."""
    stated = [cell.strip("()[]") for cell in cells if cell]
    return bool(stated) and sum(map(_is_unit, stated)) * 2 > len(stated) and not at(cells, 0)[:1].isdigit()


def _with_units(titles: Sequence[str], units: Sequence[str]) -> list[str]:
    stated = [at(units, place).strip("()[]") for place in range(len(titles))]
    return [f"{title} ({unit})" if unit else title for title, unit in zip(titles, stated, strict=True)]


def _table_header(lines: Sequence[str]) -> tuple[int, str, list[str]] | None:
    for number, line in enumerate(lines[:_TABLE_HEAD]):
        if not line.lstrip('"').lower().startswith("date & time"):
            continue
        delimiter = delimiter_of(line)
        try:
            titles = cells_of(line, delimiter)
        except Unfit:
            return None
        stated = [title for title in titles if parted(title)[1] and parted(title)[0] in MEANINGS]
        return (number + 1, delimiter, titles) if stated else None
    return None
