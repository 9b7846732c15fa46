"""Occupancy over seasons, with colonisation, extinction and, where asked, false detections.

1. a site is occupied in the first season with probability psi;
2. between seasons an empty site is colonised with gamma, an occupied one goes extinct with epsilon;
3. visits to an occupied site detect with p; to an empty one, falsely, with p10;
   a detection that a person verified is never false;
4. a forward and a backward pass over the seasons give the likelihood and its exact slopes.

Sources: MacKenzie et al. 2003, doi:10.1890/02-3090; false positives: Royle & Link 2006,
doi:10.1890/0012-9658(2006)87[835:GSOMAF]2.0.CO;2; verified detections: Miller et al. 2011,
doi:10.1890/10-1396.1.  With one season it is the single-season false-positive model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit, xlogy

from analysis.arrays import Floats
from analysis.stats.models.likelihood import Fit, maximise, spread_starts
from contract.errors import Refused

_LEAST = 1e-150
"""So that the search may pass where a history is next to impossible"""
WORTH = 1.92
"""Half the 95 % quantile of chi-squared of one degree: what a second rate of detection must gain"""
STARTS = 14
"""Further starting points: the likelihood has several summits"""
VERIFIED = 2
"""The mark of a detection that a person confirmed"""


@dataclass(frozen=True, slots=True)
class Designs:
    """Covariates, intercept included; None is an intercept alone."""

    psi: ArrayLike | None = None
    """first-season occupancy [shape=(sites, k)]"""
    colonisation: ArrayLike | None = None
    """[shape=(sites, seasons - 1, k)]"""
    extinction: ArrayLike | None = None
    """[shape=(sites, seasons - 1, k)]"""
    detection: ArrayLike | None = None
    """[shape=(sites, seasons, visits, k)]"""


@dataclass(frozen=True, slots=True)
class DynamicOccupancy:
    """A fitted model; every array of effects is on the logit scale."""

    fit: Fit
    psi: Floats
    colonisation: Floats
    extinction: Floats
    detection: Floats
    false_detection: float
    """probability that a visit to an empty site detects [1]; 0 where not estimated"""
    verification: float
    """share of true detections that were verified [1]; 0 where none was"""
    presence: Floats
    """probability that a site was occupied, given its whole history [1, shape=(sites, seasons)]"""

    @property
    def occupied(self) -> Floats:
        """Expected share of the sites occupied in each season [1, shape=(seasons,)]."""
        return np.asarray(self.presence.mean(axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Problem:
    y: Floats  # [sites, seasons, visits], 0 at gaps
    visited: Floats
    designs: tuple[Floats, Floats, Floats, Floats]
    false: bool
    verified: bool
    ends: tuple[int, ...] = field(default=())  # where each block of effects ends


def fit_dynamic_occupancy(
    detections: ArrayLike, *, designs: Designs | None = None, false_positives: bool = False
) -> DynamicOccupancy:
    """Fit by maximum likelihood.

    Parameters
    ----------
    detections : 0, 1, 2 (verified) or nan [shape=(sites, seasons, visits)].
    designs : covariates.
    false_positives : estimate p10.  Without verified detections this rests on the assumption
        that true detections are the more frequent ones, and needs many visits.

    Raises ``Refused`` with no detection at all, or when p10 is asked of data where it came out
    above p, since present and absent are then exchanged.
    """
    problem = _problem(detections, designs or Designs(), false_positives)
    size = problem.ends[-1] + problem.false + problem.verified
    starts = [np.zeros(size), np.zeros(size)]
    starts[1][: problem.ends[2]] = np.repeat([0.5, -1.0, -1.0], np.diff((0, *problem.ends[:3])))
    starts += spread_starts(size, STARTS)
    for turn, start in enumerate(starts):
        if problem.false:
            start[problem.ends[-1]] = (-3.0, -3.0, -1.0)[turn % 3]
    fit = maximise(
        lambda t: _objective(t, problem)[:2],
        starts,
        len(problem.y),
        lambda t: not problem.false or problem.verified or not _exchanged(t, problem),
    )
    presence = _objective(fit.parameters, problem)[2]
    psi, col, ext, det, p10, certain = _split(fit.parameters, problem)
    if problem.false and not problem.verified and _alike(fit, problem):
        raise Refused(
            "false detections came out as frequent as true ones: present and absent cannot be told apart",
            help="verify some detections by ear, or use a stricter threshold",
            codes=("UNVALIDATED_SPECIES",),
        )
    return DynamicOccupancy(fit, psi, col, ext, det, p10, certain, presence)


def negative_log_likelihood(
    parameters: ArrayLike,
    detections: ArrayLike,
    *,
    designs: Designs | None = None,
    false_positives: bool = False,
) -> float:
    """Of given effects: psi, colonisation, extinction, p, then p10 and the share verified [logit].

    ``parameters`` [shape=(effects,)]; ``detections`` and ``designs`` as in ``fit_dynamic_occupancy``.
    """
    problem = _problem(detections, designs or Designs(), false_positives)
    return _objective(np.asarray(parameters, dtype=np.float64), problem)[0]


def _alike(fit: Fit, problem: _Problem) -> bool:
    """Whether one rate of detection everywhere says as much as present and absent sites."""
    heard, visits = float((problem.y * problem.visited).sum()), float(problem.visited.sum())
    everywhere = -float(xlogy(heard, heard / visits) + xlogy(visits - heard, 1 - heard / visits))
    return _exchanged(fit.parameters, problem) or everywhere - fit.negative_log_likelihood < WORTH


def _exchanged(theta: Floats, problem: _Problem) -> bool:
    """Whether false detections are as frequent as true ones."""
    det, p10 = _split(theta, problem)[3:5]
    return p10 > float(np.median(expit(problem.designs[3] @ det))) - 1e-3


def _split(theta: Floats, problem: _Problem) -> tuple[Floats, Floats, Floats, Floats, float, float]:
    a, b, c, d = problem.ends
    p10 = float(expit(theta[d])) if problem.false else 0.0
    certain = float(expit(theta[d + problem.false])) if problem.verified else 0.0
    return theta[:a], theta[a:b], theta[b:c], theta[c:d], p10, certain


def _objective(theta: Floats, problem: _Problem) -> tuple[float, Floats, Floats]:
    """Negative log likelihood, its slopes, and presence given the history."""
    psi_e, col_e, ext_e, det_e, p10, certain = _split(theta, problem)
    x, xc, xe, w = problem.designs
    psi, gamma, epsilon, zeta = expit(x @ psi_e), expit(xc @ col_e), expit(xe @ ext_e), w @ det_e
    absent, present = _emissions(problem, zeta, theta)
    loglik, state, moves = _passes(psi, gamma, epsilon, absent, present)
    here, gone = state, 1 - state
    heard, sure = problem.y > 0, problem.y == VERIFIED
    seen_here = here[..., None] * problem.visited
    score = [
        x.T @ (here[:, 0] - psi),
        np.einsum("it,itk->k", moves[0] - gamma * gone[:, :-1], xc),
        np.einsum("it,itk->k", moves[1] - epsilon * here[:, :-1], xe),
        np.einsum("itj,itjk->k", seen_here * (heard - expit(zeta)), w),
    ]
    if problem.false:
        score.append(np.array([np.sum(gone[..., None] * problem.visited * (heard - p10))]))
    if problem.verified:
        score.append(np.array([np.sum(seen_here * heard * (sure - certain))]))
    return -loglik, -np.concatenate(score), state


def _emissions(problem: _Problem, zeta: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Log chance of a season's visits where the species is absent, and where it is present."""
    heard, sure = problem.y > 0, problem.y == VERIFIED
    present = np.where(heard, log_expit(zeta), log_expit(-zeta))
    if problem.verified:
        certain = theta[problem.ends[-1] + problem.false]
        present = present + heard * np.where(sure, log_expit(certain), log_expit(-certain))
    if problem.false:
        wrong = theta[problem.ends[-1]]
        absent = np.where(sure, -1e300, np.where(heard, log_expit(wrong), log_expit(-wrong)))
    else:
        absent = np.where(heard, -1e300, 0.0)
    floor = -1e4
    total_absent = np.maximum((absent * problem.visited).sum(axis=2), floor)
    return total_absent, (present * problem.visited).sum(axis=2)


