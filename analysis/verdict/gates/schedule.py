"""Gates on when it was listened: the same hours of the sun's day, on days of the same weather.

1. UNEQUAL_SCHEDULE: the shares of valid minutes by half hours differ between the arms, before or after, or
   in how they changed, by a total variation above .10.  Birds sing at dawn: minutes that move there are birds
   that seem to come.  Both arms moved alike compare fairly.
2. UNEQUAL_WEATHER: in rain, wind or temperature the days listened to differ from those of the season, and by
   how much has changed in one arm against the other: more than chance at 1 % over all quantities, and
   by more than a tenth of a standard deviation of a day.

Where no weather is known it was not examined, which ``gates.provenance`` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.instrument import moved
from analysis.verdict.gates.listened import away_of, table_of

MOST_MOVED = 0.10
"""Total variation between arms that a schedule may have [1]."""
WEATHER_LEAST = 0.1
"""Of a day's standard deviation: a smaller difference of weather moves no bird [1]."""
WEATHER_ALPHA = 0.01


def when_codes(one: Evidence, design: Design) -> set[str]:
    """Codes from the hours and the days of one indicator."""
    return set(when_details(one, design))


def when_details(one: Evidence, design: Design) -> dict[str, dict[str, Any]]:
    """Code -> where the arms differ most, and by how much."""
    found: dict[str, dict[str, Any]] = {}
    where, share = schedule_distance(one, design)
    if share > MOST_MOVED:
        found["UNEQUAL_SCHEDULE"] = {"where": where, "share": round(share, 3)}
    if other := _weather(one, design):
        found["UNEQUAL_WEATHER"] = other
    return found


def schedule_distance(one: Evidence, design: Design) -> tuple[str, float]:
    """(``before``, ``after`` or ``change``, the largest total variation between the arms' minutes there)."""
    texts = one.panel.provenance.schedule
    if texts is None:
        return "", 0.0
    cells = texts[np.ix_(one.rows, one.columns)]
    table = table_of(cells.ravel().tolist())
    table = table.reshape(*cells.shape, table.shape[1])
    known = np.isfinite(one.values) & np.isfinite(table).all(axis=2)
    apart: dict[str, Floats] = {}
    for period, side in (("before", one.before), ("after", ~one.before)):
        ours, theirs = (known & arm[:, None] & side for arm in (design.restored, ~design.restored))
        if ours.any() and theirs.any():
            apart[period] = table[ours].mean(axis=0) - table[theirs].mean(axis=0)
    if len(apart) == 2:
        apart["change"] = apart["after"] - apart["before"]
    far = {where: float(np.abs(gap).sum()) / 2 for where, gap in apart.items()}
    return max(far.items(), key=lambda one: one[1], default=("", 0.0))


def _weather(one: Evidence, design: Design) -> dict[str, Any]:
    """The quantity in which the arms' days differ most, or nothing."""
    texts = one.panel.provenance.weather
    known = away_of(texts) if texts is not None else {}
    found = {}
    for name, cells in sorted(known.items()):
        estimate = moved(one, one.cells(cells), design)
        if estimate and abs(estimate.value) > WEATHER_LEAST and estimate.p * len(known) <= WEATHER_ALPHA:
            found[name] = estimate.value
    if not found:
        return {}
    name = max(found, key=lambda each: abs(found[each]))
    return {"quantity": name, "by": round(found[name], 3)}
