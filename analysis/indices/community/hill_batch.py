"""Hill numbers at a fixed coverage for thousands of resampled incidence samples at once.

1. a sample is told entirely by how many species were found in 1, 2, ... T sampling units;
2. for a given T, coverage, richness and entropy at every size are fixed weights on those numbers,
   computed once;
3. so the curves of all samples are one matrix product, the wanted size is found in each, and
   samples that must be extrapolated get the asymptotic estimators in one go.

The formulae and their sources are those of ``hill``; the two agree to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from analysis.arrays import Floats
from analysis.indices.community.choose import log_choose
from contract.errors import Refused

LARGEST_UNITS = 400
"""The tables grow with the cube of T; beyond this use ``hill`` sample by sample"""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Weights on the numbers of species found in k = 0..T units, for sizes t = 1..T."""

    missed: Floats  # records not covered [k, t]
    present: Floats  # chance to be found [t, k]
    entropy: Floats  # sum of j log j over the found [t, k]
    seen: Floats  # Shannon sum of the asymptotic estimator [k]
    doubles: Floats  # k (k - 1) [k]


def hill_at_coverage_many(counts: ArrayLike, units: int, coverage: float) -> Floats:
    """Hill numbers q = 0, 1, 2 of many incidence samples at one coverage.

    Parameters
    ----------
    counts : units with each species, 0 for none [shape=(samples, species)], whole numbers.
    units : T, sampling units of every sample, 2..400.
    coverage : above 0, below 1 [1].

    Returns
    -------
    [shape=(samples, 3)], nan for empty samples.  Whether a sample carries that coverage (at most
    2 T units) is judged elsewhere.  ``Refused`` for counts above T or T out of bounds.
    """
    x = np.asarray(counts)
    if not 2 <= units <= LARGEST_UNITS or x.min(initial=0) < 0 or x.max(initial=0) > units:
        raise Refused(
            f"counts must lie in 0..{units}, and units in 2..{LARGEST_UNITS}",
            help="count a species once a unit; use hill for longer samples",
            codes=("BAD_COUNTS",),
        )
    if not 0.0 < coverage < 1.0:
        raise Refused("a coverage lies above 0 and below 1", help="choose one", codes=("LOW_COVERAGE",))
    rows = len(x)
    place = x.astype(np.int64) + (units + 1) * np.arange(rows)[:, None]
    freq = np.bincount(place.ravel(), minlength=rows * (units + 1)).reshape(rows, units + 1)
    return hill_from_frequencies(freq.astype(np.float64), units, coverage)


def hill_from_frequencies(freq: Floats, units: int, coverage: float) -> Floats:
    """The same from the numbers of species found in k = 0..T units [shape=(samples, T + 1)]."""
    tables = _tables(units)
    total = freq @ np.arange(units + 1.0)
    out = np.full((len(freq), 3), np.nan)
    f1, f2 = freq[:, 1], freq[:, 2]
    f0 = (units - 1) / units * np.where(f2 > 0, f1 * f1 / (2 * np.maximum(f2, 1)), f1 * (f1 - 1) / 2)
    decay = np.where(f1 > 0, units * f0 / np.maximum(units * f0 + f1, 1e-300), 1.0)
    whole = 1.0 - f1 / np.maximum(total, 1.0) * decay
    inside = (total > 0) & (coverage < whole)
    beyond = (total > 0) & ~inside
    if inside.any():
        out[inside] = _rarefied(freq[inside], total[inside], whole[inside], tables, units, coverage)
    if beyond.any():
        out[beyond] = _extrapolated(
            freq[beyond], total[beyond], f0[beyond], decay[beyond], tables, units, coverage
        )
    return out


def _rarefied(
    freq: Floats, total: Floats, whole: Floats, tables: _Tables, units: int, coverage: float
) -> Floats:
    curve = 1.0 - (freq @ tables.missed) / total[:, None]
    curve[:, -1] = whole
    low = np.clip((curve < coverage).sum(axis=1) - 1, 0, units - 2)
    rows = np.arange(len(freq))
    start, end = curve[rows, low], curve[rows, low + 1]
    part = np.clip((coverage - start) / np.maximum(end - start, 1e-300), 0.0, 1.0)
    here, there = (_at(freq, total, tables, low + step, units) for step in (0, 1))
    return np.asarray(here + part[:, None] * (there - here), dtype=np.float64)


