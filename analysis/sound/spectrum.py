"""One pass of short Fourier transforms: everything that needs it hangs on here.

1. ``power_blocks`` cuts samples into overlapping Hann frames and yields their power in
   small blocks, frames x bins, that stay in the processor's cache.
2. ``BinSums`` takes these blocks and keeps what the indices ask for: sums per bin of power,
   amplitude and amplitude change, the maximum, and (if wanted) the whole power matrix.

A frame's own mean is removed after the transform: for a periodic Hann window it touches
bins 0 and 1 only, so the subtraction there is exact and costs nothing.
numpy only; float64 throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BATCH = 64
"""Frames per block: 64 x 512 float64 are 256 KiB."""


@lru_cache(maxsize=16)
def hann(length: int) -> Array:
    """Periodic Hann window [shape=(length,)]."""
    window: Array = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    window.setflags(write=False)
    return window


def frame_count(samples: int, length: int, hop: int) -> int:
    """Whole frames in ``samples``; the rest is dropped."""
    return 0 if samples < length else (samples - length) // hop + 1


def power_blocks(
    samples: Array,
    length: int,
    hop: int,
    scale: float,
    *,
    low: int = 0,
    high: int | None = None,
    out: Array | None = None,
) -> Iterator[Array]:
    """|FFT|^2 x ``scale`` of mean-free Hann frames [shape=(at most BATCH, high - low)].

    ``low``/``high``: half-open range of bins, by default all but the Nyquist bin.  With ``out``
    [shape=(frames, bins)] each block is a view into it; else one buffer is used again and again.
    """
    high = length // 2 if high is None else high
    frames = frame_count(len(samples), length, hop)
    if not frames:
        return
    cut = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    window = hann(length) * np.sqrt(scale)
    means = _frame_means(samples, frames, length, hop) * np.sqrt(scale) if low < 2 else None
    batch = min(BATCH, frames)
    tapered, squares = np.empty((batch, length)), np.empty((batch, 2 * (high - low)))
    power = np.empty((batch, high - low)) if out is None else out
    for first in range(0, frames, BATCH):
        piece = cut[first : first + BATCH]
        count = len(piece)
        spectrum = np.fft.rfft(np.multiply(piece, window, out=tapered[:count]))
        if means is not None:
            _remove_means(spectrum, means[first : first + count], length)
        block = power[:count] if out is None else power[first : first + count]
        parts = spectrum[:, low:high].view(np.float64)
        square = np.multiply(parts, parts, out=squares[:count])
        np.add(square[:, 0::2], square[:, 1::2], out=block)
        yield block


def _frame_means(samples: Array, frames: int, length: int, hop: int) -> Array:
    """The mean of each frame [shape=(frames,)]."""
    if 2 * hop == length:
        halves = samples[: (frames + 1) * hop].reshape(-1, hop).sum(axis=1)
        means: Array = (halves[:-1] + halves[1:]) / length
        return means
    whole: Array = samples[: (frames - 1) * hop + length].reshape(-1, hop)[:, :length].mean(axis=1)
    return whole


def _remove_means(spectrum: npt.NDArray[np.complex128], means: Array, length: int) -> None:
    """Subtract each frame's mean: a periodic Hann window puts it into bins 0 and 1 only."""
    spectrum[:, 0] -= means * (length / 2)
    spectrum[:, 1] += means * (length / 4)


@dataclass(slots=True)
class BinSums:
    """Sums over frames, per bin [shape=(bins,)].

    ``power`` and ``even_power`` (frames 0, 2, 4 ... only), ``amplitude`` (square root of power),
    ``change`` (absolute amplitude change from frame to frame); ``peak`` the largest power;
    ``frame_power`` [shape=(frames,)] if ``per_frame``; ``low_sum`` and ``low_square`` of the power of
    the first ``low_bins`` bins over even frames.
    """

    bins: int
    per_frame: bool = False
    low_bins: int = 0
    frames: int = 0
    peak: float = 0.0
    low_sum: float = 0.0
    low_square: float = 0.0
    power: Array = field(init=False)
    even_power: Array = field(init=False)
    amplitude: Array = field(init=False)
    change: Array = field(init=False)
    frame_power: list[Array] = field(default_factory=list)
    _last: Array | None = None
    _work: Array = field(init=False)
    _steps: Array = field(init=False)

    def __post_init__(self) -> None:
        self.power, self.even_power = np.zeros(self.bins), np.zeros(self.bins)
        self.amplitude, self.change = np.zeros(self.bins), np.zeros(self.bins)
        self._work, self._steps = np.empty((BATCH + 1, self.bins)), np.empty((BATCH, self.bins))

    def add(self, block: Array) -> None:
        """Take the next block of power [shape=(frames, bins)], in order."""
        count = len(block)
        ones = _ones(count)
        amplitude = self._work[1 : count + 1]
        np.sqrt(block, out=amplitude)
        self.power += ones @ block
        self._even(block[self.frames % 2 :: 2])
        self.amplitude += ones @ amplitude
        self.peak = max(self.peak, float(block.max()))
        if self.per_frame:
            self.frame_power.append(block.sum(axis=1))
        first = 1 if self._last is None else 0
        if self._last is not None:
            self._work[0] = self._last
        self._last = amplitude[-1].copy()
        steps = self._steps[: count - first]
        np.subtract(self._work[first + 1 : count + 1], self._work[first:count], out=steps)
        np.abs(steps, out=steps)
        self.change += _ones(len(steps)) @ steps
        self.frames += count

    def add_even(self, block: Array) -> None:
        """Take frames 0, 2, 4 ... only, for the sums that need no others."""
        self._even(block)
        self.frames += 2 * len(block)

    def _even(self, block: Array) -> None:
        self.even_power += block.sum(axis=0)
        if self.low_bins:
            low = block[:, : self.low_bins].sum(axis=1)
            self.low_sum += float(low.sum())
            self.low_square += float(low @ low)

    def cut(self) -> None:
        """What comes next does not follow what came before: take no step across."""
        self._last = None


@lru_cache(maxsize=BATCH + 2)
def _ones(count: int) -> Array:
    return np.ones(count)


def count_at_least(blocks: Iterator[Array], level: float, bins: int) -> npt.NDArray[np.int64]:
    """How many frames reach ``level`` in each bin [shape=(bins,)]."""
    total = np.zeros(bins, dtype=np.int64)
    for block in blocks:
        reached = (block >= level).view(np.uint8)
        total += np.add.reduce(reached, axis=0, dtype=np.uint8)
    return total


def stored_blocks(power: Array) -> Iterator[Array]:
    """A stored power matrix in the blocks in which it was made."""
    for first in range(0, len(power), BATCH):
        yield power[first : first + BATCH]
