"""With which probability sites and seasons would earn each of the two words.

1. ``Spread`` is what a site adds of its own: a course that lasts, and noise that fades from season to season.
   More seasons make neither much smaller; more sites do.
2. ``chances`` draws territories with a true effect in every primary and asks of each what the rule asks:
   Welch by Holm over the family, a restored arm that rises, two sources, one of them living.
3. The plain word asks besides that the contrast stays above 0 when each site's slope before is taken along.

The draws are seeded: the same question has the same answer.  ``benchmarks/trials/planning.py`` holds
the answers against the rule itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.plan.panel import LIVING
from analysis.plan.roster import FEW
from analysis.stats.student import t_quantile

RHO = 0.6
"""Correlation of what two seasons in a row add to a site [1]."""
LASTING = 0.4
"""A site's own course over what one season adds [1].  With ``RHO`` these are the territories of the
calibration, whose spread of site change hardly falls with more seasons."""
ALIKE = 0.5
"""Correlation of a site's noise in two primaries [1]."""
REFERENCE = (3, 5)
"""Seasons before and after that a spread is named for."""
GATES = 0.02
"""Share of clean territories that a statistical gate stops, each being a test at 1 %."""
YEARS = 0.1
"""What a year adds to all sites alike [scale]."""
_DRAWS = 4_000
_LEAST_SITES = 4
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations on the indicator's scale."""

    season: float
    """of what a season adds to a site, which fades by ``RHO`` a season"""

    @classmethod
    def of_change(cls, spread: float) -> Spread:
        """From the spread of site change over ``REFERENCE`` seasons."""
        return cls(spread / cls(1.0).change(*REFERENCE))

    def change(self, before: int, after: int) -> float:
        """Of after minus before over so many seasons."""
        return sqrt(float(self.covariance(before, after)[0, 0]))

    def covariance(self, before: int, after: int) -> Floats:
        """Of a site's change and its slope before [shape=(2, 2)]; a slope of one season is 0."""
        seasons = np.arange(before + after)
        change = np.where(seasons < before, -1 / before, 1 / after)
        times = np.where(seasons < before, seasons - (before - 1) / 2, 0.0)
        weights = np.stack([change, times / max(float((times**2).sum()), 1e-300)])
        noise = RHO ** np.abs(np.subtract.outer(seasons, seasons))
        own = np.diag([LASTING**2, 0.0])
        return np.asarray(self.season**2 * (weights @ noise @ weights.T + own))


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of a word for the territory [1]."""

    plain: float
    """"recovering" without a condition, arms not drawn by lot"""
    either: float
    """the plain word or "recovering if parallel"; drawn arms earn the plain word as often"""


def measured(values: Floats) -> Spread | None:
    """The spread in the seasons before restoration [shape=(sites, seasons)]; None without enough data.

    From sites measured in every season, sites and seasons taken out; what fading noise hides in so few
    seasons is given back by ``RHO``.
    """
    whole = values[np.isfinite(values).all(axis=1)]
    sites, seasons = whole.shape
    if sites < _LEAST_SITES or seasons < 2:
        return None
    rest = whole - whole.mean(axis=1, keepdims=True) - whole.mean(axis=0) + whole.mean()
    variance = float((rest**2).sum()) / ((sites - 1) * (seasons - 1))
    lags = np.abs(np.subtract.outer(np.arange(seasons), np.arange(seasons)))
    shared = (float((RHO**lags).sum()) - seasons) / (seasons * (seasons - 1))
    return Spread(sqrt(variance / (1 - shared))) if variance > 0 else None


def chances(
    sites: int,
    before: int,
    after: int,
    effects: Sequence[float],
    spreads: Sequence[Spread],
    lines: Sequence[tuple[str, str]],
    *,
    years: float = YEARS,
    draws: int = _DRAWS,
) -> Chances:
    """For ``sites`` an arm; effect, spread and (class, source) of each primary in the same order."""
    if sites < _LEAST_SITES:
        return Chances(0.0, 0.0)
    rng = np.random.default_rng((sites, before, after, len(effects)))
    change, slope = _drawn(rng, (len(effects), draws, 2, sites), before, after, spreads)
    year = years * sqrt(1 / before + 1 / after) * _together(rng, (len(effects), draws, 1, 1))
    change[:, :, :1] += np.array(effects, dtype=np.float64)[:, None, None, None]
    won = _holm(_contrast(change), _freedom(sites)) & _risen((change + year)[:, :, 0])
    either = _territory(won, lines)
    living = [group in LIVING for group, _ in lines]
    plain = either & _kept((change - (before + after) / 2 * slope)[living], before)
    return Chances(*(float(np.mean(one)) * (1 - GATES) for one in (plain, either)))


def _freedom(sites: int) -> float:
    """Degrees of freedom of a contrast of so many sites an arm; few sites have those of one arm alone."""
    return 2.0 * sites - 2.0 if sites >= FEW else sites - 1.0


def _together(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Standard normal, alike by ``ALIKE`` over the first axis, the primaries."""
    common, own = rng.standard_normal((1, *shape[1:])), rng.standard_normal(shape)
    return np.asarray(sqrt(ALIKE) * common + sqrt(1 - ALIKE) * own)


