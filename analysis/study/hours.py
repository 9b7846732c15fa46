"""Hourly values of one quantity at each site, and daily values made of them.

1. Of several series of a quantity (depths, periods), the qualifier that most sites share
   is taken, the shallowest among equals: probes are compared at one depth only.
2. Usable points of a device become means of whole hours UTC (sums for rain).  Hours in which several devices
   of a site spoke are averaged over them where the territory calls all of them replicates; otherwise they
   are contested and have no value, and the devices are named.
3. ``by_day`` makes one number of each local day that has at least 80 % of the values that a
   day has at the series' own pace: 24 of hourly ones, 1 of daily ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.arrays import Floats, Integers
from analysis.indices.ground.daily import Statistic, daily
from analysis.plan.local_time import local_day, zone_of
from analysis.study.series import HourTrack, OpenStore, Series
from analysis.study.totals import AMOUNT, hours_of_totals, is_total
from contract.instant import HOUR, Window
from contract.places import Territory

MINIMUM_SHARE = 0.8
"""Of a day's hours that must be valid [1]."""


_DEPTH = re.compile(r"depth_m=(-?[0-9.e+-]+)")


@dataclass(frozen=True, slots=True)
class SiteHours:
    """One quantity at one site."""

    hour: Integers
    """Whole hours since 1970-01-01T00Z, sorted, unique."""
    day: Integers
    """The local day of each [days since 1970-01-01]."""
    value: Floats
    """Mean of the hour's usable points, or sum for rain [the quantity's unit]."""
    doubted: Integers
    """Hours (as ``hour``) with a point that was left out for its flags."""
    devices: tuple[str, ...]
    qualifier: str
    pace: float
    """Median distance between values of the whole series [h]."""
    contested: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Hours (as ``hour``) without a value, because several devices spoke that are no replicates."""
    spans: tuple[tuple[int, int], ...] = ()
    """First and last hour of each device; empty: all of them are behind all hours."""

    def within(self, window: Window) -> SiteHours:
        """The hours whose start lies in the window."""
        kept = (self.hour * HOUR >= window.start) & (self.hour * HOUR < window.end)
        there = [
            one
            for one, span in enumerate(self.spans)
            if span[0] * HOUR < window.end and span[1] * HOUR >= window.start
        ]
        bad = (self.doubted * HOUR >= window.start) & (self.doubted * HOUR < window.end)
        several = (self.contested * HOUR >= window.start) & (self.contested * HOUR < window.end)
        return SiteHours(
            self.hour[kept],
            self.day[kept],
            self.value[kept],
            self.doubted[bad],
            tuple(self.devices[one] for one in there) if self.spans else self.devices,
            self.qualifier,
            self.pace,
            self.contested[several],
            tuple(self.spans[one] for one in there),
        )

    def by_day(self, statistic: Statistic) -> tuple[Integers, Floats]:
        """(days, numbers), nan where a day has less than 80 % of its values."""
        return daily(
            self.value, self.day, statistic=statistic, expected=self.expected, minimum_share=MINIMUM_SHARE
        )

    @property
    def expected(self) -> int:
        """Values of a full day, by the median distance between them: 24, 8, 1 …"""
        return int(max(1, round(24 / self.pace)))

    @property
    def flagged(self) -> float:
        """Share of hours in which a point was left out [1]."""
        total = len(np.union1d(self.hour, self.doubted))
        return len(self.doubted) / total if total else 0.0


def hourly(
    archive: OpenStore, territory: Territory, sites: Sequence[str], quantity: str
) -> dict[str, SiteHours]:
    """By site; sites without the quantity are not in it.

    Counters that only grow are no amounts; of rain they become amounts where a site has no others.
    """
    every = [one for one in archive.all() if one.quantity == quantity and one.site in set(sites)]
    found = [one for one in every if not is_total(one)]
    qualifier = _shared(found)
    by_site: dict[str, list[Series]] = {}
    for series in found:
        if series.qualifier == qualifier:
            by_site.setdefault(series.site, []).append(series)
    tracks = {site: [archive.hours(one) for one in many] for site, many in by_site.items()}
    if quantity == AMOUNT:
        counters = (one for one in every if is_total(one) and one.site not in tracks)
        tracks |= hours_of_totals(archive, territory, counters)
    return {site: _join(many, territory) for site, many in tracks.items()}


def _shared(found: Sequence[Series]) -> str:
    """The qualifier of most sites; the shallowest, then the first by name, among equals."""
    sites = Counter(qualifier for qualifier, _ in {(s.qualifier, s.site) for s in found})
    ranked = sorted(sites, key=lambda qualifier: (-sites[qualifier], _depth(qualifier), qualifier))
    return ranked[0] if ranked else ""


def _depth(qualifier: str) -> float:
    match = _DEPTH.search(qualifier)
    return abs(float(match[1])) if match else 0.0


def _join(tracks: Sequence[HourTrack], territory: Territory) -> SiteHours:
    spoken = [track.n > 0 for track in tracks]
    amount = tracks[0].series.quantity == AMOUNT
    each = [
        track.total[fit] if amount else track.total[fit] / track.n[fit]
        for track, fit in zip(tracks, spoken, strict=True)
    ]
    hour = np.concatenate([track.hour[fit] for track, fit in zip(tracks, spoken, strict=True)])
    hours, place, speaking = np.unique(hour, return_inverse=True, return_counts=True)
    value = np.bincount(place, weights=np.concatenate(each), minlength=len(hours)) / speaking
    known = [territory.device_by_id.get(track.series.device) for track in tracks]
    replicate = [one is not None and one.replicate for one in known]
    alone = np.repeat(np.logical_not(replicate), [int(fit.sum()) for fit in spoken])
    contested = (speaking > 1) & (np.bincount(place, weights=alone, minlength=len(hours)) > 0)
    doubted = np.concatenate([track.hour[track.doubted > 0] for track in tracks])
    zone = zone_of(territory, tracks[0].series.device)[1]
    kept = hours[~contested]
    said = [track for track in tracks if len(track.hour)]
    devices = tuple(sorted({track.series.device for track in said}))
    ends = [[t.hour for t in said if t.series.device == device] for device in devices]
    return SiteHours(
        kept,
        local_day(kept * HOUR, zone),
        value[~contested],
        np.unique(doubted),
        devices,
        tracks[0].series.qualifier,
        max(1.0, float(np.median(np.diff(hours)))) if len(hours) > 1 else 1.0,
        hours[contested],
        tuple((int(min(h[0] for h in one)), int(max(h[-1] for h in one))) for one in ends),
    )
