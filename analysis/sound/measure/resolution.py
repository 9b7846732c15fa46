"""The step of a recording: the greatest common divisor of the differences of its samples.

1. Samples of integer containers (and floats made from them) are whole multiples of 2^-31.
2. The divisor of the first samples is found; the rest is only tested against it.
3. Float samples of any other origin are searched with a tolerance; where no step shows,
   the answer is 0: finer than can be told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.arrays import Floats

_UNIT = 2.0**31
_WIDEST = 2.0**62
_BLOCK = 1 << 15
_FIRST = 2048


def resolution(samples: Floats, lsb: float) -> float:
    """The step q at full scale 1 [shape=(n,)]; 0 where all samples are equal or no step shows.

    ``lsb`` of the container: the search ends as soon as q cannot become smaller.
    """
    if len(samples) < 2:
        return 0.0
    whole = samples[:_FIRST] * _UNIT
    if lsb == 0.0 and not np.array_equal(whole, np.rint(whole)):
        return _float_step(samples)
    found = 0
    origin = float(samples[0])
    smallest = int(lsb * _UNIT) if lsb else 1
    for first in range(0, len(samples), _BLOCK):
        steps = (samples[first : first + _BLOCK] - origin) * _UNIT
        if lsb == 0.0 and not np.array_equal(steps, np.rint(steps)):
            return _float_step(samples)
        if np.abs(steps).max() > _WIDEST:
            return 0.0
        integers = steps.astype(np.int64)
        if found == 0 or np.any(integers % found):
            found = int(np.gcd(found, np.gcd.reduce(integers)))
        if found == smallest:
            break
    return found / _UNIT


def joined_resolution(parts: Sequence[tuple[float, float, bool]]) -> float:
    """The step of consecutive parts, each (first sample, its own step, whether it is constant)."""
    steps = [(step, constant) for _, step, constant in parts]
    if any(step == 0.0 and not constant for step, constant in steps):
        return 0.0
    whole = [step * _UNIT for step, _ in steps] + [(first - parts[0][0]) * _UNIT for first, _, _ in parts]
    if any(value != round(value) for value in whole):
        return min((step for step, constant in steps if not constant), default=0.0)
    return math.gcd(*(round(value) for value in whole)) / _UNIT


def _float_step(samples: Floats) -> float:
    """An approximate divisor of float samples: a step that a gain has scaled."""
    values = np.unique(samples[:: max(1, len(samples) // 65_536)])
    gaps = np.diff(values)
    noise = 4 * np.finfo(np.float64).eps * max(abs(values[0]), abs(values[-1]))
    gaps = gaps[gaps > noise]
    if not gaps.size:
        return 0.0
    step = float(gaps.min())
    if step < 1e6 * noise:
        return 0.0
    ratio = gaps / step
    return step if bool(np.all(np.abs(ratio - np.rint(ratio)) < 1e-6 * ratio + 1e-6)) else 0.0
