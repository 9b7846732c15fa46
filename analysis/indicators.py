"""The catalogue of indicators: one frozen record each, in one dict, read from top to bottom.

1. A record says, in this order: id, version, class, role, scale, polarity, unit; inputs, least
   data, taxa; source and job.  ``indicator_words`` says what it means and does not mean.
2. ``PRIMARY`` indicators may stand in an analysis plan; supporting ones are only shown.
3. ``named`` finds one, or says which there are.

A changed definition gets a new version: values of two versions are never compared.
"""

from __future__ import annotations

from analysis.indicator import Indicator
from analysis.panels import acoustic, climate, community, soil, weather
from contract.errors import UnknownName

HEARD = "the labels that the plan names and that were validated: vocal animals only"
NONE = "none"
DETECTIONS = ("detections", "effort")

_LISTENED = "10 valid days of listening"
_HILL_LEAST = "20 valid days, 100 incidences, sample coverage 0.70"
_DAYS = "10 days with 80 % of their values"
_PAIRS = "60 paired days over all seasons, 15 in each"
_HILL = "Chao et al. 2014, doi:10.1890/13-0133.1; Chao & Jost 2012, doi:10.1890/11-1952.1"
_SOUND = "Alcocer et al. 2022, doi:10.1111/brv.12890; Sethi et al. 2023, doi:10.1038/s41559-023-02148-z"

