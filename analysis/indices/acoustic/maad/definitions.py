"""The parameters of scikit-maad 1.5.2's scalars, as its two ``all_*`` functions set them.

``MAAD`` maps each name to its ``Definition``.  ``CORE`` names those that one pass over the
spectrogram and the envelope give.
"""

from __future__ import annotations

from analysis.indices.acoustic.definition import Definition, Parameter

PROFILE = "maad-1.5.2"

_SAMPLES: dict[str, Parameter] = {"samples": "float64, full scale 1, mean of the window removed"}
_ENVELOPE = _SAMPLES | {"envelope": "largest magnitude", "envelope_samples": 512}
_SPECTRUM = _SAMPLES | {
    "window": "hann periodic",
    "frame_samples": 1024,
    "hop_samples": 512,
    "detrend": "frame mean",
    "power": "2|X|^2/(N sum w^2)",
    "dropped": "Nyquist bin, partial frames",
}
_BANDS: dict[str, Parameter] = {
    "low_hz": (0, 1000),
    "mid_hz": (1000, 10000),
    "band_edges": "nearest bin, inclusive",
}
_COVER: dict[str, Parameter] = {
    "from_hz": 0, "to_hz": 10000, "step_hz": 1000, "threshold_db": -50, "relative_to": "loudest cell",
    "band_edges": "nearest bin, inclusive",
}  # fmt: skip
_LEVEL: dict[str, Parameter] = {
    "gain_db": 42, "full_scale_v": 2, "sensitivity_db": -35, "reference_db": 94, "reference_pa": 2e-5,
}  # fmt: skip
_EQUALISED = _SPECTRUM | {
    "equalised": "(power - median)/(median - minimum) per bin, floor 1",
    "level": "10 log10",
}
_ENTROPY = _SPECTRUM | {"spectrum": "mean power", "order": 3}

_TEMPORAL: dict[str, dict[str, Parameter]] = {
    "ZCR": _SAMPLES,
    "MEANt": _SAMPLES,
    "VARt": _SAMPLES,
    "SKEWt": _SAMPLES | {"divisor": "n - 1"},
    "KURTt": _SAMPLES | {"divisor": "n - 1"},
    "LEQt": _SAMPLES | _LEVEL | {"period_s": 1},
    "BGNt": _ENVELOPE | {"background": "median of the level"},
    "SNRt": _ENVELOPE | {"background": "median of the level"},
    "MED": _ENVELOPE,
    "Ht": _ENVELOPE | {"of": "squared envelope"},
    "H": _ENVELOPE
    | {"product": "Ht x Hf", "window": "hann periodic", "frame_samples": 1024, "hop_samples": 512},
    "ACTtFraction": _ENVELOPE | {"threshold_db": 3, "above": "background", "comparison": ">="},
    "ACTtCount": _ENVELOPE | {"threshold_db": 3, "above": "background", "comparison": ">="},
    "ACTtMean": _ENVELOPE | {"threshold_db": 3, "above": "background", "comparison": ">"},
    "EVNtFraction": _ENVELOPE | {"threshold_db": 3, "above": "background", "shortest_s": 0.01},
    "EVNtMean": _ENVELOPE | {"threshold_db": 3, "above": "background", "shortest_s": 0.01},
    "EVNtCount": _ENVELOPE | {"threshold_db": 3, "above": "background", "shortest_s": 0.01},
}

_MOMENT = _SPECTRUM | {"spectrum": "root mean power"}
_EQUALISED_BAND = _EQUALISED | {"band_hz": (1000, 20000), "band_edges": "nearest bin, inclusive"}
_ACTIVITY = _EQUALISED | {"threshold_db": 3}
_EVENTS = _ACTIVITY | {"shortest_frames": 3}

