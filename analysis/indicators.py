"""The catalogue of indicators: one frozen record each, in one dict, read from top to bottom.

1. A record says what is measured, in which unit and direction, from what, by which job,
   with which least data, and after whom; ``indicator_words`` what it means and does not mean.
2. ``PRIMARY`` indicators may stand in an analysis plan; supporting ones are only shown.
3. ``named`` finds one, or says which there are.

A changed definition gets a new version: values of two versions are never compared.
"""

from __future__ import annotations

from analysis.indicator import Indicator
from analysis.panels import acoustic, community, soil, weather
from contract.errors import UnknownName

HEARD = "the labels that the plan names and that were validated: vocal animals only"
NONE = "none"

_HILL_LEAST = "20 valid days, 100 incidences, sample coverage 0.70"
_HILL_CITATION = "Chao et al. 2014, doi:10.1890/13-0133.1; Chao & Jost 2012, doi:10.1890/11-1952.1"
_SOUND_CITATION = (
    "Alcocer et al. 2022, doi:10.1111/brv.12890; Sethi et al. 2023, doi:10.1038/s41559-023-02148-z"
)

INDICATORS: dict[str, Indicator] = {
    "species-detection-rate": Indicator(
        "species-detection-rate",
        version=1,
        group="community",
        role="primary",
        scale="logit",
        polarity=1,
        unit="1",
        inputs=("detections", "effort"),
        least="10 valid days of listening",
        taxa=HEARD,
        citation="Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x; "
        "MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2",
        job=community.detection_rate,
    ),
    "hill-q1": Indicator(
        "hill-q1",
        version=1,
        group="community",
        role="primary",
        scale="log",
        polarity=1,
        unit="1",
        inputs=("detections", "effort"),
        least=_HILL_LEAST,
        taxa=HEARD,
        citation=_HILL_CITATION,
        job=community.hill(1),
    ),
    "hill-q0": Indicator(
        "hill-q0",
        version=1,
        group="community",
        role="primary",
        scale="log",
        polarity=1,
        unit="1",
        inputs=("detections", "effort"),
        least=_HILL_LEAST,
        taxa=HEARD,
        citation=_HILL_CITATION,
        job=community.hill(0),
    ),
    "hill-q2": Indicator(
        "hill-q2",
        version=1,
        group="community",
        role="primary",
        scale="log",
        polarity=1,
        unit="1",
        inputs=("detections", "effort"),
        least=_HILL_LEAST,
        taxa=HEARD,
        citation=_HILL_CITATION,
        job=community.hill(2),
    ),
    "likeness-to-reference": Indicator(
        "likeness-to-reference",
        version=1,
        group="community",
        role="primary",
        scale="identity",
        polarity=1,
        unit="1",
        inputs=("detections", "effort"),
        least="10 valid days of listening; 3 reference sites",
        taxa=HEARD,
        citation="Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x",
        job=community.likeness,
    ),
    "vocal-activity": Indicator(
        "vocal-activity",
        version=1,
        group="acoustic",
        role="primary",
        scale="log",
        polarity=1,
        unit="h-1",
        inputs=("detections", "effort"),
        least="10 valid days of listening",
        taxa=HEARD,
        citation="Pérez-Granados & Traba 2021, doi:10.1111/ibi.12944",
        job=community.voices,
    ),
    "acoustic-activity": Indicator(
        "acoustic-activity",
        version=1,
        group="acoustic",
        role="supporting",
        scale="log",
        polarity=1,
        unit="1",
        inputs=acoustic.ACTIVITY,
        least="10 valid days of sound",
        taxa=NONE,
        citation=_SOUND_CITATION,
        job=acoustic.activity,
    ),
    "dawn-chorus-onset": Indicator(
        "dawn-chorus-onset",
        version=1,
        group="acoustic",
        role="supporting",
        scale="identity",
        polarity=1,
        unit="min",
        inputs=acoustic.ACTIVITY,
        least="5 mornings, a recording at least every 30 min around sunrise",
        taxa=NONE,
        citation="Bruni, Mennill & Foote 2014, doi:10.1007/s10336-014-1071-7",
        job=acoustic.dawn,
    ),
    "soundscape-change": Indicator(
        "soundscape-change",
        version=1,
        group="acoustic",
        role="supporting",
        scale="identity",
        polarity=1,
        unit="1",
        inputs=acoustic.SOUNDSCAPE,
        least="20 days of sound in the baseline and in the season",
        taxa=NONE,
        citation=_SOUND_CITATION,
        job=acoustic.change,
    ),
    "soil-moisture": Indicator(
        "soil-moisture",
        version=1,
        group="soil",
        role="primary",
        scale="log",
        polarity=1,
        unit="m3/m3",
        inputs=("soil_moisture",),
        least="10 days with 80 % of their hours",
        taxa=NONE,
        citation="Dorigo et al. 2021, doi:10.5194/hess-25-5749-2021",
        job=soil.moisture,
    ),
    "soil-thermal-damping": Indicator(
        "soil-thermal-damping",
        version=1,
        group="soil",
        role="primary",
        scale="identity",
        polarity=1,
        unit="1",
        inputs=("soil_temperature", "air_temperature"),
        least="10 days with 80 % of their hours in both",
        taxa=NONE,
        citation="Lembrechts et al. 2022, doi:10.1111/gcb.16060",
        job=soil.damping,
    ),
    "microclimate-buffering": Indicator(
        "microclimate-buffering",
        version=1,
        group="weather",
        role="primary",
        scale="identity",
        polarity=-1,
        unit="1",
        inputs=("air_temperature",),
        least="60 paired days over all seasons, 15 in each",
        taxa=NONE,
        citation="De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1; "
        "Gril et al. 2023, doi:10.1111/2041-210X.14048",
        job=weather.buffering,
    ),
    "microclimate-offset": Indicator(
        "microclimate-offset",
        version=1,
        group="weather",
        role="primary",
        scale="identity",
        polarity=-1,
        unit="K",
        inputs=("air_temperature",),
        least="60 paired days over all seasons, 15 in each",
        taxa=NONE,
        citation="De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1",
        job=weather.offset,
    ),
    "vapour-pressure-deficit": Indicator(
        "vapour-pressure-deficit",
        version=1,
        group="weather",
        role="supporting",
        scale="identity",
        polarity=1,
        unit="kPa",
        inputs=("air_temperature", "relative_humidity"),
        least="10 days with 80 % of their hours",
        taxa=NONE,
        citation="Allen et al. 1998 (FAO-56), eqs. 11 and 19; Grossiord et al. 2020, doi:10.1111/nph.16485",
        job=weather.dryness,
    ),
    "growing-degree-days": Indicator(
        "growing-degree-days",
        version=1,
        group="weather",
        role="supporting",
        scale="identity",
        polarity=1,
        unit="K",
        inputs=("air_temperature",),
        least="10 days with 80 % of their hours",
        taxa=NONE,
        citation="McMaster & Wilhelm 1997, doi:10.1016/S0168-1923(97)00027-0",
        job=weather.warmth,
    ),
    "rain": Indicator(
        "rain",
        version=1,
        group="weather",
        role="supporting",
        scale="identity",
        polarity=1,
        unit="mm",
        inputs=("precipitation_amount",),
        least="10 days with 80 % of their hours",
        taxa=NONE,
        citation="World Meteorological Organization 2018, WMO-No. 8, vol. I, ch. 6",
        job=weather.rain,
    ),
}

PRIMARY = tuple(name for name, one in INDICATORS.items() if one.role == "primary")


def named(name: str) -> Indicator:
    """The indicator with this id; ``UnknownName`` with the list otherwise."""
    try:
        return INDICATORS[name]
    except KeyError:
        raise UnknownName(
            f"{name!r} is not an indicator", help=f"Use one of: {', '.join(INDICATORS)}"
        ) from None
