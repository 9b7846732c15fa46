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

from contract.errors import Refused

Floats = NDArray[np.float64]
Model = Literal["years", "linear"]


@dataclass(frozen=True, slots=True)
class TrimFit:
    """A fitted model.  Sites without any positive count are left out, as they say nothing of change."""

    kept: NDArray[np.int64]
    """rows of the input that were used [shape=(s,)]"""
    alpha: Floats
    """site effects [log count, shape=(s,)]"""
    beta: Floats
    """year effects after the first year, or slopes [log, shape=(k,)]"""
    beta_covariance: Floats
    """[shape=(k, k)]"""
    overdispersion: float
    """variance over mean; 1 where not estimated [1]"""
    serial_correlation: float
    """between neighbouring years of a site; 0 where not estimated [1]"""
    fitted: Floats
    """expected counts [shape=(s, years)]"""
    imputed: Floats
    """counts, or expected counts where missing [shape=(s, years)]"""
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


@dataclass(slots=True)
class _State:
    """What the iterations change."""

    alpha: Floats
    beta: Floats
    dispersion: float = 1.0
    correlation: float = 0.0


def fit_trim(
    counts: ArrayLike,
    *,
    model: Model = "years",
    changepoints: Sequence[int] = (),
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
    overdispersion, serial_correlation : estimate them, else 1 and 0 (Poisson).

    Raises ``Refused`` with too few positive counts, a year without any (model "years"), or no
    convergence.  The index is of counts at these sites, not of a population.
    """
    f = _checked(counts)
    kept = np.flatnonzero(np.nansum(f, axis=1) > 0)
    f = f[kept]
    design = _design(f.shape[1], model, changepoints)
    _enough(f, design, model)
    seen = np.isfinite(f)
    state = _State(np.log(np.nansum(f, axis=1) / f.shape[1]), np.zeros(design.shape[1]))
    estimated = overdispersion or serial_correlation
    for turn in range(rounds):
        general = estimated and turn >= 3
        step, change = _round(f, seen, design, state, general, overdispersion, serial_correlation)
        if (general or not estimated) and max(step, change) < tolerance:
            return _result(f, seen, design, state, kept)
    raise Refused(
        f"the trend model did not settle in {rounds} rounds",
        help="leave out sites with hardly any count, or use fewer changepoints",
        codes=("NO_CONVERGENCE",),
    )


def _round(
    f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State, general: bool, over: bool, serial: bool
) -> tuple[float, float]:
    """One turn: site effects, then dispersion and correlation, then beta.  Returns the changes."""
    before = state.correlation
    if not general:
        _update_alpha(f, seen, design, state)
    else:
        _update_alpha(f, seen, design, state, weighted=True)
        _update_noise(f, seen, design, state, over, serial)
    score, information = np.zeros(state.beta.size), np.zeros((state.beta.size,) * 2)
    for i, (mu, inverse) in enumerate(_inverses(seen, design, state)):
        b, gap = design[seen[i]], f[i, seen[i]] - mu
        omega = mu[:, None] * inverse * mu
        reach = omega.sum(axis=0)
        information += b.T @ (omega - np.outer(reach, reach) / omega.sum()) @ b
        score += b.T @ (mu * (inverse @ gap))
    step: Floats = np.linalg.solve(information, score).astype(np.float64)
    _damped(f, seen, design, state, step, general)
    return float(np.max(np.abs(step))), abs(state.correlation - before)


def _damped(
    f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State, step: Floats, general: bool
) -> None:
    """Take the step, or a half of it as often as the fit would get worse."""
    start, before = state.beta, _deviance(f, seen, design, state)
    for halving in range(7):
        state.beta = start + step / 2**halving
        _update_alpha(f, seen, design, state, weighted=general)
        if _deviance(f, seen, design, state) < before + 1e-5 * abs(before) + 1e-9:
            return


def _expected(design: Floats, state: _State) -> Floats:
    return np.asarray(np.exp(state.alpha[:, None] + design @ state.beta), dtype=np.float64)


def _deviance(f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State) -> float:
    mu = _expected(design, state)
    up = seen & (np.nan_to_num(f) > 0)
    return 2.0 * float(np.sum(f[up] * np.log(f[up] / mu[up])))


def _update_alpha(
    f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State, *, weighted: bool = False
) -> None:
    shape = np.exp(design @ state.beta)
    alpha = np.empty(len(f))
    pairs = _inverses(seen, design, state) if weighted else [(np.ones(n), None) for n in seen.sum(axis=1)]
    for i, (mu, inverse) in enumerate(pairs):
        z = mu if inverse is None else mu @ inverse
        counted, shaped = f[i, seen[i]], shape[seen[i]]
        if z @ counted <= 0 or z @ shaped <= 0:
            z = np.ones(counted.size)
        alpha[i] = np.log(z @ counted) - np.log(z @ shaped)
    state.alpha = alpha


def _update_noise(
    f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State, over: bool, serial: bool
) -> None:
    mu = _expected(design, state)
    residual = np.where(seen, (np.nan_to_num(f) - mu) / np.sqrt(mu), 0.0)
    freedom = int(seen.sum()) - state.alpha.size - state.beta.size
    dispersion = float(np.sum(residual**2)) / freedom if freedom > 0 else 1.0
    if serial:
        pairs = int(np.sum(seen[:, 1:] & seen[:, :-1]))
        both = float(np.sum(residual[:, 1:] * residual[:, :-1]))
        state.correlation = both / (pairs * dispersion) if pairs and dispersion > 1e-9 else 0.0
    state.dispersion = dispersion if over and dispersion > 1e-9 else 1.0


def correlation_matrix(years: int, rho: float) -> Floats:
    """rho^|j - k| [shape=(years, years)]."""
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    return np.asarray(np.where(lag == 0, 1.0, np.power(rho, lag)), dtype=np.float64)


def _inverses(seen: NDArray[np.bool_], design: Floats, state: _State) -> list[tuple[Floats, Floats]]:
    """Expected counts of the counted years of each site, and the inverse of their covariance."""
    mu_all, whole = _expected(design, state), correlation_matrix(seen.shape[1], state.correlation)
    known: dict[bytes, Floats] = {}
    out = []
    for row, years in zip(mu_all, seen, strict=True):
        key = years.tobytes()
        if key not in known:
            known[key] = np.linalg.inv(whole[np.ix_(years, years)]).astype(np.float64)
        mu = row[years]
        root = np.sqrt(mu)
        out.append((mu, known[key] / np.outer(root, root) / state.dispersion))
    return out


def _result(
    f: Floats, seen: NDArray[np.bool_], design: Floats, state: _State, kept: NDArray[np.int64]
) -> TrimFit:
    mu = _expected(design, state)
    information = np.zeros((state.beta.size,) * 2)
    weight, lever = np.empty(len(f)), np.empty((len(f), state.beta.size))
    for i, (m, inverse) in enumerate(_inverses(seen, design, state)):
        b, omega = design[seen[i]], m[:, None] * inverse * m
        reach, weight[i] = omega.sum(axis=0), omega.sum()
        information += b.T @ (omega - np.outer(reach, reach) / weight[i]) @ b
        lever[i] = reach @ b / weight[i]
    covariance: Floats = np.linalg.inv(information).astype(np.float64)
    whole = _totals_covariance(mu, design, weight, lever, covariance)
    counted = np.where(seen, mu, 0.0)
    part = _totals_covariance(counted, design, weight, lever, covariance)
    root = np.sqrt(counted)
    noise = state.dispersion * correlation_matrix(f.shape[1], state.correlation) * (root.T @ root)
    return TrimFit(
        kept, state.alpha, state.beta, covariance, state.dispersion, state.correlation,
        mu, np.where(seen, f, mu), whole, whole - part + noise,
    )  # fmt: skip


def _totals_covariance(
    mu: Floats, design: Floats, weight: Floats, lever: Floats, covariance: Floats
) -> Floats:
    """Covariance of yearly totals: from the site effects, and from the year effects."""
    slopes = mu.T @ lever - design * mu.sum(axis=0)[:, None]
    return np.asarray((mu / weight[:, None]).T @ mu + slopes @ covariance @ slopes.T, dtype=np.float64)


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


def _enough(f: Floats, design: Floats, model: Model) -> None:
    positive = np.nan_to_num(f) > 0
    needed = len(f) + design.shape[1]
    empty = model == "years" and f.size and not positive.any(axis=0).all()
    if positive.sum() < needed or empty or f.shape[1] < 2:
        raise Refused(
            f"{int(positive.sum())} positive counts cannot carry {needed} effects of sites and years",
            help="use model linear, leave out years without a record, or add sites",
            codes=("FEW_SITES",),
        )
