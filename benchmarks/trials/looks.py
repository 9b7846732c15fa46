"""Territories that are judged every year: how often chance speaks at any of the looks.

A plan announces a look after each of 2, 3, 4 and 5 seasons after restoration.  "Each as if alone" is what
happened before looks shared alpha: each look judged as if it were the only one.

``python -m benchmarks.trials.looks [--territories 300] [--seed 1]`` prints each family beside its bound.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from math import log
from typing import Any

from scipy.stats import binom

from analysis.plan.ahead.looks import as_at
from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.result import Verdict
from analysis.verdict.rule import judge
from benchmarks.trials.world import Family, plan_for, simulate, with_change_sd

YEARLY = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Looked:
    """A family; ``bound``: the largest share of territories with any adjusted p up to .05, or None."""

    name: str
    family: Family
    bound: float | None = 0.05
    alone: bool = False
    """each look as if it were the only one"""


_EIGHT = Family("8 v 8", restored=8, control=8)
_TWENTY = with_change_sd(Family("20 v 20", restored=20, control=20, effect=log(1.3)), 0.255)
FAMILIES: tuple[Looked, ...] = (
    Looked("four yearly looks, announced", _EIGHT),
    Looked("four yearly looks, announced, 20 v 20", replace(_TWENTY, effect=0.0)),
    Looked("four yearly looks, announced, 5 v 12, SD ratio 2", Family("5 v 12", 5, 12, spread=2.0)),
    Looked("four yearly looks, each as if alone", _EIGHT, bound=None, alone=True),
    Looked("four yearly looks, announced, +30 %", _TWENTY, bound=None),
    Looked("one look, +30 %", _TWENTY, bound=None, alone=True),
)


def plan_with(family: Family, looks: tuple[int, ...]) -> Plan:
    """The plan of a family, with these looks announced."""
    content = plan_for(family).canonical() | {"looks": {"after": list(looks)}}
    return Plan.from_content(content, family.name).freeze("2015-01-01T00:00:00Z")


def yearly(family: Family, seed: tuple[int, ...], *, alone: bool) -> list[Verdict]:
    """The verdicts of one territory, a look each."""
    panels = simulate(family, seed).panels
    shared, found = plan_with(family, YEARLY), []
    for look in YEARLY:
        plan = plan_with(family, (look,)) if alone else shared
        then: list[Panel] = [as_at(plan, one, look) for one in panels]
        found.append(judge(plan, then, with_power=False, drawn=True))
    return found


def looked(name: str, index: int, seed: int) -> dict[str, Any]:
    """One territory: whether any adjusted p reached .05 at any look, and whether at the last."""
    one = next(each for each in FAMILIES if each.name == name)
    verdicts = yearly(one.family, (seed, *name.partition(",")[0].encode(), index), alone=one.alone)
    small = [
        any(each.tested is not None and each.tested.p_adjusted <= 0.05 for each in verdict.indicators)
        for verdict in verdicts
    ]
    return {"any": any(small), "last": small[-1], "word": verdicts[-1].territory}


def main() -> int:
    """Print the table; 1 where a bound is broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--territories", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    asked, broken = options.parse_args(), False
    print(f"{'family':52} any look  last look  recovering  bound")
    for one in FAMILIES:
        rows = [looked(one.name, index, asked.seed) for index in range(asked.territories)]
        found = [sum(row[key] for row in rows) for key in ("any", "last")]
        said = sum(row["word"] == "recovering" for row in rows)
        most = None if one.bound is None else int(binom.ppf(0.999, len(rows), one.bound))
        broken = broken or (most is not None and found[0] > most)
        print(f"{one.name:52} {found[0]:8} {found[1]:10} {said:11}  {'' if most is None else most}")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
