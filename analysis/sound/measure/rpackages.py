"""The profiles ``seewave-2.2.4`` and ``soundecology-1.3.3`` on one window.

Both R packages keep the offset of a recording, so the window's mean is added back here: the
values are those that R gives for the file as it is.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic import seewave as seewave
from analysis.indices.acoustic import soundecology as ecology
from analysis.indices.acoustic.formulas import gini, shannon
from analysis.sound.measure.spectrum import BinSums, plain_amplitudes
from analysis.sound.measure.window import Computed, SampledWindow

_UNDEFINED = "undefined for this signal or sampling rate: the peer fails or gives no number"


def hamming(length: int) -> Floats:
    """Symmetric Hamming window [shape=(length,)], as R's packages define it."""
    return 0.54 - 0.46 * np.cos(2.0 * np.pi * np.arange(length) / (length - 1))


def symmetric_hann(length: int) -> Floats:
    """Symmetric Hann window [shape=(length,)], as R's packages define it."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / (length - 1))


def compute_seewave(window: SampledWindow, names: Collection[str]) -> Computed:
    """Every index of ``seewave-2.2.4`` in ``names``: a number or a reason."""
    if len(window.samples) < 2 * seewave.SCAPE_LENGTH:
        return dict.fromkeys(names, "the window is shorter than two frames")
    asked, numbers = set(names), dict[str, float]()
    if "ACI" in asked:
        sums = _sums(window, hamming(seewave.LENGTH), low=1, high=seewave.LENGTH // 2 + 1)
        numbers["ACI"] = seewave.complexity(sums.change, sums.amplitude)
    if asked & {"Hf", "H"}:
        numbers["Hf"] = seewave.spectral_entropy(_sums(window, symmetric_hann(seewave.LENGTH)).amplitude)
    if asked & {"Ht", "H", "M"}:
        envelope = seewave.envelope(window.samples, window.raw.mean)
        numbers["M"] = float(np.median(envelope))
        numbers["Ht"] = seewave.temporal_entropy(envelope)
        numbers["H"] = numbers["Ht"] * numbers.get("Hf", float("nan"))
    if "NDSI" in asked:
        sums = _sums(window, hamming(seewave.SCAPE_LENGTH), hop=seewave.SCAPE_LENGTH // 2)
        numbers["NDSI"] = seewave.soundscape(sums.power, window.sample_rate)
    if "TFSD" in asked:
        numbers["TFSD"] = seewave.second_derivative(_third_octaves(window))
    return {name: _value(numbers[name]) for name in names}


def compute_soundecology(window: SampledWindow, names: Collection[str]) -> Computed:
    """Every index of ``soundecology-1.3.3`` in ``names``: a number or a reason."""
    rate, asked, found = window.sample_rate, set(names), dict[str, float | str]()
    if len(window.samples) < 2 * ecology.WELCH_LENGTH:
        return dict.fromkeys(names, "the window is shorter than two frames")
    if "ACI" in asked:
        found["ACI"] = _clusters(window)
    if asked & {"ADI", "AEI"}:
        found |= _cover(window)
    if "BI" in asked:
        sums = _sums(window, symmetric_hann(ecology.LENGTH))
        found["BI"] = _value(ecology.bioacoustic(sums.power / sums.frames, sums.peak, rate))
    if "NDSI" in asked:
        found["NDSI"] = _soundscape(window)
    return {name: found[name] for name in names}


def _sums(
    window: SampledWindow, taper: Floats, *, hop: int | None = None, low: int = 0, high: int | None = None
) -> BinSums:
    high = len(taper) // 2 if high is None else high
    sums = BinSums(high - low)
    for block in plain_amplitudes(
        window.samples, taper, hop or len(taper), offset=window.raw.mean, low=low, high=high
    ):
        sums.add(block)
    return sums


def _third_octaves(window: SampledWindow) -> Floats:
    """Third-octave levels of 125 ms frames [dB, shape=(20, frames)]: a band's amplitudes summed."""
    length = round(window.sample_rate / 8)
    bins = seewave.third_octave_bins(window.sample_rate)
    taper = hamming(length)
    top = length // 2 + 1
    levels = []
    for block in plain_amplitudes(window.samples, taper, length, offset=window.raw.mean, low=1, high=top):
        sums = np.stack([block[:, chosen].sum(axis=1) for chosen in bins])
        with np.errstate(divide="ignore"):
            levels.append(10.0 * np.log10(sums))
    return np.concatenate(levels, axis=1) if levels else np.empty((len(bins), 0))


def _clusters(window: SampledWindow) -> float | str:
    """ACI summed over clusters of 5 s; steps and sums stay within a cluster."""
    count, rate = len(window.samples), window.sample_rate
    clusters = int(count / rate // ecology.CLUSTER_S)
    if not clusters:
        return "undefined below 5 s: the peer needs one whole cluster"
    frames = count // ecology.LENGTH
    per_cluster = int(ecology.CLUSTER_S / (count / rate / frames))
    taper, total = hamming(ecology.LENGTH), 0.0
    for cluster in range(clusters):
        first = cluster * per_cluster * ecology.LENGTH
        part = window.samples[first : first + per_cluster * ecology.LENGTH]
        sums = BinSums(ecology.LENGTH // 2)
        for block in plain_amplitudes(part, taper, ecology.LENGTH, offset=window.raw.mean):
            sums.add(block)
        total += seewave.complexity(sums.change, sums.amplitude)
    return _value(total)


def _cover(window: SampledWindow) -> Computed:
    length = ecology.cover_length(window.sample_rate)
    if length is None or len(window.samples) < length:
        reason = "the peer's frame of 0.1 s is not a whole number of samples, or longer than the window"
        return {"ADI": reason, "AEI": reason}
    taper = symmetric_hann(length)
    sums = BinSums(length // 2, cover=ecology.COVER)
    for _ in range(2):
        blocks = plain_amplitudes(window.samples, taper, length, offset=window.raw.mean)
        if sums.frames:
            sums.recount(blocks)
            continue
        for block in blocks:
            sums.add(block)
    share = ecology.cover_bands(sums.covered / sums.frames, window.sample_rate)
    return {"ADI": _value(shannon(share)), "AEI": _value(gini(share))}


def _soundscape(window: SampledWindow) -> float | str:
    rate = window.sample_rate
    seconds = len(window.samples) // rate
    if ecology.HIGH_HZ[1] > rate / 2:
        return f"the peer refuses: biophony to {ecology.HIGH_HZ[1]} Hz exceeds half of {rate} Hz"
    if not seconds:
        return "undefined below one second"
    parts = (window.samples[second * rate : (second + 1) * rate] for second in range(seconds))
    power = sum((ecology.welch_second(part + window.raw.mean) for part in parts), start=np.zeros(512))
    return _value(ecology.soundscape(power / seconds, rate))


def _value(number: float) -> float | str:
    return number if np.isfinite(number) else _UNDEFINED
