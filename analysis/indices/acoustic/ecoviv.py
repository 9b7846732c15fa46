"""Acoustic indices that compare between recorders: the profile ``ecoviv-1``.

1. Frames of 40 ms give bins of 25 Hz at every sampling rate; only 500-9000 Hz is looked at.
2. ``band_indices`` turns the sums over frames into ACI ADI AEI NDSI BI Hf Ht H.
3. What is undefined is NaN.

Definitions in samples are not comparable between recorders: resampling a clip from 48 to
22.05 kHz changes ACI by a third and BI several-fold.  These, in seconds and hertz, stay
within 1 % from 24 to 48 kHz and within 3 % at 22 kHz.  They describe the soundscape; they are
not diversity (Alcocer et al. 2022, doi:10.1111/brv.12890).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.definition import Definition, Parameter
from analysis.indices.acoustic.formulas import evenness, gini, shannon

PROFILE = "ecoviv-1"
FRAME_S, HOP_S = 0.040, 0.020
BIN_HZ = 25.0
BAND = (500.0, 9000.0)
"""The analysis band [Hz], half-open on bin centres."""
COVER_BANDS = tuple((float(low), float(low + 1000)) for low in range(1000, 9000, 1000))
COVER_BAND = (COVER_BANDS[0][0], COVER_BANDS[-1][1])
COVER = 2.0**0.5
"""Multiple of the mean amplitude of all cells from which a cell counts."""
LOW_BAND, HIGH_BAND = (500.0, 2000.0), (2000.0, 9000.0)
FLOOR_PERCENTILE = 10.0
SMOOTH_HZ = 500.0
"""The mean spectrum is averaged over bands this wide before its floor is sought."""
USABLE = 0.42
"""Share of the sampling rate up to which a recorder's own filter leaves the spectrum alone."""

_FRAMES: dict[str, Parameter] = {
    "samples": "float64, full scale 1",
    "window": "hann periodic",
    "frame_s": FRAME_S,
    "hop_s": HOP_S,
    "detrend": "frame mean",
    "power": "2|X|^2/(sum w)^2",
    "bin_hz": BIN_HZ,
    "dropped": "Nyquist bin, partial frames, frames touching frozen 20 ms",
    "band_hz": BAND,
    "band_edges": "half-open on bin centres",
    "usable_share_of_rate": USABLE,
}
_COVER = _FRAMES | {
    "from_hz": 1000,
    "to_hz": 9000,
    "step_hz": 1000,
    "threshold_power": 2,
    "relative_to": "square of the mean amplitude of all cells from from_hz to to_hz",
}
_SPECIFIC: dict[str, dict[str, Parameter]] = {
    "ACI": _FRAMES | {"of": "amplitude", "mean": "bins"},
    "ADI": _COVER | {"index": "Shannon, natural logarithm"},
    "AEI": _COVER | {"index": "Gini, uncorrected"},
    "NDSI": _FRAMES | {"low_hz": LOW_BAND, "high_hz": HIGH_BAND, "of": "summed power"},
    "BI": _FRAMES
    | {
        "of": "mean power in bands of smooth_hz, dB",
        "smooth_hz": SMOOTH_HZ,
        "band_hz": HIGH_BAND,
        "floor_percentile": FLOOR_PERCENTILE,
    },
    "Hf": _FRAMES | {"of": "mean power", "divided_by": "ln bins"},
    "Ht": _FRAMES | {"of": "frame power", "divided_by": "ln frames"},
    "H": _FRAMES | {"product": "Ht x Hf"},
}

ECOVIV = {
    name: Definition(name, PROFILE, parameters, "dB" if name == "BI" else "1")
    for name, parameters in _SPECIFIC.items()
}

NEEDED_BAND = dict.fromkeys(("ADI", "AEI"), COVER_BAND) | {"BI": HIGH_BAND}
"""The band that must be intact [Hz]; the whole analysis band where none is named."""


@dataclass(frozen=True, slots=True)
class BandSums:
    """Sums over valid frames, per 25 Hz bin of the analysis band [shape=(340,)].

    ``power`` mean; ``amplitude`` and ``change`` sums of amplitude and of its absolute step;
    ``covered`` share of frames at ``cell_level`` or above; ``frame_power`` [shape=(frames,)].
    """

    power: Floats
    amplitude: Floats
    change: Floats
    covered: Floats
    frame_power: Floats


def frame_samples(sample_rate: int) -> tuple[int, int] | None:
    """(frame, hop) in samples, or None where 20 ms is not a whole number of samples."""
    hop, rest = divmod(sample_rate, 50)
    return None if rest else (2 * hop, hop)


def band_bins(low: float = BAND[0], high: float = BAND[1]) -> slice:
    """Bins of the analysis band whose centres lie in [low, high)."""
    first = int(np.ceil(BAND[0] / BIN_HZ))
    return slice(int(np.ceil(low / BIN_HZ)) - first, int(np.ceil(high / BIN_HZ)) - first)


def cell_level(amplitude: Floats) -> float:
    """The amplitude from which a cell counts in ADI and AEI: twice the power that the mean amplitude has.

    ``amplitude`` mean per bin of the analysis band [shape=(340,)].  NaN, which no cell reaches, in silence:
    else every cell of it would count, as in the most even soundscape.
    """
    level = COVER * float(amplitude[band_bins(*COVER_BAND)].mean())
    return level if level > 0 else float("nan")


def band_indices(sums: BandSums) -> dict[str, float]:
    """ACI ADI AEI NDSI BI Hf Ht H."""
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.array([sums.covered[band_bins(*band)].mean() for band in COVER_BANDS])
        low, high = (float(sums.power[band_bins(*band)].sum()) for band in (LOW_BAND, HIGH_BAND))
        smooth = sums.power[band_bins(*HIGH_BAND)].reshape(-1, round(SMOOTH_HZ / BIN_HZ)).mean(axis=1)
        level = 10.0 * np.log10(smooth)
        values = {
            "ACI": float(np.mean(sums.change / sums.amplitude)),
            "ADI": shannon(cover),
            "AEI": gini(cover),
            "NDSI": (high - low) / (high + low) if high + low > 0 else float("nan"),
            "BI": float(np.mean(level - np.percentile(level, FLOOR_PERCENTILE))),
            "Hf": evenness(sums.power),
            "Ht": evenness(sums.frame_power),
        }
    return values | {"H": values["Ht"] * values["Hf"]}