# fmt: off
INDICATORS: dict[str, Indicator] = {
    "species-detection-rate": Indicator(
        "species-detection-rate", 1, "community", "primary", "logit", +1, "1",
        DETECTIONS, _LISTENED, HEARD,
        ("Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x; "
         "MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2"),
        community.detection_rate),
    "hill-q1": Indicator(
        "hill-q1", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, HEARD,
        _HILL, community.hill(1)),
    "hill-q0": Indicator(
        "hill-q0", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, HEARD,
        _HILL, community.hill(0)),
    "hill-q2": Indicator(
        "hill-q2", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, HEARD,
        _HILL, community.hill(2)),
    "species-expected": Indicator(
        "species-expected", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, HEARD,
        _HILL, community.expected),
    "likeness-to-reference": Indicator(
        "likeness-to-reference", 1, "community", "primary", "identity", +1, "1",
        DETECTIONS, "10 valid days of listening; 3 reference sites", HEARD,
        "Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x", community.likeness),
    "community-turnover": Indicator(
        "community-turnover", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, _LISTENED, HEARD,
        "Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x", community.turnover),
    "vocal-activity": Indicator(
        "vocal-activity", 1, "acoustic", "primary", "log", +1, "h-1",
        DETECTIONS, _LISTENED, HEARD,
        "Pérez-Granados & Traba 2021, doi:10.1111/ibi.12944", community.voices),
    "acoustic-activity": Indicator(
        "acoustic-activity", 1, "acoustic", "supporting", "log", +1, "1",
        acoustic.ACTIVITY, "10 valid days of sound", NONE,
        _SOUND, acoustic.activity),
    "dawn-chorus-onset": Indicator(
        "dawn-chorus-onset", 1, "acoustic", "supporting", "identity", +1, "min",
        acoustic.ACTIVITY, "5 mornings, a recording at least every 30 min around sunrise", NONE,
        "Bruni, Mennill & Foote 2014, doi:10.1007/s10336-014-1071-7", acoustic.dawn),
    "soundscape-change": Indicator(
        "soundscape-change", 1, "acoustic", "supporting", "identity", +1, "1",
        acoustic.SOUNDSCAPE, "20 days of sound in the baseline and in the season", NONE,
        _SOUND, acoustic.change),
    "soil-moisture": Indicator(
        "soil-moisture", 1, "soil", "primary", "log", +1, "m3/m3",
        ("soil_moisture",), _DAYS, NONE,
        "Dorigo et al. 2021, doi:10.5194/hess-25-5749-2021", soil.moisture),
    "soil-thermal-damping": Indicator(
        "soil-thermal-damping", 1, "soil", "primary", "identity", +1, "1",
        ("soil_temperature", "air_temperature"), "10 days with 80 % of their hours in both", NONE,
        "Lembrechts et al. 2022, doi:10.1111/gcb.16060", soil.damping),
    "soil-frost-days": Indicator(
        "soil-frost-days", 1, "soil", "supporting", "identity", +1, "1",
        ("soil_temperature",), _DAYS, NONE,
        "Lembrechts et al. 2022, doi:10.1111/gcb.16060", soil.frost),
    "soil-dry-down": Indicator(
        "soil-dry-down", 1, "soil", "supporting", "identity", +1, "d",
        ("soil_moisture", "precipitation_amount"), "10 days with 80 % of their values; 2 dry spells", NONE,
        "McColl et al. 2017, doi:10.1002/2017GL072819", soil.dry_down),
    "microclimate-buffering": Indicator(
        "microclimate-buffering", 1, "weather", "primary", "identity", -1, "1",
        ("air_temperature",), _PAIRS, NONE,
        ("De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1; "
         "Gril et al. 2023, doi:10.1111/2041-210X.14048"), weather.buffering),
    "microclimate-offset": Indicator(
        "microclimate-offset", 1, "weather", "primary", "identity", -1, "K",
        ("air_temperature",), _PAIRS, NONE,
        "De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1", weather.offset),
    "vapour-pressure-deficit": Indicator(
        "vapour-pressure-deficit", 1, "weather", "supporting", "identity", +1, "kPa",
        ("air_temperature", "relative_humidity"), _DAYS, NONE,
        ("Allen et al. 1998 (FAO-56), eqs. 11 and 19; "
         "Grossiord et al. 2020, doi:10.1111/nph.16485"), weather.dryness),
    "growing-degree-days": Indicator(
        "growing-degree-days", 1, "weather", "supporting", "identity", +1, "K",
        ("air_temperature",), _DAYS, NONE,
        "McMaster & Wilhelm 1997, doi:10.1016/S0168-1923(97)00027-0", weather.warmth),
    "heat-days": Indicator(
        "heat-days", 1, "weather", "supporting", "identity", +1, "1",
        ("air_temperature",), _DAYS, NONE,
        "Klein Tank et al. 2009, WMO-TD No. 1500, on indices of extremes", climate.heat),
    "rain": Indicator(
        "rain", 1, "weather", "supporting", "identity", +1, "mm",
        ("precipitation_amount",), _DAYS, NONE,
        "World Meteorological Organization 2018, WMO-No. 8, vol. I, ch. 6", weather.rain),
    "reference-evapotranspiration": Indicator(
        "reference-evapotranspiration", 1, "weather", "supporting", "identity", +1, "mm",
        climate.INGREDIENTS, _DAYS, NONE,
        "Allen et al. 1998, FAO-56, eqs. 7, 45, 46 and 53", climate.evapotranspiration),
    "water-balance": Indicator(
        "water-balance", 1, "weather", "supporting", "identity", +1, "mm",
        (*climate.INGREDIENTS, "precipitation_amount"), _DAYS, NONE,
        "Allen et al. 1998, FAO-56; Thornthwaite 1948, doi:10.2307/210739", climate.balance),
    "drought-index": Indicator(
        "drought-index", 1, "weather", "supporting", "identity", +1, "1",
        ("precipitation_amount",), "20 complete years of rain at the site", NONE,
        "McKee, Doesken & Kleist 1993; World Meteorological Organization 2012, WMO-No. 1090",
        climate.drought),
}
# fmt: on

PRIMARY = tuple(name for name, one in INDICATORS.items() if one.role == "primary")


def named(name: str) -> Indicator:
    """The indicator with this id; ``UnknownName`` with the list otherwise."""
    try:
        return INDICATORS[name]
    except KeyError:
        raise UnknownName(
            f"{name!r} is not an indicator", help=f"Use one of: {', '.join(INDICATORS)}"
        ) from None