_SPECTRAL: dict[str, dict[str, Parameter]] = {
    "MEANf": _MOMENT,
    "VARf": _MOMENT,
    "SKEWf": _MOMENT | {"divisor": "n - 1"},
    "KURTf": _MOMENT | {"divisor": "n - 1"},
    "NBPEAKS": _MOMENT | {"level": "20 log10", "slope_db": 1, "spacing_hz": 200},
    "LEQf": _SPECTRUM | _LEVEL,
    "ENRf": _SPECTRUM,
    "BGNf": _SPECTRUM | {"background": "median per bin, smoothed over 25, then 5 bins"},
    "SNRf": _SPECTRUM | {"background": "median per bin, smoothed over 25, then 5 bins"},
    "Hf": _SPECTRUM | {"of": "mean power"},
    "EAS": _EQUALISED_BAND | {"of": "mean"},
    "ECU": _EQUALISED_BAND | {"of": "variance"},
    "ECV": _EQUALISED_BAND | {"of": "variance / mean"},
    "EPS": _EQUALISED_BAND | {"of": "histogram of the loudest bin"},
    "EPS_KURT": _EQUALISED_BAND | {"of": "histogram of the loudest bin", "divisor": "n - 1"},
    "EPS_SKEW": _EQUALISED_BAND | {"of": "histogram of the loudest bin", "divisor": "n - 1"},
    "ACI": _SPECTRUM | {"of": "amplitude", "sum": "bins"},
    "NDSI": _SPECTRUM | _BANDS | {"bin_step_hz": 1000},
    "rBA": _SPECTRUM | _BANDS | {"bin_step_hz": 1000},
    "AnthroEnergy": _SPECTRUM | _BANDS | {"bin_step_hz": 1000},
    "BioEnergy": _SPECTRUM | _BANDS | {"bin_step_hz": 1000},
    "BI": _SPECTRUM
    | {"of": "mean amplitude / loudest cell", "band_hz": (1000, 10000), "divided_by": "bin width"},
    "ROU": _SPECTRUM | {"of": "amplitude", "difference": 2},
    "ADI": _SPECTRUM | _COVER | {"index": "Shannon, natural logarithm"},
    "AEI": _SPECTRUM | _COVER | {"index": "Gini, uncorrected"},
    "LFC": _EQUALISED | {"threshold_db": 3, "band_hz": (0, 1000)},
    "MFC": _EQUALISED | {"threshold_db": 3, "band_hz": (1000, 10000)},
    "HFC": _EQUALISED | {"threshold_db": 3, "band_hz": (10000, 20000)},
    "ACTspFract": _ACTIVITY | {"comparison": ">="},
    "ACTspCount": _ACTIVITY | {"comparison": ">="},
    "ACTspMean": _ACTIVITY | {"comparison": ">"},
    "EVNspFract": _EVENTS,
    "EVNspMean": _EVENTS,
    "EVNspCount": _EVENTS,
    "TFSD": _SPECTRUM
    | {"of": "log10 amplitude", "bands": "third octaves 16-20000 Hz", "band_hz": (1000, 10000)},
    "H_Havrda": _ENTROPY,
    "H_Renyi": _ENTROPY,
    "H_pairedShannon": _ENTROPY,
    "H_gamma": _ENTROPY,
    "H_GiniSimpson": _ENTROPY,
    "RAOQ": _SPECTRUM | {"spectrum": "mean power", "bin_step_hz": 1000},
    "AGI": _SPECTRUM | {"of": "amplitude", "difference": 1, "norm": "median per bin"},
}

_ROI = _SPECTRUM | {
    "rain_removed": "mean per frame, smoothed over 1 bin",
    "background": "median per bin",
    "range_db": 96,
    "seed_db": 13,
    "grow_db": 6,
    "shortest_s": 0.025,
    "narrowest_hz": 50,
    "lowest_hz": 50,
    "steepest": 10,
}
_REGIONS: dict[str, dict[str, Parameter]] = {"nROI": _ROI, "aROI": _ROI}

_UNITS = (
    dict.fromkeys(("LEQt", "BGNt", "SNRt", "ACTtMean", "LEQf", "ENRf", "BGNf", "SNRf", "ACTspMean"), "dB")
    | dict.fromkeys(("ZCR", "EVNtCount", "EVNspCount"), "1/s")
    | dict.fromkeys(("EVNtMean", "EVNspMean"), "s")
    | {"BI": "dB/Hz", "nROI": "1/min", "aROI": "%"}
)


def _definition(name: str, parameters: dict[str, Parameter]) -> Definition:
    return Definition(name, PROFILE, parameters, _UNITS.get(name, "1"))


MAAD = {name: _definition(name, parameters) for name, parameters in (_TEMPORAL | _SPECTRAL).items()}
"""The 58 scalars without regions of interest, and H, the product of two of them."""

MAAD_ROI = {name: _definition(name, parameters) for name, parameters in _REGIONS.items()}
"""nROI and aROI, computed on demand."""

CORE = frozenset(
    [
        "ACI",
        "ADI",
        "AEI",
        "BI",
        "NDSI",
        "rBA",
        "Ht",
        "Hf",
        "H",
        "NBPEAKS",
        "MED",
        "BGNt",
        "SNRt",
        "ACTtFraction",
        "ACTtCount",
        "ACTtMean",
        "EVNtFraction",
        "EVNtMean",
        "EVNtCount",
        "AnthroEnergy",
        "BioEnergy",
    ]
)
"""What one pass over spectrogram and envelope gives."""

FROM_SAMPLES = frozenset(("ZCR", "MEANt", "VARt", "SKEWt", "KURTt", "LEQt"))
FROM_SPECTRUM = frozenset(
    ("MEANf", "VARf", "SKEWf", "KURTf", "LEQf", "ENRf", "RAOQ", "H_Havrda", "H_Renyi", "H_pairedShannon")
) | frozenset(
    ("H_gamma", "H_GiniSimpson"),
)
FROM_MATRIX = frozenset(MAAD) - CORE - FROM_SAMPLES - FROM_SPECTRUM
"""What needs every cell of the spectrogram."""
