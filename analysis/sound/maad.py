"""The profile ``maad-1.5.2`` on one window: from samples and spectrogram to named scalars."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from analysis.indices import acoustic_maad
from analysis.indices.acoustic_maad_definitions import CORE
from analysis.sound.spectrum import Array, BinSums, count_at_least, stored_blocks
from analysis.sound.window import Computed, SampledWindow

UNDEFINED = "undefined for this signal: the formula divides by zero or finds nothing"
_PEER_REPORTS_ZERO = frozenset({"ACTtMean", "EVNtMean", "ACTspMean", "EVNspMean", "TFSD"})
_TOO_SHORT = "the window is shorter than two frames of 1024 samples"


def compute(window: SampledWindow, names: Collection[str]) -> Computed:
    """Every index in ``names``: a finite number or a reason."""
    if window.sums is None or window.power is None or window.sums.frames < 2:
        return dict.fromkeys(names, _TOO_SHORT)
    found: Computed = {}
    if asked := CORE & set(names):
        level = acoustic_maad.cover_level(window.sums.peak)
        covered = count_at_least(stored_blocks(window.power), level, window.sums.bins)
        found |= core(envelope(window.samples), window.sums, covered, window.sample_rate, asked)
    return found


def core(
    envelope: Array,
    sums: BinSums,
    covered: npt.NDArray[np.int64],
    sample_rate: int,
    names: Collection[str],
) -> Computed:
    """The core indices in ``names`` from envelope, sums over frames and covered cells per bin."""
    numbers = acoustic_maad.temporal_core(envelope, sample_rate)
    numbers |= acoustic_maad.spectral_core(
        acoustic_maad.SpectrumSums(
            centres=acoustic_maad.centres(sample_rate),
            power=sums.power / sums.frames,
            amplitude=sums.amplitude,
            change=sums.change,
            covered=covered / sums.frames,
            peak=sums.peak,
            frames=sums.frames,
        )
    )
    numbers["H"] = numbers["Ht"] * numbers["Hf"]
    return {name: _value(name, numbers[name], sample_rate) for name in names}


def envelope(samples: Array) -> Array:
    """The largest magnitude in each 512 samples [shape=(n // 512,)]."""
    size = acoustic_maad.ENVELOPE
    cut = samples[: len(samples) // size * size].reshape(-1, size)
    largest: Array = np.maximum(cut.max(axis=1), -cut.min(axis=1))
    return largest


def _value(name: str, number: float, sample_rate: int) -> float | str:
    if np.isfinite(number):
        return number
    if name in _PEER_REPORTS_ZERO:
        return "undefined; the peer reports 0"
    if name == "NBPEAKS" and sample_rate > acoustic_maad.PEAK_SPACING_HZ * acoustic_maad.LENGTH:
        return "undefined above 204.8 kHz: a bin is wider than the spacing of peaks, the peer fails"
    return UNDEFINED
