"""The table of ``plan power``: sites x seasons x effect, what they cost, and whether waiting helps.

Every number is a probability of a word for the territory, if every primary truly changed by the effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from analysis.plan.ahead.reach import REFERENCE, Chances, Spread, chances

_MORE = 20
"""Seasons after, to show what waiting would bring."""
_USELESS = 0.15
"""A spread that falls by less than this share over so many seasons is not worth the wait."""
_ENOUGH = 0.8
_MOST_SITES = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One design: sites an arm, seasons, and by effect what it would earn."""

    sites: int
    before: int
    after: int
    visits: int
    """site-seasons that must be measured"""
    cost: float | None
    """``visits`` by the price of one; None where none was said"""
    chances: Mapping[float, Chances]
    """effect as a share, as .3 for +30 % -> probabilities"""


@dataclass(frozen=True, slots=True)
class Hope:
    """The primaries of a plan, as power needs them."""

    lines: tuple[tuple[str, str], ...]
    """class and source of each"""
    spreads: tuple[Spread, ...]

    def asked(self, sites: int, before: int, after: int, effect: float) -> Chances:
        """If every primary changed by ``effect``, a share, on its log or logit scale."""
        same = [log(1 + effect)] * len(self.lines)
        return chances(sites, before, after, same, self.spreads, self.lines)


def rows(
    hope: Hope,
    sites: Sequence[int],
    seasons: Sequence[tuple[int, int]],
    effects: Sequence[float],
    price: float | None = None,
) -> list[Row]:
    """One row for each number of sites an arm and each (before, after)."""
    out = []
    for n in sites:
        for before, after in seasons:
            visits = 2 * n * (before + after)
            found = {effect: hope.asked(n, before, after, effect) for effect in effects}
            out.append(Row(n, before, after, visits, None if price is None else visits * price, found))
    return out


@dataclass(frozen=True, slots=True)
class Waiting:
    """What more seasons after restoration would change for the widest primary."""

    now: float
    """spread of site change over the reference seasons"""
    later: float
    """the same with ``seasons`` after"""
    seasons: int
    useless: bool
    sites: int | None
    """sites an arm that find the effect with probability .8 instead; None above 200"""
    effect: float


def waiting(hope: Hope, effect: float) -> Waiting:
    """Whether to wait or to add sites."""
    before, after = REFERENCE
    widest = max(hope.spreads, key=lambda one: one.season)
    now, later = widest.change(before, after), widest.change(before, _MORE)
    return Waiting(now, later, _MORE, later > (1 - _USELESS) * now, _least(hope, effect), effect)


def _least(hope: Hope, effect: float) -> int | None:
    """The fewest sites an arm with a power of .8 for either word; bisection, since power grows with sites."""
    low, high = 3, _MOST_SITES
    if hope.asked(high, *REFERENCE, effect).either < _ENOUGH:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if hope.asked(middle, *REFERENCE, effect).either >= _ENOUGH:
            high = middle
        else:
            low = middle
    return high
