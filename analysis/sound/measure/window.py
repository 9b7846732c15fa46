"""One window of one channel on its way through the engine: samples, quality, spectrogram.

1. ``prepare`` looks at the raw samples, subtracts their mean in place and makes the
   1024-sample spectrogram once, for the gate and for the profiles that use it.
2. What a profile computes is ``Computed``: a number, or the reason why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.maad import core_set
from analysis.sound.measure.gate import GateSpectrum, Quality, judge, low_bins
from analysis.sound.measure.raw import Extremes, RawQuality, raw_quality
from analysis.sound.measure.spectrum import EVERY, BinSums, amplitude_blocks, frame_count, stored_blocks
from contract.recording.header import Header

Computed = dict[str, float | str]
"""Index name -> its value, or the reason why it has none."""


@dataclass(slots=True)
class SampledWindow:
    """One window of one channel.

    ``samples`` float64 [shape=(n,)], full scale 1, mean removed; ``envelope`` largest magnitude
    in each 512 of them; ``amplitude``/``sums`` of the
    1024-sample spectrogram, None where nobody needs it or there is no whole frame; ``removed`` what was
    subtracted from the samples.
    """

    samples: Floats
    envelope: Floats
    sample_rate: int
    raw: RawQuality
    quality: Quality
    header: Header
    amplitude: Floats | None
    sums: BinSums | None
    removed: float


def prepare(
    samples: Floats, sample_rate: int, lsb: float, header: Header, *, gate: bool, spectrogram: bool
) -> SampledWindow:
    """Judge a window of raw samples [shape=(n,)], which are changed in place: their mean is removed."""
    extremes = Extremes.of(samples)
    raw = raw_quality(samples, sample_rate, lsb, extremes)
    amplitude: Floats | None = None
    sums: BinSums | None = None
    seen: GateSpectrum | None = None
    removed = 0.0
    if raw.finite and len(samples) >= core_set.LENGTH and raw.low < raw.high:
        samples -= raw.mean
        removed = raw.mean
        centres = core_set.centres(sample_rate)
        if spectrogram:
            amplitude, sums = _spectrogram(samples, low_bins(centres))
            seen = GateSpectrum.of(sums, centres)
        else:
            seen = GateSpectrum.of(_sparse_frames(samples, low_bins(centres)), centres)
    quality = judge(raw, seen, gate=gate, high_pass_hz=header.high_pass_hz)
    envelope = extremes.envelope(raw.mean)
    return SampledWindow(samples, envelope, sample_rate, raw, quality, header, amplitude, sums, removed)


def _spectrogram(samples: Floats, low: int) -> tuple[Floats, BinSums]:
    bins = core_set.LENGTH // 2
    amplitude = np.empty((frame_count(len(samples), core_set.LENGTH, core_set.HOP), bins))
    sums = BinSums(bins, low_bins=low, cover=core_set.COVER)
    for block in amplitude_blocks(
        samples, core_set.LENGTH, core_set.HOP, core_set.POWER_SCALE, out=amplitude
    ):
        sums.add(block)
    sums.recount(stored_blocks(amplitude))
    return amplitude, sums


def _sparse_frames(samples: Floats, low: int) -> BinSums:
    """What the gate needs where no profile needs the whole spectrogram: every fourth frame only."""
    length = core_set.LENGTH
    sums = BinSums(length // 2, low_bins=low)
    for block in amplitude_blocks(samples, length, EVERY * core_set.HOP, core_set.POWER_SCALE):
        sums.add_sparse(block)
    return sums
