"""Where a value was measured, where neither file nor message says it: as the territory says of the device."""

from __future__ import annotations

from typing import Protocol

_AT_A_HEIGHT = frozenset(
    {"air_temperature", "relative_humidity", "wind_speed", "wind_gust", "vapour_pressure"}
)


class Standing(Protocol):
    """A device, as far as it stands somewhere."""

    @property
    def depth_m(self) -> float | None:
        """How deep its probe is buried [m]."""

    @property
    def height_m(self) -> float | None:
        """How high its probe hangs above the ground [m]."""


def depth_of(quantity: str, device: Standing) -> float | None:
    """The device's depth, or of a quantity of the air its height as a negative depth [m]."""
    if quantity.startswith("soil_"):
        return device.depth_m
    if quantity in _AT_A_HEIGHT and device.height_m is not None:
        return -device.height_m
    return None
