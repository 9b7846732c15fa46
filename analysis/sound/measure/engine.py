"""From an audio file to acoustic indices: the same code at the edge, in batch and in replay.

1. The file is opened: header, format, hash (``reader``).
2. It is cut into windows, each of which is treated as a file of its own.
3. Each channel of each window passes the gate (``window``, ``gate``).
4. Each profile computes its indices; what has no value gets a reason.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.indices.acoustic.definition import Definition
from analysis.sound.measure.gate import Quality
from analysis.sound.measure.profiles import PROFILES, Profile, profile, truncated_band
from analysis.sound.measure.result import WindowResult
from analysis.sound.measure.whole import outcomes_whole, refuse_beyond_core, whole_memory_mb
from analysis.sound.measure.window import SampledWindow, prepare
from analysis.sound.reader import Audio, open_audio
from contract.errors import UsageError
from contract.instant import SECOND
from contract.recording.start import NOWHERE, Bearings

__all__ = ["DEFAULT_PROFILES", "PROFILES", "WindowResult", "measure"]

DEFAULT_PROFILES = ("ecoviv-1", "maad-1.5.2")
MOST_SAMPLES = 2_880_000
"""Samples in the longest default window: 60 s at 48 kHz."""
SHORTEST_REST_S = 10.0
SHORTEST_WINDOW_S = 0.05
"""Below two frames of 1024 samples at 48 kHz no index has a value."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a window lies in its file [samples]."""

    start: int
    count: int


def measure(
    path: Path,
    *,
    profiles: Sequence[str] = DEFAULT_PROFILES,
    window_s: float | None = 60,
    channels: str | int = "each",
    gate: bool = True,
    roi: bool = False,
    names: Collection[str] | None = None,
    max_memory_mb: float = 150.0,
    bearings: Bearings = NOWHERE,
) -> Iterator[WindowResult]:
    """Yield one result per window and channel, windows in order of time.

    ``window_s``: length of a window [s]; above 48 kHz the 60 s become 2,880,000 samples.  A rest at
    the end is kept with its true length if it lasts at least 10 s (or a sixth of the window, if that
    is less), else its length is in the last window's ``quality["rest_s"]``.  A shorter file is one window.
    None: the whole file is one window.  Where its spectrogram would exceed ``max_memory_mb`` [MB] only
    ``maad-1.5.2``'s core and ``ecoviv-1`` are given, the rest is absent with the estimate.
    ``channels``: ``each`` or a channel's number.  ``gate=False`` computes what the gate would
    refuse and says ``"gate":"off"``.  ``roi`` adds nROI and aROI.  ``names`` restricts the indices.
    ``bearings`` say whose the file is and which zone its local time has.

    Raises ``AudioError`` where the file is not readable as sound, ``UnknownName`` for a profile
    that does not exist, ``UsageError`` for a window or channel that cannot be, ``Refused`` where
    a profile or regions are asked for that need more than ``max_memory_mb``.
    """
    chosen = [profile(name) for name in profiles]
    audio = open_audio(path, bearings)
    picked = _channels(audio, channels)
    estimate = whole_memory_mb(audio.frames)
    if window_s is None and estimate > max_memory_mb:
        refuse_beyond_core(chosen, names, roi=roi, estimate_mb=estimate)
        for channel in picked:
            quality, count, found = outcomes_whole(audio, channel, chosen, gate=gate, names=names)
            yield _result(audio, channel, 0, count, quality, found, 0)
        return
    cuts = _cuts(audio.frames, audio.sample_rate, window_s)
    rest = audio.frames - cuts[-1].start - cuts[-1].count
    spectrogram = any(one.uses_spectrogram for one in chosen)
    for cut in cuts:
        for channel in picked:
            samples = audio.read(channel, cut.start, cut.count)
            if not len(samples):
                continue
            window = prepare(
                samples, audio.sample_rate, audio.lsb, audio.header, gate=gate, spectrogram=spectrogram
            )
            found = list(_outcomes(window, chosen, roi=roi, names=names))
            left = rest if cut is cuts[-1] else 0
            yield _result(audio, channel, cut.start, len(samples), window.quality, found, left)


def _cuts(frames: int, sample_rate: int, window_s: float | None) -> list[_Cut]:
    if window_s is None:
        return [_Cut(0, frames)]
    if not SHORTEST_WINDOW_S <= window_s < math.inf:
        raise UsageError(
            f"A window of {window_s} s is empty or endless",
            help=f"Give a length in seconds, such as 60, at least {SHORTEST_WINDOW_S:g}, or none",
        )
    size = max(1, round(window_s * sample_rate))
    if window_s == 60:
        size = min(size, MOST_SAMPLES)
    shortest = min(SHORTEST_REST_S * sample_rate, size / 6)
    cuts = [_Cut(start, min(size, frames - start)) for start in range(0, frames, size)]
    if len(cuts) > 1 and cuts[-1].count < shortest:
        cuts.pop()
    return cuts


def _channels(audio: Audio, channels: str | int) -> list[int]:
    if channels == "each":
        return list(range(audio.channels))
    number = int(channels)
    if not 0 <= number < audio.channels:
        raise UsageError(
            f"{audio.path} has {audio.channels} channel(s), not a channel {number}",
            help="Channels count from 0",
        )
    return [number]


def _outcomes(
    window: SampledWindow, chosen: Sequence[Profile], *, roi: bool, names: Collection[str] | None
) -> Iterator[tuple[Definition, float | str]]:
    for one in chosen:
        wanted = one.wanted(roi=roi, names=names)
        computable = window.quality.gate != "closed" and window.raw.finite
        with np.errstate(
            divide="ignore", invalid="ignore", over="ignore"
        ):  # what is not finite becomes a reason
            computed = one.compute(window, list(wanted)) if computable else {}
        for name, definition in wanted.items():
            yield definition, computed.get(name, window.quality.reason)


def _result(
    audio: Audio,
    channel: int,
    start: int,
    count: int,
    quality: Quality,
    found: Sequence[tuple[Definition, float | str]],
    rest: int,
) -> WindowResult:
    """The record of ``count`` samples from ``start`` of a channel; ``rest`` after it are not measured."""
    header, rate = audio.header, audio.sample_rate
    values = {one.id: outcome for one, outcome in found if not isinstance(outcome, str)}
    truncated = [
        one.id for one, outcome in found if not isinstance(outcome, str) and truncated_band(one, rate)
    ]
    said = header.to_dict() | (
        {"warnings": warnings} if (warnings := header.warnings + audio.warnings) else {}
    )
    seen = quality.to_dict() | ({"band_truncated": truncated} if truncated else {})
    return WindowResult(
        file=str(audio.path),
        sha256=audio.sha256,
        channel=channel,
        start=None if header.start is None else header.start + round(start * SECOND / rate),
        start_source=header.start_source,
        serial=header.serial or None,
        position=header.position,
        reason=header.reason or None,
        offset_s=start / rate,
        window_s=count / rate,
        duration_s=audio.frames / rate,
        sample_rate_hz=rate,
        channels=audio.channels,
        header=said,
        quality=seen | ({"rest_s": rest / rate} if rest else {}),
        values=values,
        absent={one.id: outcome for one, outcome in found if isinstance(outcome, str)},
    )