def _at(freq: Floats, total: Floats, tables: _Tables, position: NDArray[np.intp], units: int) -> Floats:
    """Hill numbers at whole sizes t = position + 1, one a sample."""
    t = position.astype(np.float64) + 1.0
    records = t * total / units
    richness = np.einsum("rk,rk->r", freq, tables.present[position])
    entropy = np.log(records) - np.einsum("rk,rk->r", freq, tables.entropy[position]) / records
    return np.stack([richness, np.exp(entropy), 1.0 / _simpson(freq, total, tables, t, units)], axis=1)


def _simpson(freq: Floats, total: Floats, tables: _Tables, t: Floats, units: int) -> Floats:
    pairs = freq @ tables.doubles / total**2 * units / (units - 1.0)
    return np.asarray(units / (t * total) + (t - 1.0) / t * pairs, dtype=np.float64)


def _extrapolated(
    freq: Floats, total: Floats, f0: Floats, decay: Floats, tables: _Tables, units: int, coverage: float
) -> Floats:
    f1 = freq[:, 1]
    grows = (f1 > 0) & (decay > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(grows, np.log((1 - coverage) * total / f1) / np.log(decay) - 1.0, 0.0)
    last = np.full(len(freq), units - 1)
    now = _at(freq, total, tables, last, units)
    before = _at(freq, total, tables, last - 1, units)
    entropy = units / total * (freq @ tables.seen + f1 / units * _unseen(f1, freq[:, 2], units))
    end = np.stack([now[:, 0] + f0, np.exp(entropy) * total / units], axis=1)
    out = np.empty((len(freq), 3))
    for q in (0, 1):
        gap = end[:, q] - before[:, q]
        rate = np.where(gap != 0, (now[:, q] - before[:, q]) / np.where(gap != 0, gap, 1.0), 0.0)
        out[:, q] = now[:, q] + (end[:, q] - now[:, q]) * (1.0 - (1.0 - rate) ** more)
    out[:, 2] = 1.0 / _simpson(freq, total, tables, units + more, units)
    return out


def _unseen(f1: Floats, f2: Floats, units: int) -> Floats:
    """The unseen part of the Shannon estimator of each sample, as ``hill.unseen_entropy``."""
    n = units
    pairs = np.where(f2 > 0, (n - 1.0) * f1 + 2 * f2, (n - 1.0) * (f1 - 1) + 2)
    a = np.where(f1 > 0, 2 * np.maximum(f2, 1) / np.maximum(pairs, 1.0), 1.0)
    out = np.zeros(len(f1))
    head = (a < 1.0) & (a * n <= 5.0)
    if head.any():
        b, r = 1.0 - a[head], np.arange(1.0, n)
        series = (b[:, None] ** r) @ (1.0 / r)
        out[head] = b ** (1.0 - n) * (-np.log(a[head]) - series)
    tail = (a < 1.0) & ~head
    if tail.any():
        b = 1.0 - a[tail]
        r = np.arange(0.0, np.ceil(40.0 / a[tail].min()) + 1.0)
        out[tail] = (b[:, None] ** (r + 1.0)) @ (1.0 / (n + r))
    return out


@lru_cache(maxsize=64)
def _tables(units: int) -> _Tables:
    k = np.arange(units + 1.0)
    missed, present, entropy = (np.zeros((units + 1, units)) for _ in range(3))
    j = np.arange(1.0, units + 1.0)
    weight = j * np.log(j)
    for column in range(units):
        t = column + 1.0
        if t < units:
            missed[:, column] = (
                k * np.exp(log_choose(units - k, t) - log_choose(units - 1.0, t)) * (units - k >= t)
            )
        present[:, column] = -np.expm1(log_choose(units - k, t) - log_choose(float(units), t))
        pmf = np.exp(
            log_choose(k[:, None], j) + log_choose(units - k[:, None], t - j) - log_choose(float(units), t)
        )
        entropy[:, column] = pmf @ weight
    with np.errstate(invalid="ignore"):
        inside = np.where(
            (k > 0) & (k < units), k / units * (digamma(units) - digamma(np.maximum(k, 1.0))), 0.0
        )
    return _Tables(
        missed, np.ascontiguousarray(present.T), np.ascontiguousarray(entropy.T), inside, k * (k - 1)
    )
