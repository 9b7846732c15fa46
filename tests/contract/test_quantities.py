"""Units: what formats state is brought to the quantity's own unit, or refused by name."""

from __future__ import annotations

import pytest

from contract.errors import ConfigurationError, UnknownName
from contract.quantities import QUANTITIES, UNITS, conversion, converted, unit_of


@pytest.mark.parametrize(
    ("name", "number", "unit", "value"),
    [
        # Fixed points of the scales.
        ("air_temperature", 212, "°F", 100.0),
        ("air_temperature", 273.15, "K", 0.0),
        ("air_temperature", -40, "degF", -40.0),
        # NIST SP 811, appendix B: 1 inHg = 3.386389 kPa, 1 mi/h = 0.44704 m/s, 1 kn = 0.514444 m/s.
        ("air_pressure", 29.92, "inHg", pytest.approx(1013.2075, abs=1e-3)),
        ("air_pressure", 101_325, "Pa", 1013.25),
        ("air_pressure", 101.325, "kPa", 1013.25),
        ("air_pressure", 760, "mmHg", pytest.approx(1013.25, abs=2e-4)),  # conventional mercury
        ("wind_speed", 36, "km/h", 10.0),
        ("wind_speed", 5, "mph", 2.2352),
        ("wind_speed", 1, "kn", pytest.approx(0.514444, abs=1e-6)),
        ("precipitation_amount", 1, "in", 25.4),
        ("soil_moisture", 20.8, "%", 0.208),
        ("soil_electrical_conductivity", 0.24, "dS/m", 240.0),
        ("soil_electrical_conductivity", 0.24, "mS/cm", 240.0),
        # pF 2 is 100 cm of water, 1 cm of water 98.0665 Pa.
        ("soil_water_potential", 2, "pF", -9.80665),
        ("illuminance", 1.5, "klx", 1500.0),
        ("stem_radius_change", 1, "mm", 1000.0),
    ],
)  # fmt: skip
def test_converts(name: str, number: float, unit: str, value: float) -> None:
    assert converted(name, number, unit) == value


def test_every_spelling_of_the_own_unit_changes_nothing() -> None:
    for name, spellings in UNITS.items():
        for spelling in spellings:
            assert converted(name, 12.5, spelling) == 12.5
            assert unit_of(spelling) == QUANTITIES[name].unit


@pytest.mark.parametrize(
    ("name", "unit"), [("shortwave_radiation", "lux"), ("wind_speed", "°C"), ("air_pressure", "%")]
)
def test_refuses_what_measures_something_else(name: str, unit: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be had"):
        conversion(name, unit)


def test_names_what_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="'furlong'"):
        unit_of("furlong")
    with pytest.raises(UnknownName, match="'wetness'"):
        conversion("wetness", "%")
