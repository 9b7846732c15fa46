"""Would the arms have moved in parallel?  A contrast that takes each site's own slope along.

1. ``corrected`` takes from a site's change what its slope before restoration would have made of it:
   d - L b, with L the time between the midpoints of the periods, in seasons.
2. ``slope_corrected`` standardises it, averages it over the living primaries, and permutes whole sites.
3. ``divergence`` says which difference of slopes would explain the contrast, and which the seasons
   before cannot exclude.

Arms that were drawn by lot need none of it.  A rule that asks the seasons before to bound the divergence
keeps a tenth of the power and shows less: Rambachan & Roth 2023, doi:10.1093/restud/rdad018.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.plan.panel import LIVING, micro
from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.stats.contrast import MICRO, Family, family, welch
from analysis.stats.student import exp, root
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.statistic import line_of_rows
from analysis.verdict.result import IndicatorVerdict, Parallel

_LEAST = 2
"""Seasons before that a site's slope needs."""


def season_times(plan: Plan, one: Evidence) -> Floats:
    """Midpoint of each kept season since the plan's first, in usual distances of two seasons."""
    spans = {season.id: season.span for season in plan.seasons}
    middles = [sum(span) // 2 for span in spans.values()]
    steps = sorted(b - a for a, b in pairwise(middles))
    unit = steps[len(steps) // 2] if steps else 1
    return np.array([(sum(spans[name]) // 2 - middles[0]) / unit for name in one.seasons], dtype=np.float64)


def slopes_before(one: Evidence, times: Floats) -> tuple[Floats, Bools]:
    """Each site's slope before restoration, seasons common to all taken out, and where there is one."""
    fit = one.fits[0]
    if fit is None:
        return np.zeros(len(one.values)), np.zeros(len(one.values), dtype=bool)
    here = np.isfinite(fit.residuals)
    slope = line_of_rows(fit.residuals, here, times[one.before])[1]
    return slope, (here.sum(axis=1) >= _LEAST) & one.present


def corrected(one: Evidence, times: Floats) -> tuple[Integers, Bools]:
    """d - L b of each site [10⁻⁶], and where it can be formed."""
    slope, here = slopes_before(one, times)
    known = np.isfinite(one.values)
    middles = [
        (times * (known & side)).sum(axis=1) / np.maximum((known & side).sum(axis=1), 1)
        for side in (one.before, ~one.before)
    ]
    value = one.change / MICRO - (middles[1] - middles[0]) * slope
    return np.where(here, micro(np.where(here, value, 0.0)), 0), here


def slope_corrected(plan: Plan, roster: Roster, open_: Sequence[Evidence]) -> Family | None:
    """The mean standardised contrast of the living primaries, each site's slope taken along.

    Of all primaries where none lives; None where too few sites have a slope.  Where starts are staggered
    "after" begins with the first of them, which makes a gain smaller and never larger.
    """
    living = [one for one in open_ if one.panel.group in LIVING] or list(open_)
    parts = [corrected(one, season_times(plan, one)) for one in living]
    if not parts:
        return None
    mean, here = mean_of_sites(parts, roster)
    design = roster.design
    sizes = [int((here & side).sum()) for side in (design.restored, ~design.restored)]
    if min(sizes) < plan.thresholds.min_sites or min(map(min, _sizes(here, roster))) < 1:
        return None
    alpha = plan.thresholds.alpha
    return roster.settled(
        lambda draws: family(mean[None], here[None], design, draws, alpha=alpha),
        lambda found: tuple(found.permuted),
        alpha,
    )


def mean_of_sites(parts: Sequence[tuple[Integers, Bools]], roster: Roster) -> tuple[Integers, Bools]:
    """The mean over indicators of standardised values [10⁻⁶] of each site; the scale knows no arms."""
    total, count = np.zeros(len(roster.sites)), np.zeros(len(roster.sites))
    for value, here in parts:
        scale = _scale(value, here, roster)
        if scale > 0:
            total += np.where(here, value / scale, 0.0)
            count += here
    mean = np.where(count > 0, total / np.maximum(count, 1.0), 0.0)
    return micro(mean), count > 0


def _scale(value: Integers, here: Bools, roster: Roster) -> float:
    """Standard deviation about the mean of each land use [10⁻⁶]."""
    square, freedom = 0.0, 0
    for h in range(len(roster.design.weights)):
        part = [int(one) for one in value[here & (roster.design.stratum == h)]]
        if part:
            square += (sum(v * v for v in part) * len(part) - sum(part) ** 2) / len(part)
            freedom += len(part) - 1
    return root(square / freedom) if freedom > 0 else 0.0


def _sizes(here: Bools, roster: Roster) -> list[tuple[int, int]]:
    design = roster.design
    return [
        (
            int((here & design.restored & (design.stratum == h)).sum()),
            int((here & ~design.restored & (design.stratum == h)).sum()),
        )
        for h in range(len(design.weights))
    ]


def divergence(
    plan: Plan, roster: Roster, open_: Sequence[Evidence], changed: Sequence[IndicatorVerdict]
) -> tuple[float, float] | None:
    """Shares a season: which divergence would explain the contrasts of ``changed``, which is not excluded.

    Means over those on a scale of ratios; None where there is none.
    """
    names = {one.id: one.tested for one in changed if one.scale != "identity" and one.tested is not None}
    given = [one for one in open_ if one.primary.id in names]
    if not given:
        return None
    times = {one.primary.id: season_times(plan, one) for one in given}
    explaining, slopes, here = 0.0, np.zeros(len(roster.sites)), np.ones(len(roster.sites), dtype=bool)
    for one in given:
        t, tested = times[one.primary.id], names[one.primary.id]
        assert tested is not None
        explaining += tested.estimate / float(t[~one.before].mean() - t[one.before].mean())
        slope, has = slopes_before(one, t)
        slopes, here = slopes + slope / len(given), here & has
    sign = 1.0 if explaining > 0 else -1.0
    if min(map(min, _sizes(here, roster))) < 2:
        return None
    before = welch(micro(np.where(here, slopes, 0.0)), here, roster.design)
    limit = sign * before.value + before.half_width(plan.thresholds.alpha)
    return _share(sign, sign * explaining / len(given)), _share(sign, max(limit, 0.0))


def _share(sign: float, slope: float) -> float:
    return abs(exp(sign * slope) - 1.0)


def untested(
    plan: Plan,
    roster: Roster,
    open_: Sequence[Evidence],
    indicators: Sequence[IndicatorVerdict],
    word: str,
    *,
    drawn: bool,
) -> Parallel:
    """What can be said of parallel arms behind the territory's ``word``, recovering or eroding."""
    changed = [one for one in indicators if one.verdict == word]
    said = divergence(plan, roster, open_, changed) or (None, None)
    tested = slope_corrected(plan, roster, open_)
    if tested is None:
        return Parallel(drawn, None, None, drawn, *said)
    value, p = tested.estimates[0].value, float(tested.raw[0])
    right = value > 0 if word == "recovering" else value < 0
    shown = drawn or (right and p <= plan.thresholds.alpha)
    return Parallel(drawn, value, p, shown, *said)
