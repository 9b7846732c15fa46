"""Gate on what is not said: where nobody knows how a value was made, nobody knows what changed.

1. ``columns_of`` sorts the provenance of one indicator, over the cells that carry a value: columns that
   are known, blank, known in part, or not applicable.
2. A column that the indicator's source needs and that is blank, or any column that is known in some cells
   and not in others: PROVENANCE_UNKNOWN.  "Not applicable" holds for a whole column or not at all, and
   never for the definition: something made every value.
3. A noise floor that is blank everywhere is said and must be declared; microphones age unseen.
4. What does not apply, and what an imported table has no column for, was not examined, and that is said.
5. Where detectors heard, a dawn or a schedule cannot simply be called not applicable: that no dawn could be
   placed must show in the data, by few calls at any hour or a schedule that misses the dawn.
6. The weather of the days listened to may be unknown, for the territory as a whole: then it was not examined.
   Known at some sites of a season and blank at others it was taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from analysis.arrays import Bools
from analysis.plan.panel import FEW_CALLS, LIVING
from analysis.plan.plan import Plan
from analysis.plan.source import NOISE_FLOOR_DECLARED, SOURCES, Column, needed
from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.listened import misses_dawn

COLUMNS: tuple[Column, ...] = get_args(Column)
_BLANK = ("", "unknown", "inconnu", "inconnue", "na", "nan", "none", "null", "?", "-", "–")
_IDLE = ("n/a", "not applicable", "sans objet")
_MADE_BY_DETECTOR = ("detections", "soundscape")
_NEVER_IDLE: tuple[Column, ...] = ("dawn_offset", "schedule")
_MOST_WITHOUT = 3
"""Where more than one in so many cells of an arm and period has no dawn, clocks were not examined."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The columns of one indicator that are not known throughout."""

    blank: tuple[Column, ...]
    """needed, and known in no cell with a value"""
    partly: tuple[Column, ...]
    """known in some cells with a value, and not in others"""
    silent: tuple[Column, ...]
    """not applicable, or blank where the source is the indicator's own: not examined"""

    @property
    def unknown(self) -> list[Column]:
        """Those that stop the words; a noise floor that is blank everywhere has its own code."""
        stopping = {*self.blank, *self.partly} - ({"noise_floor"} & set(self.blank))
        return [name for name in COLUMNS if name in stopping]


def columns_of(one: Evidence, design: Design) -> Examined:
    """The provenance of one indicator, over its sites, kept seasons and cells with a value."""
    used = np.isfinite(one.values)
    needs = needed(one.panel.source, one.panel.group)
    blank, partly, silent = list[Column](), list[Column](), list[Column]()
    for name in COLUMNS if used.any() else ():
        known, idle = _cells(one, name)
        if name == "weather":
            known, idle = known & ~idle, np.zeros_like(idle)
            torn = (known & used).any(axis=0) & (~known & used).any(axis=0)
            if torn.any():
                partly.append(name)
            elif not known[used].all() and (one.panel.source == "detections" or name in _would_show(one)):
                silent.append(name)
            continue
        if name in _NEVER_IDLE and one.panel.source == "detections":
            shown = _without_dawn(one) & idle if name == "dawn_offset" else np.zeros_like(idle)
            if _too_idle(one, shown & used, used, design):
                silent.append(name)
            known, idle = known | shown, np.zeros_like(idle)
        known, idle = known[used], idle[used]
        if known.all():
            continue
        if idle.all() and name != "definition":
            silent.append(name)
        elif known.any() or idle.any():
            partly.append(name)
        elif name in needs:
            blank.append(name)
        elif one.panel.source not in SOURCES and name in _would_show(one):
            silent.append(name)
    return Examined(tuple(blank), tuple(partly), tuple(silent))


def _too_idle(one: Evidence, shown: Bools, used: Bools, design: Design) -> bool:
    """Whether an arm lacks the dawn in more than a third of its cells of one period."""
    return any(
        shown[part].sum() * _MOST_WITHOUT > used[part].sum()
        for arm in (design.restored, ~design.restored)
        for side in (one.before, ~one.before)
        for part in (np.ix_(arm, side),)
    )


def _without_dawn(one: Evidence) -> Bools:
    """The cells whose data show that no dawn could be placed, (roster sites, kept seasons)."""
    source, at = one.panel.provenance, np.ix_(one.rows, one.columns)
    shown = np.zeros(one.values.shape, dtype=bool)
    if source.calls is not None:
        shown |= source.calls[at] < FEW_CALLS
    if source.schedule is not None:
        missed = [misses_dawn(str(text)) for text in source.schedule[at].ravel()]
        shown |= np.array(missed, dtype=bool).reshape(shown.shape)
    return shown


def provenance_codes(plan: Plan, one: Evidence, design: Design) -> set[str]:
    """What the columns earn: each code that they do not fill."""
    found = columns_of(one, design)
    codes = {"PROVENANCE_UNKNOWN"} if found.unknown else set()
    if "noise_floor" in found.blank:
        codes.add("NOISE_FLOOR_UNKNOWN")
        if len(plan.declarations.get(NOISE_FLOOR_DECLARED, "").strip()) < 3:
            codes.add("NOISE_FLOOR_UNDECLARED")
    return codes | ({"NOT_EXAMINED"} if found.silent else set())


def provenance_details(one: Evidence, design: Design) -> dict[str, list[str]]:
    """Code -> the columns that earned it."""
    found = columns_of(one, design)
    listed = {"PROVENANCE_UNKNOWN": found.unknown, "NOT_EXAMINED": found.silent}
    return {code: list(names) for code, names in listed.items() if names}


def _would_show(one: Evidence) -> tuple[Column, ...]:
    """The columns by which such values are examined where an instrument makes them."""
    living = one.panel.group in LIVING
    return (*SOURCES["detections"].needs, "weather") if living else needed("", one.panel.group)


def _cells(one: Evidence, name: Column) -> tuple[Bools, Bools]:
    """(known, not applicable) of each roster site and kept season."""
    array = getattr(one.panel.provenance, name)
    if array is None:
        nowhere = np.zeros(one.values.shape, dtype=bool)
        return nowhere, nowhere
    cells = array[np.ix_(one.rows, one.columns)]
    if cells.dtype.kind != "U":
        return np.isfinite(cells), np.isinf(cells)
    own = (
        f"{one.panel.indicator}@" if name == "definition" and one.panel.source in _MADE_BY_DETECTOR else None
    )
    found, place = np.unique(cells, return_inverse=True)
    texts = np.array([_said(str(text), own) for text in found])[place].reshape(cells.shape)
    idle = np.isin(texts, _IDLE)
    return ~np.isin(texts, _BLANK) & ~idle, idle


def _said(text: str, own: str | None) -> str:
    """In small letters; without ``own``, the indicator's id and version, which name no detector."""
    parts = (part for part in text.split() if own is None or not part.startswith(own))
    return " ".join(parts).casefold()
