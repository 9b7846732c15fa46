"""Indicators of soil and weather: they explain, and alone never make a territory recover."""

from __future__ import annotations

from analysis.indicators.indicator import Indicator
from analysis.indicators.jobs import climate, demand, soil, soil_water, thermal, weather

NONE = "none"

_DAYS = "10 days with 80 % of their values"
_PAIRS = "60 paired days over all seasons, 15 in each"
_WATER = "Granier et al. 1999, doi:10.1016/S0304-3800(98)00205-1; texture classes: FAO-56, table 19"
_WMO = "World Meteorological Organization 2018, WMO-No. 8, vol. I, ch. 2"
_EXTREMES = "Klein Tank et al. 2009, WMO-TD No. 1500, on indices of extremes"

# fmt: off
GROUND: dict[str, Indicator] = {
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
    "soil-temperature": Indicator(
        "soil-temperature", 1, "soil", "supporting", "identity", +1, "Cel",
        ("soil_temperature",), _DAYS, NONE,
        "Lembrechts et al. 2022, doi:10.1111/gcb.16060", thermal.mean_of(thermal.SOIL)),
    "soil-daily-swing": Indicator(
        "soil-daily-swing", 1, "soil", "supporting", "identity", +1, "K",
        ("soil_temperature",), _DAYS, NONE,
        "Lembrechts et al. 2022, doi:10.1111/gcb.16060", thermal.swing_of(thermal.SOIL)),
    "soil-air-offset": Indicator(
        "soil-air-offset", 1, "soil", "supporting", "identity", +1, "K",
        ("soil_temperature", "air_temperature"), "10 days with 80 % of their hours in both", NONE,
        "Lembrechts et al. 2022, doi:10.1111/gcb.16060", thermal.soil_and_air_offset),
    "soil-extractable-water": Indicator(
        "soil-extractable-water", 1, "soil", "supporting", "identity", +1, "1",
        ("soil_moisture", "territory: soil"), _DAYS, NONE,
        _WATER, soil_water.extractable),
    "soil-drought-days": Indicator(
        "soil-drought-days", 1, "soil", "supporting", "identity", +1, "1",
        ("soil_moisture", "territory: soil"), _DAYS, NONE,
        _WATER, soil_water.drought),
    "soil-water-index": Indicator(
        "soil-water-index", 1, "soil", "supporting", "identity", +1, "m3/m3",
        ("soil_moisture",), _DAYS, NONE,
        "Albergel et al. 2008, doi:10.5194/hess-12-1323-2008", soil_water.root_zone),
    "water-regulation-proxy": Indicator(
        "water-regulation-proxy", 1, "soil", "supporting", "identity", +1, "1",
        ("soil_moisture", "territory: soil"), _DAYS, NONE,
        _WATER, soil_water.regulation),
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
    "microclimate-regulation-proxy": Indicator(
        "microclimate-regulation-proxy", 1, "weather", "supporting", "identity", +1, "1",
        ("air_temperature",), _PAIRS, NONE,
        "De Frenne et al. 2019, doi:10.1038/s41559-019-0842-1", demand.microclimate),
    "air-temperature": Indicator(
        "air-temperature", 1, "weather", "supporting", "identity", +1, "Cel",
        ("air_temperature",), _DAYS, NONE,
        _WMO, thermal.mean_of(thermal.AIR)),
    "air-daily-swing": Indicator(
        "air-daily-swing", 1, "weather", "supporting", "identity", +1, "K",
        ("air_temperature",), _DAYS, NONE,
        _EXTREMES, thermal.swing_of(thermal.AIR)),
    "air-frost-days": Indicator(
        "air-frost-days", 1, "weather", "supporting", "identity", +1, "1",
        ("air_temperature",), _DAYS, NONE,
        _EXTREMES, thermal.frost_of(thermal.AIR)),
    "heat-degree-hours": Indicator(
        "heat-degree-hours", 1, "weather", "supporting", "identity", +1, "K.h",
        ("air_temperature",), _DAYS, NONE,
        _EXTREMES, thermal.heat_hours),
    "wet-bulb-maximum": Indicator(
        "wet-bulb-maximum", 1, "weather", "supporting", "identity", +1, "Cel",
        ("air_temperature", "relative_humidity"), _DAYS, NONE,
        "Stull 2011, doi:10.1175/JAMC-D-11-0143.1", thermal.wet_bulb_maximum),
    "reference-evapotranspiration-daily": Indicator(
        "reference-evapotranspiration-daily", 1, "weather", "supporting", "identity", +1, "mm",
        climate.INGREDIENTS, _DAYS, NONE,
        "Allen et al. 1998, FAO-56, eqs. 6, 7, 17 and 42", demand.evapotranspiration_by_day),
    "drought-index-balance": Indicator(
        "drought-index-balance", 1, "weather", "supporting", "identity", +1, "1",
        (*climate.INGREDIENTS, "precipitation_amount"), "20 complete years of rain and ET0 at the site", NONE,
        "Vicente-Serrano et al. 2010, doi:10.1175/2009JCLI2909.1", demand.drought_of_balance),
}
# fmt: on
