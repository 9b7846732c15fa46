"""Indicators of soil: its water, its temperature; alone they never make a territory recover."""

from __future__ import annotations

from functools import partial

from analysis.indicators.indicator import Indicator
from analysis.indicators.jobs.ground import soil_water, temperature

_SOIL = "Lembrechts et al. 2022, doi:10.1111/gcb.16060"
_WATER = "Granier et al. 1999, doi:10.1016/S0304-3800(98)00205-1; texture classes: FAO-56, table 19"

SOIL: tuple[Indicator, ...] = (
    Indicator(
        id="soil-moisture",
        version=1,
        group="soil",
        source="soil",
        role="primary",
        scale="log",
        polarity=+1,
        unit="m3/m3",
        inputs=("soil_moisture",),
        citation="Dorigo et al. 2021, doi:10.5194/hess-25-5749-2021",
        job=soil_water.soil_moisture,
    ),
    Indicator(
        id="soil-thermal-damping",
        version=1,
        group="soil",
        source="soil",
        role="primary",
        polarity=+1,
        unit="1",
        inputs=("soil_temperature", "air_temperature"),
        citation=_SOIL,
        job=temperature.soil_thermal_damping,
    ),
    Indicator(
        id="soil-frost-days",
        version=1,
        group="soil",
        source="soil",
        unit="1",
        inputs=("soil_temperature",),
        citation=_SOIL,
        job=partial(temperature.frost_days, quantity=temperature.SOIL),
    ),
    Indicator(
        id="soil-dry-down",
        version=1,
        group="soil",
        source="soil",
        unit="d",
        inputs=("soil_moisture", "precipitation_amount"),
        citation="McColl et al. 2017, doi:10.1002/2017GL072819",
        job=soil_water.soil_dry_down,
    ),
    Indicator(
        id="soil-temperature",
        version=1,
        group="soil",
        source="soil",
        unit="Cel",
        inputs=("soil_temperature",),
        citation=_SOIL,
        job=partial(temperature.temperature, quantity=temperature.SOIL),
    ),
    Indicator(
        id="soil-daily-swing",
        version=1,
        group="soil",
        source="soil",
        unit="K",
        inputs=("soil_temperature",),
        citation=_SOIL,
        job=partial(temperature.daily_swing, quantity=temperature.SOIL),
    ),
    Indicator(
        id="soil-air-offset",
        version=1,
        group="soil",
        source="soil",
        unit="K",
        inputs=("soil_temperature", "air_temperature"),
        citation=_SOIL,
        job=temperature.soil_air_offset,
    ),
    Indicator(
        id="soil-extractable-water",
        version=1,
        group="soil",
        source="soil",
        unit="1",
        inputs=("soil_moisture", "territory: soil"),
        citation=_WATER,
        job=soil_water.soil_extractable_water,
    ),
    Indicator(
        id="soil-drought-days",
        version=1,
        group="soil",
        source="soil",
        unit="1",
        inputs=("soil_moisture", "territory: soil"),
        citation=_WATER,
        job=soil_water.soil_drought_days,
    ),
    Indicator(
        id="soil-water-index",
        version=1,
        group="soil",
        source="soil",
        unit="m3/m3",
        inputs=("soil_moisture",),
        citation="Albergel et al. 2008, doi:10.5194/hess-12-1323-2008",
        job=soil_water.soil_water_index,
    ),
    Indicator(
        id="water-regulation-proxy",
        version=1,
        group="soil",
        source="soil",
        unit="1",
        inputs=("soil_moisture", "territory: soil"),
        citation=_WATER,
        job=soil_water.water_regulation_proxy,
    ),
)
