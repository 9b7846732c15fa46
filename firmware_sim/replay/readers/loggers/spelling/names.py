"""What the columns of a logger's own program measure, by the words that their names begin with.

1. ``quantity_named`` knows the words of the field in English and French; names are free text, so
   only words that leave no other reading are here: ``Temp`` alone may be air or soil and is not.
2. ``depth_named`` reads a depth or height that a name states with its unit: ``VWC_10cm``.

A name says *what* is measured, never in which unit.
"""

from __future__ import annotations

import re

_END = r"(?=$|[_\d\s.()]|[cfCF](?:[_\d(]|$))"
_WORDS = {
    "case_temperature": r"p_?temp|case_?t\w*|panel_?t\w*|logger_?t\w*|t_?(?:panel|logger)"
    r"|(?:box|enclosure)_?t\w*",
    "battery_voltage": r"v?bat(?:t(?:ery)?)?_?(?:\d+)?_?(?:v|volt\w*|voltage)?(?=$|[_\d])",
    "soil_temperature": r"(?:soil_?t(?:emp(?:erature)?|c|f)?|t(?:emp)?_?(?:soil|sol)|temp_?sol)",
    "soil_moisture": r"(?:soil_?)?(?:vwc|vw|swc|theta|water_?content|moist(?:ure)?|hum(?:idite)?_?sol)",
    "soil_electrical_conductivity": r"(?:soil_?)?(?:bulk_?)?(?:ec|conductivity)",
    "air_temperature": r"air_?t(?:emp(?:erature)?|c|f)?|t(?:emp(?:erature)?)?_?air|amb(?:ient)?_?t(?:emp)?"
    r"|ta",
    "relative_humidity": r"rh(?:um\w*)?|r_?h|hr|rel(?:ative)?_?hum(?:id(?:ity)?)?"
    r"|hum(?:id(?:ity|ite)?)?(?:_?(?:air|rel))?",
    "air_pressure": r"bp|baro\w*|air_?press(?:ure)?|atm(?:os(?:pheric)?)?_?press(?:ure)?"
    r"|press(?:ure|ion)?|p_?air|p_?atm",
    "vapour_pressure": r"vp|vap(?:ou?r)?_?press(?:ure)?|ea|e_?air",
    "wind_gust": r"(?:wind_?)?gust\w*|ws_?gust|rafale\w*",
    "wind_speed": r"ws|wspd|wspeed|wind_?(?:spee?d?|spd)|vit(?:esse)?_?(?:du_?)?vent|windspeed",
    "wind_from_direction": r"wd|wdir|wind_?dir(?:ection)?|dir(?:ection)?_?(?:du_?)?vent",
    "precipitation_amount": r"rain(?:fall)?|pluvio|prec(?:ip(?:itation)?)?|ppt|pluie|precipitations?",
    "shortwave_radiation": r"slr(?:fd)?|solar(?:_?rad(?:iation)?)?|sol_?rad|sw_?(?:in|d|down)|swin"
    r"|global_?rad(?:iation)?|ray(?:onnement)?_?glob(?:al)?|rg|srad|rad_?glob(?:ale)?",
    "photosynthetic_photon_flux_density": r"par|ppfd|par_?den",
}
_PATTERNS = {
    name: re.compile(
        rf"(?:{words})(?:{_END}|(?:w|kw|mj|kj)(?=$|_)|(?:ms|kmh|mph|mm|in|mbar|hpa|kpa|pct)(?=$|_))"
    )
    for name, words in _WORDS.items()
}
_OTHERWISE = re.compile(
    r"(?:^|_)(?:std|sd|out|up|upwelling|refl\w*|net|diff?|diffuse|albedo|dew|dp|td|vpd|sat|pore\w*|sap\w*"
    r"|leaf|canopy|surf\w*|water|snow|raw|count\w*|flag\w*|qc|err\w*|diag\w*|offset|mult)(?=$|_|\d)"
)
"""Words beside the first that make it something else."""
_DEPTH = re.compile(r"(?<![\d.])(?P<number>\d{1,5}(?:[.p]\d{1,5})?)_?(?P<unit>cm|mm|m)(?![a-z])")
_METRES = {"cm": 0.01, "mm": 0.001, "m": 1.0}
_IN_SOIL = frozenset({"soil_temperature", "soil_moisture", "soil_electrical_conductivity"})


def quantity_named(name: str) -> str:
    """The quantity that a column's name begins with; empty where it leaves room for doubt."""
    text = _flat(name)
    if _OTHERWISE.search(text):
        return ""
    return next((quantity for quantity, words in _PATTERNS.items() if words.match(text)), "")


def depth_named(name: str, quantity: str) -> float | None:
    """The depth that the name states with its unit, positive down [m]; of soil quantities only."""
    found = _DEPTH.search(_flat(name)) if quantity in _IN_SOIL else None
    if found is None:
        return None
    return round(float(found["number"].replace("p", ".")) * _METRES[found["unit"]], 4)


def _flat(name: str) -> str:
    """Small letters, words parted by one ``_``: ``AirTC_Avg`` is ``air_tc_avg``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s_\-.]+", "_", parted).lower().replace("é", "e")
