"""What a column's title says: what is measured, its unit, the sensor's number and its label.

``Temp, °C (LGR S/N: 1, SEN S/N: 2, LBL: soil 10cm)``, ``Temp (°C) LGR S/N: 1,  #1``,
``Ch: 1 - Temperature   (°C )``, ``Moy. : Température, °C``: the word and the label are in the language
of the program, or free; the unit is the file's own statement.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from contract.reading import Method

TEMPERATURE = "temperature"
"""Of the air or of the soil: the label, the sensor beside it or the territory says which."""

_WORDS = {
    TEMPERATURE: r"temp|temperature|temperatur|temperatura|teplota|lampotila|temperatuur",
    "soil_temperature": r"soil temp(erature)?|temp(erature)? (du )?sol|bodentemperatur",
    "air_temperature": r"air temp(erature)?|temp(erature)? (de l )?air|lufttemperatur",
    "relative_humidity": r"rh|hr|rf|rv|humidity|relative humidity|rel humidity|humidite( relative)?"
    r"|luftfeuchte|relative feuchte|relative luftfeuchtigkeit|humedad( relativa)?|umidita( relativa)?",
    "soil_moisture": r"(soil )?(volumetric )?water content( vwc)?|vwc|soil moisture|soil moisture content"
    r"|(contenu|teneur)( volum\w+)? (en|d) eau( du sol)?|humidite (volum\w+ )?du sol"
    r"|bodenfeuchte|wassergehalt|contenido de agua|teor de agua",
    "illuminance": r"intensity|light( intensity)?|intens(ite)?( lum\w*)?|luminosite|lumiere|eclairement|licht"
    r"|lichtintensitat|intensitat",
    "wind_speed": r"wind speed|vitesse (du )?vent|windgeschwindigkeit|velocidad del viento",
    "wind_gust": r"gust speed|wind gust|vitesse (des |de la |de )?rafales?|rafales?|boengeschwindigkeit"
    r"|velocidad de rafagas",
    "wind_from_direction": r"wind dir(ection)?|direction (du )?vent|windrichtung|direccion del viento",
    "shortwave_radiation": r"solar rad(iation)?|(rayonnement|radiation) sol(aire)?",
    "photosynthetic_photon_flux_density": r"par|ppfd",
    "precipitation_amount": r"rain( ?fall)?|pluie|pluvio\w*|precipitations?|niederschlag|regen|lluvia|chuva",
    "air_pressure": r"(bar(ometric)? |atm(ospheric)? )?pressure|pression (atm\w*|bar\w*)",
    "leaf_wetness": r"leaf wetness|humectation( foliaire)?",
    "battery_voltage": r"batt(ery|erie|erij)?|pile|bateria|(battery|batterie) voltage"
    r"|tension (de la )?batterie",
}
_PATTERNS = {name: re.compile(words) for name, words in _WORDS.items()}
_COMPUTED = re.compile(
    r"dew ?(pt|point)|dpt|(pt|point)( de)? ?rosee|rosee|taup(unk)?t|pt rocio|vpd|wet ?bulb|wbt"
    r"|growing degree.*|abs(olute)? humid(ity)?|heat index"
)
_ABOUT = re.compile(r"(?<![(\s])[(\s]*(\w{2,6}\.? (S/N|N/S)|LBL|[ÉE]tiq\w{0,9})\s*:", re.IGNORECASE)
_LONGEST = 300
"""Letters of a title that are looked at."""
_CHANNEL = re.compile(r"^Ch(annel)?\s*+:?\s*+\d++\s*+-\s*+", re.IGNORECASE)
_METHODS: dict[str, Method | None] = {
    "max": "max", "maximum": "max", "min": "min", "minimum": "min", "avg": "mean", "average": "mean",
    "moy": "mean", "moyenne": "mean", "mean": "mean", "mittel": "mean", "stddev": None, "std dev": None,
}  # fmt: skip
_UNITS = (
    (re.compile(r"\W{0,3}([CF])"), r"°\1"),
    (re.compile(r"m[^/a-z]{0,2}/\s*m[^/a-z]{0,2}|vwc", re.IGNORECASE), "m3/m3"),
    (re.compile(r"W/m[^/a-z]{0,2}"), "W/m2"),
    (re.compile(r"[uµμ]E|[uµμ]mol/m[^/a-z]{0,2}/s"), "umol/m2/s"),
    (re.compile(r"[øØ�*°º]"), "°"),
)
"""Units as these programs write them, also where the letters beside ASCII were lost on the way."""


@dataclass(frozen=True, slots=True)
class Title:
    """One column's title, taken apart."""

    text: str
    quantity: str
    """Also ``TEMPERATURE``; empty where the word is not known."""
    unit: str
    label: str
    sensor: str
    """Number of the sensor; empty where the title states none."""
    method: Method
    left: str
    """Why it is known and not read."""


def title_of(text: str) -> Title:
    """``text`` taken apart; of a damaged one the beginning."""
    text = text[:_LONGEST]
    told = _ABOUT.search(text)
    head, about = (text[: told.start()], text[told.start() :]) if told else (text, "")
    head = re.sub(r"(?<!\s)\s+c:[\d ]+$", "", _CHANNEL.sub("", head.strip())).strip()
    word, unit = _split(head)
    word, statistic = _statistic(plain(word))
    method = _METHODS.get(statistic, "point")
    left = "computed from others" if _COMPUTED.fullmatch(word) else ""
    if method is None:
        left = "a spread"
    named = next((name for name, words in _PATTERNS.items() if words.fullmatch(word)), "")
    sensor = re.search(r"(?:SEN|CAP)\w{0,9}\.? (?:S/N|N/S)\s*:\s*([^\s,)]+)", about)
    label = re.search(r"(?:LBL|[ÉE]tiq\w{0,9})\s*:(.*)", about, re.IGNORECASE)
    called = label[1].strip().removesuffix(")").strip() if label else ""
    return Title(
        text, "" if left else named, _spelled(unit), called,
        sensor[1] if sensor else "", method or "point", left,
    )  # fmt: skip


def plain(text: str) -> str:
    """Small letters without accents, words parted by one blank."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def _split(head: str) -> tuple[str, str]:
    """Word and unit: behind the last comma, or in brackets at the end."""
    bracket = re.fullmatch(r"(.*)\(([^()]*)\)", head)
    if bracket:
        return bracket[1].rstrip().removesuffix(",").rstrip(), bracket[2].strip()
    word, comma, unit = head.rpartition(",")
    return (word, unit.strip()) if comma else (head, "")


def _statistic(word: str) -> tuple[str, str]:
    """A word without the statistic before or behind it, and that statistic."""
    names = "|".join(sorted(_METHODS, key=len, reverse=True))
    before = re.fullmatch(rf"({names}) (.+)", word)
    if before:
        return before[2], before[1]
    behind = re.fullmatch(rf"(.+?)((?: (?:{names}))+)", word)
    return (behind[1], behind[2].split(" ", 2)[1]) if behind else (word, "")


def _spelled(unit: str) -> str:
    bare = unit.replace("Â", "").strip()
    for pattern, spelling in _UNITS:
        if pattern.fullmatch(bare):
            return pattern.sub(spelling, bare)
    return bare