def _passes(
    psi: Floats, gamma: Floats, epsilon: Floats, absent: Floats, present: Floats
) -> tuple[float, Floats, tuple[Floats, Floats]]:
    """Forward and backward: log likelihood, presence, expected colonisations and extinctions."""
    n, seasons = present.shape
    top = np.maximum(absent, present)
    off, on = np.exp(absent - top), np.exp(present - top)
    forward, scale = np.empty((n, seasons, 2)), np.empty((n, seasons))
    ahead = np.stack([1 - psi, psi], axis=1)
    for t in range(seasons):
        joint = ahead * np.stack([off[:, t], on[:, t]], axis=1)
        scale[:, t] = np.maximum(joint.sum(axis=1), _LEAST)
        forward[:, t] = joint / scale[:, t, None]
        if t < seasons - 1:
            arrive = forward[:, t, 0] * gamma[:, t] + forward[:, t, 1] * (1 - epsilon[:, t])
            ahead = np.stack([1 - arrive, arrive], axis=1)
    state, moves = np.empty((n, seasons)), (np.empty((n, seasons - 1)), np.empty((n, seasons - 1)))
    back = np.ones((n, 2))
    for t in range(seasons - 1, -1, -1):
        state[:, t] = forward[:, t, 1] * back[:, 1]
        if t:
            to = back * np.stack([off[:, t], on[:, t]], axis=1) / scale[:, t, None]
            g, e = gamma[:, t - 1], epsilon[:, t - 1]
            moves[0][:, t - 1] = forward[:, t - 1, 0] * g * to[:, 1]
            moves[1][:, t - 1] = forward[:, t - 1, 1] * e * to[:, 0]
            back = np.stack([(1 - g) * to[:, 0] + g * to[:, 1], e * to[:, 0] + (1 - e) * to[:, 1]], axis=1)
    return float(np.log(scale).sum() + top.sum()), state, moves


