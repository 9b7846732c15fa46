"""The class of one indicator: eight, by first match.

θ is the contrast with its adjusted p and its interval; the restored arm has its own interval.
Slowed erosion, held and lagging never count as recovering.  "Stable" is two one-sided tests
(Schuirmann 1987, doi:10.1007/BF01068419): not significant is not stable.
"""

from __future__ import annotations

from analysis.verdict.result import IndicatorClass, Tested


def classify(tested: Tested, arm_90: tuple[float, float], margin: float, alpha: float) -> IndicatorClass:
    """First match; ``arm_90`` is the restored arm's own 90 % interval, ``margin`` on the scale."""
    sure = tested.p_adjusted <= alpha
    better = sure and tested.low > 0
    worse = sure and tested.high < 0
    rises, falls = tested.restored.low > 0, tested.restored.high < 0
    table: tuple[tuple[bool, IndicatorClass], ...] = (
        (better and rises, "recovering"),
        (better and falls, "slowed erosion"),
        (better, "held"),
        (worse and falls, "eroding"),
        (falls and not worse, "regional decline"),
        (worse and not falls, "lagging"),
        (_inside((tested.low_90, tested.high_90), margin) and _inside(arm_90, margin), "stable"),
    )
    return next((name for matches, name in table if matches), "inconclusive")


def _inside(interval: tuple[float, float], margin: float) -> bool:
    return -margin < interval[0] and interval[1] < margin
