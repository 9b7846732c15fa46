"""Calibration of the verdict: false alarms, coverage, power and sabotage, on simulated territories.

    python benchmarks/calibration.py --quick            at most 15 minutes on 2 cores
    python benchmarks/calibration.py --seed 7 --out docs/auditor/calibration.md

Every territory is judged by the very rule that judges real ones.  Records go to ``--state`` as they
come; a stopped run goes on where it was.  Exit code 1 when a bound does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.trials.assumptions import FAMILIES  # noqa: E402
from benchmarks.trials.controls import controlled  # noqa: E402
from benchmarks.trials.detections import DETECTIONS, HOURS  # noqa: E402
from benchmarks.trials.families import (  # noqa: E402
    AT_MARGIN,
    CLUSTERED,
    COVERAGE,
    DETECTABLE,
    NO_EFFECT,
    POWER,
    SHOCKS_ONLY,
    WORDS,
)
from benchmarks.trials.looks import FAMILIES as LOOKED  # noqa: E402
from benchmarks.trials.sabotage import SABOTAGE  # noqa: E402
from benchmarks.trials.table import Line, printed_median, table  # noqa: E402
from benchmarks.trials.trials import TRIALS, Record  # noqa: E402

_BATCH = 20
_STEPS = (0.7, 0.85, 1.0, 1.15, 1.3)
"""Multiples of the printed minimum detectable effect at which the true power is simulated."""


@dataclass(frozen=True, slots=True)
class Size:
    """Territories a family of each section."""

    families: int
    detections: int
    coverage: int
    power: int
    printed: int
    reached: int
    sabotage: int
    assumptions: int
    words: int
    looks: int
    hours: int


FULL = Size(2_000, 500, 3_334, 2_000, 200, 300, 200, 2_000, 2_000, 300, 300)
QUICK = Size(300, 50, 1_000, 500, 60, 120, 40, 40, 40, 20, 60)

Job = tuple[str, str, int, int, int]
"""section, family, first index, end, seed"""


def first_jobs(size: Size, seed: int) -> list[Job]:
    """What needs no earlier result, but for the coverage, which is the longest."""
    plan: list[tuple[str, str, int]] = [("power", POWER.name, size.power)]
    plan += [("sabotage", one.name, size.sabotage) for one in SABOTAGE]
    plan += [("no effect", one.name, size.families) for one in NO_EFFECT]
    plan += [("assumption", one.name, size.assumptions) for one in FAMILIES]
    plan += [("looks", one.name, size.looks) for one in LOOKED]
    plan += [("words", one.name, size.words) for one in WORDS]
    plan += [
        (kind, one.name, size.families // 4)
        for one in (CLUSTERED, SHOCKS_ONLY)
        for kind in ("no effect", "ungated")
    ]
    plan += [("detections", one.name, size.detections) for one in DETECTIONS]
    plan += [("hours", one.name, size.hours) for one in HOURS]
    plan += [("margin", one.name, size.families // len(AT_MARGIN)) for one in AT_MARGIN]
    plan += [("printed", one.name, size.printed) for one in DETECTABLE]
    return [job for section, name, count in plan for job in _batches(section, name, count, seed)]


def second_jobs(size: Size, seed: int, records: dict[tuple[str, str], list[Record]]) -> list[Job]:
    """Power at multiples of the printed minimum detectable effects, then coverage."""
    jobs: list[Job] = []
    for one in DETECTABLE:
        said = printed_median(records["printed", one.name])
        for step in _STEPS:
            jobs += _batches("reached", f"{one.name} @ {said * step:.4f}", size.reached, seed)
    return jobs + [job for one in COVERAGE for job in _batches("coverage", one.name, size.coverage, seed)]


def _batches(section: str, name: str, count: int, seed: int) -> list[Job]:
    return [(section, name, k, min(k + _BATCH, count), seed) for k in range(0, count, _BATCH)]


def work(job: Job) -> tuple[Job, list[Record]]:
    """One batch; runs in a process of its own."""
    section, name, start, end, seed = job
    return job, [TRIALS[section](name, index, seed) for index in range(start, end)]


class Run:
    """Records by section and family, kept in a file of JSON lines."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.done: dict[Job, list[Record]] = {}
        if state.exists():
            for line in state.read_text(encoding="utf-8").splitlines():
                job, rows = _parsed(line)
                if rows:
                    self.done[job] = rows

    def go(self, jobs: list[Job], processes: int, console: Console) -> None:
        """Do what is not done yet."""
        left = [job for job in jobs if job not in self.done]
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        with bar, self.state.open("a", encoding="utf-8") as sink:
            task = bar.add_task("territories", total=sum(job[3] - job[2] for job in left))
            for job, rows in _results(left, processes):
                self.done[job] = rows
                sink.write(json.dumps([list(job), rows]) + "\n")
                sink.flush()
                bar.update(
                    task,
                    advance=len(rows),
                    description=f"{job[0]}: {job[1].partition(' @')[0]}"[:40].ljust(40),
                )

    def records(self, jobs: list[Job]) -> dict[tuple[str, str], list[Record]]:
        """Records of ``jobs``, in their order."""
        out: dict[tuple[str, str], list[Record]] = {}
        for job in jobs:
            out.setdefault((job[0], job[1]), []).extend(self.done.get(job, []))
        return out


