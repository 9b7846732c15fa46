"""What ``ecoviv query`` answers: series as points, as hours of the day, or as days.

1. ``ask`` finds the series and reads each as arrays.
2. Without grouping the answer holds every point with its flags, also doubted ones.
3. By hour or by day, points whose flags make them unfit are left out and counted; amounts
   (rain, also what a counter of rain went through) are summed over a day, directions averaged as
   directions, the rest averaged.
4. ``to_dict`` is the shape that ``--json`` prints.

Hours and days are those of the wall clock where the device stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.plan.local_time import day_name, local_day, local_hour, zone_of
from analysis.study.series import Effort, OpenStore, Series, Track, unit_of
from analysis.study.totals import AMOUNT, amounts_of, is_total
from contract.instant import Window, format_instant
from contract.places import Territory
from contract.quantities import is_definition_id
from contract.reading import Flag

By = Literal["none", "hour", "day"]
Statistic = Literal["mean", "sum", "direction"]


@dataclass(frozen=True, slots=True)
class Group:
    """One hour of the day (0 … 23) or one day."""

    key: int | str
    value: float | None
    """None where no point is fit."""
    n: int
    """Points that entered it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One series of the answer."""

    track: Track
    unit: str
    timezone: str
    by: By
    statistic: Statistic
    groups: tuple[Group, ...]
    excerpts: int
    """Acoustic series: excerpts listened to; else 0."""
    valid_s: float
    """Acoustic series: seconds of them that count as effort; else 0."""

    @property
    def left_out(self) -> int:
        """Points that no group may use, because of their flags."""
        return int((~self.track.fit).sum())

    def to_dict(self) -> dict[str, Any]:
        """``points`` [{time, value, flags}], ``hours`` [{hour, value, n}] or ``days`` [{day, value, n}]."""
        series = self.track.series
        head: dict[str, Any] = {
            "site": series.site,
            "device": series.device,
            "quantity": series.quantity,
            "qualifier": series.qualifier,
            "unit": self.unit,
            "timezone": self.timezone,
            "n": len(self.track.time),
            "doubted": self.left_out,
            "effort": {"excerpts": self.excerpts, "valid_s": self.valid_s},
        }
        if self.by == "none":
            return head | {"points": [_point(*row) for row in rows(self.track)]}
        groups = [{self.by: group.key, "value": group.value, "n": group.n} for group in self.groups]
        return head | {"statistic": self.statistic, f"{self.by}s": groups}


def ask(
    archive: OpenStore,
    territory: Territory,
    *,
    site: str | None = None,
    device: str | None = None,
    quantity: str | None = None,
    window: Window | None = None,
    by: By = "none",
) -> list[Answer]:
    """Every series of these names that has a point in the window."""
    if _silent(archive, territory, site, device):
        return []
    found = archive.named(site=site, device=device, quantity=quantity)
    efforts = _listened(archive, window, site) if any(is_definition_id(s.quantity) for s in found) else {}
    answers = [_answer(archive.track(s, window), territory, efforts.get(s.device, ()), by) for s in found]
    return [answer for answer in answers if len(answer.track.time)]


def _silent(archive: OpenStore, territory: Territory, site: str | None, device: str | None) -> bool:
    """True if the territory knows the site and device but the store holds nothing of one of them."""
    known = {*territory.site_by_id, *territory.device_by_id}
    held = {name for series in archive.all() for name in (series.site, series.device)}
    asked = {name for name in (site, device) if name is not None}
    return bool(asked - held) and asked - held <= known


def rows(track: Track) -> list[tuple[str, float, list[str]]]:
    """(time, value, names of flags) of every point."""
    columns = zip(track.time.tolist(), track.value.tolist(), track.flags.tolist(), strict=True)
    return [(format_instant(time), value, flag_names(flags)) for time, value, flags in columns]


def flag_names(flags: int) -> list[str]:
    """The names of the flags in a sum."""
    return [flag.name.lower() for flag in Flag if flag.name is not None and flags & flag]


def _point(time: str, value: float, flags: list[str]) -> dict[str, Any]:
    return {"time": time, "value": value, "flags": flags}


def _listened(archive: OpenStore, window: Window | None, site: str | None) -> dict[str, list[Effort]]:
    """Efforts of feature extraction by device, one an excerpt."""
    found: dict[tuple[str, int], Effort] = {}
    for effort in archive.efforts(window, site=site):
        if effort.method == "features":
            found.setdefault((effort.device, effort.start), effort)
    by_device: dict[str, list[Effort]] = {}
    for effort in found.values():
        by_device.setdefault(effort.device, []).append(effort)
    return by_device


def _answer(track: Track, territory: Territory, efforts: Sequence[Effort], by: By) -> Answer:
    zone_name, zone = zone_of(territory, track.series.device)
    statistic = _statistic(track.series, by)
    counts = by != "none" and track.series.quantity == AMOUNT and is_total(track.series)
    usable = amounts_of(track, territory) if counts else track.usable()
    groups: tuple[Group, ...] = ()
    if by == "hour":
        groups = _grouped(local_hour(usable.time, zone), usable.value, statistic, range(24))
    elif by == "day":
        days = local_day(usable.time, zone)
        groups = _grouped(days, usable.value, statistic, np.unique(days).tolist())
        groups = tuple(Group(day_name(int(group.key)), group.value, group.n) for group in groups)
    acoustic = is_definition_id(track.series.quantity)
    return Answer(
        track,
        unit_of(track.series.quantity),
        zone_name,
        by,
        statistic,
        groups,
        len(efforts) if acoustic else 0,
        float(sum(effort.valid_s for effort in efforts)) if acoustic else 0.0,
    )


def _statistic(series: Series, by: By) -> Statistic:
    if series.quantity == "wind_from_direction":
        return "direction"
    return "sum" if series.quantity == AMOUNT and by == "day" else "mean"


def _grouped(
    key: NDArray[np.int64], value: NDArray[np.float64], statistic: Statistic, keys: Sequence[int]
) -> tuple[Group, ...]:
    groups = []
    for wanted in keys:
        chosen = value[key == wanted]
        groups.append(Group(wanted, _reduce(chosen, statistic) if len(chosen) else None, len(chosen)))
    return tuple(groups)


def _reduce(value: NDArray[np.float64], statistic: Statistic) -> float:
    if statistic == "sum":
        return float(value.sum())
    if statistic == "direction":
        angle = np.deg2rad(value)
        return float(np.rad2deg(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())) % 360)
    return float(value.mean())
