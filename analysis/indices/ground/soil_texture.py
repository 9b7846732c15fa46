"""Water contents that stand for a texture class, where a site's own were not measured.

Source: Allen et al. 1998, FAO Irrigation and Drainage Paper 56, table 19: the middle of the printed
ranges.  The ranges are wide (loam: field capacity 0.20-0.30), so that two sites of one class may
differ by a third of their available water: compare changes of one site, not levels of sites.
"""

from __future__ import annotations

_RANGES: dict[str, tuple[float, float, float, float]] = {
    "sand": (0.02, 0.07, 0.07, 0.17),
    "loamy-sand": (0.03, 0.10, 0.11, 0.19),
    "sandy-loam": (0.06, 0.16, 0.18, 0.28),
    "loam": (0.07, 0.17, 0.20, 0.30),
    "silt-loam": (0.09, 0.21, 0.22, 0.36),
    "silt": (0.12, 0.22, 0.28, 0.36),
    "silty-clay-loam": (0.17, 0.24, 0.30, 0.37),
    "silty-clay": (0.17, 0.29, 0.30, 0.42),
    "clay": (0.20, 0.24, 0.32, 0.40),
}
"""Texture class -> wilting point from and to, field capacity from and to [m3/m3]"""

TEXTURES = tuple(_RANGES)


def water_bounds(texture: str) -> tuple[float, float]:
    """(wilting point, field capacity) of a texture class [m3/m3]; ``KeyError`` for an unknown one.

    >>> low, high = water_bounds("loam")
    >>> round(low, 3), round(high, 3)
    (0.12, 0.25)
    """
    dry_from, dry_to, wet_from, wet_to = _RANGES[texture]
    return (dry_from + dry_to) / 2, (wet_from + wet_to) / 2
