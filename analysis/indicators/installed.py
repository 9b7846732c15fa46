"""How the instruments behind a grid were installed: which device, how deep or high, by whose curve.

1. A device is named with the serial that it had in the season: another serial is another instrument.
2. Depth and height are what the series says, else what the territory says of the device then.
3. A calibration is the territory's curve with its numbers, or ``the device's own``.

Where the territory says two depths of one season, or none, the cell stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Grid
from analysis.plan.panel import Texts
from analysis.study.study import Study
from contract.instant import Window
from contract.places import Device, Territory

OWN_CALIBRATION = "the device's own"
_DEPTH = re.compile(r"(?:^|[ ;])depth_m=(-?[0-9.e+-]+)")

Cells = list[list[tuple[Device | str, ...]]]
"""Of each site and season the devices as they were then; a name where the territory has none of it."""


def with_installation(study: Study, grid: Grid, *, probes: bool) -> Grid:
    """The grid with its devices named in full; ``probes`` adds depth, height and calibration."""
    source = grid.provenance
    if source.device is None:
        return grid
    cells: Cells = [
        [
            devices_of(study.territory, site, str(names), season.window)
            for names, season in zip(row, study.seasons, strict=True)
        ]
        for site, row in zip(study.sites, source.device, strict=True)
    ]
    named = replace(source, device=_texts(cells, _name))
    if probes:
        depth = _depths(cells, source.definition)
        named = replace(
            named,
            depth=np.where(depth >= 0, depth, np.nan),
            height=np.where(depth < 0, -depth, np.nan),
            calibration=_texts(cells, lambda one: _curve(study.territory, one)),
        )
    return replace(grid, provenance=named)


def devices_of(territory: Territory, site: str, names: str, window: Window) -> tuple[Device | str, ...]:
    """The devices of a cell (``one+other``), each as in each of its stays at ``site`` within the window."""
    found: list[Device | str] = []
    for name in names.split("+") if names else ():
        device = territory.device_by_id.get(name)
        stays = () if device is None else device.stays
        here = [
            stay.device
            for stay in stays
            if stay.device.site == site
            and (stay.begin is None or stay.begin < window.end)
            and (stay.end is None or stay.end > window.start)
        ]
        found += here or [name]
    return tuple(found)


def _texts(cells: Cells, say: Callable[[Device | str], str]) -> Texts:
    rows = [["+".join(dict.fromkeys(say(one) for one in cell)) for cell in row] for row in cells]
    return np.array(rows, dtype=np.str_).reshape(len(rows), -1)


def _name(device: Device | str) -> str:
    return device if isinstance(device, str) else f"{device.id} {device.serial}".strip()


def _depths(cells: Cells, said: Texts | None) -> Floats:
    """Metres below the surface, negative above; nan where it is unknown or differs within the season."""
    depth = np.full((len(cells), len(cells[0]) if cells else 0), np.nan)
    for place in np.ndindex(depth.shape):
        found = None if said is None else _DEPTH.search(str(said[place]))
        devices = cells[place[0]][place[1]]
        known = {float(found[1])} if found else {_stated(one) for one in devices}
        if len(known) == 1:
            depth[place] = known.pop()
    return depth


def _stated(device: Device | str) -> float:
    if isinstance(device, str) or (device.depth_m is None and device.height_m is None):
        return float("nan")
    return -device.height_m if device.depth_m is None else device.depth_m  # type: ignore[operator]


def _curve(territory: Territory, device: Device | str) -> str:
    curve = None if isinstance(device, str) else territory.calibration_of(device)
    return OWN_CALIBRATION if curve is None else f"{curve.id} {curve.a:g} {curve.b:g} {curve.c:g}"
