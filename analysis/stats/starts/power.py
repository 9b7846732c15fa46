"""What an average effect of staggered starts could have found: power and the minimum detectable effect.

1. Shuffling start labels gives the effects that chance makes of the noise, the estimated effect taken out.
2. A true effect moves the observed one by all of itself, and each shuffle by what the shuffle shares with
   the true labels; so the value that must be passed grows with the effect.
3. Power is the share of noises that pass it; the minimum detectable effect is the smallest effect with the
   power wanted.

Members of a family share the level by Bonferroni, cautiously.  It is the power for a named effect, not for
the observed one (Hoenig & Heisey 2001, doi:10.1198/000313001300339897).
"""

from __future__ import annotations

from math import inf

import numpy as np

from analysis.arrays import Floats

_STEPS = 30


def shuffled_power(effects: Floats, shares: Floats, effect: float, *, alpha: float, family: int = 1) -> float:
    """Probability that ``effect`` is found by shuffling start labels at level ``alpha``.

    Parameters
    ----------
    effects : average effect under the true labels, then under each shuffle [scale, shape=(draws,)].
    shares : the same of a table that is 1 where a site had begun, else 0 [1, shape=(draws,)]: 1 first.
    effect : the true effect asked about [scale].
    family : indicators that share ``alpha``.

    Without noise any effect above 0 is found.
    """
    noise = effects - float(effects[0]) * shares
    reached = np.sort(np.abs(noise[1:] + effect * shares[1:]))
    place = int(np.ceil((1 - alpha / family) * len(effects))) - 1
    if place >= len(reached):
        return 0.0
    passed = np.abs(noise[1:] + effect) > reached[place] * (1 + 1e-9)
    return int(np.count_nonzero(passed)) / len(passed)


def shuffled_detectable(
    effects: Floats, shares: Floats, *, alpha: float, family: int = 1, wanted: float = 0.8
) -> float:
    """The smallest effect found with probability ``wanted`` [scale]; inf where none is.

    ``effects`` and ``shares`` as in ``shuffled_power`` [shape=(draws,)].
    """
    noise = effects - float(effects[0]) * shares
    low, high = 0.0, 30.0 * float(np.sqrt(np.mean(noise * noise)))

    def enough(effect: float) -> bool:
        return shuffled_power(effects, shares, effect, alpha=alpha, family=family) >= wanted

    if not enough(high):
        return inf
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
