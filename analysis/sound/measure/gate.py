"""Is this clip sound at all, and how good is it?  Decided before any index.

1. ``judge`` takes what the raw samples show (``raw``) and what their mean spectrum says: level in the
   band of animals against the resolution, wind, rain, self-noise.
2. Three findings close the gate (dead, frozen, clipped, and samples that are not numbers);
   everything else is a flag with its figure and threshold.

Why the resolution and not a level: measured on field files, live ones stand at least 9.6
steps above it in 0.5-9 kHz, dead or starved ones at most 1.2, while a threshold in decibels
calls a quiet 24-bit forest dead and misses one-step noise.  Thresholds are not validated
beyond these files; they are written beside each figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.sound.measure.raw import RawQuality, frame_samples
from analysis.sound.measure.spectrum import EVERY, BinSums

DEAD_STEPS = 2.0
FROZEN_SHARE = 0.5
CLIPPED_FLAG_SHARE = 1e-5
CLIPPED_GATE_SHARE = 0.01
OFFSET = 0.005
WIND_HZ, WIND_SHARE_DB, WIND_SPREAD = 250.0, -1.5, 1.0
FLATNESS = 0.85
RAIN_BAND, RAIN_DB_PER_HZ, RAIN_RATIO = (600.0, 1200.0), -80.0, 3.5
LIVE_BAND = (500.0, 9000.0)


@dataclass(frozen=True, slots=True)
class Quality:
    """The gate's finding.  ``gate`` ``open``, ``closed`` or ``off``; ``reason`` why it is closed.

    ``valid_s`` seconds that count as effort; ``flags`` the names that apply;
    ``figures`` name -> {"value", "threshold", "unit"}.
    """

    gate: str
    reason: str
    valid_s: float
    flags: tuple[str, ...]
    figures: dict[str, dict[str, float | str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; the reason only where there is one."""
        said = {
            "gate": self.gate,
            "valid_s": self.valid_s,
            "flags": list(self.flags),
            "figures": self.figures,
        }
        return said | ({"reason": self.reason} if self.reason else {})


