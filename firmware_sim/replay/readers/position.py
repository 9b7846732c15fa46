"""Where a value was measured, where the file itself does not say it: as the territory says of the device."""

from __future__ import annotations

from contract.places import Device

WEATHER = frozenset(
    {
        "air_temperature", "relative_humidity", "air_pressure", "wind_speed", "wind_gust",
        "wind_from_direction", "precipitation_amount", "shortwave_radiation", "vapour_pressure",
    }
)  # fmt: skip
"""What a device without weather sensor does not tell."""
_AT_A_HEIGHT = frozenset(
    {"air_temperature", "relative_humidity", "wind_speed", "wind_gust", "vapour_pressure"}
)


def buried(device: Device) -> bool | None:
    """True for a probe in the soil, False for one in the air; None where the device has both."""
    soil, weather = "soil" in device.sensors, "weather" in device.sensors
    if soil and weather and (device.depth_m is None) != (device.height_m is None):
        return device.depth_m is not None
    return None if soil == weather else soil


def depth_of(quantity: str, device: Device) -> float | None:
    """The device's depth, or of a quantity of the air its height as a negative depth [m]."""
    if quantity.startswith("soil_"):
        return device.depth_m
    if quantity in _AT_A_HEIGHT and device.height_m is not None:
        return -device.height_m
    return None
