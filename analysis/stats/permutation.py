"""Arrangements of the arms, and what a statistic would be under each of them.

1. ``arrangements`` lists all of them when there are fewer than 20,000, else draws 9,999 by
   Fisher-Yates on SHA-256(seed, counter): the same draws on every machine.
2. ``moments`` gives the contrast and its variance under each arrangement: sums of integers that
   stay below 2⁵³ and are therefore exact in any order, then + − × ÷ only.
3. ``tail`` counts arrangements at least as extreme, ties within 10⁻⁹ relative included.
4. ``step_down`` adjusts over indicators (Westfall & Young 1993, max-|t|).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Bools, Floats, Integers

EXACT_BELOW = 20_000
DRAWS = 9_999
REDRAWS = 99_999
TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Arms and land uses of n sites: ``restored`` (n,), ``stratum`` (n,) 0.., ``weights`` (strata,)."""

    restored: Bools
    stratum: NDArray[np.intp]
    weights: Floats
    few: int = 0
    """below this many sites an arm, Student's t has the degrees of freedom of the smaller arm alone"""

    def part(self, here: Bools) -> Design:
        """The sites ``here`` (n,) as one stratum."""
        one = np.zeros(int(here.sum()), dtype=np.intp)
        return Design(self.restored[here], one, np.ones(1), self.few)

    def sizes(self) -> list[tuple[int, int]]:
        """(restored, control) sites of each stratum."""
        return [
            (
                int((self.restored & (self.stratum == h)).sum()),
                int((~self.restored & (self.stratum == h)).sum()),
            )
            for h in range(len(self.weights))
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangements:
    """``restored`` (m, n) as 0.0 and 1.0; the observed one is first."""

    restored: Floats
    exact: bool

    def __len__(self) -> int:
        return len(self.restored)


def count(design: Design) -> int:
    """The number of distinct arrangements."""
    total = 1
    for restored, control in design.sizes():
        total *= comb(restored + control, restored)
    return total


def smallest_p(design: Design) -> float:
    """The smallest two-sided p that any data could reach: exchanged arms give the same |t|."""
    mirrored = all(restored == control for restored, control in design.sizes())
    return (2 if mirrored else 1) / count(design)


def arrangements(design: Design, seed: bytes, *, draws: int = DRAWS) -> Arrangements:
    """All arrangements within strata, or ``draws`` of them; never a random number from elsewhere."""
    if count(design) < EXACT_BELOW:
        return Arrangements(_all(design), True)
    return Arrangements(_drawn(design, seed, draws), False)


def _all(design: Design) -> Floats:
    table = np.zeros((1, len(design.restored)))
    for h, (size, _) in enumerate(design.sizes()):
        places = np.flatnonzero(design.stratum == h)
        choices = np.array(list(combinations(range(len(places)), size)), dtype=np.intp).reshape(-1, size)
        part = np.zeros((len(choices), len(design.restored)))
        part[np.arange(len(choices))[:, None], places[choices]] = 1.0
        table = (table[:, None, :] + part[None, :, :]).reshape(-1, len(design.restored))
    observed = design.restored.astype(np.float64)
    same = (table == observed).all(axis=1)
    return np.concatenate([observed[None, :], table[~same]])


def _drawn(design: Design, seed: bytes, draws: int) -> Floats:
    observed = design.restored.astype(np.int8)
    table = np.repeat(observed[None, :], draws, axis=0)
    words, used = _words(seed, draws, len(observed)), 0
    each = np.arange(draws)
    for h in range(len(design.weights)):
        places = np.flatnonzero(design.stratum == h)
        for last in range(len(places) - 1, 0, -1):
            pick = places[(words[:, used].astype(np.uint64) * np.uint64(last + 1)) >> np.uint64(32)]
            used += 1
            end = table[:, places[last]].copy()
            table[:, places[last]] = table[each, pick]
            table[each, pick] = end
    return np.concatenate([observed[None, :], table]).astype(np.float64)


def label_draws(labels: NDArray[np.int64], seed: bytes, *, draws: int = DRAWS) -> NDArray[np.int64]:
    """``labels`` [shape=(n,)] and ``draws`` shuffles of them, as rows; drawn as ``arrangements`` are."""
    table = np.repeat(labels[None, :], draws, axis=0)
    words, each = _words(seed, draws, len(labels)), np.arange(draws)
    for used, last in enumerate(range(len(labels) - 1, 0, -1)):
        pick = ((words[:, used].astype(np.uint64) * np.uint64(last + 1)) >> np.uint64(32)).astype(np.intp)
        end = table[:, last].copy()
        table[:, last] = table[each, pick]
        table[each, pick] = end
    return np.concatenate([labels[None, :], table])


def _words(seed: bytes, draws: int, width: int) -> NDArray[np.uint32]:
    """``draws`` rows of 32-bit words: SHA-256 of the seed and a running counter, big-endian."""
    blocks = -(-width // 8)
    stream = b"".join(hashlib.sha256(seed + k.to_bytes(8, "big")).digest() for k in range(draws * blocks))
    return np.frombuffer(stream, dtype=">u4").reshape(draws, blocks * 8).astype(np.uint32)


def moments(x: Integers, present: Bools, rows: Floats, design: Design) -> tuple[Floats, Floats]:
    """The contrast [10⁻⁶] and its variance [10⁻¹²] under each arrangement [shape=(m, k) both].

    ``x`` (k, n) integers, ``present`` (k, n), ``rows`` (m, n).  Per stratum: mean of the restored
    minus mean of the controls, weighted; variances pooled over strata within each arm.  nan where
    an arrangement leaves an arm without a mean or without a degree of freedom.
    """
    known = np.where(present, _centred(x, present, design), 0)
    theta: Floats = np.zeros((len(rows), len(x)))
    spread: list[Floats | float] = [0.0, 0.0]
    share: list[Floats | float] = [0.0, 0.0]
    freedom: list[Floats | float] = [0.0, 0.0]
    with np.errstate(divide="ignore", invalid="ignore"):
        for h, weight in enumerate(design.weights):
            here = design.stratum == h
            for side, (n, s, q) in enumerate(_sums(known, present, rows, here)):
                mean = s / n
                theta += weight * mean if side == 0 else -weight * mean
                spread[side] = spread[side] + (q - s * mean)
                share[side] = share[side] + weight * weight / n
                freedom[side] = freedom[side] + (n - 1.0)
        variance = [np.maximum(spread[a], 0.0) * (share[a] / freedom[a]) for a in (0, 1)]
    return theta, np.asarray(variance[0] + variance[1])


_Sums = tuple[Floats | float, Floats, Floats]


def _sums(known: Integers, present: Bools, rows: Floats, here: Bools) -> tuple[_Sums, _Sums]:
    """(sites, sum, sum of squares) of the restored and of the control arm in one stratum."""
    if not here.all():
        known, present, rows = known[:, here], present[:, here], rows[:, here]
    squares = known * known
    summed, squared = _exact(rows, known), _exact(rows, squares)
    counted: Floats | float = (
        float(rows[0].sum()) if present.all() else _exact(rows, present.astype(np.int64))
    )
    total = known.shape[1] if present.all() else present.sum(axis=1)
    other = (total - counted, known.sum(axis=1) - summed, squares.sum(axis=1) - squared)
    return (counted, summed, squared), other


def _centred(x: Integers, present: Bools, design: Design) -> Integers:
    """Minus an integer near each stratum's mean: no contrast changes and squares stay small."""
    out = x.copy()
    for h in range(len(design.weights)):
        here = design.stratum == h
        counts = np.maximum((present & here).sum(axis=1), 1)
        middle = np.where(present & here, x, 0).sum(axis=1) // counts
        out[:, here] -= middle[:, None]
    return out


def _exact(rows: Floats, x: Integers) -> Floats:
    """rows (m, n) of 0 and 1 times x (k, n): every partial sum is an integer below 2⁵³."""
    if int(np.abs(x).sum(axis=1).max(initial=0)) < 2**53:
        product: Floats = rows @ x.T.astype(np.float64)
        return product
    return (rows.astype(np.int64) @ x.T).astype(np.float64)


def studentised(theta: Floats, variance: Floats) -> Floats:
    """|t| [shape as ``theta``]; where it cannot be formed it counts as extreme, the cautious side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(theta) / np.sqrt(variance)
    return np.where(np.isfinite(t), t, np.inf)


def tail(statistic: Floats, observed: float) -> float:
    """Share of arrangements at least as extreme as ``observed``, the observed one among them.

    ``statistic`` of each arrangement [shape=(m,)].
    """
    return int(np.count_nonzero(statistic >= observed * (1.0 - TIE))) / len(statistic)


def step_down(t: Floats) -> Floats:
    """Adjusted p values [shape=(k,)] of ``t`` [shape=(m, k)] whose first row is observed.

    Westfall & Young 1993, step-down max-|t|; strong control where subsets are exchangeable.
    """
    order = np.argsort(-t[0], kind="stable")
    successive = np.maximum.accumulate(t[:, order[::-1]], axis=1)[:, ::-1]
    raw = [tail(successive[:, j], float(t[0, k])) for j, k in enumerate(order)]
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(raw)
    return adjusted
