"""What detectors listened to and heard at a site in a season, at valid days.

1. Excerpts become valid minutes a local day; one that came twice counts once.
2. A day is valid when its minutes reach half of the network's median day: so a day cut
   short by rain or a flat battery is no day without birds.
3. Detections on valid days become incidence (day x species) and records; a species that was
   validated from a score on counts from that score on.

Efforts and detections whose clock is doubted are left out and counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Bools, Floats, Integers
from analysis.plan.local_time import local_day, zone_of
from analysis.study.series import UNFIT, Effort, OpenStore, StoredDetection
from analysis.study.stated import stated_efforts
from contract.instant import Window
from contract.places import Territory

VALID_SHARE = 0.5
"""Of the network's median day: below it a day is not valid [1]."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One site and season."""

    days: Integers
    """Valid days, sorted [days since 1970-01-01, local]."""
    minutes: Floats
    """Valid minutes of each [min]."""
    taxa: tuple[str, ...]
    """StoredDetection on valid days, sorted."""
    heard: NDArray[np.bool_]
    """[shape=(days, taxa)]"""
    records: Integers
    """Detections of each taxon on valid days [shape=(taxa,)]."""
    models: tuple[str, ...]
    thresholds: tuple[float, ...]
    devices: tuple[str, ...]
    firmware: tuple[str, ...]
    doubted: float
    """Share of excerpts with a flag that makes them unfit [1]."""
    starts: Integers
    """Begin of each excerpt, also of days that are not valid [ns UTC]."""
    excerpt_minutes: Floats
    """Valid minutes of each [min]."""
    excerpt_seconds: Floats
    """From the begin of each to its end [s]."""
    on_valid: Bools
    """Whether each began on a valid day."""
    calls: Integers
    """Begin of each detection, also on days that are not valid [ns UTC]."""
    labels: tuple[str, ...]
    """Every label detected, sorted."""
    caller: Integers
    """Of each detection its place in ``labels``."""
    call_on_valid: Bools
    """Whether each fell on a valid day."""

    firmware_known: bool = True
    """Every excerpt says its firmware."""

    def calls_of(self, labels: Collection[str]) -> Bools:
        """Which detections are of any of ``labels`` [shape as ``calls``]."""
        wanted = np.array([one in labels for one in self.labels], dtype=np.bool_)
        return wanted[self.caller]

    def days_with(self, labels: Sequence[str]) -> Integers:
        """Valid days with each of ``labels`` [shape=(labels,)]; 0 for one never heard."""
        place = {taxon: column for column, taxon in enumerate(self.taxa)}
        counted = self.heard.sum(axis=0)
        return np.array([counted[place[one]] if one in place else 0 for one in labels], dtype=np.int64)

    def present(self, labels: Sequence[str], days: int) -> NDArray[np.bool_]:
        """Presence of each of ``labels`` on ``days`` valid days spread evenly [shape=(labels,)]."""
        rows = np.arange(days) * len(self.days) // days
        chosen = np.logical_or.reduce(self.heard[rows], axis=0)
        place = {taxon: column for column, taxon in enumerate(self.taxa)}
        return np.array([one in place and bool(chosen[place[one]]) for one in labels], dtype=np.bool_)


@dataclass(slots=True)
class _Raw:
    """One site and season before days are judged."""

    days: Integers
    minutes: Floats
    efforts: list[Effort]
    day_of: Integers
    """Of each effort."""
    doubted: float


def listen(
    archive: OpenStore,
    territory: Territory,
    sites: Sequence[str],
    windows: Sequence[tuple[str, Window]],
    thresholds: Mapping[str, float] | None = None,
) -> dict[tuple[str, str], Listening]:
    """By (site, season id); ``thresholds``: label -> the score from which its detections count."""
    scores = thresholds or {}
    raw = {
        (site, name): _efforts(_listened(archive, territory, site, window), territory)
        for site in sites
        for name, window in windows
    }
    minutes = [one.minutes for one in raw.values() if len(one.minutes)]
    least = VALID_SHARE * float(np.median(np.concatenate(minutes))) if minutes else 0.0
    return {
        (site, name): _judge(
            raw[site, name], _counting(archive.detections(window, site=site), scores), territory, least
        )
        for site in sites
        for name, window in windows
    }


