"""What a listened review is worth, on planted truth: coverage of intervals, and drift named.

    python -m benchmarks.review --seeds 100

Prints, for precisions from .60 to .99 that go with the score, how often the interval holds the truth; for
drift, how often it is named; for listeners who err, both again.  Exit code 1 when a bound does not hold:
90 of 100 intervals, drift .95 -> .80 at 250 clips an arm in 95 of 100, falsely in 8.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.trials.reviewing import TAXON, Planted, reviewed

COVERED, NAMED, FALSELY = 0.90, 0.95, 0.08
PRECISIONS = (0.60, 0.70, 0.80, 0.90, 0.95, 0.99)


def coverage(planted: Planted, seeds: range) -> tuple[float, float]:
    """Share of intervals of the first cell that hold the truth, and their mean width."""
    held = width = 0.0
    for seed in seeds:
        found, truth = reviewed(planted, seed)
        share = found.cells[0].precision
        held += share.low <= truth[0] <= share.high
        width += share.high - share.low
    return held / len(seeds), width / len(seeds)


def named(planted: Planted, seeds: range) -> float:
    """Share of reviews that name drift."""
    return sum(TAXON in reviewed(planted, seed)[0].drifted for seed in seeds) / len(seeds)


def main() -> int:
    """Print the table; 1 where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    table, held = Table("planted", "found", "bound"), True
    for precision in PRECISIONS:
        for errs, who in (((0.0,), "one listener"), ((0.0, 0.05), "two, one errs in 5 %")):
            share, width = coverage(Planted((precision,) * 4, errs=errs), seeds)
            held &= share >= COVERED
            table.add_row(
                f"precision {precision:.2f}, {who}",
                f"covered {share:.2f}, width {width:.3f}",
                f">= {COVERED:.2f}",
            )
    for precision in (0.80, 0.90, 0.95):
        share = named(Planted((precision,) * 4), seeds)
        held &= share <= FALSELY
        table.add_row(f"no drift, {precision:.2f}", f"named {share:.2f}", f"<= {FALSELY:.2f}")
    for cell, where in ((1, "restored after"), (3, "control after")):
        drifting = [0.95] * 4
        drifting[cell] = 0.80
        share = named(Planted((drifting[0], drifting[1], drifting[2], drifting[3])), seeds)
        held &= share >= NAMED
        table.add_row(f"drift .95 -> .80, {where}", f"named {share:.2f}", f">= {NAMED:.2f}")
    Console().print(table)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
