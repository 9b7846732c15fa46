"""The formulas that several acoustic profiles share: pure functions of arrays.

Entropy, Shannon diversity, Gini coefficient, the nearest-bin band rule of scikit-maad, and
the level of an amplitude in decibels.  numpy only; what is undefined is NaN, never 0.
"""

from __future__ import annotations

import sys

import numpy as np

from analysis.arrays import Floats

TINY = sys.float_info.min
"""Smallest normal float64: stands for zero where a logarithm is taken."""


def evenness(x: Floats) -> float:
    """Shannon entropy of ``x`` [shape=(n,)] as shares, divided by ln n: 0 (one peak) to 1 (flat).

    NaN where ``x`` is empty or sums to zero; 0 for one element.
    Source: Pielou 1966, doi:10.1016/0022-5193(66)90013-0.
    """
    if x.size == 1:
        return 0.0
    total = x.sum()
    if x.size == 0 or not total > 0:
        return float("nan")
    share = x / total
    share[share == 0] = TINY
    return float(-np.sum(share * np.log(share)) / np.log(x.size))


def shannon(x: Floats) -> float:
    """Shannon entropy of ``x`` [shape=(n,)] as shares, in nats.  NaN where ``x`` sums to zero.

    Source: Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x.
    """
    return evenness(x) * float(np.log(x.size))


def gini(x: Floats) -> float:
    """Gini coefficient of ``x`` [shape=(n,)], uncorrected: 0 (all equal) to 1 - 1/n.

    NaN where ``x`` sums to zero: a silent clip has no evenness.
    Source: Villanueva-Rivera et al. 2011, doi:10.1007/s10980-011-9636-9.
    """
    total = x.sum()
    if not total > 0:
        return float("nan")
    rank = np.arange(1, x.size + 1)
    return float((2.0 * np.sum(np.sort(x) * rank) / total - (x.size + 1)) / x.size)


def nearest_band(centres: Floats, low: float, high: float) -> slice:
    """Bins from the one nearest to ``low`` to the one nearest to ``high``, both included.

    ``centres`` [Hz, shape=(bins,)], rising; ``low``, ``high`` [Hz].

    Adjacent bands share a bin.  Beyond the last bin the last bin stands for the band.
    """
    first = int(np.abs(centres - low).argmin())
    last = int(np.abs(centres - high).argmin())
    return slice(first, last + 1)


def decibel(amplitude: Floats) -> Floats:
    """20 log10 of ``amplitude`` [shape=any] in dB; zero counts as the smallest normal float."""
    return 20.0 * np.log10(np.where(amplitude == 0, TINY, amplitude))
