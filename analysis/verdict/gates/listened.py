"""When it was listened, as the columns ``schedule`` and ``weather`` of a panel say it.

1. A ``schedule`` is ``rise-1=2500 set+0=7500``: ten-thousandths of the valid minutes by half hour from
   sunrise or sunset (``analysis.indices.sun_time``).  Any other text names one schedule: all of its minutes.
2. ``weather`` is ``rain=-0.42 wind=0.1``: the mean of the days listened to minus that of all days of the
   season, in standard deviations of a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from analysis.arrays import Floats
from analysis.indices.sun_time import AROUND_SUNRISE, NAMES
from analysis.plan.panel import Texts

_PART = re.compile(r"((?:rise|set)[+-][0-9]{1,2})=([0-9]{1,5})")
_AWAY = re.compile(r"([a-z]+)=([+-]?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)")
_AROUND_SUNRISE = frozenset(NAMES[number] for number in np.flatnonzero(AROUND_SUNRISE).tolist())


def shares_of(text: str) -> dict[str, float]:
    """Half hour -> its share of the minutes, which sum to 1; empty for a blank text."""
    parts = text.split()
    read = [_PART.fullmatch(part) for part in parts]
    total = sum(int(one[2]) for one in read if one)
    if not parts:
        return {}
    if any(one is None for one in read) or not total:
        return {" ".join(parts).casefold(): 1.0}
    found: dict[str, float] = {}
    for one in read:
        if one is not None:
            found[one[1]] = found.get(one[1], 0.0) + int(one[2]) / total
    return found


def table_of(texts: Iterable[str]) -> Floats:
    """One row a text, one column a half hour; rows sum to 1, those of blank texts are nan."""
    rows = [shares_of(text) for text in texts]
    place = {name: column for column, name in enumerate(sorted({name for row in rows for name in row}))}
    table = np.zeros((len(rows), max(len(place), 1)))
    for number, row in enumerate(rows):
        table[number, [place[name] for name in row]] = list(row.values())
        if not row:
            table[number] = np.nan
    return table


def misses_dawn(text: str) -> bool:
    """Whether a schedule of half hours, and no mere name, says that none of them lies around sunrise."""
    halves = shares_of(text)
    return (
        bool(halves)
        and all(_PART.fullmatch(f"{name}=1") for name in halves)
        and not (_AROUND_SUNRISE & halves.keys())
    )


def away_of(texts: Texts) -> dict[str, Floats]:
    """Quantity -> how far its weather is from the season's in each cell, nan where unknown.

    Sites that count as one place have several texts: their mean.
    """
    found: dict[str, Floats] = {}
    for place in np.ndindex(texts.shape):
        read = [_AWAY.fullmatch(part) for part in str(texts[place]).split()]
        pairs = [(one[1], float(one[2])) for one in read if one]
        for name in {name for name, _ in pairs}:
            own = [away for each, away in pairs if each == name]
            found.setdefault(name, np.full(texts.shape, np.nan))[place] = sum(own) / len(own)
    return found
