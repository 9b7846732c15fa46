"""Occupancy of sites by a species that is not always heard when present, in one season.

1. histories of detection and non-detection, with gaps, meet designs of covariates;
2. a site with a detection is occupied; one without may be, by as much as its visits allow;
3. Newton's method finds the most likely effects on occupancy and on detection, with the exact
   slopes and curvature of the likelihood.

Source: MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2.  It assumes
that the species neither comes nor goes during the season and that no detection is false
(else: ``dynamic_occupancy`` with false positives).  It counts sites, not animals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit

from analysis.arrays import Floats
from analysis.stats.models.likelihood import Fit, covariance_of, maximise, spread_starts
from contract.errors import Refused

UNSURE = 0.4
"""Largest error of an effect [logits a usual change of its covariate] at which one summit is believed"""
FURTHEST = 3.0
"""The most that a step may move the occupancy of a site or the detection of a visit [logit]"""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """A fitted model: ``fit`` holds the occupancy effects first, then those of detection."""

    fit: Fit
    occupancy_effects: int
    psi: Floats
    """probability that a site is occupied, before looking [1, shape=(sites used,)]"""
    presence: Floats
    """probability that it was occupied, given its history [1, shape=(sites used,)]"""
    kept: NDArray[np.int64]
    """rows of the input that were used: a visit and all covariates known"""

    @property
    def beta(self) -> Floats:
        """Effects on occupancy [logit]."""
        return self.fit.parameters[: self.occupancy_effects]

    @property
    def alpha(self) -> Floats:
        """Effects on detection [logit]."""
        return self.fit.parameters[self.occupancy_effects :]


@dataclass(frozen=True, slots=True)
class _Problem:
    heard: Floats  # [sites, visits], 0 at gaps
    visited: Floats  # [sites, visits], 1 or 0
    x: Floats  # [sites, k]
    w: Floats  # [sites, visits, m]
    silent: NDArray[np.bool_]  # sites without detection


def fit_occupancy(
    detections: ArrayLike,
    *,
    site_design: ArrayLike | None = None,
    visit_design: ArrayLike | None = None,
) -> Occupancy:
    """Fit a single-season model.

    Parameters
    ----------
    detections : 1, 0, or nan where not visited [shape=(sites, visits)].
    site_design : covariates of occupancy, the intercept included [shape=(sites, k)].
    visit_design : covariates of detection, the intercept included [shape=(sites, visits, m)].
        Both default to an intercept alone.

    Raises ``Refused`` when no site was visited or the species was never found.

    Two visits to 100 sites, no covariates: 40 sites twice, 20 once, 40 never.  Where the estimate is
    inside its bounds, p = 2 * both / detections and psi = detections / (2 sites p):

    >>> histories = [[1, 1]] * 40 + [[1, 0]] * 10 + [[0, 1]] * 10 + [[0, 0]] * 40
    >>> fitted = fit_occupancy(histories)
    >>> round(float(fitted.psi[0]), 3), round(float(expit(fitted.alpha[0])), 3)
    (0.625, 0.8)
    """
    problem, kept = _problem(detections, site_design, visit_design)
    k = problem.x.shape[1]
    even, common = _starts(problem)
    fit = _summit(problem, even)
    if fit.at_boundary:
        other = _summit(problem, common)
        fit = other if other.negative_log_likelihood < fit.negative_log_likelihood - 1e-6 else fit
    if even.size > 2 and not float(np.max(fit.errors * _units(problem))) <= UNSURE:
        others = [_summit(problem, start) for start in _best_spread(problem)]
        for other in (*others, *([_ridge(problem, fit)] if fit.at_boundary else [])):
            fit = other if other.negative_log_likelihood < fit.negative_log_likelihood - 1e-6 else fit
    psi = expit(problem.x @ fit.parameters[:k])
    presence = _parts(problem, fit.parameters)[1]
    return Occupancy(fit, k, np.asarray(psi), presence, kept)


def negative_log_likelihood(
    parameters: ArrayLike,
    detections: ArrayLike,
    *,
    site_design: ArrayLike | None = None,
    visit_design: ArrayLike | None = None,
) -> float:
    """Of given effects [logit, shape=(effects,)], occupancy first; designs as in ``fit_occupancy``."""
    problem, _ = _problem(detections, site_design, visit_design)
    return _parts(problem, np.asarray(parameters, dtype=np.float64))[0]


def _parts(problem: _Problem, theta: Floats) -> tuple[float, Floats, Floats, Floats]:
    """Negative log likelihood, presence given the history, psi and p."""
    k = problem.x.shape[1]
    eta, zeta = problem.x @ theta[:k], problem.w @ theta[k:]
    visits = problem.heard * log_expit(zeta) + (problem.visited - problem.heard) * log_expit(-zeta)
    present = log_expit(eta) + visits.sum(axis=1)
    total = np.where(problem.silent, np.logaddexp(present, log_expit(-eta)), present)
    presence = np.where(problem.silent, np.exp(present - total), 1.0)
    return -float(total.sum()), presence, np.asarray(expit(eta)), np.asarray(expit(zeta))


def _slopes(problem: _Problem, parts: tuple[float, Floats, Floats, Floats]) -> tuple[Floats, Floats]:
    """Slopes of the log likelihood and its negative curvature."""
    _, z, psi, p = parts
    score = np.concatenate(
        [
            problem.x.T @ (z - psi),
            np.einsum("i,ij,ijm->m", z, problem.heard - problem.visited * p, problem.w),
        ]
    )
    k, m = problem.x.shape[1], problem.w.shape[2]
    information = np.zeros((k + m, k + m))
    information[:k, :k] = (problem.x * (psi * (1 - psi))[:, None]).T @ problem.x
    spread = (z[:, None] * problem.visited * p * (1 - p))[..., None] * problem.w
    information[k:, k:] = spread.reshape(-1, m).T @ problem.w.reshape(-1, m)
    missed = np.einsum("ij,ijm->im", problem.visited * p, problem.w)
    doubt = np.concatenate([problem.x, -missed], axis=1)
    information -= (doubt * (z * (1 - z) * problem.silent)[:, None]).T @ doubt
    return score, information


def _summit(problem: _Problem, theta: Floats) -> Fit:
    """Newton's method, made to climb where the likelihood is not concave, with halved steps."""
    parts = _parts(problem, theta)
    score, information = _slopes(problem, parts)
    for _ in range(200):
        step = _step(problem, score, information)
        for halving in range(30):
            trial = theta + step / 2**halving
            new = _parts(problem, trial)
            if new[0] <= parts[0]:
                break
        gain = parts[0] - new[0]
        if gain < 0:
            break
        theta, parts = trial, new
        score, information = _slopes(problem, parts)
        if gain < 1e-10:
            break
    return Fit(theta, covariance_of(information), parts[0], len(problem.x))


