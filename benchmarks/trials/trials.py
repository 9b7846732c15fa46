"""One territory of one section, judged: what is written down of it.

Each function takes (name of the family, index, seed) and returns a small record; the table is made of
records alone, so that a run can be stopped and taken up again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import log
from typing import Any

from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge, judge_ungated
from analysis.words.codes import CODES
from benchmarks.trials.assumptions import assumed
from benchmarks.trials.detections import DETECTIONS, HOURS, detected
from benchmarks.trials.families import (
    AT_MARGIN,
    CLUSTERED,
    COVERAGE,
    DETECTABLE,
    NO_EFFECT,
    POWER,
    SHOCKS_ONLY,
    WORDS,
)
from benchmarks.trials.looks import looked
from benchmarks.trials.sabotage import SABOTAGE
from benchmarks.trials.world import NAMES, Family, Territory, simulate

Record = dict[str, Any]
_EXPECTED = {"MISSING_SEASON", "FEW_SITES"}
"""Codes that a family with lost seasons earns honestly; they are no false alarm."""


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    every = (*NO_EFFECT, CLUSTERED, SHOCKS_ONLY, *AT_MARGIN, *COVERAGE, *DETECTABLE, POWER, *WORDS)
    return {one.name: one for one in every}


def _seed(seed: int, name: str, index: int) -> tuple[int, ...]:
    return (seed, *name.encode(), index)


def _territory(name: str, index: int, seed: int) -> Territory:
    return simulate(families()[name], _seed(seed, name, index))


def _said(verdict: Verdict) -> Record:
    codes = {*verdict.codes, *(code for one in verdict.indicators for code in one.codes)}
    fired = sorted(code for code in codes if CODES[code].reach != "note" and code not in _EXPECTED)
    return {
        "territory": verdict.territory,
        "classes": [one.verdict for one in verdict.indicators],
        "gates": fired,
    }


def no_effect(name: str, index: int, seed: int) -> Record:
    """Classes and fired gates where nothing happened."""
    one = _territory(name, index, seed)
    return _said(judge(one.plan, one.panels, with_power=False))


def no_effect_ungated(name: str, index: int, seed: int) -> Record:
    """The same with every gate open."""
    one = _territory(name, index, seed)
    return _said(judge_ungated(one.plan, one.panels))


def detections(name: str, index: int, seed: int) -> Record:
    """As ``no_effect``, from the detection level."""
    family = next(one for one in DETECTIONS if one.name == name)
    one = detected(family, _seed(seed, name, index))
    return _said(judge(one.plan, one.panels, with_power=False))


def hours(name: str, index: int, seed: int) -> Record:
    """The words where recorders listened at other hours or on other days, and whether the code came."""
    family = next(one for one in HOURS if one.name == name)
    one = detected(family, _seed(seed, name, index))
    full = judge(one.plan, one.panels, with_power=False)
    codes = {*full.codes, *(code for each in full.indicators for code in each.codes)}
    return {
        "territory": full.territory,
        "classes": [each.verdict for each in full.indicators if each.source == "detections"],
        "expected": family.code,
        "code": family.code in codes,
        "unequal": sorted(codes & {"UNEQUAL_SCHEDULE", "UNEQUAL_WEATHER"}),
    }


def coverage(name: str, index: int, seed: int) -> Record:
    """Whether the 95 % interval holds the true contrast."""
    one = _territory(name, index, seed)
    (found,) = judge_ungated(one.plan, one.panels).indicators
    truth = families()[name].effect
    tested = found.tested
    return {"covers": tested is not None and tested.low <= truth <= tested.high}


def power(name: str, index: int, seed: int) -> Record:
    """θ > 0 and recovering with one primary; the territory with four; the arms are drawn by lot."""
    family = families()[name]
    single = simulate(replace(family, primaries=1), _seed(seed, name, index))
    (found,) = judge(single.plan, single.panels, with_power=False, drawn=True).indicators
    better = found.tested is not None and found.tested.p_adjusted <= 0.05 and found.tested.low > 0
    four = simulate(family, _seed(seed, name, index))
    whole = judge(four.plan, four.panels, with_power=False, drawn=True)
    return {"better": better, "recovering": found.verdict == "recovering", "territory": whole.territory}


def words_said(name: str, index: int, seed: int) -> Record:
    """The territory's word under a true effect, drawn and matched, and whether one primary is found."""
    one = _territory(name, index, seed)
    drawn, matched = (judge(one.plan, one.panels, with_power=False, drawn=lot) for lot in (True, False))
    single = judge(_alone(one.plan), one.panels[:1], with_power=False, drawn=True).indicators[0].tested
    better = single is not None and single.p_adjusted <= 0.05 and single.low > 0
    return {"drawn": drawn.territory, "territory": matched.territory, "better": better}


def _alone(plan: Plan) -> Plan:
    """``plan`` with its first primary only."""
    content = plan.canonical()
    return Plan.from_content(content | {"primaries": content["primaries"][:1]}, "alone").freeze(
        "2015-01-01T00:00:00Z"
    )


def printed(name: str, index: int, seed: int) -> Record:
    """The minimum detectable effect printed beside a verdict where nothing happened."""
    one = _territory(name, index, seed)
    tested = judge(one.plan, one.panels).indicators[0].tested
    return {"mde": None if tested is None else tested.mde}


def reached(name: str, index: int, seed: int) -> Record:
    """Whether a true contrast of one primary is found; ``name`` is "family @ effect"."""
    family, _, effect = name.partition(" @ ")
    shifted = replace(families()[family], effect=float(effect))
    one = simulate(shifted, _seed(seed, family, index))
    tested = judge_ungated(one.plan, one.panels).indicators[0].tested
    return {"found": tested is not None and tested.p_adjusted <= 0.05 and tested.low > 0}


def sabotage(name: str, index: int, seed: int) -> Record:
    """What the rule says with and without its gates, and whether the right code appears."""
    one = next(s for s in SABOTAGE if s.name == name)
    given = one.make(_seed(seed, name, index))
    bare = judge_ungated(given.plan, given.panels)
    full = judge(given.plan, given.panels, known=given.known, with_power=False)
    codes = {*full.codes, *(code for each in full.indicators for code in each.codes)}
    return {
        "ungated": bare.territory == "recovering",
        "gated": full.territory == "recovering",
        "code": one.code in codes,
    }


TRIALS: dict[str, Callable[[str, int, int], Record]] = {
    "no effect": no_effect,
    "ungated": no_effect_ungated,
    "detections": detections,
    "hours": hours,
    "margin": no_effect,
    "coverage": coverage,
    "power": power,
    "words": words_said,
    "assumption": assumed,
    "printed": printed,
    "reached": reached,
    "sabotage": sabotage,
    "looks": looked,
}
MARGIN = log(1.25)
PRIMARIES = len(NAMES[:4])
