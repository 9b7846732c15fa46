"""The estimating equations of the TRIM model: one round at a time.

1. site effects follow from the year effects in closed form;
2. Pearson residuals give the overdispersion and the correlation of neighbouring years;
3. year effects take a Fisher step, halved while the fit would get worse.

Source: Pannekoek & van Strien 2001, *TRIM 3 Manual*, ch. 3; generalised estimating equations:
Liang & Zeger 1986, doi:10.1093/biomet/73.1.13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats


@dataclass(frozen=True, slots=True)
class Table:
    """Counts, and what the model makes of each site and year."""

    f: Floats
    """counts, nan where missing [shape=(s, years)]"""
    seen: NDArray[np.bool_]
    design: Floats
    """effects of each site and year [shape=(s, years, k)]"""
    weight: Floats
    """an expected count is divided by it, a total multiplied [1, shape=(s, years)]"""

    def expected(self, state: State) -> Floats:
        """Expected counts, also where none was made [shape=(s, years)]."""
        return np.asarray(np.exp(state.alpha)[:, None] * self.shape(state), dtype=np.float64)

    def shape(self, state: State) -> Floats:
        """Expected counts of a site with effect 0 [shape=(s, years)]."""
        return np.asarray(np.exp(self.design @ state.beta) / self.weight, dtype=np.float64)


@dataclass(slots=True)
class State:
    """What the iterations change."""

    alpha: Floats
    beta: Floats
    dispersion: float = 1.0
    correlation: float = 0.0


def one_round(table: Table, state: State, *, general: bool, over: bool, serial: bool) -> float:
    """One turn of the iterations, in place; ``general`` uses dispersion and correlation.

    Returns the largest change of an effect or of the correlation.
    """
    before = state.correlation
    update_alpha(table, state, weighted=general)
    if general:
        _update_noise(table, state, over, serial)
    score, information = np.zeros(state.beta.size), np.zeros((state.beta.size,) * 2)
    for i, (mu, inverse) in enumerate(inverses(table, state)):
        b, gap = table.design[i, table.seen[i]], table.f[i, table.seen[i]] - mu
        omega = mu[:, None] * inverse * mu
        reach = omega.sum(axis=0)
        information += b.T @ (omega - np.outer(reach, reach) / omega.sum()) @ b
        score += b.T @ (mu * (inverse @ gap))
    step: Floats = np.linalg.solve(information, score).astype(np.float64)
    start, now = state.beta, _deviance(table, state)
    for halving in range(7):
        state.beta = start + step / 2**halving
        update_alpha(table, state, weighted=general)
        if _deviance(table, state) < now + 1e-5 * abs(now) + 1e-9:
            break
    return max(float(np.max(np.abs(step))), abs(state.correlation - before))


def update_alpha(table: Table, state: State, *, weighted: bool) -> None:
    """Site effects for which the (weighted) counts and expected counts of a site agree."""
    shape, alpha = table.shape(state), np.empty(len(table.f))
    known = inverses(table, state) if weighted else None
    for i, years in enumerate(table.seen):
        z = known[i][0] @ known[i][1] if known else np.ones(int(years.sum()))
        counted, shaped = table.f[i, years], shape[i, years]
        if z @ counted <= 0 or z @ shaped <= 0:
            z = np.ones(counted.size)
        alpha[i] = np.log(z @ counted) - np.log(z @ shaped)
    state.alpha = alpha


def inverses(table: Table, state: State) -> list[tuple[Floats, Floats]]:
    """Expected counts of the counted years of each site, and the inverse of their covariance.

    For each site [shape=(counted years,)] and [shape=(counted years, counted years)].
    """
    whole = correlation_matrix(table.f.shape[1], state.correlation)
    known: dict[bytes, Floats] = {}
    out = []
    for row, years in zip(table.expected(state), table.seen, strict=True):
        key = years.tobytes()
        if key not in known:
            known[key] = np.linalg.inv(whole[np.ix_(years, years)]).astype(np.float64)
        mu = row[years]
        root = np.sqrt(mu)
        out.append((mu, known[key] / np.outer(root, root) / state.dispersion))
    return out


def correlation_matrix(years: int, rho: float) -> Floats:
    """rho^|j - k| [shape=(years, years)]."""
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    return np.asarray(np.where(lag == 0, 1.0, np.power(rho, lag)), dtype=np.float64)


def _update_noise(table: Table, state: State, over: bool, serial: bool) -> None:
    mu, seen = table.expected(state), table.seen
    residual = np.where(seen, (np.nan_to_num(table.f) - mu) / np.sqrt(mu), 0.0)
    freedom = int(seen.sum()) - state.alpha.size - state.beta.size
    dispersion = float(np.sum(residual**2)) / freedom if freedom > 0 else 1.0
    if serial:
        pairs = int(np.sum(seen[:, 1:] & seen[:, :-1]))
        both = float(np.sum(residual[:, 1:] * residual[:, :-1]))
        state.correlation = both / (pairs * dispersion) if pairs and dispersion > 1e-9 else 0.0
    state.dispersion = dispersion if over and dispersion > 1e-9 else 1.0


def _deviance(table: Table, state: State) -> float:
    up = table.seen & (np.nan_to_num(table.f) > 0)
    return 2.0 * float(np.sum(table.f[up] * np.log(table.f[up] / table.expected(state)[up])))
