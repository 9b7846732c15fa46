"""Acoustic indices as the R package soundecology 1.3.3 computes them by default.

1. ``cover_bands`` and ``bioacoustic`` take sums over frames of seewave's spectrogram.
2. ``soundscape`` takes the Welch spectrum that the package averages over seconds.
3. Undefined values are NaN.

Written from the behaviour of the package (Villanueva-Rivera & Pijanowski,
https://cran.r-project.org/package=soundecology; Villanueva-Rivera et al. 2011,
doi:10.1007/s10980-011-9636-9); no code of it is used.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.definition import Definition, Parameter

PROFILE = "soundecology-1.3.3"
LENGTH = 512
CLUSTER_S = 5.0
COVER = 10.0 ** (-50.0 / 20.0)
WELCH_LENGTH = 1024
LOW_HZ, HIGH_HZ = (1000, 2000), (2000, 11000)
_ROW_HZ = 10

_SAMPLES: dict[str, Parameter] = {"samples": "float64, full scale 1, offset kept"}
_COVER = _SAMPLES | {
    "window": "hann symmetric",
    "frame_s": 0.1,
    "overlap": 0,
    "to_hz": 10000,
    "step_hz": 1000,
    "threshold_db": -50,
    "relative_to": "loudest cell",
    "comparison": ">",
}
_FRAMES = _SAMPLES | {"frame_samples": LENGTH, "hop_samples": LENGTH}
_WELCH = _SAMPLES | {
    "spectrum": "Welch by seconds",
    "window": "hamming symmetric",
    "frame_samples": WELCH_LENGTH,
    "hop_samples": 513,
    "detrend": "line, after the window",
}
_PARAMETERS: dict[str, dict[str, Parameter]] = {
    "ACI": _FRAMES | {"window": "hamming symmetric", "cluster_s": CLUSTER_S, "sum": "clusters"},
    "ADI": _COVER | {"index": "Shannon, natural logarithm"},
    "AEI": _COVER | {"index": "Gini, uncorrected"},
    "BI": _FRAMES | {"window": "hann symmetric", "band_hz": (2000, 8000), "of": "mean power, dB"},
    "NDSI": _WELCH | {"low_hz": LOW_HZ, "high_hz": HIGH_HZ, "of": "trapezoids of 1 kHz"},
}
SOUNDECOLOGY = {name: Definition(name, PROFILE, parameters) for name, parameters in _PARAMETERS.items()}


def cover_length(sample_rate: int) -> int | None:
    """Samples per frame of ADI and AEI: a tenth of a second, made even; None where it is not whole."""
    length, rest = divmod(sample_rate, _ROW_HZ)
    return None if rest else length + length % 2


def cover_bands(covered: Floats, sample_rate: int) -> Floats:
    """Share of cells above the threshold in each kilohertz up to 10 kHz [shape=(bands,)].

    ``covered`` share of frames per bin [shape=(bins,)].  As in the peer, rows count from 1, neighbours
    share a row, and the first band has one row less.
    """
    highest = min(10_000.0, sample_rate / 2)
    lows = np.arange(0.0, highest - 1000 + 1e-9, 1000.0)
    rows = [(round(low / _ROW_HZ), round((low + 1000) / _ROW_HZ)) for low in lows]
    return np.array([covered[max(first, 1) - 1 : last].mean() for first, last in rows])


def bioacoustic(power: Floats, peak: float, sample_rate: int) -> float:
    """BI: area of the mean spectrum [dB] over its minimum, 2-8 kHz.  NaN where 8 kHz exceeds Nyquist.

    ``power`` mean per bin [shape=(256,)]; ``peak`` the largest amplitude.
    """
    rows_per_hz = len(power) / (sample_rate / 2)
    first, last = 2000 * rows_per_hz, 8000 * rows_per_hz
    rows = (first + np.arange(int(np.floor(last - first + 1e-10)) + 1)).astype(np.int64)
    if rows[-1] > len(power) or rows[0] < 1:
        return float("nan")
    with np.errstate(divide="ignore"):
        level = 10.0 * np.log10(power[rows - 1] / peak**2)
    return float(np.sum((level - level.min()) * rows_per_hz))


def welch_second(second: Floats) -> Floats:
    """Mean power of one second [shape=(sample_rate,)] -> [shape=(512,)], bins 1 to 512."""
    length = WELCH_LENGTH
    window = 0.54 - 0.46 * np.cos(2.0 * np.pi * np.arange(length) / (length - 1))
    frames = np.lib.stride_tricks.sliding_window_view(second, length)[:: length // 2 + 1] * window
    time = np.arange(length) - (length - 1) / 2
    slopes = np.einsum("ij,j->i", frames, time) / np.square(time).sum()
    flat = frames - frames.mean(axis=1, keepdims=True) - slopes[:, None] * time
    power: Floats = np.square(np.abs(np.fft.rfft(flat)[:, 1:])).mean(axis=0)
    return power


def soundscape(power: Floats, sample_rate: int) -> float:
    """NDSI of the Welch spectrum [shape=(512,)]: trapezoids of 1-2 kHz against 2-11 kHz."""
    rows = len(power)
    per_hz = rows / (sample_rate / 2)
    low = _area(power, round(LOW_HZ[0] * per_hz), round(LOW_HZ[1] * per_hz))
    steps = (HIGH_HZ[1] - HIGH_HZ[0]) // 1000
    step = per_hz * (HIGH_HZ[1] - HIGH_HZ[0]) / steps
    first: float = round(HIGH_HZ[0] * per_hz)
    last = first + step
    high = 0.0
    for _ in range(steps):
        last = min(last, rows)
        high += _area(power, first, last)
        first, last = first + step, last + step
    return (high - low) / (high + low) if high + low > 0 else float("nan")


def _area(power: Floats, first: float, last: float) -> float:
    """Trapezoids over the rows first, first + 1 ... last, counted from 1, fractions cut off."""
    rows = (first + np.arange(int(np.floor(last - first + 1e-10)) + 1)).astype(np.int64) - 1
    chosen = power[rows]
    return float(np.sum((chosen[1:] + chosen[:-1]) / 2.0))
