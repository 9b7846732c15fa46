"""Rain heard and rain measured: does a rain gauge bear out the flag ``rain`` of sound?

1. Excerpts come from the store with the findings of the quality gate; of several channels one
   flag is enough.
2. Each has a gauge: that of its own site, else the nearest of the territory, whose distance is said.
3. The gauge's hours from one before the excerpt to one after it confirm or contradict the flag; where
   one of them is missing and the others are dry, nothing is said.

The flag of sound has thresholds that nobody validated on these recorders: this says where it errs.
It changes no value and closes no gate.  Rain within the hour need not fall within the minute, so
``missed`` counts hard rain only, and is an upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analysis.plan.places import distance_m
from analysis.study.hours import SiteHours
from analysis.study.series import Sounding
from analysis.study.study import Study
from contract.instant import HOUR, SECOND, Window, format_instant
from contract.places import Site

Verdict = Literal["confirmed", "contradicted", "unchecked", "missed", "none"]

WET_MM = 0.2
"""Rain over the hours around an excerpt that confirms the flag: one tip of a common gauge [mm]."""
HARD_MM = 2.0
"""Rain in each hour of an excerpt that should have been heard [mm]."""
FARTHEST_KM = 10.0
"""A gauge beyond this says nothing about a site: showers are smaller [km]."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """The gauge that answers for a site: where it stands, how far away [km], its hourly sums [mm]."""

    site: str
    distance_km: float
    amount: dict[int, float]


@dataclass(frozen=True, slots=True)
class RainCheck:
    """One excerpt: was rain heard, and what does the gauge say?"""

    site: str
    device: str
    start: int
    """[ns UTC]"""
    heard: bool
    verdict: Verdict
    amount_mm: float | None
    """Of the known hours around it; None where there are none."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "site": self.site,
            "device": self.device,
            "start": format_instant(self.start),
            "heard": self.heard,
            "verdict": self.verdict,
            "amount_mm": self.amount_mm,
        }


@dataclass(frozen=True, slots=True)
class SiteRain:
    """All excerpts of one site; ``gauge`` None where the territory has none near enough."""

    site: str
    gauge: Gauge | None
    checks: tuple[RainCheck, ...]

    def count(self, verdict: Verdict) -> int:
        """Excerpts of this verdict."""
        return sum(one.verdict == verdict for one in self.checks)

    def sentence(self) -> str:
        """For people."""
        heard = sum(one.heard for one in self.checks)
        said = f"{self.site}: rain heard in {heard} of {len(self.checks)} excerpts"
        if self.gauge is None:
            return f"{said}; no rain gauge within {FARTHEST_KM:g} km"
        where = "here" if self.gauge.site == self.site else f"{self.gauge.distance_km:.1f} km away"
        parts = [f"{self.count(name)} {name}" for name in ("confirmed", "contradicted", "unchecked")]
        return f"{said}; gauge {where}: {', '.join(parts)}; hard rain not heard: {self.count('missed')}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        counts = {name: self.count(name) for name in ("confirmed", "contradicted", "unchecked", "missed")}
        gauge = self.gauge and {"site": self.gauge.site, "distance_km": round(self.gauge.distance_km, 3)}
        return {
            "site": self.site,
            "gauge": gauge,
            "excerpts": len(self.checks),
            "heard": sum(one.heard for one in self.checks),
            **counts,
            "checks": [one.to_dict() for one in self.checks if one.verdict != "none"],
        }


def rain_checks(study: Study, window: Window | None = None) -> list[SiteRain]:
    """Every site of the study that has sound, in order."""
    gauges = study.hours("precipitation_amount")
    found = []
    for site in study.sites:
        excerpts = list(_excerpts(study.archive.soundings(window, site=site)))
        if excerpts:
            gauge = _gauge(study.territory.site_by_id[site], study, gauges)
            found.append(SiteRain(site, gauge, tuple(check(one, gauge) for one in excerpts)))
    return found


def check(excerpt: Sounding, gauge: Gauge | None) -> RainCheck:
    """Compare one excerpt with the hours around it."""
    heard = "rain" in excerpt.flags
    first = excerpt.start // HOUR
    last = (excerpt.start + max(0, round(excerpt.duration_s * SECOND) - 1)) // HOUR
    amount = {} if gauge is None else gauge.amount
    near = [amount.get(hour) for hour in range(first - 1, last + 2)]
    own = [amount.get(hour, 0.0) for hour in range(first, last + 1)]
    known = [one for one in near if one is not None]
    total = round(math.fsum(known), 6) if known else None
    verdict: Verdict = _judge(total, whole=len(known) == len(near)) if heard else "none"
    if not heard and min(own) >= HARD_MM:
        verdict = "missed"
    return RainCheck(excerpt.site, excerpt.device, excerpt.start, heard, verdict, total)


def _judge(total: float | None, *, whole: bool) -> Verdict:
    """Of a flagged excerpt: rain anywhere around it confirms, only unbroken dryness contradicts."""
    if total is not None and total >= WET_MM:
        return "confirmed"
    return "contradicted" if whole else "unchecked"


def _excerpts(soundings: Iterator[Sounding]) -> Iterator[Sounding]:
    """One a device and start, with the flags of all its channels."""
    joined: dict[tuple[str, int], Sounding] = {}
    for one in soundings:
        key = (one.device, one.start)
        flags = one.flags | (joined[key].flags if key in joined else frozenset())
        joined[key] = Sounding(one.site, one.device, one.start, one.duration_s, flags)
    yield from (joined[key] for key in sorted(joined, key=lambda key: (key[1], key[0])))


def _gauge(place: Site, study: Study, gauges: dict[str, SiteHours]) -> Gauge | None:
    ranked = sorted((distance_km(place, study.territory.site_by_id[site]), site) for site in gauges)
    if not ranked or ranked[0][0] > FARTHEST_KM:
        return None
    distance, site = ranked[0]
    return Gauge(site, distance, amounts(gauges[site]))


def amounts(hours: SiteHours) -> dict[int, float]:
    """Hour since 1970 -> rain [mm]; an hour with a doubted point is not known; daily sums are not hours."""
    if hours.pace > 1.0:
        return {}
    doubted = set(hours.doubted.tolist())
    pairs: Sequence[tuple[int, float]] = list(zip(hours.hour.tolist(), hours.value.tolist(), strict=True))
    return {hour: value for hour, value in pairs if hour not in doubted}


def distance_km(one: Site, other: Site) -> float:
    """Great-circle distance [km]."""
    return distance_m((one.latitude, one.longitude), (other.latitude, other.longitude)) / 1e3
