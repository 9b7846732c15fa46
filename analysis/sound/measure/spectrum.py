"""One pass of short Fourier transforms: everything that needs it hangs on here.

1. ``amplitude_blocks`` cuts samples into overlapping Hann frames and yields their amplitude in
   small blocks, frames x bins, that stay in the processor's cache.
2. ``BinSums`` takes these blocks and keeps what the indices ask for: sums per bin of power,
   amplitude and amplitude change, and the maximum.

A frame's own mean is removed after the transform: for a periodic Hann window it touches
bins 0 and 1 only, so the subtraction there is exact and costs nothing.
numpy only; float64 throughout.  Sums do not go through a BLAS, whose order of addition depends
on the number of threads: the same clip gives the same bits at the edge and in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats

BATCH = 128
"""Frames per block at most: 128 x 512 float64 are half a MiB."""
EVERY = 4
"""The gate looks at every fourth frame."""
_CACHED = 1 << 17


@lru_cache(maxsize=16)
def hann(length: int) -> Floats:
    """Periodic Hann window [shape=(length,)]."""
    window: Floats = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    window.setflags(write=False)
    return window


def frame_count(samples: int, length: int, hop: int) -> int:
    """Whole frames in ``samples``; the rest is dropped."""
    return 0 if samples < length else (samples - length) // hop + 1


def amplitude_blocks(
    samples: Floats,
    length: int,
    hop: int,
    power_scale: float,
    *,
    low: int = 0,
    high: int | None = None,
    out: Floats | None = None,
) -> Iterator[Floats]:
    """|FFT| x sqrt(``power_scale``) of mean-free Hann frames [shape=(at most BATCH, high - low)].

    ``low``/``high``: half-open range of bins, by default all but the Nyquist bin.  With ``out``
    [shape=(frames, bins)] each block is a view into it; else one buffer is used again and again.
    """
    high = length // 2 if high is None else high
    frames = frame_count(len(samples), length, hop)
    if not frames:
        return
    cut = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    window = hann(length) * np.sqrt(power_scale)
    means = _frame_means(samples, frames, length, hop) * np.sqrt(power_scale) if low < 2 else None
    batch = max(8, min(BATCH, _CACHED // length))
    tapered = np.empty((min(batch, frames), length))
    amplitude = np.empty((min(batch, frames), high - low)) if out is None else out
    for first in range(0, frames, batch):
        piece = cut[first : first + batch]
        count = len(piece)
        spectrum = np.fft.rfft(np.multiply(piece, window, out=tapered[:count]))
        if means is not None:
            _remove_means(spectrum, means[first : first + count], length)
        block = amplitude[:count] if out is None else amplitude[first : first + count]
        yield np.abs(spectrum[:, low:high], out=block)


def _frame_means(samples: Floats, frames: int, length: int, hop: int) -> Floats:
    """The mean of each frame [shape=(frames,)]."""
    if 2 * hop == length:
        halves = samples[: (frames + 1) * hop].reshape(-1, hop).sum(axis=1)
        means: Floats = (halves[:-1] + halves[1:]) / length
        return means
    cut = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    whole: Floats = cut.mean(axis=1)
    return whole


def _remove_means(spectrum: npt.NDArray[np.complex128], means: Floats, length: int) -> None:
    """Subtract each frame's mean: a periodic Hann window puts it into bins 0 and 1 only."""
    spectrum[:, 0] -= means * (length / 2)
    spectrum[:, 1] += means * (length / 4)


