"""The profile ``maad-1.5.2`` on one window: from samples and spectrogram to named scalars."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from importlib import resources

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.maad import core_set
from analysis.indices.acoustic.maad.definitions import IndexFamily, family
from analysis.indices.acoustic.maad.matrix import STRIP, MatrixSums, matrix_indices
from analysis.indices.acoustic.maad.regions import regions
from analysis.indices.acoustic.maad.simple import spectrum_indices, waveform_indices
from analysis.sound.measure.spectrum import BinSums
from analysis.sound.measure.window import Computed, SampledWindow


def _read() -> IndexFamily:
    file = resources.files("analysis.indices.acoustic.maad").joinpath("definitions.toml")
    return family(tomllib.loads(file.read_text(encoding="utf-8")))


_FAMILY = _read()
PROFILE = _FAMILY.profile
MAAD = _FAMILY.computed_from("samples", "core", "spectrum", "matrix")
"""The 58 scalars without regions of interest, and H, the product of two of them."""
MAAD_ROI = _FAMILY.computed_from("regions")
"""nROI and aROI, computed on demand."""
CORE = frozenset(_FAMILY.computed_from("core"))
"""What one pass over spectrogram and envelope gives."""
_FROM_SAMPLES = frozenset(_FAMILY.computed_from("samples"))
_FROM_SPECTRUM = frozenset(_FAMILY.computed_from("spectrum"))
_FROM_MATRIX = frozenset(_FAMILY.computed_from("matrix"))
"""What needs every cell of the spectrogram."""
_UNDEFINED = "undefined for this signal: the formula divides by zero or finds nothing"
_PEER_REPORTS_ZERO = frozenset({"ACTtMean", "EVNtMean", "ACTspMean", "EVNspMean", "TFSD"})
_TOO_SHORT = "the window is shorter than two frames of 1024 samples"
_TIME_TILE = 256


def compute(window: SampledWindow, names: Collection[str]) -> Computed:
    """Every index in ``names``: a finite number or a reason."""
    sums, amplitude, rate = window.sums, window.amplitude, window.sample_rate
    if sums is None or amplitude is None or sums.frames < 2:
        return dict.fromkeys(names, _TOO_SHORT)
    asked, numbers = set(names), dict[str, float]()
    if asked & CORE:
        numbers |= core(window.envelope, sums, rate)
    if asked & _FROM_SAMPLES:
        numbers |= waveform_indices(window.samples, rate)
    if asked & _FROM_SPECTRUM:
        numbers |= spectrum_indices(sums.power / sums.frames, core_set.centres(rate))
    if asked & _FROM_MATRIX:
        numbers |= _from_matrix(amplitude, sums, rate)
        if asked & {"SNRf"}:
            numbers["SNRf"] = float(10.0 * np.log10(sums.power.sum() / sums.frames)) - numbers["BGNf"]
    if asked & set(MAAD_ROI):
        centres = core_set.centres(rate)
        times = (np.array([1, 2, sums.frames]) * core_set.HOP) / float(rate)
        numbers |= regions(
            amplitude, frame_s=float(times[1] - times[0]), bin_hz=float(centres[1]), last_s=float(times[2])
        )
    return {name: value(name, numbers[name], rate) for name in names}


def core(envelope: Floats, sums: BinSums, sample_rate: int) -> dict[str, float]:
    """The core indices from the envelope [shape=(n // 512,)] and sums over frames; NaN where undefined."""
    numbers = core_set.temporal_core(envelope, sample_rate)
    numbers |= core_set.spectral_core(
        core_set.SpectrumSums(
            centres=core_set.centres(sample_rate),
            power=sums.power / sums.frames,
            amplitude=sums.amplitude,
            change=sums.change,
            covered=sums.covered / sums.frames,
            peak=sums.peak,
            frames=sums.frames,
        )
    )
    return numbers | {"H": numbers["Ht"] * numbers["Hf"]}


def _from_matrix(amplitude: Floats, sums: BinSums, sample_rate: int) -> dict[str, float]:
    matrix = MatrixSums(core_set.centres(sample_rate), sums.frames, sums.peak)
    strip = np.empty((STRIP, sums.frames))
    for first in range(0, sums.bins, STRIP):
        for start in range(0, sums.frames, _TIME_TILE):
            tile = amplitude[start : start + _TIME_TILE, first : first + STRIP]
            strip[:, start : start + _TIME_TILE] = tile.T
        matrix.add(first, strip)
    times = np.arange(core_set.LENGTH / 2, 3 * core_set.HOP, core_set.HOP) / float(sample_rate)
    return matrix_indices(matrix, sums.change, float(times[1] - times[0]))


def value(name: str, number: float, sample_rate: int) -> float | str:
    """The number, or the reason why it is none."""
    if np.isfinite(number):
        return number
    if name in _PEER_REPORTS_ZERO:
        return "undefined; the peer reports 0"
    if name == "NBPEAKS" and sample_rate > core_set.PEAK_SPACING_HZ * core_set.LENGTH:
        return "undefined above 204.8 kHz: a bin is wider than the spacing of peaks, the peer fails"
    if name == "LEQt":
        return "undefined below one second"
    return _UNDEFINED
