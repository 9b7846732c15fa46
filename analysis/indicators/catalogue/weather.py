"""Indicators of weather: they explain, and alone never make a territory recover."""

from __future__ import annotations

from functools import partial

from analysis.indicators.indicator import Indicator
from analysis.indicators.jobs import evapotranspiration, microclimate, rain, temperature

_EXTREMES = "Klein Tank et al. 2009, WMO-TD No. 1500, on indices of extremes"
_BUFFER = "De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1"

WEATHER: tuple[Indicator, ...] = (
    Indicator(
        id="microclimate-buffering",
        version=1,
        group="weather",
        role="primary",
        polarity=-1,
        unit="1",
        inputs=("air_temperature",),
        citation=(
            "De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1; "
            "Gril et al. 2023, doi:10.1111/2041-210X.14048"
        ),
        job=microclimate.microclimate_buffering,
    ),
    Indicator(
        id="microclimate-offset",
        version=1,
        group="weather",
        role="primary",
        polarity=-1,
        unit="K",
        inputs=("air_temperature",),
        citation=_BUFFER,
        job=microclimate.microclimate_offset,
    ),
    Indicator(
        id="vapour-pressure-deficit",
        version=1,
        group="weather",
        unit="kPa",
        inputs=("air_temperature", "relative_humidity"),
        citation=("Allen et al. 1998 (FAO-56), eqs. 11 and 19; Grossiord et al. 2020, doi:10.1111/nph.16485"),
        job=temperature.vapour_pressure_deficit,
    ),
    Indicator(
        id="growing-degree-days",
        version=1,
        group="weather",
        unit="K",
        inputs=("air_temperature",),
        citation="McMaster & Wilhelm 1997, doi:10.1016/S0168-1923(97)00027-0",
        job=temperature.growing_degree_days,
    ),
    Indicator(
        id="heat-days",
        version=1,
        group="weather",
        unit="1",
        inputs=("air_temperature",),
        citation=_EXTREMES,
        job=temperature.heat_days,
    ),
    Indicator(
        id="rain",
        version=1,
        group="weather",
        unit="mm",
        inputs=("precipitation_amount",),
        citation="World Meteorological Organization 2018, WMO-No. 8, vol. I, ch. 6",
        job=rain.rain,
    ),
    Indicator(
        id="reference-evapotranspiration",
        version=1,
        group="weather",
        unit="mm",
        inputs=evapotranspiration.INGREDIENTS,
        citation="Allen et al. 1998, FAO-56, eqs. 7, 45, 46 and 53",
        job=evapotranspiration.reference_evapotranspiration,
    ),
    Indicator(
        id="water-balance",
        version=1,
        group="weather",
        unit="mm",
        inputs=(*evapotranspiration.INGREDIENTS, "precipitation_amount"),
        citation="Allen et al. 1998, FAO-56; Thornthwaite 1948, doi:10.2307/210739",
        job=evapotranspiration.water_balance,
    ),
    Indicator(
        id="drought-index",
        version=1,
        group="weather",
        unit="1",
        inputs=("precipitation_amount",),
        citation="McKee, Doesken & Kleist 1993; World Meteorological Organization 2012, WMO-No. 1090",
        job=rain.drought_index,
    ),
    Indicator(
        id="microclimate-regulation-proxy",
        version=1,
        group="weather",
        unit="1",
        inputs=("air_temperature",),
        citation=_BUFFER,
        job=microclimate.microclimate_regulation_proxy,
    ),
    Indicator(
        id="air-temperature",
        version=1,
        group="weather",
        unit="Cel",
        inputs=("air_temperature",),
        citation="World Meteorological Organization 2018, WMO-No. 8, vol. I, ch. 2",
        job=partial(temperature.temperature, quantity=temperature.AIR),
    ),
    Indicator(
        id="air-daily-swing",
        version=1,
        group="weather",
        unit="K",
        inputs=("air_temperature",),
        citation=_EXTREMES,
        job=partial(temperature.daily_swing, quantity=temperature.AIR),
    ),
    Indicator(
        id="air-frost-days",
        version=1,
        group="weather",
        unit="1",
        inputs=("air_temperature",),
        citation=_EXTREMES,
        job=partial(temperature.frost_days, quantity=temperature.AIR),
    ),
    Indicator(
        id="heat-degree-hours",
        version=1,
        group="weather",
        unit="K.h",
        inputs=("air_temperature",),
        citation=_EXTREMES,
        job=temperature.heat_degree_hours,
    ),
    Indicator(
        id="wet-bulb-maximum",
        version=1,
        group="weather",
        unit="Cel",
        inputs=("air_temperature", "relative_humidity"),
        citation="Stull 2011, doi:10.1175/JAMC-D-11-0143.1",
        job=temperature.wet_bulb_maximum,
    ),
    Indicator(
        id="reference-evapotranspiration-daily",
        version=1,
        group="weather",
        unit="mm",
        inputs=evapotranspiration.INGREDIENTS,
        citation="Allen et al. 1998, FAO-56, eqs. 6, 7, 17 and 42",
        job=evapotranspiration.reference_evapotranspiration_daily,
    ),
    Indicator(
        id="drought-index-balance",
        version=1,
        group="weather",
        unit="1",
        inputs=(*evapotranspiration.INGREDIENTS, "precipitation_amount"),
        citation="Vicente-Serrano et al. 2010, doi:10.1175/2009JCLI2909.1",
        job=rain.drought_index_balance,
    ),
)
