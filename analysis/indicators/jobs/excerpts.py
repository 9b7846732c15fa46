"""Acoustic indices of a site's excerpts, of one definition each, with their valid minutes.

1. For each wanted index the definition is taken that most sites have, the first of those
   named among equals; other definitions of the same index are left out, never mixed in.
2. Points of the site's devices are joined by time; an excerpt without all of the wanted
   indices is left out.
3. Valid minutes come from the effort of the same device and start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats, Integers
from analysis.plan.local_time import local_day, local_hour, zone_of
from analysis.study.series import Series, Track, answers_to
from analysis.study.study import Study
from contract.instant import Window


@dataclass(frozen=True, slots=True)
class Excerpts:
    """One site, all seasons; columns sorted by time [shape=(n,)]."""

    time: Integers
    """Start of each excerpt [ns UTC]."""
    day: Integers
    """Local day [days since 1970-01-01]."""
    hour: Integers
    """Local hour, 0 … 23."""
    minutes: Floats
    """Valid minutes of each [min]."""
    values: Floats
    """[shape=(n, indices)]"""
    definitions: tuple[str, ...]
    devices: tuple[str, ...]
    flagged: float
    """Share of points left out for their flags [1]."""

    def where(self, kept: NDArray[np.bool_]) -> Excerpts:
        """The excerpts for which ``kept`` is true [shape=(n,)]."""
        return replace(
            self,
            time=self.time[kept],
            day=self.day[kept],
            hour=self.hour[kept],
            minutes=self.minutes[kept],
            values=self.values[kept],
        )

    def within(self, window: Window) -> Excerpts:
        """The excerpts that start in the window."""
        return self.where((self.time >= window.start) & (self.time < window.end))

    def minutes_a_day(self) -> Floats:
        """Valid minutes of each day with an excerpt."""
        _, place = np.unique(self.day, return_inverse=True)
        return np.bincount(place, weights=self.minutes).astype(np.float64)

    def by_day(self) -> Floats:
        """Median of each index on each day [shape=(days, indices)], excerpts without effort left out."""
        audible = self.minutes > 0
        days = np.unique(self.day[audible])
        rows = [np.median(self.values[audible & (self.day == day)], axis=0) for day in days]
        return np.array(rows).reshape(len(days), self.values.shape[1])


def excerpts(study: Study, wanted: Sequence[Sequence[str]]) -> dict[str, Excerpts]:
    """By site; ``wanted`` lists indices, each with its admissible names in order of preference."""
    known = [series for series in study.archive.all() if series.site in set(study.sites)]
    definitions = [_most_shared(known, names) for names in wanted]
    if not definitions or None in definitions:
        return {}
    chosen = [name for name in definitions if name is not None]
    found = {}
    for site in study.sites:
        mine = [series for series in known if series.site == site and series.quantity in chosen]
        joined = _join(study, site, mine, chosen) if mine else None
        if joined is not None:
            found[site] = joined
    return found


def _most_shared(known: Sequence[Series], names: Sequence[str]) -> str | None:
    ranked = [
        (-len({s.site for s in known if s.quantity == quantity}), order, quantity)
        for order, name in enumerate(names)
        for quantity in sorted({s.quantity for s in known if answers_to(s.quantity, name)})
    ]
    return min(ranked)[2] if ranked else None


def _join(study: Study, site: str, series: Sequence[Series], definitions: Sequence[str]) -> Excerpts | None:
    efforts = {
        (effort.device, effort.start): effort.valid_s / 60
        for effort in study.archive.efforts(site=site)
        if effort.method == "features"
    }
    rows: list[tuple[int, int, int, float, list[float]]] = []
    points = left_out = 0
    devices = sorted({one.device for one in series})
    for device in devices:
        mine = [one for one in series if one.device == device]
        qualifier = min(one.qualifier for one in mine)  # the first channel
        tracks = [study.archive.track(one) for one in mine if one.qualifier == qualifier]
        points += sum(len(track.time) for track in tracks)
        left_out += sum(int((~track.fit).sum()) for track in tracks)
        zone = zone_of(study.territory, device)[1]
        times, values = _aligned([track.usable() for track in tracks], definitions)
        moments = zip(
            times.tolist(), local_day(times, zone).tolist(), local_hour(times, zone).tolist(), strict=True
        )
        for (time, day, hour), row in zip(moments, values.tolist(), strict=True):
            rows.append((time, day, hour, efforts.get((device, time), 0.0), row))
    if not rows:
        return None
    rows.sort(key=lambda row: row[0])
    return Excerpts(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.float64),
        np.array([row[4] for row in rows], dtype=np.float64),
        tuple(definitions),
        tuple(devices),
        left_out / points if points else 0.0,
    )


def _aligned(tracks: Sequence[Track], definitions: Sequence[str]) -> tuple[Integers, Floats]:
    """Times that every definition has, and the values [shape=(n, definitions)]."""
    by_name = {track.series.quantity: track for track in tracks}
    if any(name not in by_name for name in definitions):
        return np.empty(0, dtype=np.int64), np.empty((0, len(definitions)))
    times = by_name[definitions[0]].time
    for name in definitions[1:]:
        times = np.intersect1d(times, by_name[name].time, assume_unique=True)
    columns = [by_name[n].value[np.searchsorted(by_name[n].time, times)] for n in definitions]
    return times, np.stack(columns, axis=1)
