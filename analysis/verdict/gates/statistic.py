"""Statistical gates: did the arms diverge before, and do they lie apart?

1. ``pretrend`` permutes sites' slopes before restoration, over all primaries at once.
2. ``clustered`` asks whether the arms lie apart: distances between against within.
Passing is no evidence: with few seasons these tests see little, and their power is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.plan.panel import micro
from analysis.plan.roster import Roster
from analysis.stats.contrast import Family, family
from analysis.stats.permutation import Design, tail
from analysis.stats.power import power
from analysis.stats.student import t_quantile
from analysis.verdict.evidence import Evidence

_EARTH_METRES = 111_195.0


@dataclass(frozen=True, slots=True)
class Pretrend:
    """The contrast of slopes before restoration, per season; ``power`` for ``margin`` a baseline."""

    slope: float
    p: float
    power: float


def pretrend(evidence: Sequence[Evidence], roster: Roster, alpha: float) -> dict[str, Pretrend]:
    """Of each indicator with three seasons before, and slopes at enough sites in both arms."""
    found = [(one, slopes) for one in evidence if (slopes := _slopes(one)) is not None]
    usable = [(one, x, here) for one, (x, here) in found if _both_arms(here, roster.design)]
    if not usable:
        return {}
    x, here = np.stack([u[1] for u in usable]), np.stack([u[2] for u in usable])
    tested: Family = roster.settled(
        lambda draws: family(x, here, roster.design, draws, alpha=alpha),
        lambda one: tuple(one.permuted),
        alpha,
    )
    out = {}
    for k, (one, _, _) in enumerate(usable):
        estimate = tested.estimates[k]
        span = max(int(one.before.sum()) - 1, 1)
        critical = max(tested.critical, t_quantile(alpha / len(usable), estimate.df))
        reach = power(estimate, one.primary.margin / span, critical)
        out[one.primary.id] = Pretrend(estimate.value, float(tested.adjusted[k]), reach)
    return out


def _slopes(one: Evidence) -> tuple[Integers, Bools] | None:
    """Least-squares slope of each site before restoration [10⁻⁶ a season]; needs three seasons."""
    values = one.values[:, one.before]
    if values.shape[1] < 3:
        return None
    present = np.isfinite(values)
    enough = present.sum(axis=1) >= 3
    slopes = line_of_rows(values, present)[1]
    return np.where(enough, micro(np.where(enough, slopes, 0.0)), 0), enough


def line_of_rows(values: Floats, present: Bools, times: Floats | None = None) -> tuple[Floats, Floats]:
    """Level at the mean time of its seasons and slope of each row, by least squares.

    ``times`` of the columns; without them one season is as far from the next as any other.
    """
    columns = np.arange(values.shape[1], dtype=np.float64) if times is None else times
    time = np.broadcast_to(columns, values.shape)
    n = np.maximum(present.sum(axis=1), 1)
    y = np.where(present, values, 0.0)
    middle = (time * present).sum(axis=1) / n
    level = y.sum(axis=1) / n
    away = np.where(present, time - middle[:, None], 0.0)
    square = (away * away).sum(axis=1)
    slope = np.divide((away * y).sum(axis=1), square, out=np.zeros(len(y)), where=square > 0)
    return level, slope


def _both_arms(here: Bools, design: Design) -> bool:
    return all(
        min(int((here & arm & (design.stratum == h)).sum()) for arm in (design.restored, ~design.restored))
        >= 2
        for h in range(len(design.weights))
    )


def clustered(roster: Roster, ratio: float, alpha: float) -> bool | None:
    """Whether the arms lie apart: mean distance between arms over mean distance within.

    None where a site has no position.  Both the ratio and a permutation of the arms must say so.
    """
    places = [(site.latitude, site.longitude) for site in roster.sites]
    if len(places) < 4 or any(lat is None or lon is None for lat, lon in places):
        return None
    metres = _distances(np.array(places, dtype=np.float64))
    if _apart(metres, roster.design.restored[None].astype(np.float64))[0] < ratio:
        return False
    apart = _apart(metres, roster.draws().restored)
    return tail(apart, float(apart[0])) <= alpha


def _apart(metres: Floats, rows: Floats) -> Floats:
    """Mean distance between arms over mean distance within, for each arrangement; 1 where all is one."""
    n = rows.sum(axis=1)
    m = rows.shape[1] - n
    toward = rows @ metres
    within_restored = (toward * rows).sum(axis=1)
    between = (toward * (1.0 - rows)).sum(axis=1)
    within_control = metres.sum() - within_restored - 2.0 * between
    inside = (within_restored + within_control) / (n * (n - 1.0) + m * (m - 1.0))
    return np.asarray(np.divide(between / (n * m), inside, out=np.ones(len(rows)), where=inside > 0))


def _distances(places: Floats) -> Floats:
    """Whole metres between sites, on a local plane: enough for arms of one territory."""
    middle = np.deg2rad(places[:, 0].mean())
    flat = places * np.array([_EARTH_METRES, _EARTH_METRES * np.cos(middle)])
    away = flat[:, None, :] - flat[None, :, :]
    return np.asarray(np.floor(np.sqrt((away * away).sum(axis=2)) + 0.5))