def _listened(archive: OpenStore, territory: Territory, site: str, window: Window) -> Iterator[Effort]:
    """What people state of their stations goes before the zero that a station says with each detection."""
    yield from stated_efforts(archive, territory, site, window)
    yield from archive.efforts(window, site=site)


def _counting(
    detections: Iterable[StoredDetection], thresholds: Mapping[str, float]
) -> Iterator[StoredDetection]:
    return (heard for heard in detections if heard.score >= thresholds.get(heard.taxon, 0.0))


def _efforts(efforts: Iterable[Effort], territory: Territory) -> _Raw:
    distinct: dict[tuple[str, int, str], Effort] = {}
    total = doubted = 0
    for effort in efforts:
        if effort.method == "features":
            continue
        total += 1
        if effort.flags & UNFIT:
            doubted += 1
        else:
            distinct.setdefault((effort.device, effort.start, effort.method), effort)
    kept = list(distinct.values())
    days = _days([(effort.device, effort.start) for effort in kept], territory)
    seconds = np.array([effort.valid_s for effort in kept], dtype=np.float64)
    found, place = np.unique(days, return_inverse=True)
    minutes = np.bincount(place, weights=seconds, minlength=len(found)) / 60
    return _Raw(found, minutes.astype(np.float64), kept, days, doubted / total if total else 0.0)


def _judge(raw: _Raw, detections: Iterable[StoredDetection], territory: Territory, least: float) -> Listening:
    valid = (raw.minutes >= least) & (raw.minutes > 0)
    days = raw.days[valid]
    fit = [heard for heard in detections if not heard.flags & UNFIT]
    when = _days([(heard.device, heard.time) for heard in fit], territory)
    kept = np.isin(when, days)
    labels, caller = _coded([heard.taxon for heard in fit])
    records = np.bincount(caller[kept], minlength=len(labels))
    table = np.zeros((len(days), len(labels)), dtype=np.bool_)
    table[np.searchsorted(days, when[kept]), caller[kept]] = True
    return Listening(
        days,
        raw.minutes[valid],
        tuple(label for label, n in zip(labels, records.tolist(), strict=True) if n),
        table[:, records > 0],
        records[records > 0],
        tuple(sorted({effort.method for effort in raw.efforts})),
        tuple(sorted({effort.threshold for effort in raw.efforts})),
        tuple(sorted({effort.device for effort in raw.efforts})),
        tuple(sorted({effort.firmware for effort in raw.efforts if effort.firmware})),
        raw.doubted,
        np.array([effort.start for effort in raw.efforts], dtype=np.int64),
        np.array([effort.valid_s / 60 for effort in raw.efforts], dtype=np.float64),
        np.array([effort.duration_s for effort in raw.efforts], dtype=np.float64),
        np.isin(raw.day_of, days),
        np.array([heard.time for heard in fit], dtype=np.int64),
        labels,
        caller,
        kept,
        all(effort.firmware for effort in raw.efforts),
    )


def _coded(names: Sequence[str]) -> tuple[tuple[str, ...], Integers]:
    """Each name once, sorted, and the place of each among them."""
    labels = tuple(sorted(set(names)))
    place = {label: number for number, label in enumerate(labels)}
    return labels, np.array([place[name] for name in names], dtype=np.int64)


def _days(moments: Sequence[tuple[str, int]], territory: Territory) -> Integers:
    """Local days of (device, instant) pairs, in order."""
    days = np.zeros(len(moments), dtype=np.int64)
    devices = np.array([device for device, _ in moments])
    times = np.array([time for _, time in moments], dtype=np.int64)
    for device in sorted({device for device, _ in moments}):
        chosen = devices == device
        days[chosen] = local_day(times[chosen], zone_of(territory, device)[1])
    return days
