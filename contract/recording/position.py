"""A place as recorders spell it, as (latitude, longitude) in degrees, north and east positive.

``[-39.5336 141.2711]`` and ``+46.50120+001.48300`` in names (ISO 6709), two numbers in GUANO and
tags, ``WGS84,46.50120,N,1.48300,E`` in wamd.  What lies outside the globe is no place.
"""

from __future__ import annotations

import re

Position = tuple[float, float]

_LAT, _LON = r"(?P<lat>[+-]?\d{1,2}(?:\.\d+)?)", r"(?P<lon>[+-]?\d{1,3}(?:\.\d+)?)"
_BRACKETS = re.compile(r"\[\s*(?P<lat>[+-]?\d{1,2}\.\d+)(?:[ ,;_]+|(?=[+-]))(?P<lon>[+-]?\d{1,3}\.\d+)\s*\]")
_SIGNED = re.compile(r"(?<![\d.])(?P<lat>[+-]\d{1,2}\.\d+)[ ,_]?(?P<lon>[+-]\d{1,3}\.\d+)(?![\d.])/?")
_PAIR = re.compile(rf"\s*{_LAT}(?:[\s,;]+|(?=[+-])){_LON}/?\s*")
_WGS84 = re.compile(
    rf"\s*WGS\s?-?84\s*,\s*{_LAT}\s*(?:,\s*(?P<ns>[NSns])\s*)?,\s*{_LON}\s*(?:,\s*(?P<ew>[EWew])\s*)?(?:,.*)?"
)


def in_name(stem: str) -> Position | None:
    """The place in a file's name: in brackets, or two numbers with signs."""
    found = _BRACKETS.search(stem) or _SIGNED.search(stem)
    return None if found is None else _on_globe(float(found["lat"]), float(found["lon"]))


def in_text(text: str) -> Position | None:
    """The place of a field that holds nothing else: ``46.5012 1.483``."""
    found = _PAIR.fullmatch(text)
    return None if found is None else _on_globe(float(found["lat"]), float(found["lon"]))


def in_wamd(text: str) -> Position | None:
    """The place of a wamd waypoint, with or without the letters of its hemispheres."""
    found = _WGS84.fullmatch(text)
    if found is None:
        return None
    south, west = (found["ns"] or "").upper() == "S", (found["ew"] or "").upper() == "W"
    lat, lon = float(found["lat"]), float(found["lon"])
    return _on_globe(-abs(lat) if south else lat, -abs(lon) if west else lon)


def apart(one: Position, other: Position, degrees: float = 0.001) -> bool:
    """More than ``degrees`` between them (0.001 is about 100 m)."""
    return any(abs(a - b) > degrees for a, b in zip(one, other, strict=True))


def _on_globe(lat: float, lon: float) -> Position | None:
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