def _drawn(
    rng: np.random.Generator, shape: tuple[int, ...], before: int, after: int, spreads: Sequence[Spread]
) -> tuple[Floats, Floats]:
    """Changes and slopes before of all sites [shape=(primaries, draws, arms, sites)]."""
    one, other = _together(rng, shape), _together(rng, shape)
    change, slope = np.empty(shape), np.empty(shape)
    for k, spread in enumerate(spreads):
        (both, shared), (_, alone) = spread.covariance(before, after)
        change[k] = sqrt(both) * one[k]
        slope[k] = shared / sqrt(both) * one[k] + sqrt(max(0.0, alone - shared**2 / both)) * other[k]
    return change, slope


def _contrast(change: Floats) -> Floats:
    """t of restored minus control sites [shape=(..., 2 arms, sites) -> (...)]."""
    difference = change[..., 0, :].mean(axis=-1) - change[..., 1, :].mean(axis=-1)
    error = np.sqrt(change.var(axis=-1, ddof=1).sum(axis=-1) / change.shape[-1])
    return np.asarray(difference / error)


def _risen(restored: Floats) -> Bools:
    """Whether the arm's own interval lies above 0."""
    n = restored.shape[-1]
    t = restored.mean(axis=-1) / np.sqrt(restored.var(axis=-1, ddof=1) / n)
    return np.asarray(t > t_quantile(_LEVEL, n - 1.0))


def _holm(t: Floats, df: float) -> Bools:
    """Which of a family are above 0 by Holm's steps [shape=(primaries, draws)]."""
    order = np.argsort(-np.abs(t), axis=0)
    ranked = np.take_along_axis(np.abs(t), order, axis=0)
    needed = np.array([t_quantile(_LEVEL / (len(t) - rank), df) for rank in range(len(t))])
    passed = np.logical_and.accumulate(ranked >= needed[:, None], axis=0)
    out = np.zeros_like(passed)
    np.put_along_axis(out, order, passed, axis=0)
    return np.asarray(out & (t > 0))


def _territory(won: Bools, lines: Sequence[tuple[str, str]]) -> Bools:
    """Two primaries of two sources, one of them living."""
    living = np.zeros(won.shape[1], dtype=bool)
    for one, (group, source) in enumerate(lines):
        for other, (second, origin) in enumerate(lines[:one]):
            if source != origin and {group, second} & LIVING:
                living |= won[one] & won[other]
    return living


def _kept(value: Floats, before: int) -> Bools:
    """Whether the mean of the living primaries is above 0, one-sided .025, with slopes taken along."""
    if before < 2 or not len(value):
        return np.zeros(value.shape[1], dtype=bool)
    scale = value.reshape(*value.shape[:2], -1).std(axis=-1, ddof=1)
    t = _contrast((value / scale[..., None, None]).mean(axis=0))
    return np.asarray(t > t_quantile(_LEVEL, _freedom(value.shape[-1])))
