"""Météo-France's public files: hourly, daily and of six minutes; one row a station and time, in UTC.

1. The columns' names and units are fixed by the field descriptions published with the files on
   meteo.data.gouv.fr; the files themselves state none.  The climatological API sends the same fields
   under POSTE and DATE, with a decimal comma.
2. A file holds all stations of a département: those of the territory (``serial`` = NUM_POSTE) are
   read, the others counted.
3. An hour is stamped with its end: the extremes stated for 00 lie between 23:00 and 24:00 of the day
   before.  A day is stamped with its beginning, as the file names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contract.reading import Method
from firmware_sim.replay.readers.loggers.station_file import (
    Cells,
    LoggerColumn,
    StationFile,
    Unfit,
    at,
    cells_of,
    decoded,
)
from firmware_sim.replay.readers.reader import Findings, Question

_STATIONS = ("NUM_POSTE", "POSTE")
_TIMES = {"AAAAMMJJHH": 10, "AAAAMMJJ": 8, "AAAAMMJJHHMN": 12, "DATE": 0}
"""Title → digits; of DATE the rows tell."""
_FORMATS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}
_DOUBTFUL = "2"
"""The quality code of values under review; 0, 1 and 9 have passed."""
_TEN_MINUTES, _SIX_MINUTES, _HOUR, _DAY = 600, 360, 3_600, 86_400

_Meaning = tuple[str, str, Method, float, float | None]
"""Quantity, unit, method, period [s], depth [m]."""

_HOURLY: dict[str, _Meaning] = {
    "RR1": ("precipitation_amount", "mm", "sum", _HOUR, None),
    "FF": ("wind_speed", "m/s", "mean", _TEN_MINUTES, None),
    "DD": ("wind_from_direction", "deg", "mean", _TEN_MINUTES, None),
    "FXY": ("wind_speed", "m/s", "max", _HOUR, None),
    "FXI": ("wind_gust", "m/s", "max", _HOUR, None),
    "FF2": ("wind_speed", "m/s", "mean", _TEN_MINUTES, -2),
    "DD2": ("wind_from_direction", "deg", "mean", _TEN_MINUTES, -2),
    "FXI2": ("wind_gust", "m/s", "max", _HOUR, -2),
    "T": ("air_temperature", "Cel", "point", 0, None),
    "TN": ("air_temperature", "Cel", "min", _HOUR, None),
    "TX": ("air_temperature", "Cel", "max", _HOUR, None),
    "T10": ("soil_temperature", "Cel", "point", 0, 0.1),
    "T20": ("soil_temperature", "Cel", "point", 0, 0.2),
    "T50": ("soil_temperature", "Cel", "point", 0, 0.5),
    "T100": ("soil_temperature", "Cel", "point", 0, 1.0),
    "U": ("relative_humidity", "%", "point", 0, None),
    "UN": ("relative_humidity", "%", "min", _HOUR, None),
    "UX": ("relative_humidity", "%", "max", _HOUR, None),
    "TSV": ("vapour_pressure", "hPa", "point", 0, None),
    "PSTAT": ("air_pressure", "hPa", "point", 0, None),
    "PMER": ("air_pressure", "hPa", "point", 0, None),
    "GLO": ("shortwave_radiation", "J/cm2", "mean", _HOUR, None),
}
_DAILY: dict[str, _Meaning] = {
    "RR": ("precipitation_amount", "mm", "sum", _DAY, None),
    "TN": ("air_temperature", "Cel", "min", _DAY, None),
    "TX": ("air_temperature", "Cel", "max", _DAY, None),
    "TM": ("air_temperature", "Cel", "mean", _DAY, None),
    "FFM": ("wind_speed", "m/s", "mean", _DAY, None),
    "FF2M": ("wind_speed", "m/s", "mean", _DAY, -2),
    "FXY": ("wind_speed", "m/s", "max", _DAY, None),
    "FXI": ("wind_gust", "m/s", "max", _DAY, None),
    "FXI2": ("wind_gust", "m/s", "max", _DAY, -2),
    "UM": ("relative_humidity", "%", "mean", _DAY, None),
    "UN": ("relative_humidity", "%", "min", _DAY, None),
    "UX": ("relative_humidity", "%", "max", _DAY, None),
    "PMERM": ("air_pressure", "hPa", "mean", _DAY, None),
    "TSVM": ("vapour_pressure", "hPa", "mean", _DAY, None),
    "GLOT": ("shortwave_radiation", "J/cm2", "mean", _DAY, None),
}
_OF_SIX_MINUTES: dict[str, _Meaning] = {"RR": ("precipitation_amount", "mm", "sum", _SIX_MINUTES, None)}
_FIELDS = {8: _DAILY, 10: _HOURLY, 12: _OF_SIX_MINUTES}
_SEA_LEVEL = frozenset({"PMER", "PMERM"})
_LEFT = (
    (re.compile(r"NOM_USUEL|NUM_POSTE|POSTE|LAT|LON|ALTI|DATE|A{4}MMJJ\w*"), "says whose row it is and when"),
    (re.compile(r"H(?:XY|XI|XI2|F?XI3S|TN|TX|UN|UX)"), "when an extreme was"),
    (re.compile(r"D(?:RR1?|G|HUMEC|HUMI\d0|VV200)|INS\w?2?|SIGMA"), "how long something lasted"),
    (re.compile(r"DX(?:Y|I|I2|I3S)"), "the direction of an extreme"),
    (re.compile(r"FXI3S|TNTXM|TAMPLI|TNSOL|TN50|TCHAUSSEE|TD|ETP\w+|PMERMIN|GEOP"), "no quantity of ours"),
    (re.compile(r"N|NBAS|C[LMH1-4]|[NB][1-4]|[NB]A?B?300|VV|WW|W[12]|SOL|SOLNG|SOLNEIGE"), "clouds, sight"),
    (re.compile(r"TMER\w*|VVMER|ETATMER|DIRHOULE|[HP]VAGUE|TLAGON|TVEGETAUX|ECOULEMENTM?"), "of the sea"),
    (re.compile(r"HNEIGE\w*|NEIG\w*|TSNEIGE|TUBENEIGE|ESNEIGE|CHARGENEIGE"), "snow"),
    (re.compile(r"GLO2|DI[RF]T?2?|UV\w*|INFRART?2?"), "light of another kind, or in solar time"),
    (re.compile(r"BROU|ORAG|GRESIL|GRELE|ROSEE|VERGLAS|GELEE|FUMEE|BRUME|ECLAIR"), "an occurrence"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeteoFrance:
    """The kind of file."""

    name: str = "meteo-france"

    def fits(self, path: Path, head: str) -> bool:
        """Semicolons, a station, a time of one of its three lengths, and a field known at that length."""
        lines = head.splitlines()
        titles = _titles(lines[0]) if lines else []
        if len(lines) < 2 or not set(titles) & set(_STATIONS) or not set(titles) & set(_TIMES):
            return False
        digits = _digits(titles, lines[1])
        return bool(set(titles) & set(_FIELDS.get(digits, ())))

    def parse(self, path: Path, question: Question, findings: Findings) -> Iterator[StationFile]:
        """One for each station of the territory, or the only station of the file."""
        content = path.read_bytes()
        lines = decoded(content).splitlines()
        titles = _titles(lines[0])
        digits = _digits(titles, lines[1])
        groups = _stations(lines, next(titles.index(name) for name in _STATIONS if name in titles))
        place = next(titles.index(name) for name in _TIMES if name in titles)
        for station in _wanted(groups, question, findings):
            numbers = groups[station]
            _say_doubtful(titles, lines, numbers, findings)
            yield StationFile(
                self.name,
                "weather",
                (station,),
                tuple(_column(number, title, digits) for number, title in enumerate(titles)),
                partial(_rows, lines, numbers),
                lambda cells: _time(at(cells, place), digits),
                content,
                zone=UTC,
                weather_only=True,
                comma=True,
                notes=("RR runs from 06 UTC to 06 UTC of the next day",)
                if digits == 8 and "RR" in titles
                else (),
            )


def _titles(line: str) -> list[str]:
    try:
        return cells_of(line, ";")
    except Unfit:
        return []


def _digits(titles: list[str], row: str) -> int:
    """How many digits the times of the file have."""
    name = next(name for name in _TIMES if name in titles)
    return _TIMES[name] or len(at(_titles(row), titles.index(name)))


def _stations(lines: list[str], place: int) -> dict[str, list[int]]:
    """Station → the numbers of its lines from 0."""
    groups: dict[str, list[int]] = {}
    for number in range(1, len(lines)):
        cells = lines[number].split(";", place + 1)
        if len(cells) > place and cells[place].strip():
            groups.setdefault(_station(cells[place]), []).append(number)
    return groups


def _station(text: str) -> str:
    """Eight digits, also where a program has dropped the zero in front."""
    return text.strip().strip('"').zfill(8)


def _rows(lines: list[str], numbers: list[int]) -> Iterator[tuple[int, Cells]]:
    for number in numbers:
        yield number + 1, cells_of(lines[number], ";")


def _wanted(groups: dict[str, list[int]], question: Question, findings: Findings) -> list[str]:
    known = question.territory.device_by_serial if question.territory else {}
    wanted = [station for station in groups if station in known]
    if wanted or len(groups) == 1:
        others = sum(len(groups[station]) for station in groups if station not in wanted) if wanted else 0
        if others:
            findings.note(f"{others} rows of stations that no device of the territory has, not read")
        return wanted or list(groups)
    shown = ", ".join(list(groups)[:12])
    raise Unfit(
        f"it holds {len(groups)} stations and no device of the territory has one as serial: {shown}"
        if groups
        else "it has no row"
    )


def _say_doubtful(titles: list[str], lines: list[str], numbers: list[int], findings: Findings) -> None:
    """Count the values that are under review: they are sent as they stand."""
    places = [titles.index(f"Q{title}") for title in titles if f"Q{title}" in titles]
    for number in numbers:
        cells = lines[number].split(";")
        for place in places:
            if at(cells, place).strip() == _DOUBTFUL:
                findings.note(f"{titles[place][1:]}: marked doubtful by Météo-France, sent")


def _column(place: int, title: str, digits: int) -> LoggerColumn:
    meaning = _FIELDS[digits].get(title)
    if meaning is not None:
        quantity, unit, method, period, depth = meaning
        return LoggerColumn(
            place,
            title,
            quantity,
            unit,
            method,
            period,
            depth,
            reduced=title in _SEA_LEVEL,
            calm=title.startswith("DD"),
        )
    left = next((why for pattern, why in _LEFT if pattern.fullmatch(title)), "")
    if not left and title.startswith("Q"):
        left = "a code of quality"
    return LoggerColumn(place, title, left=left)


def _time(text: str, digits: int) -> datetime:
    """As the file writes it; ``Unfit`` where it is none."""
    try:
        return datetime.strptime(text, _FORMATS[digits])
    except (ValueError, KeyError) as error:
        raise Unfit(f"{text!r} is no time of {digits} digits") from error
