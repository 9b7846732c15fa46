"""Where the sites lie: restored and control parcels side by side, in each land use.

1. ``lay_out`` walks the cells of a grid to and fro and gives neighbours opposite arms, so
   that the arms are interleaved and sites are more than 500 m apart.
2. Three devices stand at each site: acoustic, soil, weather.
3. ``territory_toml`` writes the territory as the file that every service reads.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from math import ceil, cos, radians, sqrt

from contract.places import Arm, Device, LandUse, Sensor, Site, Territory, Zone
from firmware_sim.world.scenario import Scale, WorldSettings, stream

LAND_USES: tuple[LandUse, ...] = ("agriculture", "livestock", "forestry")
SENSORS: tuple[Sensor, ...] = ("acoustic", "soil", "weather")
CADENCE_S = {"acoustic": 14_400.0, "soil": 14_400.0, "weather": 21_600.0}

_CELL_M = 1_200.0
_JITTER_M = 150.0
_SOUTH, _WEST = 46.60, 1.10
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One site with what the simulation must know of it."""

    number: int
    site: str
    arm: Arm
    land_use: LandUse
    latitude: float
    longitude: float

    def device(self, sensor: Sensor) -> str:
        """The id of the parcel's device of this kind."""
        return f"{self.site}-{sensor}"


def lay_out(settings: WorldSettings) -> tuple[Parcel, ...]:
    """Every parcel of the territory, in a fixed order."""
    arms = _arms(settings)
    columns = ceil(sqrt(len(arms) * 1.5))
    rng = stream(settings.seed, "landscape")
    jitter = rng.uniform(-_JITTER_M, _JITTER_M, (len(arms), 2))
    met: Counter[Arm] = Counter()
    numbered: Counter[str] = Counter()
    parcels = []
    for number, arm in enumerate(arms):
        land_use = LAND_USES[met[arm] % len(LAND_USES)]
        met[arm] += 1
        name = f"{land_use}-{arm}"
        numbered[name] += 1
        row, column = divmod(number, columns)
        if row % 2:
            column = columns - 1 - column
        north = row * _CELL_M + float(jitter[number, 0])
        east = column * _CELL_M + float(jitter[number, 1])
        latitude = _SOUTH + north / _METRES_PER_DEGREE
        longitude = _WEST + east / (_METRES_PER_DEGREE * cos(radians(_SOUTH)))
        site = f"{name}-{numbered[name]}"
        parcels.append(Parcel(number, site, arm, land_use, round(latitude, 6), round(longitude, 6)))
    return tuple(parcels)


def _arms(settings: WorldSettings) -> list[Arm]:
    """Pairs of neighbours, one restored and one control in random order, references between."""
    scale: Scale = settings.scale
    rng = stream(settings.seed, "arms")
    pairs = min(scale.restored, scale.control)
    arms: list[Arm] = []
    for flip in rng.integers(0, 2, pairs):
        arms.extend(["restored", "control"] if flip else ["control", "restored"])
    arms.extend(["restored"] * (scale.restored - pairs))
    arms.extend(["control"] * (scale.control - pairs))
    step = max(1, len(arms) // (scale.reference + 1))
    for index in range(scale.reference):
        arms.insert(min(len(arms), (index + 1) * step + index), "reference")
    return arms


def territory(settings: WorldSettings, parcels: tuple[Parcel, ...]) -> Territory:
    """The territory as the services know it."""
    zones = {
        f"{p.land_use}-{p.arm}": Zone(
            id=f"{p.land_use}-{p.arm}",
            arm=p.arm,
            land_use=p.land_use,
            restored_on=settings.scale.restored_on if p.arm == "restored" else None,
        )
        for p in parcels
    }
    return Territory(
        id="simulated",
        name=f"Simulated territory, scenario {settings.scenario.name}, seed {settings.seed}",
        zones=tuple(zones[name] for name in sorted(zones)),
        sites=tuple(
            Site(id=p.site, zone=f"{p.land_use}-{p.arm}", latitude=p.latitude, longitude=p.longitude)
            for p in parcels
        ),
        devices=tuple(_device(p, sensor) for p in parcels for sensor in SENSORS),
    )


WEATHER_HEIGHT_M = 2.0
"""Of the simulated weather stations above the ground: the usual one (WMO-No. 8)."""


def _device(parcel: Parcel, sensor: Sensor) -> Device:
    return Device(
        id=parcel.device(sensor),
        site=parcel.site,
        sensors=(sensor,),
        serial=f"SIM{sensor[:2].upper()}{parcel.number + 1:04d}",
        timezone="UTC",
        cadence_s=CADENCE_S[sensor],
        height_m=WEATHER_HEIGHT_M if sensor == "weather" else None,
    )


def territory_toml(place: Territory) -> str:
    """The territory file: ``contract.config.load_territory`` reads it back unchanged."""
    head: dict[str, object] = {"id": place.id, "name": place.name}
    blocks = ["[territory]\n" + _lines(head)]
    for table in ("zones", "sites", "devices", "calibrations"):
        for row in getattr(place, table):
            fields = row.model_dump(mode="json", exclude_defaults=True)
            blocks.append(f"[[{table}]]\n{_lines(fields)}")
    return "\n".join(blocks)


def _lines(fields: dict[str, object]) -> str:
    return "".join(f"{key} = {_value(key, value)}\n" for key, value in fields.items())


def _value(key: str, value: object) -> str:
    """JSON's strings, numbers and arrays are TOML's too; a date stands without quotes."""
    return str(value) if key == "restored_on" else json.dumps(value, ensure_ascii=False)
