"""A file through a detector, chunk by chunk, in bounded memory.

1. Each minute of each channel is read at its own rate and passes the gate of the indices.
2. It is resampled to the detector's rate where they differ (by Fourier transform, scipy), and cut into
   chunks; the last one is padded with silence, and left out if less than half is sound.
3. Each chunk's detections carry the model, the filter of place and season, and the resampler.
4. What the detector made of a chunk before it named anything may be kept beside (``Keep``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from scipy.signal import resample

from analysis.arrays import Floats
from analysis.sound.detect.detector import (
    Detector,
    Embedder,
    Hit,
    Place,
    Samples,
    Validation,
    detections,
)
from analysis.sound.measure.window import prepare
from analysis.sound.reader import Audio
from contract.instant import day_of

_SPAN_S = 60.0
_MOST_SAMPLES = 2_880_000
_PIECE_S = 12

Keep = Callable[[int, float, Samples], None]
"""Takes channel, offset in the file [s] and embedding [shape=(dimensions,)] of one chunk."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A stretch that the gate closed: it counts neither as effort nor as absence of species."""

    channel: int
    start_s: float
    length_s: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; in the words of a ``Hit``."""
        return {
            "channel": self.channel,
            "offset_s": self.start_s,
            "window_s": self.length_s,
            "why": self.reason,
        }


def week_of(day: date) -> int:
    """BirdNET's week, 1 to 48: four to a month, the last with the days that remain."""
    return (day.month - 1) * 4 + min(4, (day.day - 1) // 7 + 1)


def recording_day(audio: Audio, given: date | None) -> date | None:
    """The day of a recording: as given, else from its header (UTC), else as its local time says."""
    if given is not None:
        return given
    if audio.header.start is not None:
        return day_of(audio.header.start)
    local = audio.header.local_time
    return date.fromisoformat(local[:10]) if local else None


def listen(
    audio: Audio,
    detector: Detector,
    *,
    place: Place | None,
    least: float,
    validations: Mapping[str, Validation],
    keep: Keep | None = None,
) -> Iterator[Hit | Unheard]:
    """Every detection in every channel, in order of time, and every stretch that was not heard.

    ``keep`` needs an ``Embedder``.  A detector without a filter of place and season is asked without.
    """
    if not detector.placed:
        place = None
    longest = min(_SPAN_S, _MOST_SAMPLES / audio.sample_rate)
    span = round(detector.chunk_s * max(1, int(longest / detector.chunk_s)) * audio.sample_rate)
    for channel in range(audio.channels):
        for start in range(0, audio.frames, span):
            samples = audio.read(channel, start, min(span, audio.frames - start))
            if not len(samples):
                break
            begin = start / audio.sample_rate
            judged = prepare(
                samples, audio.sample_rate, audio.lsb, audio.header, gate=True, spectrogram=False
            )
            samples += judged.removed  # the gate took the mean out; the detector hears what was recorded
            if judged.quality.gate == "closed":
                yield Unheard(channel, begin, len(samples) / audio.sample_rate, judged.quality.reason)
                continue
            sound, resampler = resampled(samples, audio.sample_rate, detector.sample_rate)
            for first, chunk in chunks(sound, round(detector.chunk_s * detector.sample_rate)):
                at = begin + first / detector.sample_rate
                if keep is not None and isinstance(detector, Embedder):
                    named, embedding = detector.embed(chunk)
                    keep(channel, at, embedding)
                else:
                    named = detector.hear(chunk, place)
                yield from detections(
                    named,
                    channel=channel,
                    start_s=at,
                    end_s=at + detector.chunk_s,
                    model=detector.model,
                    place=place,
                    resampler=resampler,
                    least=least,
                    validations=validations,
                )


def resampled(samples: Floats, given: int, wanted: int) -> tuple[Samples, str]:
    """``samples`` at the wanted rate, and how they came there: 12 s at a time, with a second around."""
    if given == wanted:
        return samples.astype(np.float32), resampler_of(given, wanted)
    out = np.empty(round(len(samples) * wanted / given), dtype=np.float32)
    for second in range(0, -(-len(samples) // given), _PIECE_S):
        before = min(1, second)
        stretch = samples[(second - before) * given : (second + _PIECE_S + 1) * given].astype(np.float32)
        seconds = -(-len(stretch) // given)  # whole ones, so that the ratio is exact
        padded = np.pad(stretch, (0, seconds * given - len(stretch)))
        piece = resample(padded, seconds * wanted)[before * wanted :]
        target = out[second * wanted : (second + _PIECE_S) * wanted]
        target[:] = piece[: len(target)]
    return out, resampler_of(given, wanted)


def resampler_of(given: int, wanted: int) -> str:
    """How ``resampled`` goes from one rate to another [Hz]."""
    return "none" if given == wanted else f"scipy resample (FFT) {given} to {wanted} Hz"


def chunks(samples: Samples, size: int) -> Iterator[tuple[int, Samples]]:
    """(first sample, chunk of exactly ``size``); the last padded with silence if at least half is sound."""
    for first in range(0, len(samples), size):
        chunk = samples[first : first + size]
        if len(chunk) < size:
            if len(chunk) * 2 < size:
                return
            chunk = np.pad(chunk, (0, size - len(chunk)))
        yield first, chunk
