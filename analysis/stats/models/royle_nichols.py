"""Abundance-induced heterogeneity: where more animals live, detection is likelier.

1. each site has N animals, N being Poisson with a mean that covariates move;
2. each animal is found with probability r in a visit, the site with 1 - (1 - r)^N;
3. summed over N, this gives the likelihood of detection and non-detection.

Source: Royle & Nichols 2003, doi:10.1890/0012-9658(2003)084[0777:EAFRPA]2.0.CO;2.  N is a device
for unequal detection: from presence and absence alone it is not a count of animals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, gammaln, log_expit, logsumexp
from scipy.stats import poisson

from analysis.arrays import Floats
from analysis.stats.models.likelihood import Fit, maximise
from contract.errors import Refused


@dataclass(frozen=True, slots=True)
class RoyleNichols:
    """``fit`` holds the effects on log lambda first (one a column of ``site_design``), then on logit r."""

    fit: Fit
    psi: Floats
    """probability of at least one animal, 1 - exp(-lambda) [1, shape=(sites used,)]"""
    truncated: bool
    """True where the sum over N ended too early: the estimate hangs on ``largest``"""


def fit_royle_nichols(
    detections: ArrayLike,
    *,
    site_design: ArrayLike | None = None,
    visit_design: ArrayLike | None = None,
    largest: int | None = 25,
) -> RoyleNichols:
    """Abundance behind repeated detections, by maximum likelihood [detections shape=(sites, visits)].

    ``detections``, ``site_design``, ``visit_design`` as in ``occupancy.fit_occupancy``; ``largest``
    is where the sum over N ends [1], 25 as in R's unmarked; None goes on until the Poisson tail
    is below 1e-9, where the likelihood often has no summit: few data carry this model.
    ``Refused`` where the species was never found.
    """
    y = np.asarray(detections, dtype=np.float64)
    visited = np.isfinite(y)
    kept = np.flatnonzero(visited.any(axis=1))
    heard, visited = np.where(visited, y, 0.0)[kept], visited[kept]
    if not heard.any():
        raise Refused(
            "the species was never found", help="choose a species with detections", codes=("FEW_SITES",)
        )
    x = np.ones((len(y), 1)) if site_design is None else np.asarray(site_design, dtype=np.float64)
    w = np.ones((*y.shape, 1)) if visit_design is None else np.asarray(visit_design, dtype=np.float64)
    x, w, k = x[kept], w[kept], x.shape[1]
    end, starts = largest or 50, [np.zeros(k + w.shape[2])]
    while True:
        upto = np.arange(end + 1.0)
        fit = maximise(partial(_objective, heard=heard, visited=visited, x=x, w=w, n=upto), starts, len(kept))
        rates = np.exp(x @ fit.parameters[:k])
        tail = float(poisson.sf(end, rates.max()))
        if largest or end >= 800 or tail < 1e-9:
            return RoyleNichols(fit, 1 - np.exp(-rates), tail > 1e-6)
        end, starts = end * 2, [fit.parameters]


def _objective(
    theta: Floats, heard: Floats, visited: NDArray[np.bool_], x: Floats, w: Floats, n: Floats
) -> tuple[float, Floats]:
    k = x.shape[1]
    log_rate = np.clip(x @ theta[:k], -30.0, 30.0)
    zeta = w @ theta[k:]
    r = expit(zeta)
    none = n * log_expit(-zeta)[..., None]  # log chance that no animal is found [site, visit, N]
    some = np.log(-np.expm1(np.minimum(none, -1e-300)))
    each = np.where(visited[..., None], np.where(heard[..., None] > 0, some, none), 0.0)
    joint = each.sum(axis=1) + n * log_rate[:, None] - np.exp(log_rate)[:, None] - gammaln(n + 1)
    total = logsumexp(joint, axis=1)
    share = np.exp(joint - total[:, None])
    up = n * np.exp(none - some)
    slope = np.where(heard[..., None] > 0, np.where(n > 0, up, 1.0), -n) * visited[..., None]
    d_zeta = np.einsum("in,ijn->ij", share, slope) * r
    score = np.concatenate([x.T @ (share @ n - np.exp(log_rate)), np.einsum("ij,ijm->m", d_zeta, w)])
    return -float(total.sum()), -score
