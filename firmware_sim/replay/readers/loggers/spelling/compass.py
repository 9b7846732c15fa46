"""Directions in letters: sixteen points, in the letters of English, or of French and its neighbours."""

from __future__ import annotations

from firmware_sim.replay.readers.loggers.station_file import Unfit

_POINTS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
_STEP = 22.5
_DEGREES = {point: number * _STEP for number, point in enumerate(_POINTS)}
_DEGREES |= {point.replace("W", "O"): degrees for point, degrees in _DEGREES.items() if "W" in point}
"""O is ouest, oeste, ovest.  German, where O is east, is told by ``is_german``."""
_NONE = frozenset({"CALM", "CALME", "VRB", "VAR"})


def degrees(text: str) -> float | None:
    """Where the wind comes from [deg]; None where there is none; ``Unfit`` where it is no direction."""
    point = text.strip().upper()
    if point in _NONE:
        return None
    if point not in _DEGREES:
        raise Unfit(f"{text!r} is not a direction")
    return _DEGREES[point]


def is_german(texts: frozenset[str]) -> bool:
    """Among all directions of a file O stands beside W: then O is east."""
    letters = "".join(texts).upper()
    return "O" in letters and "W" in letters
