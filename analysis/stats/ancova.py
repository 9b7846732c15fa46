"""A contrast of two arms at equal covariates, judged by permuted residuals (Freedman & Lane).

1. Within strata, outcome, covariates and arm lose their means; outcome and arm lose the covariates.
2. The outcome's residuals are shuffled among the sites of a stratum; each time the whole model is fitted
   again, and the arm's t is compared with the observed one.

Sums of integers are exact in any order; the rest is + - x / and the square root.
Source: Freedman & Lane 1983, doi:10.1080/07350015.1983.10509354.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Bools, Floats, Integers
from analysis.stats.permutation import DRAWS, Design, label_draws, tail

_UNIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The contrast at equal covariates: estimate [units of the outcome], t, its degrees of freedom, p."""

    estimate: float
    t: float
    df: int
    p: float


def freedman_lane(
    d: Integers, covariates: Integers, present: Bools, design: Design, seed: bytes, *, draws: int = DRAWS
) -> Adjusted | None:
    """The arms' contrast of ``d`` at equal ``covariates``, strata apart.

    ``d`` [10⁻⁶, shape=(n,)], ``covariates`` [10⁻⁶, shape=(c, n)], ``present`` [shape=(n,)], sites in the
    order of ``design``; ``p`` is two-sided.  None where no degree of freedom is left, or the covariates
    tell the arms exactly.
    """
    stratum = design.stratum[present]
    strata = [np.flatnonzero(stratum == h) for h in range(len(design.weights))]
    strata = [places for places in strata if len(places)]
    columns = (d, design.restored.astype(np.int64), *covariates)
    y, arm, *others = (_centred(column[present].astype(np.float64), strata) for column in columns)
    beside = _apart(others)
    df = len(stratum) - len(strata) - 1 - len(beside)
    left, toward = _whole(_without(y, beside)), _whole(_UNIT * _without(arm, beside))
    if df < 1 or not (np.abs(toward) > 1).any():
        return None
    order = _shuffles(strata, len(stratum), seed, draws)
    t, estimate = _t(left[order], toward, [_whole(one) for one in beside], df)
    return Adjusted(estimate, float(t[0]), df, tail(np.abs(t), abs(float(t[0]))))


def _t(left: Integers, toward: Integers, beside: list[Integers], df: int) -> tuple[Floats, float]:
    """t of the arm for each row of shuffled residuals ``left`` (m, n), and the first row's coefficient."""
    own = float((toward * toward).sum())
    along = (left * toward).sum(axis=1).astype(np.float64)
    rest = float((left[0] * left[0]).sum()) - along * along / own
    for one in beside:
        aside = (left * one).sum(axis=1).astype(np.float64)
        rest = rest - aside * aside / float((one * one).sum())
    error = np.sqrt(np.maximum(rest, 0.0) / df / own)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, along / own / error, np.where(along == 0, 0.0, np.inf))
    return t, float(along[0]) / own


def _shuffles(strata: list[NDArray[np.intp]], size: int, seed: bytes, draws: int) -> NDArray[np.int64]:
    """Orders of the sites, shuffled within strata; the first is as they are."""
    order = np.repeat(np.arange(size, dtype=np.int64)[None, :], draws + 1, axis=0)
    for h, places in enumerate(strata):
        if len(places) > 1:
            own = hashlib.sha256(seed + b"residuals" + h.to_bytes(4, "big")).digest()
            order[:, places] = label_draws(places.astype(np.int64), own, draws=draws)
    return order


def _centred(column: Floats, strata: list[NDArray[np.intp]]) -> Floats:
    out = column.copy()
    for places in strata:
        if len(places):
            out[places] -= fsum(column[places].tolist()) / len(places)
    return out


def _apart(columns: list[Floats]) -> list[Floats]:
    """``columns`` made orthogonal in turn (Gram & Schmidt); those that say nothing new are left out."""
    out: list[Floats] = []
    for column in columns:
        rest = _without(column, out)
        if _dot(rest, rest) > 1e-6 * _dot(column, column) > 0:
            out.append(rest)
    return out


def _without(column: Floats, beside: list[Floats]) -> Floats:
    for one in beside:
        column = column - _dot(column, one) / _dot(one, one) * one
    return column


def _dot(a: Floats, b: Floats) -> float:
    return fsum((a * b).tolist())


def _whole(column: Floats) -> Integers:
    return np.floor(column + 0.5).astype(np.int64)
