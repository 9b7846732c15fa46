"""Is the power that a plan is promised the power that it has?  Predictions beside the rule's own answers.

``python -m benchmarks.trials.planning [--twins 2000] [--first 0]`` prints for each design the predicted and
the found probability of either word and of the plain word, and ends 1 if one of them is off by more than
.03 (the plain word where the rule has two).  A twin is a territory that the calibration would draw, with
a true effect in all four primaries; every gate is closed, as in a verdict.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from math import log, sqrt
from typing import get_args

from analysis.plan.ahead.reach import Spread, chances
from analysis.verdict.result import TerritoryClass
from analysis.verdict.rule import judge
from benchmarks.trials.world import Family, simulate, with_change_sd

TWO_WORDS = "recovering-if-parallel" in get_args(TerritoryClass)
_SPREAD = 0.25
_OFF = 0.03
_DESIGNS = (
    (8, 3, 5, 0.5),
    (12, 3, 5, 0.3),
    (12, 5, 5, 0.3),
    (20, 3, 5, 0.3),
    (20, 8, 5, 0.3),
    (20, 3, 5, 0.2),
)
"""Sites an arm, seasons before and after, true effect as a share."""


def family(sites: int, before: int, after: int, effect: float) -> Family:
    """The calibration's territory of a design, with the spread that plans are told."""
    base = Family("reference", before=3, after=5)
    scaled = with_change_sd(base, _SPREAD)
    return replace(
        scaled,
        name=f"{sites} v {sites}, {before} + {after}, {effect:+.0%}",
        restored=sites,
        control=sites,
        before=before,
        after=after,
        effect=log(1 + effect),
    )


def found(one: Family, twins: int, first: int) -> tuple[float, float]:
    """Shares of twins (plain word, either word) by the rule."""
    words = []
    for seed in range(first, first + twins):
        field = simulate(one, (13, seed))
        words.append(judge(field.plan, field.panels, with_power=False).territory)
    plain = sum(word == "recovering" for word in words)
    either = sum(word.startswith("recovering") for word in words)
    return plain / twins, either / twins


def predicted(one: Family) -> tuple[float, float]:
    """The same, as ``plan power`` says it."""
    panels = simulate(one, (13, 0)).panels
    lines = [(panel.group, panel.evidence) for panel in panels]
    spreads, effects = [Spread.of_change(_SPREAD)] * len(panels), [one.effect] * len(panels)
    said = chances(one.restored, one.before, one.after, effects, spreads, lines, years=one.years)
    return said.plain, said.either


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--twins", type=int, default=2000)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    asked = options.parse_args()
    worst = 0.0
    print("design                     plain: said  found    either: said  found   (2 standard errors)")
    for design in _DESIGNS:
        one = family(*design)
        said, was = predicted(one), found(one, asked.twins, asked.first)
        noise = 2 * sqrt(max(was[1] * (1 - was[1]), 1e-9) / asked.twins)
        print(f"{one.name:26} {said[0]:12.3f} {was[0]:6.3f} {said[1]:15.3f} {was[1]:6.3f}   ({noise:.3f})")
        words = (0, 1) if TWO_WORDS else (1,)
        worst = max(worst, *(abs(said[word] - was[word]) for word in words))
    print(f"off by {worst:.3f} at most, {_OFF:.2f} allowed")
    return int(worst > _OFF)


if __name__ == "__main__":
    sys.exit(main())
