"""From a log likelihood and its slopes to estimates, errors and a warning at the boundary.

1. a quasi-Newton search climbs from each starting point and the highest summit is kept;
2. differences of the slopes there give the curvature, hence the covariance;
3. a parameter whose error is beyond 3 logits sits at the boundary: nothing can be said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtri

from analysis.arrays import Floats
from contract.errors import Refused

Objective = Callable[[Floats], tuple[float, Floats]]
"""parameters -> (negative log likelihood, its slopes)"""

BOUNDARY_ERROR = 3.0
"""Standard error above which an estimate on the logit or log scale is of no use"""


@dataclass(frozen=True, slots=True)
class Fit:
    """A maximum of the likelihood."""

    parameters: Floats
    """on the link scale, logit or log [shape=(k,)]"""
    covariance: Floats
    """nan where the curvature is not that of a maximum [shape=(k, k)]"""
    negative_log_likelihood: float
    observations: int
    """sites used [1]"""

    @property
    def errors(self) -> Floats:
        """Standard errors [shape=(k,)]."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(np.diag(self.covariance)), dtype=np.float64)

    @property
    def at_boundary(self) -> bool:
        """True where an error is beyond 3 logits or unknown: the estimate is inconclusive."""
        errors = self.errors
        return bool((~np.isfinite(errors) | (errors > BOUNDARY_ERROR)).any())

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k + 2 negative log likelihood."""
        return 2.0 * self.parameters.size + 2.0 * self.negative_log_likelihood


def spread_starts(size: int, number: int, reach: float = 1.5) -> list[Floats]:
    """The same ``number`` starting points every time, spread like a normal of SD ``reach`` [shape=(size,)].

    Multiples of the square roots of primes, modulo 1, fill a cube evenly (Weyl).
    """
    primes = [n for n in range(2, 40 * size + 10) if all(n % d for d in range(2, int(n**0.5) + 1))][:size]
    steps = np.sqrt(np.array(primes, dtype=np.float64))
    return [np.asarray(reach * ndtri((k * steps) % 1.0), dtype=np.float64) for k in range(1, number + 1)]


def maximise(
    objective: Objective,
    starts: Sequence[Floats],
    observations: int,
    admissible: Callable[[Floats], bool] = lambda _: True,
) -> Fit:
    """The best fit over several starting points; ``Refused`` where none gives a finite likelihood.

    ``starts`` [shape=(parameters,) each].  Summits that are not ``admissible`` count only
    where no other was found.
    """
    best: tuple[float, Floats] | None = None
    allowed = False
    for start in starts:
        with np.errstate(all="ignore"):  # a step may go where nothing is finite; it is then taken back
            found = minimize(
                objective, start, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500}
            )
        value = float(found.fun)
        if not np.isfinite(value):
            continue
        fair = admissible(np.asarray(found.x, dtype=np.float64))
        if best is None or (fair, -value) > (allowed, -best[0] + 1e-9):
            best, allowed = (value, np.asarray(found.x, dtype=np.float64)), fair
    if best is None:
        raise Refused(
            "the likelihood has no finite value at any starting point",
            help="look for covariates that are missing, huge or constant",
            codes=("NO_CONVERGENCE",),
        )
    return Fit(best[1], covariance_of(curvature(objective, best[1])), best[0], observations)


def curvature(objective: Objective, at: Floats, step: float = 1e-4) -> Floats:
    """Second derivatives of the objective by central differences of its slopes [shape=(k, k)]."""
    rows = [(objective(at + h)[1] - objective(at - h)[1]) / (2 * step) for h in np.eye(at.size) * step]
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2, dtype=np.float64)


def covariance_of(information: Floats) -> Floats:
    """Inverse of the curvature [shape=(parameters, parameters)]; nan where it is not positive definite."""
    try:
        np.linalg.cholesky(information)
        return np.linalg.inv(information).astype(np.float64)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.nan)
