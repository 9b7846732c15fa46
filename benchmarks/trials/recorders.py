"""What recorders hear in the simulated landscape, without a store: listening as ``analysis.study`` has it.

1. ``Recording`` says at which minutes of the day a site's recorder listens in a spring, and on which days.
2. ``study_of`` draws calls, recall, false positives and rain for every minute, and gives the study from which
   the catalogue computes its panels, with the weather of every day.

Birds call less on wet days, by ``WET_CALLS``: who records on dry days only hears more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from analysis.arrays import Floats
from analysis.study.conditions.days_weather import QUANTITIES
from analysis.study.hours import SiteHours
from analysis.study.listening import VALID_SHARE, Listening
from analysis.study.series import OpenStore
from analysis.study.study import Study, StudySeason
from contract.instant import DAY, HOUR, MINUTE, SECOND, Window, from_datetime, to_datetime
from firmware_sim.world.nature.acoustic import SCHEDULE, Slot
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.world import World

WET_CALLS = 0.6
"""Calls of a wet day, as a share of those of a dry one."""
_NIGHT = np.array([species.nocturnal for species in SPECIES])
_NAMES = np.array([species.name for species in SPECIES])
_ORDER = np.argsort(_NAMES)
_PLACE = np.argsort(_ORDER)


@dataclass(frozen=True, slots=True)
class Recording:
    """When one site's recorder listens in one spring."""

    slots: tuple[Slot, ...] = SCHEDULE
    dry_days_only: bool = False
    minutes: float = 1.0
    """Of each recording [min]."""


Recorders = Callable[[Parcel, int, bool], Recording]
"""(site, spring, whether it is after restoration) -> when it listens"""


class _NoSound:
    """A store without acoustic series: noise floors are simulated."""

    def all(self) -> list[Any]:
        return []


def study_of(world: World, recorders: Recorders, rng: np.random.Generator) -> Study:
    """Everything that was listened to and heard, and the weather."""
    sites = tuple(parcel.site for parcel in world.parcels)
    seasons, heard, air = [], {}, []
    for index, year in enumerate(world.scale.years):
        first = from_datetime(to_datetime(0).replace(year=year, month=4, day=20))
        after = year >= world.scale.restored_on.year
        period = "after" if after else "before"
        season = StudySeason(f"y{year}", Window(first, first + world.scale.days * DAY), period)  # type: ignore[arg-type]
        wet = rng.random(world.scale.days) < 0.35
        air.append((first, wet, rng.normal(12, 2.5, len(wet)), rng.normal(3, 1, len(wet))))
        seasons.append(season)
        for parcel in world.parcels:
            rate = world.community.rate[index, parcel.number]
            recording = recorders(parcel, year, after)
            heard[parcel.site, season.id] = _listening(world, parcel, first, wet, rate, recording, rng)
    study = Study(
        cast(OpenStore, _NoSound()),
        world.territory(),
        sites,
        {parcel.site: parcel.arm for parcel in world.parcels},
        tuple(seasons),
        tuple(sorted(_NAMES.tolist())),
        validated=frozenset(_NAMES.tolist()),
    )
    study._listening.update(heard)
    for column, (quantity, _) in enumerate(QUANTITIES.values()):
        study._hours[quantity] = {sites[0]: _hours(air, column)}
    return study


def _listening(
    world: World,
    parcel: Parcel,
    first: int,
    wet: np.ndarray[Any, np.dtype[np.bool_]],
    rate: Floats,
    recording: Recording,
    rng: np.random.Generator,
) -> Listening:
    program, slots, days = world.settings.detector, recording.slots, np.arange(len(wet))
    days = days[~wet] if recording.dry_days_only else days
    weight = np.stack([np.where(_NIGHT, slot.night_birds, slot.day_birds) for slot in slots])
    masked = wet[days][:, None] & (rng.random((len(days), len(slots))) < 0.25)
    valid = recording.minutes * np.where(masked, rng.uniform(0.3, 1.0, masked.shape), 1.0)
    calling = np.where(wet[days], WET_CALLS, 1.0)[:, None, None]
    mean = valid[:, :, None] * (rate * weight * calling * program.recall + program.false_positives)
    calls = rng.poisson(mean)
    starts = first + days[:, None] * DAY + np.array([slot.minute for slot in slots]) * MINUTE
    day, slot, species = (np.repeat(each, calls.ravel()) for each in np.indices(calls.shape).reshape(3, -1))
    within = rng.integers(0, max(round(recording.minutes * 57), 1), len(day))
    local = first // DAY + days
    minutes = valid.sum(axis=1)
    kept = minutes >= VALID_SHARE * np.median(minutes)
    caller = _PLACE[species]
    counts = np.bincount(caller[kept[day]], minlength=len(SPECIES))
    table = np.zeros((int(kept.sum()), len(SPECIES)), dtype=np.bool_)
    table[(np.cumsum(kept) - 1)[day[kept[day]]], caller[kept[day]]] = True
    labels = _NAMES[_ORDER]
    there = counts > 0
    return Listening(
        local[kept],
        minutes[kept],
        tuple(labels[there].tolist()),
        table[:, there],
        counts[there],
        (f"{program.id}@{program.version}",),
        (program.threshold,),
        (parcel.device("acoustic"),),
        ("1.8.0",),
        0.0,
        starts.ravel(),
        valid.ravel(),
        np.full(starts.size, recording.minutes * 60.0),
        np.repeat(kept, len(slots)),
        starts[day, slot] + within * SECOND,
        tuple(labels.tolist()),
        caller,
        kept[day],
    )


def _hours(air: list[tuple[int, Any, Any, Any]], column: int) -> SiteHours:
    """Hourly weather of all springs, alike within a day: rain, temperature or wind."""
    hour = np.concatenate([first // HOUR + np.arange(len(wet) * 24) for first, wet, *_ in air])
    value = np.concatenate([np.repeat((wet * 0.2, heat, wind)[column], 24) for _, wet, heat, wind in air])
    return SiteHours(hour, hour // 24, value, np.empty(0, dtype=np.int64), ("station",), "", 1.0)
