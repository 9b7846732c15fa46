"""How fast the ecological numerics are: ours, a plain loop, and the limit, in one run.

    python benchmarks/ecology.py            1,000 replicates of 500 site-years, and 106 occupancy fits
    python benchmarks/ecology.py --quick    a twentieth of it

1. Hill numbers (q = 0, 1, 2) at one coverage of 500 site-years (200 species, 60 days), each
   replicate drawing sites within their arm and blocks of days;
2. the same estimator called in a plain numpy loop over replicates and sites, on a sample of them;
3. 106 species fitted by a single-season occupancy model with covariates.

Exit code 1 when a limit is not held.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse  # noqa: E402 - thread counts must be set before numpy is loaded
import sys  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.special import expit  # noqa: E402

from analysis.arrays import Floats  # noqa: E402
from analysis.indices.community import hill  # noqa: E402
from analysis.stats.bootstrap import block_weights, bootstrap_hill, mean_over_sites, site_draws  # noqa: E402
from analysis.stats.models.occupancy import fit_occupancy  # noqa: E402

SEED, SPECIES, DAYS, BLOCK, YEARS = 20_260_501, 200, 60, 5, 5
LIMIT_SECONDS, LIMIT_RATIO, LIMIT_OCCUPANCY = 60.0, 10.0, 1.5


def landscape(sites_years: int) -> list[NDArray[np.int8]]:
    """Whether each species was found on each day of each site-year; rare species are the rule."""
    rng = np.random.default_rng(SEED)
    common = rng.beta(0.25, 2.5, SPECIES)
    chance = [np.clip(common * rng.lognormal(0, 0.5, SPECIES), 0, 0.95) for _ in range(sites_years)]
    return [(rng.random((DAYS, SPECIES)) < p).astype(np.int8) for p in chance]


def fixed_coverage(seasons: list[NDArray[np.int8]]) -> float:
    """C*: the smallest coverage at twice the sampling units, as a plan would freeze it."""
    return hill.common_coverage([hill.incidence(s.sum(axis=0), DAYS) for s in seasons])


def replicate_part(part: tuple[list[NDArray[np.int8]], float, int, int]) -> Floats:
    """Replicates of some site-years, from a seed of their own."""
    seasons, coverage, replicates, seed = part
    rng = np.random.default_rng((SEED, seed))
    return bootstrap_hill(seasons, coverage=coverage, block=BLOCK, replicates=replicates, rng=rng)


def ours(
    seasons: list[NDArray[np.int8]], coverage: float, replicates: int, workers: int
) -> tuple[float, Floats]:
    """Seconds, and replicates of the mean contrast of the two arms [shape=(replicates, 3)]."""
    begin = perf_counter()
    parts = [(seasons[i : i + 25], coverage, replicates, i) for i in range(0, len(seasons), 25)]
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            blocks = list(pool.map(replicate_part, parts))
    else:
        blocks = [replicate_part(part) for part in parts]
    values = np.log(np.concatenate(blocks, axis=1)).reshape(replicates, -1, YEARS, 3)
    arms = np.arange(values.shape[1]) % 2
    draws = site_draws(arms, replicates=replicates, rng=np.random.default_rng((SEED, 1)))
    sites = values.mean(axis=2)
    means = [mean_over_sites(sites, draws, arms == arm) for arm in (0, 1)]
    return perf_counter() - begin, means[1] - means[0]


def plain_loop(seasons: list[NDArray[np.int8]], coverage: float, replicates: int) -> float:
    """Replicated site-years per second of one process that loops over replicates and sites."""
    rng = np.random.default_rng(SEED)
    begin, done = perf_counter(), 0
    for _ in range(replicates):
        for site in rng.integers(0, len(seasons), len(seasons)):
            days = block_weights(DAYS, block=BLOCK, replicates=1, rng=rng)[0].astype(int)
            counts = seasons[site][np.repeat(np.arange(DAYS), days)].sum(axis=0)
            hill.hill_by_coverage(hill.incidence(counts, DAYS), coverage)
            done += 1
    return done / (perf_counter() - begin)


def occupancy(species: int = 106, sites: int = 100, visits: int = 8) -> float:
    """Seconds for one fit a species, with a covariate of occupancy and one of detection."""
    rng = np.random.default_rng(SEED)
    x = np.column_stack([np.ones(sites), rng.normal(size=sites)])
    w = np.stack([np.ones((sites, visits)), rng.normal(size=(sites, visits))], axis=2)
    histories = []
    for _ in range(species):
        z = rng.random(sites) < expit(x @ rng.normal([0.0, 0.5], 0.5))
        p = expit(w @ rng.normal([-0.5, 0.3], 0.3))
        y = (z[:, None] & (rng.random((sites, visits)) < p)).astype(float)
        y[rng.random(y.shape) < 0.1] = np.nan
        histories.append(y)
    begin = perf_counter()
    for y in histories:
        fit_occupancy(y, site_design=x, visit_design=w)
    return perf_counter() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="50 replicates instead of 1,000")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    replicates, number = (50 if options.quick else 1000), 500
    seasons = landscape(number)
    coverage = fixed_coverage(seasons)
    print(f"{number} site-years, {SPECIES} species, {DAYS} days, blocks of {BLOCK}, C* = {coverage:.3f}")
    seconds, contrast = ours(seasons, coverage, replicates, options.workers)
    rate = replicates * number / seconds
    single_seconds, _ = ours(seasons, coverage, min(replicates, 100), 1)
    single = min(replicates, 100) * number / single_seconds
    plain = plain_loop(seasons, coverage, 2)
    allowed = LIMIT_SECONDS * replicates / 1000
    fits = occupancy()
    print(f"{'':34}{'measured':>12}{'limit':>12}")
    print(
        f"{replicates} replicates, {options.workers} processes [s]".ljust(34)
        + f"{seconds:12.1f}{allowed:12.1f}"
    )
    print(f"{'site-year replicates/s, ours':34}{rate:12.0f}")
    print(f"{'the same, one process':34}{single:12.0f}")
    print(f"{'plain loop, one process':34}{plain:12.0f}")
    print(f"{'ratio, one process each':34}{single / plain:12.1f}{LIMIT_RATIO:12.1f}")
    print(f"{'106 occupancy fits [s]':34}{fits:12.2f}{LIMIT_OCCUPANCY:12.2f}")
    print(f"SD of the contrast of the arms, log q0 q1 q2: {np.round(contrast.std(axis=0), 4).tolist()}")
    held = seconds <= allowed and single / plain >= LIMIT_RATIO and fits <= LIMIT_OCCUPANCY
    print("all limits held" if held else "a limit is not held")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