def _parsed(line: str) -> tuple[Job, list[Record]]:
    """A line of the state; a torn last line counts as nothing."""
    try:
        (section, name, start, end, seed), rows = json.loads(line)
    except ValueError:
        return ("", "", 0, 0, 0), []
    return (section, name, start, end, seed), rows


def _results(jobs: list[Job], processes: int) -> Iterator[tuple[Job, list[Record]]]:
    if processes == 1:
        yield from map(work, jobs)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(work, jobs)


def run(size: Size, seed: int, state: Path, processes: int, console: Console) -> list[Line]:
    """The whole calibration; the table's lines."""
    done = Run(state)
    jobs = first_jobs(size, seed)
    done.go(jobs, processes, console)
    more = second_jobs(size, seed, done.records(jobs))
    done.go(more, processes, console)
    records = done.records(jobs + more)
    return table(records) + controlled(records)


_PAGE = """\
# Calibration of the verdict

On simulated territories with a known truth, judged by the very rule that judges real ones:

```sh
python benchmarks/calibration.py --seed {seed}{quick} --out docs/auditor/calibration.md
```

Every number comes from that seed; other seeds give other territories and must hold the same bounds.

**Noise.** Values of a site-season are site (SD .5) + season (SD .1, shared) + the site's own lasting change
(SD .1) + first-order autoregressive site-season noise (SD .25, ρ .6), on the log or logit scale; four
primaries of two classes correlate by .5. A family's name says what differs. Where days are counted,
they are binomial. "detections" draws calls, recall, false positives and rain in the simulator's landscape,
and computes its panels by the catalogue. In the families of "hours" recorders listen at other hours or on
other days; only the soil recovers, so that any word of the territory is a wrong one, of living indicators.

**Bounds.** Counts have 99.9 % binomial bounds: 73 of 2,000 for 2.5 %, 131 of 2,000 for 5 %. Power, coverage
and sabotage must hold without that allowance from the size of the full run on. A rule that is always
inconclusive breaks the three lines of power.

"ungated" is the rule with its gates open: what clustered arms would do to it, and what each of twenty
tamperings achieves without the gates. Families with shocks are reported, not bounded: they are what the gate
ARMS_CLUSTERED is for.

"""


def as_page(lines: list[Line], seed: int, *, quick: bool) -> str:
    """The page of documentation: the command, the noise, the bounds, the table."""
    return _PAGE.format(seed=seed, quick=" --quick" if quick else "") + as_text(lines)


def as_text(lines: list[Line]) -> str:
    """The table in Markdown."""
    marks = {True: "holds", False: "**broken**", None: ""}
    rows = [
        f"| {one.section} | {one.family} | {one.figure} | {one.value} | {one.bound} | {marks[one.holds]} |"
        for one in lines
    ]
    return (
        "\n".join(["| section | family | figure | value | bound | |", "|---|---|---|---|---|---|", *rows])
        + "\n"
    )


def main() -> None:
    """Parse the command, run, print, and say by the exit code whether every bound holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer territories; bounds scale with them")
    parser.add_argument("--seed", type=int, default=20260601)
    parser.add_argument("--state", type=Path, help="file of records; default: calibration-SEED.jsonl")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, help="write the table here, in Markdown")
    wanted = parser.parse_args()
    console = Console(stderr=True)
    kind = "quick" if wanted.quick else "full"
    state = wanted.state or Path(f"calibration-{kind}-{wanted.seed}.jsonl")
    lines = run(QUICK if wanted.quick else FULL, wanted.seed, state, wanted.processes, console)
    shown = Table("section", "family", "figure", "value", "bound", "")
    for one in lines:
        mark = {True: "[green]holds", False: "[red]BROKEN", None: ""}[one.holds]
        shown.add_row(one.section, one.family, one.figure, one.value, one.bound, mark)
    Console(width=140).print(shown)
    if wanted.out:
        wanted.out.write_text(as_page(lines, wanted.seed, quick=wanted.quick), encoding="utf-8")
    broken = sum(one.holds is False for one in lines)
    console.print(
        f"{broken} of {sum(one.holds is not None for one in lines)} bounds broken, seed {wanted.seed}"
    )
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