def plain_amplitudes(
    samples: Floats, window: Floats, hop: int, *, offset: float = 0.0, low: int = 0, high: int | None = None
) -> Iterator[Floats]:
    """|FFT| of (samples + ``offset``) x ``window`` [shape=(some frames, high - low)], nothing removed.

    ``low``/``high``: half-open range of bins, by default 0 to half the length of ``window``.
    """
    length = len(window)
    high = length // 2 if high is None else high
    if not frame_count(len(samples), length, hop):
        return
    cut = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    batch = max(1, min(BATCH, _CACHED // length))
    for first in range(0, len(cut), batch):
        yield np.abs(np.fft.rfft((cut[first : first + batch] + offset) * window)[:, low:high])


@dataclass(slots=True)
class BinSums:
    """Sums over frames, per bin [shape=(bins,)].

    ``power`` and ``sparse_power`` (every fourth frame from the first on), ``amplitude`` (root of power),
    ``change`` (absolute amplitude change from frame to frame); ``peak`` the largest amplitude;
    ``frame_power`` [shape=(frames,)] if ``per_frame``; ``low_sum`` and ``low_square`` of the power of
    the first ``low_bins`` bins over these.

    ``covered`` frames whose amplitude reaches ``level``, which is ``cover`` x ``peak`` or what ``ask``
    names.  It is known only at the end: the first ``stale`` frames are not in it until ``recount``.
    """

    bins: int
    per_frame: bool = False
    low_bins: int = 0
    cover: float = 0.0
    level: float = 0.0
    stale: int = 0
    frames: int = 0
    peak: float = 0.0
    low_sum: float = 0.0
    low_square: float = 0.0
    power: Floats = field(init=False)
    sparse_power: Floats = field(init=False)
    amplitude: Floats = field(init=False)
    change: Floats = field(init=False)
    covered: npt.NDArray[np.int64] = field(init=False)
    frame_power: list[Floats] = field(default_factory=list)
    _last: Floats | None = None
    _work: Floats = field(init=False)
    _power: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.power, self.sparse_power = np.zeros(self.bins), np.zeros(self.bins)
        self.amplitude, self.change = np.zeros(self.bins), np.zeros(self.bins)
        self.covered = np.zeros(self.bins, dtype=np.int64)
        self._work, self._power = np.empty((BATCH, self.bins)), np.empty((BATCH, self.bins))

    def add(self, block: Floats) -> None:
        """Take the next block of amplitude [shape=(frames, bins)], in order."""
        count = len(block)
        power = np.multiply(block, block, out=self._power[:count])
        self.power += power.sum(axis=0)
        self.amplitude += block.sum(axis=0)
        self.peak = max(self.peak, float(block.max()))
        if self.cover:
            self._cover(block)
        if self.per_frame:
            self.frame_power.append(power.sum(axis=1))
        self._steps(block)
        self._sparse(power[-self.frames % EVERY :: EVERY])
        self.frames += count

    def _cover(self, block: Floats) -> None:
        if self.cover * self.peak > self.level:
            self.ask(self.cover * self.peak)
        self.covered += _reached(block, self.level)

    def ask(self, level: float) -> None:
        """Count cells from ``level`` on: the frames so far are stale."""
        self.level, self.stale = level, self.frames
        self.covered[:] = 0

    def recount(self, blocks: Iterator[Floats]) -> None:
        """Count what is stale, given the next of the same frames again, from the first on."""
        for block in blocks:
            if not self.stale:
                return
            again = block[: self.stale]
            self.covered += _reached(again, self.level)
            self.stale -= len(again)

    def _steps(self, block: Floats) -> None:
        steps = self._work[: len(block) - 1]
        np.abs(np.subtract(block[1:], block[:-1], out=steps), out=steps)
        self.change += steps.sum(axis=0)
        if self._last is not None:
            self.change += np.abs(block[0] - self._last)
        self._last = block[-1].copy()

    def add_sparse(self, block: Floats) -> None:
        """Take every fourth frame only, for the sums that need no others."""
        self._sparse(np.multiply(block, block, out=self._power[: len(block)]))
        self.frames += EVERY * len(block)

    def _sparse(self, power: Floats) -> None:
        self.sparse_power += power.sum(axis=0)
        if self.low_bins:
            low = power[:, : self.low_bins].sum(axis=1)
            self.low_sum += float(low.sum())
            self.low_square += float(np.square(low).sum())

    def cut(self) -> None:
        """What comes next does not follow what came before: take no step across."""
        self._last = None


def _reached(block: Floats, level: float) -> npt.NDArray[np.int64]:
    """How many frames, at most 255, reach ``level`` in each bin [shape=(bins,)]."""
    reached = (block >= level).view(np.uint8)
    counts: npt.NDArray[np.uint8] = np.add.reduce(reached, axis=0, dtype=np.uint8)
    return counts.astype(np.int64)


def stored_blocks(amplitude: Floats) -> Iterator[Floats]:
    """A stored amplitude matrix [shape=(frames, bins)] in the blocks in which it was made."""
    for first in range(0, len(amplitude), BATCH):
        yield amplitude[first : first + BATCH]
