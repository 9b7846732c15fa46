"""Power under staggered starts: what is said must be what simulated territories find."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.stats.permutation import label_draws
from analysis.stats.starts.power import shuffled_detectable, shuffled_power

LABEL = np.array([1] * 5 + [2] * 5 + [0] * 8)
FIRST, SEASONS = (3, 5), 8
DRAWN = label_draws(LABEL, b"staggered starts in the test room")[:2000]


def simple(x: Floats, labels: np.ndarray) -> Floats:
    """Callaway & Sant'Anna's simple average by its definition, one row of labels at a time."""
    out = []
    for row in labels:
        terms = [
            (x[row == g, t] - x[row == g, first - 1]).mean()
            - (x[row == 0, t] - x[row == 0, first - 1]).mean()
            for g, first in enumerate(FIRST, 1)
            for t in range(first, SEASONS)
        ]
        weights = [(row == g).sum() for g, first in enumerate(FIRST, 1) for _ in range(first, SEASONS)]
        out.append(np.average(terms, weights=weights))
    return np.array(out)


@pytest.fixture(scope="module")
def begun() -> Floats:
    table = np.zeros((len(LABEL), SEASONS))
    for g, first in enumerate(FIRST, 1):
        table[g == LABEL, first:] = 1.0
    return table


def test_what_is_said_is_what_territories_find(begun: Floats) -> None:
    rng, some = np.random.default_rng(5), DRAWN[:300]
    shares = simple(begun, some)
    assert shares[0] == pytest.approx(1.0)
    said, found, least = [], 0, []
    for _ in range(60):
        noise = rng.normal(0, 0.25, begun.shape) + rng.normal(0, 0.3, (len(LABEL), 1))
        effects = simple(noise + 0.4 * begun, some)
        said.append(shuffled_power(effects, shares, 0.4, alpha=0.05))
        least.append(shuffled_detectable(effects, shares, alpha=0.05))
        found += np.mean(np.abs(effects) >= abs(effects[0])) <= 0.05
    assert np.median(said) == pytest.approx(found / 60, abs=0.12)  # two binomial SE of 60 territories
    assert shuffled_power(effects, shares, least[-1], alpha=0.05) == pytest.approx(0.8, abs=0.01)


def test_a_family_and_a_sharper_level_need_more(begun: Floats) -> None:
    some = DRAWN[:400]
    shares = simple(begun, some)
    effects = simple(np.random.default_rng(1).normal(0, 0.3, begun.shape), some)
    one, four = (shuffled_detectable(effects, shares, alpha=0.05, family=n) for n in (1, 4))
    assert one < four
    powers = [shuffled_power(effects, shares, effect, alpha=0.05) for effect in (0.0, 0.2, 0.4, 0.8)]
    assert powers == sorted(powers)
    assert powers[0] <= 0.05


def test_too_few_shuffles_find_nothing() -> None:
    assert shuffled_power(np.ones(10), np.ones(10), 5.0, alpha=0.05) == 0.0
    assert shuffled_detectable(np.arange(10.0), np.ones(10), alpha=0.05) == np.inf
