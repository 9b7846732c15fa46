"""Does a class hang on one site?

1. A site is looked at where its residual, against the spread of the others, has a Bonferroni p of .01.
2. The tests are made again without it; where the indicator's class is another, or its interval leaves out
   the contrast with it, it is ``INFLUENTIAL_SITE``: a note that names the site and the class without it.
3. The robust contrast (Hodges & Lehmann) stands beside; it never makes a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from analysis.plan.roster import Roster
from analysis.stats.contrast import MICRO
from analysis.stats.outlier import deleted_p, hodges_lehmann
from analysis.verdict.evidence import Evidence
from analysis.verdict.result import IndicatorVerdict
from analysis.words.codes import in_order

EXTREME = 0.01
"""Bonferroni p from which on a site's residual is looked at."""

Retest = Callable[[Sequence[Evidence]], Sequence[IndicatorVerdict]]


def with_influence(
    done: Sequence[IndicatorVerdict], open_: Sequence[Evidence], roster: Roster, again: Retest
) -> list[IndicatorVerdict]:
    """The verdicts with the sites that change them; ``again`` makes the tests on other evidence."""
    extreme = {one.primary.id: _extreme(one, roster) for one in open_}
    without: dict[int, dict[str, IndicatorVerdict]] = {
        site: {one.id: one for one in again([_without(one, site) for one in open_])}
        for site in sorted({site for sites in extreme.values() for site in sites})
    }
    given = {one.primary.id: one for one in open_}
    out = []
    for one in done:
        if one.tested is None:
            out.append(one)
            continue
        less = {roster.sites[site].id: without[site][one.id] for site in extreme[one.id]}
        changed = {site: left.verdict for site, left in less.items() if _differs(one, left)}
        codes = in_order({*one.codes, "INFLUENTIAL_SITE"}) if changed else one.codes
        out.append(replace(one, codes=codes, without_site=changed, robust=_robust(given[one.id], roster)))
    return out


def _differs(one: IndicatorVerdict, left: IndicatorVerdict) -> bool:
    """Whether the class is another without the site, or its interval leaves out the contrast with it.

    Where too few sites are left without it nothing is compared.
    """
    if one.tested is None or left.tested is None:
        return False
    return one.verdict != left.verdict or not left.tested.low <= one.tested.estimate <= left.tested.high


def _extreme(one: Evidence, roster: Roster) -> list[int]:
    p = deleted_p(one.change, one.present, roster.design)
    return [int(site) for site in np.flatnonzero(p <= EXTREME)]


def _without(one: Evidence, site: int) -> Evidence:
    present, values = one.present.copy(), one.values.copy()
    present[site], values[site] = False, np.nan
    return replace(one, present=present, values=values)


def _robust(one: Evidence, roster: Roster) -> float | None:
    shift = hodges_lehmann(one.change, one.present, roster.design) / MICRO
    return shift if isfinite(shift) else None
