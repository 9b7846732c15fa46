"""The fields of a weewx archive record: what each is, and its unit in each of weewx's three systems.

A record states its system in ``usUnits`` and its length in ``interval`` [min], ending at
``dateTime`` [s UTC].  Source: weewx's customization guide, "Units" and "Accumulators": by default a
field is the average of the interval, ``rain`` its sum, ``windGust`` its highest, ``windDir`` the
direction of the mean wind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from contract.reading import Method
from firmware_sim.replay.readers.loggers.station_file import LoggerColumn, Unfit

TIME, SYSTEM, INTERVAL = "dateTime", "usUnits", "interval"

US, METRIC, METRICWX = 1, 16, 17
_UNITS = {
    "temperature": {US: "[degF]", METRIC: "Cel", METRICWX: "Cel"},
    "pressure": {US: "[in_i'Hg]", METRIC: "hPa", METRICWX: "hPa"},
    "speed": {US: "[mi_i]/h", METRIC: "km/h", METRICWX: "m/s"},
    "rain": {US: "[in_i]", METRIC: "cm", METRICWX: "mm"},
    "percent": dict.fromkeys((US, METRIC, METRICWX), "%"),
    "direction": dict.fromkeys((US, METRIC, METRICWX), "deg"),
    "radiation": dict.fromkeys((US, METRIC, METRICWX), "W/m2"),
    "illuminance": dict.fromkeys((US, METRIC, METRICWX), "lx"),
    "suction": dict.fromkeys((US, METRIC, METRICWX), "cbar"),
}
_MEASURED: dict[str, tuple[str, str, Method]] = {
    "outTemp": ("air_temperature", "temperature", "mean"),
    "outHumidity": ("relative_humidity", "percent", "mean"),
    "pressure": ("air_pressure", "pressure", "mean"),
    "barometer": ("air_pressure", "pressure", "mean"),
    "altimeter": ("air_pressure", "pressure", "mean"),
    "windSpeed": ("wind_speed", "speed", "mean"),
    "windGust": ("wind_gust", "speed", "max"),
    "windDir": ("wind_from_direction", "direction", "mean"),
    "rain": ("precipitation_amount", "rain", "sum"),
    "radiation": ("shortwave_radiation", "radiation", "mean"),
    "illuminance": ("illuminance", "illuminance", "mean"),
}
_NUMBERED: dict[str, tuple[str, str, Method]] = {
    "soilTemp": ("soil_temperature", "temperature", "mean"),
    "soilMoist": ("soil_water_potential", "suction", "mean"),
}
_SEA_LEVEL = frozenset({"barometer", "altimeter"})
_LEFT = (
    (re.compile(r"dateTime|usUnits|interval"), "says how to read the row"),
    (re.compile(r"in(?:Temp|Humidity|Dewpoint)"), "indoors"),
    (re.compile(r"dewpoint\d?|windchill|heatindex\d?|humidex\d?|appTemp\d?|cloudbase|ET|maxSolarRad|windrun"
                r"|beaufort|growdeg|THSW"), "computed"),
    (re.compile(r"rainRate|hailRate|snowRate"), "a rate, no amount"),
    (re.compile(r"\w*BatteryStatus\d?"), "a flag of a battery"),
    (re.compile(r"(?:cons|heating|supply|reference)\w*Voltage|heatingTemp"), "of the console"),
    (re.compile(r"UV|windGustDir|rxCheckPercent|signal\d|forecast"), "no quantity of ours"),
)  # fmt: skip


def column_of(place: int, field: str, system: int) -> LoggerColumn:
    """What the field called ``field`` is in the unit system ``system``."""
    stem = field.rstrip("0123456789")
    measured = _MEASURED.get(field) or (_NUMBERED.get(stem) if field != stem else None)
    if measured is None:
        left = next((why for pattern, why in _LEFT if pattern.fullmatch(field)), "")
        return LoggerColumn(place, field, left=left)
    quantity, group, method = measured
    return LoggerColumn(
        place,
        field,
        quantity,
        _UNITS[group][system],
        method,
        None,
        scale=-1 if group == "suction" else 1,
        reduced=field in _SEA_LEVEL,
    )


def columns_of(fields: Sequence[str], systems: set[int]) -> tuple[LoggerColumn, ...]:
    """All fields of a file; ``Unfit`` where its rows do not state one unit system of weewx."""
    if len(systems) != 1 or not systems <= {US, METRIC, METRICWX}:
        told = ", ".join(map(str, sorted(systems))) or "nothing"
        raise Unfit(f"usUnits must be 1, 16 or 17 and the same in all rows, not {told}")
    (system,) = systems
    return tuple(column_of(place, field, system) for place, field in enumerate(fields))
