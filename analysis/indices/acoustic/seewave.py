"""Acoustic indices as the R package seewave 2.2.4 computes them by default.

1. ACI, Hf and NDSI take sums over frames of plain spectrograms (symmetric windows, offset kept).
2. Ht and M take the Hilbert envelope of the zero-padded signal; H is the product of Ht and Hf.
3. TFSD takes third-octave levels of 125 ms frames.

Undefined values are NaN.  Written from the behaviour of the package (Sueur, Aubin & Simonis 2008,
doi:10.1080/09524622.2008.9753600); no code of it is used.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.definition import Definition, Parameter

PROFILE = "seewave-2.2.4"
LENGTH = 512
SCAPE_LENGTH = 1024
_ZERO = 1e-7
_NOMINAL = "100 125 160 200 250 315 400 500 630 800 1000 1250 1600 2000 2500 3150 4000 5000 6300 8000"
_THIRD_OCTAVES = tuple(float(middle) for middle in _NOMINAL.split())
_HALF_BAND = 2**0.1666666
_TFSD_ROWS = slice(12, 18)
"""Steps between third octaves that lie in 2-6 kHz: from 1600-2000 ... the peer's rows 13 to 18."""

_SAMPLES: dict[str, Parameter] = {"samples": "float64, full scale 1, offset kept"}
_SPECTRUM = _SAMPLES | {"frame_samples": LENGTH, "hop_samples": LENGTH, "dropped": "partial frames"}
_HF = _SPECTRUM | {"window": "hann symmetric", "of": "mean amplitude", "bins": "0 to 255"}
_ENVELOPE = _SAMPLES | {
    "envelope": "Hilbert magnitude",
    "padded_to": "power of two, half of the zeros before",
    "first_sample": -1,
}
_HT = _ENVELOPE | {"zero_as": _ZERO}
_PARAMETERS: dict[str, dict[str, Parameter]] = {
    "ACI": _SPECTRUM | {"window": "hamming symmetric", "of": "amplitude", "bins": "1 to 256", "windows": 1},
    "Hf": _HF,
    "Ht": _HT,
    "H": _HF | _HT | {"product": "Ht x Hf"},
    "M": _ENVELOPE | {"of": "median"},
    "NDSI": _SAMPLES
    | {
        "window": "hamming symmetric",
        "frame_samples": SCAPE_LENGTH,
        "hop_samples": SCAPE_LENGTH // 2,
        "bin_hz": 1000,
        "low_khz": (1, 1),
        "high_khz": (2, 8),
        "of": "summed power",
    },
    "TFSD": _SAMPLES
    | {
        "window": "hamming symmetric",
        "frame_s": 0.125,
        "bands": "third octaves 100-8000 Hz",
        "band_hz": (2000, 6000),
        "level": "10 log10 summed amplitude",
    },
}
SEEWAVE = {name: Definition(name, PROFILE, parameters) for name, parameters in _PARAMETERS.items()}


def envelope(samples: Floats, offset: float = 0.0) -> Floats:
    """Magnitude of the analytic signal of ``samples`` + ``offset`` [shape=(n,)], as the peer takes it.

    Unless n is a power of two the signal is padded with zeros to the next one, the smaller half of them
    before it, and the n values that are kept begin one before the signal's first: its last is left out.
    Where only one zero is added there is nothing before, and n - 1 values are left.
    """
    count = len(samples)
    size = 1 << (count - 1).bit_length()
    start = (size - count) // 2
    found = _quadrature(samples, offset, start, size)
    for first in range(0, count, 1 << 16):
        part = samples[first : first + (1 << 16)]
        place = found[start + first : start + first + len(part)]
        np.hypot(part + offset, place, out=place)
    if size == count:
        return found
    # what is kept of the zeros before the signal has no real part
    kept = found[max(start - 1, 0) : start - 1 + count]
    return np.abs(kept, out=kept)


def _quadrature(samples: Floats, offset: float, start: int, size: int) -> Floats:
    """Hilbert transform of ``samples`` + ``offset`` from ``start`` on among zeros [shape=(size,)]."""
    padded = np.zeros(size)
    np.add(samples, offset, out=padded[start : start + len(samples)])
    spectrum = np.fft.rfft(padded)
    del padded  # the largest arrays of a window: two of them at a time
    spectrum *= -1j
    spectrum[0] = spectrum[-1] = 0.0
    turned: Floats = np.fft.irfft(spectrum, size)
    return turned


def complexity(change: Floats, amplitude: Floats) -> float:
    """ACI: sum over bins of ``change`` over ``amplitude``, both summed over frames [shape=(bins,)]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(change / amplitude))


def spectral_entropy(amplitude: Floats) -> float:
    """Hf of summed amplitudes [shape=(256,)], divided by ln 256."""
    total = amplitude.sum()
    if not total > 0:
        return float("nan")
    share = np.where(amplitude == 0, amplitude.max() * 1e-6, amplitude)
    share = share / share.sum()
    return float(-np.sum(share * np.log(share)) / np.log(len(share)))


def temporal_entropy(envelope: Floats) -> float:
    """Ht of an envelope [shape=(n,)], divided by ln n.  ``envelope`` is overwritten."""
    total = float(envelope.sum())
    if not total > 0:
        return float("nan")
    envelope /= total
    envelope[envelope == 0] = _ZERO
    entropy = 0.0
    for first in range(0, len(envelope), 1 << 16):
        share = envelope[first : first + (1 << 16)]
        entropy -= float(np.sum(share * np.log(share)))
    return entropy / float(np.log(len(envelope)))


def soundscape(power: Floats, sample_rate: float) -> float:
    """NDSI of summed power [shape=(512,)]: kilohertz 1 against 2 to 8; NaN where they are not all there."""
    length = SCAPE_LENGTH
    frequency = (
        np.linspace(sample_rate / length, sample_rate / 2 - sample_rate / length, length // 2) / 1000.0
    )
    kilohertz = np.trunc(frequency).astype(np.int64)
    known, widths = np.unique(kilohertz[kilohertz > 0], return_counts=True)
    kept = known[widths >= int(1000 * length / sample_rate)]
    if len(kept) < 8 or int(1000 * length / sample_rate) < 1:
        return float("nan")
    # the peer takes its rows 1 to 8: where a narrow bin was dropped the next one moves up
    energy = [float(power[kilohertz == kept[row - 1]].sum()) if row in kept else 0.0 for row in range(1, 9)]
    low, high = energy[0], sum(energy[1:])
    return (high - low) / (high + low) if high + low > 0 else float("nan")


def third_octave_bins(sample_rate: float) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """The bins (counted from bin 1 of the transform) of each third octave, 100 to 8000 Hz."""
    length = round(sample_rate / 8)
    frequency = np.linspace(sample_rate / length, sample_rate / 2 - sample_rate / length, length // 2)
    return [
        np.flatnonzero((frequency > middle / _HALF_BAND) & (frequency < middle * _HALF_BAND))
        for middle in _THIRD_OCTAVES
    ]


def second_derivative(levels: Floats) -> float:
    """TFSD of third-octave levels [shape=(20, frames)]: the share of steps that lies in 2-6 kHz."""
    with np.errstate(invalid="ignore"):
        steps = np.abs(np.diff(np.diff(levels, axis=0), axis=1)).sum(axis=1)
        return float(steps[_TFSD_ROWS].sum() / steps.sum())
