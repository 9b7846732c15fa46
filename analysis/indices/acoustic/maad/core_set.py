"""Acoustic indices as scikit-maad 1.5.2 computes them by default: the core set.

1. ``temporal_core`` takes the envelope: the largest magnitude in each 512 samples.
2. ``spectral_core`` takes sums over frames of a 1024-sample Hann spectrogram.
3. Undefined values are NaN; the caller turns them into absences with their reason.

Written from the definitions in Ulloa et al. 2021 (scikit-maad, doi:10.1111/2041-210X.13711)
and checked against the package; no code of it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion
from scipy.signal import find_peaks

from analysis.arrays import Floats
from analysis.indices.acoustic.formulas import TINY, decibel, evenness, gini, nearest_band, shannon

LENGTH, HOP = 1024, 512
"""Frame and hop of the spectrogram [samples]."""
POWER_SCALE = 2.0 / (LENGTH * 0.375 * LENGTH)
"""From |FFT|^2 of a Hann frame to the peer's power: 2 / (N sum w^2), sum w^2 = 3N/8."""
ENVELOPE = 512
"""Samples per envelope value."""
EVENT_DB = 3.0
"""Level above background [dB] from which a stretch is active."""
SHORTEST_EVENT_S = 0.01
COVER = 10.0 ** (-50.0 / 20.0)
"""Share of the loudest cell's amplitude from which a cell counts in ADI and AEI: -50 dB."""
LOW_BAND, MID_BAND, HIGH_BAND = (0.0, 1000.0), (1000.0, 10000.0), (10000.0, 20000.0)
PEAK_SPACING_HZ = 200.0


@dataclass(frozen=True, slots=True)
class SpectrumSums:
    """What the spectral core needs: per bin [shape=(bins,)], Nyquist bin excluded.

    ``centres`` [Hz]; ``power`` mean over frames; ``amplitude`` and ``change`` sums over frames of
    amplitude and of its absolute step; ``covered`` share of frames within 50 dB of the loudest cell;
    ``peak`` the largest amplitude; ``frames`` their number.
    """

    centres: Floats
    power: Floats
    amplitude: Floats
    change: Floats
    covered: Floats
    peak: float
    frames: int


def centres(sample_rate: float) -> Floats:
    """Bin centres [Hz, shape=(512,)] without the Nyquist bin."""
    frequencies = np.fft.rfftfreq(LENGTH, 1 / sample_rate)[:-1]
    return frequencies.astype(np.float64, copy=False)


def temporal_core(envelope: Floats, sample_rate: float) -> dict[str, float]:
    """MED BGNt SNRt Ht ACTt* EVNt* of an envelope [shape=(k,), linear, full scale 1]."""
    energy = envelope**2
    level = 10.0 * np.log10(np.where(energy == 0, TINY, energy))
    background = float(np.median(level))
    values = {
        "BGNt": background,
        "SNRt": float(10.0 * np.log10(np.mean(10.0 ** (level / 10.0)))) - background,
        "MED": float(np.median(envelope)),
        "Ht": evenness(energy),
    }
    above = decibel(envelope) - background
    active = above >= EVENT_DB
    louder = above[above > EVENT_DB]
    values["ACTtFraction"] = float(active.sum() / active.size)
    values["ACTtCount"] = float(active.sum())
    values["ACTtMean"] = (
        float(10.0 * np.log10(np.mean(10.0 ** (louder / 10.0)))) if louder.size else float("nan")
    )
    with np.errstate(divide="ignore"):
        relative = 10.0 * np.log10(energy) - background
    return values | _events(relative >= EVENT_DB, 1 / sample_rate * ENVELOPE)


def _events(active: np.ndarray[tuple[int], np.dtype[np.bool_]], step_s: float) -> dict[str, float]:
    """Fraction, mean duration [s] and rate [1/s] of runs that outlast the shortest event."""
    kernel = np.ones(round(SHORTEST_EVENT_S / step_s) + 1, dtype=np.bool_)
    kept = binary_dilation(binary_erosion(active, structure=kernel), structure=kernel)
    edges = np.diff(np.concatenate(([0], kept.astype(np.int8), [0])))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    duration = (kept.size - 1) * step_s
    return {
        "EVNtFraction": float(lengths.sum() / kept.size),
        "EVNtMean": float(lengths.mean() * step_s) if lengths.size else float("nan"),
        "EVNtCount": float(lengths.size / duration) if duration > 0 else float("nan"),
    }


def spectral_core(sums: SpectrumSums) -> dict[str, float]:
    """ACI ADI AEI BI NDSI rBA AnthroEnergy BioEnergy Hf NBPEAKS.

    NBPEAKS is NaN above 204.8 kHz, where a bin is wider than the spacing of peaks (200 Hz).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = _band_energies(sums)
        return {
            "ACI": float(np.sum(sums.change / sums.amplitude)),
            "ADI": shannon(_cover(sums)),
            "AEI": gini(_cover(sums)),
            "BI": _bioacoustic(sums),
            "NDSI": float(np.float64(high - low) / (high + low)),
            "rBA": float(np.float64(high) / low),
            "AnthroEnergy": low,
            "BioEnergy": high,
            "Hf": evenness(sums.power),
            "NBPEAKS": _peaks(sums),
        }


def _cover(sums: SpectrumSums) -> Floats:
    """Mean share of covered cells in ten bands of 1 kHz, 0 to 10 kHz."""
    bands = range(0, 10_000, 1000)
    return np.array([sums.covered[nearest_band(sums.centres, low, low + 1000)].mean() for low in bands])


def _bioacoustic(sums: SpectrumSums) -> float:
    mean = decibel(sums.amplitude / sums.frames / sums.peak)
    band = mean[nearest_band(sums.centres, *MID_BAND)]
    return float(np.sum(band - band.min()) / (sums.centres[1] - sums.centres[0]))


def _band_energies(sums: SpectrumSums) -> tuple[float, float]:
    """Summed power of anthropophony and biophony, over 1 kHz bins that the two share at their border."""
    energy, edges = into_bins(sums.power, sums.centres, 1000.0)
    energy = energy * sums.frames
    low = float(np.sum(energy[nearest_band(edges, *LOW_BAND)]))
    high = float(np.sum(energy[nearest_band(edges, *MID_BAND)]))
    return low, high


def into_bins(x: Floats, centres_hz: Floats, step: float) -> tuple[Floats, Floats]:
    """Mean of ``x`` in bins of ``step`` [Hz] times the mean number of elements per bin; their lower edges.

    ``x`` and ``centres_hz`` [shape=(bins,)]; both results [shape=(whole bins,)].
    """
    edges = np.arange(centres_hz[0], centres_hz[-1] + step, step)
    cells = [(centres_hz >= low) & (centres_hz < high) for low, high in pairwise(edges)]
    sizes = [int(cell.sum()) for cell in cells]
    return np.array([x[cell].mean() for cell in cells]) * np.mean(sizes), edges[:-1]


def _peaks(sums: SpectrumSums) -> float:
    spacing = PEAK_SPACING_HZ / (sums.centres[1] - sums.centres[0])
    if spacing < 1:
        return float("nan")
    level = decibel(np.sqrt(sums.power))
    index, found = find_peaks(level, distance=spacing, prominence=0)
    left = level[index] - level[found["left_bases"]]
    right = level[index] - level[found["right_bases"]]
    return float(np.count_nonzero((left >= 1) & (right > 1)))
