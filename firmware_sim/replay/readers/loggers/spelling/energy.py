"""The energy of light over a stated time, as the mean power that we keep: W/m2 = J/m2 / s."""

from __future__ import annotations

_JOULES = {
    "J/cm2": 1e4, "J/cm²": 1e4, "J/cm^2": 1e4, "J/m2": 1.0, "J/m²": 1.0, "J/m^2": 1.0,
    "kJ/m2": 1e3, "kJ/m²": 1e3, "kJ/m^2": 1e3, "KJ/m^2": 1e3, "MJ/m2": 1e6, "MJ/m²": 1e6, "MJ/m^2": 1e6,
    "Wh/m2": 3_600.0, "Wh/m²": 3_600.0, "Wh/m^2": 3_600.0,
}  # fmt: skip
"""Unit → J/m2."""


def is_energy(quantity: str, unit: str) -> bool:
    """A radiation in a unit of energy."""
    return quantity == "shortwave_radiation" and unit in _JOULES


def mean_power(number: float, unit: str, period_s: float) -> float:
    """``number`` in ``unit`` within ``period_s`` [s, above 0], as the mean of that time [W/m2]."""
    return float(f"{number * _JOULES[unit] / period_s:.10g}")