def _problem(detections: ArrayLike, designs: Designs, false: bool) -> _Problem:
    y = np.asarray(detections, dtype=np.float64)
    if y.ndim != 3 or not np.isin(y[np.isfinite(y)], (0.0, 1.0, 2.0)).all():
        raise Refused(
            "detections must be a site x season x visit table of 0, 1, 2 (verified) and nan",
            help="write nan where there was no valid visit",
            codes=("BAD_COUNTS",),
        )
    n, seasons, visits = y.shape
    shapes = ((n,), (n, seasons - 1), (n, seasons - 1), (n, seasons, visits))
    given = (designs.psi, designs.colonisation, designs.extinction, designs.detection)
    if seasons == 1:
        given = (given[0], np.empty((n, 0, 0)), np.empty((n, 0, 0)), given[3])
    filled = tuple(
        np.ones((*shape, 1)) if g is None else np.asarray(g, dtype=np.float64)
        for g, shape in zip(given, shapes, strict=True)
    )
    visited = np.isfinite(y) & np.isfinite(filled[3]).all(axis=3)
    heard = np.where(visited, y, 0.0)
    if not heard.any():
        raise Refused(
            "the species was never found", help="choose a species with detections", codes=("FEW_SITES",)
        )
    for name, design in zip(("psi", "colonisation", "extinction"), filled, strict=False):
        if not np.isfinite(design).all():
            raise Refused(
                f"a covariate of {name} is missing",
                help="leave that site out, or the covariate",
                codes=("BAD_COUNTS",),
            )
    blocks = (filled[0], filled[1], filled[2], np.where(visited[..., None], filled[3], 0.0))
    ends = tuple(int(e) for e in np.cumsum([b.shape[-1] for b in blocks]))
    return _Problem(heard, visited.astype(np.float64), blocks, false, bool((heard == VERIFIED).any()), ends)