def _ridge(problem: _Problem, fit: Fit) -> Fit:
    """Further along where the likelihood rises for ever, by a quasi-Newton search."""

    def objective(theta: Floats) -> tuple[float, Floats]:
        parts = _parts(problem, theta)
        return parts[0], -_slopes(problem, parts)[0]

    starts = [fit.parameters, np.zeros(fit.parameters.size)]
    return maximise(objective, starts, len(problem.x))


def _step(problem: _Problem, score: Floats, information: Floats) -> Floats:
    """Uphill, whatever the units of the covariates, and at most 3 logits further at any visit."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    step = vectors @ ((vectors.T @ (score / scale)) / np.maximum(np.abs(values), 1e-6)) / scale
    k = problem.x.shape[1]
    moved = max(float(np.abs(problem.x @ step[:k]).max()), float(np.abs(problem.w @ step[k:]).max()))
    return np.asarray(step * min(1.0, FURTHEST / max(moved, 1e-300)), dtype=np.float64)


def _starts(problem: _Problem) -> list[Floats]:
    """Even odds of everything, and a common species that is hard to hear."""
    sites, visits = len(problem.x), problem.visited > 0
    common = np.linalg.lstsq(problem.x, np.full(sites, 1.5), rcond=None)[0]
    hard = np.linalg.lstsq(problem.w[visits], np.full(int(visits.sum()), -2.0), rcond=None)[0]
    start = np.concatenate([common, hard]).astype(np.float64)
    return [np.zeros(start.size), start]


def _units(problem: _Problem) -> Floats:
    """Root mean square of each covariate: what makes its effect a number of logits [shape=(k + m,)]."""
    seen = problem.visited > 0
    squares = [np.mean(problem.x**2, axis=0), np.mean(problem.w[seen] ** 2, axis=0)]
    return np.asarray(np.sqrt(np.concatenate(squares)), dtype=np.float64)


def _best_spread(problem: _Problem, tried: int = 150, kept: int = 6) -> list[Floats]:
    """The likeliest of many spread starting points: with covariates there may be several summits."""
    units = np.maximum(_units(problem), 1e-12)
    points = [point / units for point in spread_starts(units.size, tried, 2.5)]
    order = np.argsort([_parts(problem, point)[0] for point in points], kind="stable")
    return [points[i] for i in order[:kept]]


def _problem(
    detections: ArrayLike, site_design: ArrayLike | None, visit_design: ArrayLike | None
) -> tuple[_Problem, NDArray[np.int64]]:
    y = np.asarray(detections, dtype=np.float64)
    if y.ndim != 2 or not np.isin(y[np.isfinite(y)], (0.0, 1.0)).all():
        raise Refused(
            "detections must be a site x visit table of 0, 1 and nan",
            help="make several detections of a visit one; write nan where there was no valid visit",
            codes=("BAD_COUNTS",),
        )
    x = np.ones((len(y), 1)) if site_design is None else np.asarray(site_design, dtype=np.float64)
    w = np.ones((*y.shape, 1)) if visit_design is None else np.asarray(visit_design, dtype=np.float64)
    visited = np.isfinite(y) & np.isfinite(w).all(axis=2)
    kept = np.flatnonzero(visited.any(axis=1) & np.isfinite(x).all(axis=1))
    heard = np.where(visited, y, 0.0)[kept]
    if not heard.any():
        raise Refused(
            f"the species was never found at the {len(kept)} visited sites",
            help="choose a species with detections: without any, nothing separates absent from silent",
            codes=("FEW_SITES",),
        )
    gaps = visited[kept]
    design = np.where(gaps[..., None], w[kept], 0.0)
    silent = np.asarray(~heard.any(axis=1), dtype=np.bool_)
    return _Problem(heard, gaps.astype(np.float64), x[kept], design, silent), kept
