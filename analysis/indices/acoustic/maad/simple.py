"""The scalars of scikit-maad 1.5.2 that need only the samples, or only the mean spectrum."""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.formulas import TINY
from analysis.indices.acoustic.maad.core_set import into_bins
from analysis.indices.acoustic.maad.matrix import standardised_moment

GAIN_DB, SENSITIVITY_DB, REFERENCE_DB, REFERENCE_PA = 42.0, -35.0, 94.0, 2e-5
_BLOCK = 1 << 16


def waveform_indices(samples: Floats, sample_rate: float) -> dict[str, float]:
    """ZCR MEANt VARt SKEWt KURTt LEQt of samples [shape=(n,), full scale 1].

    LEQt is NaN below one second.  Its sound pressure assumes the peer's default gain and
    sensitivity: not a calibrated level.
    """
    count = len(samples)
    positive = samples > 0
    crossings = int(np.count_nonzero(positive[1:] != positive[:-1]))
    mean = float(samples.mean())
    second, third, fourth = _central_sums(samples, mean)
    variance = second / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "ZCR": crossings / (count / sample_rate),
            "MEANt": mean,
            "VARt": variance,
            "SKEWt": float(np.float64(third) / (count - 1) / variance**1.5),
            "KURTt": float(np.float64(fourth) / (count - 1) / variance**2),
            "LEQt": _leq(samples, int(sample_rate)),
        }


def _central_sums(samples: Floats, mean: float) -> tuple[float, float, float]:
    """Sums of the second, third and fourth power of deviations, by multiplication, block by block."""
    sums = np.zeros(3)
    for first in range(0, len(samples), _BLOCK):
        deviation = samples[first : first + _BLOCK] - mean
        square = deviation * deviation
        sums += (square.sum(), np.einsum("i,i->", square, deviation), np.einsum("i,i->", square, square))
    return float(sums[0]), float(sums[1]), float(sums[2])


def _leq(samples: Floats, second: int) -> float:
    whole = len(samples) // second
    if not whole:
        return float("nan")
    cut = samples[: whole * second].reshape(whole, second)
    square = np.einsum("ij,ij->i", cut, cut) / second
    rms = np.maximum(np.sqrt(square), TINY)
    level = 20.0 * np.log10(rms) - SENSITIVITY_DB - GAIN_DB + REFERENCE_DB
    return float(10.0 * np.log10(np.mean(10.0 ** (level / 10.0))))


def spectrum_indices(power: Floats, centres: Floats) -> dict[str, float]:
    """MEANf VARf SKEWf KURTf LEQf ENRf H_* RAOQ of a mean power spectrum [shape=(bins,)]."""
    amplitude = np.sqrt(power)
    with np.errstate(divide="ignore", invalid="ignore"):
        pascal = power * 10.0 ** (-(SENSITIVITY_DB + GAIN_DB) / 10.0)
        return {
            "MEANf": float(amplitude.mean()),
            "VARf": float(amplitude.var()),
            "SKEWf": standardised_moment(amplitude, 3),
            "KURTf": standardised_moment(amplitude, 4),
            "LEQf": float(10.0 * np.log10(np.maximum(pascal, TINY).sum() / REFERENCE_PA**2)),
            "ENRf": float(10.0 * np.log10(power.sum())),
            **_entropies(power),
            "RAOQ": _rao(*into_bins(power, centres, 1000.0)),
        }


def _entropies(power: Floats, order: int = 3) -> dict[str, float]:
    share = power / power.sum()
    share = np.where(share == 0, TINY, share)
    moment = float(np.sum(share**order))
    rest = 1.0 - share
    return {
        "H_Havrda": (1.0 - moment) / (2.0 ** (order - 1) - 1.0),
        "H_Renyi": float(np.log(moment)) / (1 - order),
        "H_pairedShannon": float(-np.sum(share * np.log(share)) - np.sum(rest * np.log(rest))),
        "H_gamma": float((1.0 - np.sum(share ** (1.0 / order)) ** order) / (1.0 - 2.0 ** (order - 1))),
        "H_GiniSimpson": float(1.0 - np.sum(share * share)),
    }


def _rao(power: Floats, edges: Floats) -> float:
    """Rao's quadratic entropy of 1 kHz bins with distances in units of the range, times 2 sqrt 2."""
    share = power / power.sum()
    place = edges / (edges.max() - edges.min())
    distance = np.abs(place[:, None] - place[None, :])
    return float(np.sum(share[:, None] * share[None, :] * distance) * 2.0 * np.sqrt(2.0))
