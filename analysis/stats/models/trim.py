"""Counts of one species at many sites over years, with gaps, as a log-linear model (TRIM).

1. log(expected count) = site effect + year effect, or site effect + slopes between changepoints;
2. the effects are found by estimating equations that allow for overdispersion and for serial
   correlation between years of a site;
3. the model fills the gaps, and gives yearly totals, fitted and imputed, with their covariance.

Source: Pannekoek & van Strien 2001, *TRIM 3 Manual*, Statistics Netherlands; the conventions
for missing counts, totals and their covariances are those of rtrim 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.arrays import Floats
from analysis.stats.models.trim_equations import State, Table, correlation_matrix, inverses, one_round
from contract.errors import Refused

Model = Literal["years", "linear"]


@dataclass(frozen=True, slots=True)
class TrimFit:
    """A fitted model.  Sites without any positive count are left out, as they say nothing of change."""

    kept: NDArray[np.int64]
    """rows of the input that were used [shape=(s,)]"""
    alpha: Floats
    """site effects [log count, shape=(s,)]"""
    beta: Floats
    """year effects after the first year, or slopes; then what each further class adds [log, shape=(k,)]"""
    beta_covariance: Floats
    """[shape=(k, k)]"""
    overdispersion: float
    """variance over mean; 1 where not estimated [1]"""
    serial_correlation: float
    """between neighbouring years of a site; 0 where not estimated [1]"""
    fitted: Floats
    """expected counts, weighted [shape=(s, years)]"""
    imputed: Floats
    """counts, or expected counts where missing, weighted [shape=(s, years)]"""
    fitted_covariance: Floats
    """of the yearly totals of ``fitted`` [shape=(years, years)]"""
    imputed_covariance: Floats
    """of the yearly totals of ``imputed`` [shape=(years, years)]"""

    @property
    def fitted_totals(self) -> Floats:
        """Yearly sums over the kept sites [shape=(years,)]."""
        return np.asarray(self.fitted.sum(axis=0), dtype=np.float64)

    @property
    def imputed_totals(self) -> Floats:
        """Yearly sums over the kept sites, gaps filled [shape=(years,)]."""
        return np.asarray(self.imputed.sum(axis=0), dtype=np.float64)


def fit_trim(
    counts: ArrayLike,
    *,
    model: Model = "years",
    changepoints: Sequence[int] = (),
    covariate: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    overdispersion: bool = True,
    serial_correlation: bool = True,
    tolerance: float = 1e-8,
    rounds: int = 500,
) -> TrimFit:
    """Fit the model.

    Parameters
    ----------
    counts : [shape=(sites, years)], one column for each consecutive year, nan where not counted.
    model : ``"years"``, an effect for each year (TRIM model 3), or ``"linear"``, slopes between
        changepoints (model 2).
    changepoints : positions of years, from 0, at which the slope may change; 0 is always one.
    covariate : class of each site, such as its land use [shape=(sites,)]; each class gets year
        effects or slopes of its own.
    weights : of sites in the totals, such as area over area counted [shape=(sites,) or as counts].
    overdispersion, serial_correlation : estimate them, else 1 and 0 (Poisson).

    Raises ``Refused`` with too few positive counts, a year without any (model "years"), or no
    convergence.  The index is of counts at these sites, not of a population.

    A complete Poisson table is fitted by its margins:

    >>> fit = fit_trim([[2.0, 4, 9], [10, 12, 14]], overdispersion=False, serial_correlation=False)
    >>> fit.fitted_totals.round(6).tolist()
    [12.0, 16.0, 23.0]
    """
    f = _checked(counts)
    kept = np.flatnonzero(np.nansum(f, axis=1) > 0)
    table = _table(f, kept, _design(f.shape[1], model, changepoints), covariate, weights)
    _enough(table, model)
    f = table.f
    state = State(np.log(np.nansum(f, axis=1) / f.shape[1]), np.zeros(table.design.shape[2]))
    try:
        settled = _settle(table, state, overdispersion, serial_correlation, tolerance, rounds)
    except np.linalg.LinAlgError as error:
        raise Refused(
            "the counts do not tell the effects of sites and years apart",
            help="leave out sites with hardly any count, or use fewer changepoints",
            codes=("NO_CONVERGENCE",),
        ) from error
    if settled:
        return _result(table, state, kept)
    raise Refused(
        f"the trend model did not settle in {rounds} rounds",
        help="leave out sites with hardly any count, or use fewer changepoints",
        codes=("NO_CONVERGENCE",),
    )


def _settle(table: Table, state: State, over: bool, serial: bool, tolerance: float, rounds: int) -> bool:
    """Rounds until nothing changes: three with Poisson errors, then with those that are estimated."""
    estimated = over or serial
    with np.errstate(all="ignore"):
        for turn in range(rounds):
            general = estimated and turn >= 3
            change = one_round(table, state, general=general, over=over, serial=serial)
            if (general or not estimated) and change < tolerance:
                return True
            if not np.isfinite(change):
                break
    return False


def _result(table: Table, state: State, kept: NDArray[np.int64]) -> TrimFit:
    size, mu = state.beta.size, table.expected(state)
    information = np.zeros((size, size))
    hold, lever = np.empty(len(mu)), np.empty((len(mu), size))
    for i, (m, inverse) in enumerate(inverses(table, state)):
        b, omega = table.design[i, table.seen[i]], m[:, None] * inverse * m
        reach, hold[i] = omega.sum(axis=0), omega.sum()
        information += b.T @ (omega - np.outer(reach, reach) / hold[i]) @ b
        lever[i] = reach @ b / hold[i]
    covariance: Floats = np.linalg.inv(information).astype(np.float64)
    whole = _totals_covariance(table.weight * mu, table.design, hold, lever, covariance)
    counted = np.where(table.seen, table.weight * mu, 0.0)
    part = _totals_covariance(counted, table.design, hold, lever, covariance)
    root = np.sqrt(counted * table.weight)
    noise = state.dispersion * correlation_matrix(mu.shape[1], state.correlation) * (root.T @ root)
    filled = table.weight * np.where(table.seen, table.f, mu)
    return TrimFit(
        kept, state.alpha, state.beta, covariance, state.dispersion, state.correlation,
        table.weight * mu, filled, whole, whole - part + noise,
    )  # fmt: skip


def _totals_covariance(mu: Floats, design: Floats, hold: Floats, lever: Floats, covariance: Floats) -> Floats:
    """Covariance of yearly totals: from the site effects, and from the year effects."""
    slopes = mu.T @ lever - np.einsum("ijk,ij->jk", design, mu)
    return np.asarray((mu / hold[:, None]).T @ mu + slopes @ covariance @ slopes.T, dtype=np.float64)


def _table(
    f: Floats, kept: NDArray[np.int64], base: Floats, covariate: ArrayLike | None, weights: ArrayLike | None
) -> Table:
    """The kept sites, with a copy of the effects for each class but the first."""
    design = np.broadcast_to(base, (len(kept), *base.shape))
    if covariate is not None:
        labels = np.asarray(covariate)[kept]
        classes = np.unique(labels)[1:]
        own = [design * (labels == label)[:, None, None] for label in classes]
        design = np.concatenate([design, *own], axis=2)
    weight = np.ones(f.shape)
    if weights is not None:
        given = np.asarray(weights, dtype=np.float64)
        weight = weight * (given[:, None] if given.ndim == 1 else given)
    if not (weight[kept] > 0).all():
        raise Refused("weights must be above zero", help="leave such sites out", codes=("BAD_COUNTS",))
    return Table(f[kept], np.isfinite(f[kept]), np.asarray(design, dtype=np.float64), weight[kept])


def _design(years: int, model: Model, changepoints: Sequence[int]) -> Floats:
    if model == "years":
        return np.eye(years)[:, 1:]
    points = sorted({0, *changepoints})
    if points[0] < 0 or points[-1] >= years - 1:
        raise Refused(
            f"changepoints {list(changepoints)} do not lie before the last of {years} years",
            help="give positions of years from 0",
            codes=("BAD_CHANGEPOINT",),
        )
    j = np.arange(years, dtype=np.float64)[:, None]
    start = np.array(points, dtype=np.float64)
    end = np.append(start[1:], years - 1.0)
    return np.asarray(np.clip(j, start, end) - start, dtype=np.float64)


def _checked(counts: ArrayLike) -> Floats:
    f = np.asarray(counts, dtype=np.float64)
    if f.ndim != 2 or np.isinf(f).any() or (f < 0).any():
        raise Refused(
            "counts must be a site x year table without negative numbers",
            help="write nan for a year in which a site was not counted",
            codes=("BAD_COUNTS",),
        )
    return f


def _enough(table: Table, model: Model) -> None:
    counted, needed = int(table.seen.sum()), len(table.f) + table.design.shape[2]
    if counted < needed or not len(table.f) or table.f.shape[1] < 2:
        raise Refused(
            f"{counted} counts at sites with the species cannot carry {needed} effects of sites and years",
            help="use model linear, leave out years without a record, or add sites",
            codes=("FEW_SITES",),
        )
    if model == "years":
        empty = np.flatnonzero(~(np.nan_to_num(table.f) > 0).any(axis=0))
        if empty.size:
            raise Refused(
                f"the species was not found in year {int(empty[0]) + 1} of {table.f.shape[1]}, at any site",
                help="use model linear, or leave out years without a record",
                codes=("FEW_SITES",),
            )
        if not _linked(table.seen):
            raise Refused(
                "some years share no counted site with the others, so that nothing compares them",
                help="use model linear, or add sites that were counted in both",
                codes=("MISSING_SEASON",),
            )


def _linked(seen: NDArray[np.bool_]) -> bool:
    """Whether one can walk from every year to every other over sites counted in both."""
    reached = np.zeros(seen.shape[1], dtype=np.bool_)
    reached[0] = True
    while True:
        more = seen[(seen & reached).any(axis=1)].any(axis=0) | reached
        if (more == reached).all():
            return bool(reached.all())
        reached = more
