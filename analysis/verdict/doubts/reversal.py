"""Was there a decline to reverse?  Only a long enough baseline can say.

The restored arm's season means before restoration, a straight line, its slope against the variation
of years, with the variance inflated by the lag-one autocorrelation of the residuals.  Fewer than
eight seasons never suffice: with two, a "decline" is false in 9 to 31 % of territories.
Source of the inflation: Bayley & Hammersley 1946, doi:10.2307/2983560.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.arrays import Floats
from analysis.plan.roster import Roster
from analysis.stats.additive import site_means
from analysis.stats.permutation import Design
from analysis.stats.student import root, t_upper
from analysis.verdict.evidence import Evidence
from analysis.verdict.result import IndicatorVerdict
from analysis.words.codes import in_order

NEEDED = 8
_ALPHA = 0.05


def with_reversal(one: IndicatorVerdict, evidence: Evidence | None, roster: Roster) -> IndicatorVerdict:
    """A recovery with what is known of the decline before it."""
    if one.verdict != "recovering" or evidence is None:
        return one
    declining = was_declining(evidence, roster.design)
    codes = one.codes if declining else in_order({*one.codes, "PRIOR_DECLINE_NOT_MEASURED"})
    return replace(one, reversed=declining, codes=codes)


def was_declining(one: Evidence, design: Design) -> bool:
    """Whether the restored arm declined before restoration, one-sided at .05."""
    values = one.values[design.restored][:, one.before]
    if values.shape[1] < NEEDED:
        return False
    fit = site_means(values)
    return fit is not None and declines(fit.seasons)


def declines(series: Floats) -> bool:
    """Whether a yearly ``series`` (years,) on the oriented scale falls, against its year variation."""
    n = len(series)
    if n < NEEDED:
        return False
    time = np.arange(n) - (n - 1) / 2
    square = float((time * time).sum())
    slope = float((time * series).sum()) / square
    rest = series - series.mean() - slope * time
    spread = float((rest * rest).sum())
    if spread <= 0:
        return slope < 0
    lag = float((rest[1:] * rest[:-1]).sum()) / spread
    lag = min(max(lag + (1.0 + 3.0 * lag) / n, 0.0), 0.9)
    error = root(spread / (n - 2) / square * (1.0 + lag) / (1.0 - lag))
    return slope < 0 and t_upper(-slope / error, n - 2) <= _ALPHA