@dataclass(frozen=True, slots=True)
class GateSpectrum:
    """Mean power per bin of every fourth 1024-sample Hann frame, and the spread of the low end.

    ``centres`` [Hz]; ``power`` [shape=(bins,)], summing to the variance of the signal;
    ``low_spread`` coefficient of variation over frames of the power below 250 Hz: gusts vary, hum does not.
    """

    centres: Floats
    power: Floats
    low_spread: float

    @classmethod
    def of(cls, sums: BinSums, centres: Floats) -> GateSpectrum:
        """From the sums over all frames, of which every fourth counts here."""
        frames = -(-sums.frames // EVERY)
        mean = sums.low_sum / frames
        variance = max(0.0, sums.low_square / frames - mean * mean)
        return cls(centres, sums.sparse_power / frames, math.sqrt(variance) / mean if mean > 0 else 0.0)


def low_bins(centres: Floats) -> int:
    """How many bins of ``centres`` [Hz, shape=(bins,)] lie below 250 Hz, where wind is."""
    return int(np.count_nonzero(centres < WIND_HZ))


def judge(
    raw: RawQuality, spectrum: GateSpectrum | None, *, gate: bool, high_pass_hz: float | None
) -> Quality:
    """The finding for one window and channel.

    ``spectrum`` may be None where there was no whole frame.  ``high_pass_hz`` of the recorder moves
    the band in which life is looked for, because the filter starves everything below it.
    """
    figures = _raw_figures(raw)
    flags = [name for name in ("clipped", "offset") if _exceeds(figures[name])]
    steps = math.nan
    if spectrum is not None and raw.finite:
        steps = _live_steps(raw, spectrum, high_pass_hz, figures)
        flags += _spectral_flags(spectrum, figures)
    reason = _reason(raw, steps)
    total = raw.samples / raw.sample_rate
    valid = total - float(raw.frozen.sum()) * frame_samples(raw.sample_rate) / raw.sample_rate
    if not gate:
        return Quality("off", reason, valid, tuple(flags), figures)
    return Quality("closed" if reason else "open", reason, 0.0 if reason else valid, tuple(flags), figures)


def _reason(raw: RawQuality, steps: float) -> str:
    if not raw.finite:
        return "not finite: the file holds samples that are not numbers, or no amplitudes"
    if raw.samples and raw.low == raw.high:
        return "below resolution: all samples are identical"
    if raw.frozen.size and raw.frozen.mean() > FROZEN_SHARE:
        return f"frozen: {raw.frozen.mean():.0%} of the 20 ms frames hold identical samples"
    if steps < DEAD_STEPS:
        return f"below resolution: {steps:.3g} steps in the live band, {DEAD_STEPS:g} needed"
    if raw.rail_run_share >= CLIPPED_GATE_SHARE:
        return f"clipped: {raw.rail_run_share:.2%} of the samples lie in runs at a rail"
    return ""


def _raw_figures(raw: RawQuality) -> dict[str, dict[str, float | str]]:
    frozen = float(raw.frozen.mean()) if raw.frozen.size else 0.0
    return {
        "frozen": _figure(frozen, FROZEN_SHARE, "share of 20 ms frames"),
        "clipped": _figure(raw.clipped_share, CLIPPED_FLAG_SHARE, "share of samples"),
        "rail_runs": _figure(raw.rail_run_share, CLIPPED_GATE_SHARE, "share of samples"),
        "offset": _figure(abs(raw.mean), OFFSET, "full scale"),
        "resolution": _figure(raw.step, 0.0, "full scale"),
    }


def _live_steps(
    raw: RawQuality,
    spectrum: GateSpectrum,
    high_pass_hz: float | None,
    figures: dict[str, dict[str, float | str]],
) -> float:
    """Standard deviation in the live band in units of the resolution; infinite where that is unknown."""
    low = max(LIVE_BAND[0], high_pass_hz or 0.0)
    high = LIVE_BAND[1] if low < LIVE_BAND[1] else math.inf
    band = spectrum.power[(spectrum.centres >= low) & (spectrum.centres < high)]
    deviation = math.sqrt(float(band.sum()))
    steps = deviation / raw.step if raw.step else math.inf
    if math.isfinite(steps):
        figures["live_band"] = _figure(steps, DEAD_STEPS, "resolution steps")
    return steps


def _spectral_flags(spectrum: GateSpectrum, figures: dict[str, dict[str, float | str]]) -> list[str]:
    power, centres = spectrum.power, spectrum.centres
    total, width = float(power.sum()), float(centres[1] - centres[0])
    if not total > 0:
        return []
    hiss = power[(centres >= 500) & (centres < 10_000)]
    drops = power[(centres >= RAIN_BAND[0]) & (centres < RAIN_BAND[1])] / width
    figures["wind"] = _figure(
        _db(power[centres < WIND_HZ].sum() / total), WIND_SHARE_DB, "dB below 250 Hz of all"
    )
    figures["wind_spread"] = _figure(
        spectrum.low_spread, WIND_SPREAD, "coefficient of variation below 250 Hz"
    )
    figures["self_noise"] = _figure(_flatness(hiss), FLATNESS, "spectral flatness 0.5-10 kHz")
    figures["rain"] = _figure(
        _db(drops.mean()) if drops.size else -300.0, RAIN_DB_PER_HZ, "dB full scale per Hz, 600-1200 Hz"
    )
    figures["rain_ratio"] = _figure(_ratio(drops), RAIN_RATIO, "mean / spread over 600-1200 Hz")
    pairs = {"wind": "wind_spread", "rain": "rain_ratio", "self_noise": "self_noise"}
    return [name for name, other in pairs.items() if _exceeds(figures[name]) and _exceeds(figures[other])]


def _db(power: float) -> float:
    return 10.0 * math.log10(max(float(power), 1e-30))


def _flatness(power: Floats) -> float:
    """Geometric over arithmetic mean: 1 for white noise."""
    if not power.size or not power.min() > 0:
        return 0.0
    return float(np.exp(np.log(power).mean()) / power.mean())


def _ratio(power: Floats) -> float:
    if power.size < 2:
        return 0.0
    spread = float(power.std())
    return min(1e6, float(power.mean()) / spread) if spread > 0 else 1e6


def _exceeds(figure: dict[str, float | str]) -> bool:
    return float(figure["value"]) > float(figure["threshold"])


def _figure(value: float, threshold: float, unit: str) -> dict[str, float | str]:
    return {"value": float(f"{value:.6g}"), "threshold": threshold, "unit": unit}
