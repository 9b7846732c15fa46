"""What samples show before anything is subtracted: extremes, offset, resolution, frozen stretches, clipping.

1. ``Extremes`` finds the lowest and highest sample of each 512, once, for all that need them.
2. ``raw_quality`` adds the resolution, the frozen 20 ms frames and the samples at a rail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats
from analysis.sound.measure.resolution import joined_resolution, resolution

ENVELOPE = 512
"""Samples per envelope value."""
FRAME_S = 0.020
"""Frozen samples are looked for in frames of this length [s]."""
RAIL = 0.999
RAIL_RUN = 3
LARGEST = 1e40
"""Beyond it [full scale] a sample of a 64-bit file is damage, and its powers no longer fit float64."""


@dataclass(frozen=True, slots=True)
class RawQuality:
    """What the samples of one window and channel show before anything is subtracted.

    ``first`` sample; ``mean`` offset and ``low``/``high`` extremes at full scale 1; ``step`` the
    resolution q at full scale 1, 0 where it is finer than can be told; ``frozen`` True per 20 ms
    frame [shape=(frames,)]; ``clipped_share`` of samples at a rail, ``rail_run_share`` of them in
    runs of at least 3.
    """

    samples: int
    sample_rate: int
    first: float
    finite: bool
    mean: float
    low: float
    high: float
    step: float
    frozen: np.ndarray[tuple[int], np.dtype[np.bool_]]
    clipped_share: float
    rail_run_share: float

    @classmethod
    def joined(cls, parts: Sequence[RawQuality]) -> RawQuality:
        """Consecutive parts of one channel, each but the last a whole number of 20 ms frames, as one."""
        samples = sum(part.samples for part in parts)

        def mean(name: str) -> float:
            return math.fsum(getattr(part, name) * part.samples for part in parts) / max(1, samples)

        return cls(
            samples=samples,
            sample_rate=parts[0].sample_rate,
            first=parts[0].first,
            finite=all(part.finite for part in parts),
            mean=mean("mean"),
            low=min(part.low for part in parts),
            high=max(part.high for part in parts),
            step=joined_resolution([(part.first, part.step, part.low == part.high) for part in parts]),
            frozen=np.concatenate([part.frozen for part in parts]),
            clipped_share=mean("clipped_share"),
            rail_run_share=mean("rail_run_share"),
        )


def frame_samples(sample_rate: int) -> int:
    """Samples in the 20 ms in which frozen samples are looked for."""
    return max(2, round(FRAME_S * sample_rate))


@dataclass(frozen=True, slots=True)
class Extremes:
    """The lowest and highest sample of each whole 512, and of all; ``nan`` where a sample is none."""

    lowest: Floats
    highest: Floats
    low: float
    high: float

    @classmethod
    def of(cls, samples: Floats) -> Extremes:
        """Of samples [shape=(n,)], n at least 1."""
        whole = len(samples) // ENVELOPE * ENVELOPE
        cut, rest = samples[:whole].reshape(-1, ENVELOPE), samples[whole:]
        lowest, highest = cut.min(axis=1), cut.max(axis=1)
        low = float(np.concatenate((lowest, rest)).min())
        return cls(lowest, highest, low, float(np.concatenate((highest, rest)).max()))

    def envelope(self, mean: float) -> Floats:
        """The largest magnitude in each 512 samples once ``mean`` is subtracted [shape=(n // 512,)].

        Subtraction keeps order, so this equals the envelope of the shifted samples to the bit.
        """
        largest: Floats = np.maximum(self.highest - mean, mean - self.lowest)
        return largest


def raw_quality(
    samples: Floats, sample_rate: int, lsb: float, extremes: Extremes | None = None
) -> RawQuality:
    """Resolution, frozen frames, clipping and offset of raw samples [shape=(n,), full scale 1]."""
    if extremes is None:
        extremes = Extremes.of(samples)
    low, high = extremes.low, extremes.high
    finite = low >= -LARGEST and high <= LARGEST  # false for nan too
    clipped, runs = _rails(samples, low, high, lsb) if finite else (0.0, 0.0)
    return RawQuality(
        samples=len(samples),
        sample_rate=sample_rate,
        first=float(samples[0]) if len(samples) else 0.0,
        finite=finite,
        mean=float(samples.mean()) if finite and len(samples) else 0.0,
        low=low,
        high=high,
        step=resolution(samples, lsb) if finite else 0.0,
        frozen=frozen_frames(samples, frame_samples(sample_rate)),
        clipped_share=clipped,
        rail_run_share=runs,
    )


def frozen_frames(samples: Floats, frame: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True for each whole frame whose samples are all identical [shape=(n // frame,)]."""
    cut = samples[: len(samples) // frame * frame].reshape(-1, frame)
    frozen: np.ndarray[tuple[int], np.dtype[np.bool_]] = (cut[:, 0] == cut[:, frame // 3]) & (
        cut[:, 0] == cut[:, -1]
    )
    for index in np.flatnonzero(frozen):
        frozen[index] = bool((cut[index] == cut[index, 0]).all())
    return frozen


def _rails(samples: Floats, low: float, high: float, lsb: float) -> tuple[float, float]:
    """(share of samples at a rail, share in runs of at least 3 identical samples there)."""
    top, bottom = RAIL * (1.0 - lsb), -RAIL
    if high < top and low > bottom:
        return 0.0, 0.0
    at_rail = (samples >= top) | (samples <= bottom)
    index = np.flatnonzero(at_rail)
    starts = np.flatnonzero((np.diff(index) != 1) | (np.diff(samples[index]) != 0)) + 1
    lengths = np.diff(np.concatenate(([0], starts, [len(index)])))
    return len(index) / len(samples), int(lengths[lengths >= RAIL_RUN].sum()) / len(samples)
