"""Where a value was measured, where the file itself does not say it: as the territory says of the device."""

from __future__ import annotations

from contract.places import Device
from contract.places.standing import depth_of

__all__ = ["WEATHER", "buried", "depth_of"]

WEATHER = frozenset(
    {
        "air_temperature", "relative_humidity", "air_pressure", "wind_speed", "wind_gust",
        "wind_from_direction", "precipitation_amount", "shortwave_radiation", "vapour_pressure",
    }
)  # fmt: skip
"""What a device without weather sensor does not tell."""


def buried(device: Device) -> bool | None:
    """True for a probe in the soil, False for one in the air; None where the device has both."""
    soil, weather = "soil" in device.sensors, "weather" in device.sensors
    if soil and weather and (device.depth_m is None) != (device.height_m is None):
        return device.depth_m is not None
    return None if soil == weather else soil
