"""Families that break what the rule assumes, without an effect: and true effects that it must still find.

1. ``FAMILIES`` names each; ``assumed`` makes and judges one territory of it: a record of the territory's
   class, every code, whether any adjusted p is up to .05, and how many intervals miss the truth.
2. Arms diverge since before; sites are chosen at a low point, or differ truly; starts are staggered with
   cohorts of other sizes and spreads; one site is extreme.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.rule import judge
from benchmarks.trials.world import Family, instruments, panel, plan_for, simulate, values, with_change_sd

Made = tuple[Plan, tuple[Panel, ...]]
_TWELVE = Family("12 v 12", restored=12, control=12)
_LEVELS = replace(_TWELVE, noise=0.5, rho=0.2)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A family; ``bound`` is the largest share of wrong words where nothing happened, None where it did."""

    name: str
    truth: float
    bound: float | None
    make: Callable[[tuple[int, ...]], Made]


def _diverging(family: Family, slope: float) -> Callable[[tuple[int, ...]], Made]:
    def make(seed: tuple[int, ...]) -> Made:
        one = simulate(family, seed)
        away = np.zeros((family.sites, family.before + family.after))
        away[: family.restored] = slope * np.arange(family.before + family.after)
        return one.plan, tuple(replace(each, values=each.values + away) for each in one.panels)

    return make


def _chosen(story: str) -> Callable[[tuple[int, ...]], Made]:
    """12 of 60 candidates become restored sites; "mean" and "last year" are where they were lowest."""

    def make(seed: tuple[int, ...]) -> Made:
        rng, family = np.random.default_rng(seed), _LEVELS
        y = values(replace(family, restored=60), rng)
        before = y[:, :60, : family.before]
        score = before.mean(axis=(0, 2)) if story == "mean" else before[:, :, -1].mean(axis=0)
        pick = np.argsort(score)[:12] if story in ("mean", "last year") else np.arange(12)
        y[:, :12] += {"lower": -0.5, "higher": 0.5}.get(story, 0.0)
        kept = y[:, np.concatenate([pick, np.arange(60, 72)])]
        return plan_for(family), _panels(family, kept, rng)

    return make


def _panels(family: Family, y: Floats, rng: np.random.Generator) -> tuple[Panel, ...]:
    plan, source = plan_for(family), instruments(family, rng)
    days = np.full(y.shape[1:], 60.0)
    return tuple(panel(plan, one.id, each, days, source) for one, each in zip(plan.primaries, y, strict=True))


def _staggered(restored: int, control: int, spread: float) -> Callable[[tuple[int, ...]], Made]:
    def make(seed: tuple[int, ...]) -> Made:
        one = simulate(Family("staggered", restored=restored, control=control, spread=spread), seed)
        content = one.plan.canonical()
        for k, site in enumerate(row for row in content["sites"] if row["arm"] == "restored"):
            site["start"] = "y3" if k % 2 else "y5"
        return Plan.from_content(content, "staggered").freeze("2014-01-01T00:00:00Z"), one.panels

    return make


def _extreme(seed: tuple[int, ...]) -> Made:
    family = with_change_sd(replace(_TWELVE, effect=log(1.3)), 0.255)
    one = simulate(family, seed)
    away = np.zeros(one.panels[0].values.shape)
    away[0, family.before :] = 5.0
    return one.plan, tuple(replace(each, values=each.values + away) for each in one.panels)


FAMILIES: tuple[Assumption, ...] = (
    *(
        Assumption(f"diverging {d:+.0%} a year", 0.0, 0.05, _diverging(_TWELVE, log(1 + d)))
        for d in (0.03, 0.05, 0.1, 0.2, -0.1)
    ),
    *(Assumption(f"lowest 12 of 60, by {one}", 0.0, 0.05, _chosen(one)) for one in ("mean", "last year")),
    *(Assumption(f"restored sites truly {one}", 0.0, 0.05, _chosen(one)) for one in ("lower", "higher")),
    *(
        Assumption(f"staggered {n} v {m}, spread x {s:.2g}", 0.0, 0.05, _staggered(n, m, s))
        for n, m in ((12, 12), (6, 18), (12, 4))
        for s in ((1.0,) if n == m else (2.0, 3.0, 0.5, 1 / 3))
    ),
    Assumption("one site +5 under +30 %", log(1.3), None, _extreme),
)


def assumed(name: str, index: int, seed: int) -> dict[str, Any]:
    """One territory of a family, judged."""
    one = next(each for each in FAMILIES if each.name == name)
    plan, panels = one.make((seed, *name.encode(), index))
    found = judge(plan, panels, with_power=False)
    tested = [each.tested for each in found.indicators if each.tested is not None]
    return {
        "territory": found.territory,
        "codes": sorted({*found.codes, *(code for each in found.indicators for code in each.codes)}),
        "any_p": any(each.p_adjusted <= 0.05 for each in tested),
        "missed": sum(not each.low <= one.truth <= each.high for each in tested),
        "tested": len(tested),
    }
