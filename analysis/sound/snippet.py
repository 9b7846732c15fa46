"""A short piece of a recording as a file of its own: its samples as they were recorded, in FLAC.

1. ``snippet_of`` reads [begin, end) of every channel, at most the first two.
2. ``Snippet.flac`` is the piece as bytes: integers stay what they were, bit for bit.
3. ``Strip`` writes pieces one after another into one file, for programs that open one sound at a time.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from analysis.arrays import Floats
from analysis.sound.reader import Audio

_MOST_CHANNELS = 2
_FASTEST_HEARD = 96_000
"""Recorders that sample faster listen to what people cannot hear [Hz]."""
_SLOWED = 10
_LOUDEST, _MOST_GAIN = 0.89, 100.0
"""Peak that a piece is played at, full scale 1, and the most that it is amplified (40 dB)."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """``samples`` [shape=(n, channels), full scale 1] from ``begin_s`` [s] of a recording on."""

    samples: Floats
    sample_rate: int
    begin_s: float
    bits: int
    """of the recording; 0 for floating point"""

    @property
    def length_s(self) -> float:
        """[s]"""
        return len(self.samples) / self.sample_rate

    @property
    def slowed(self) -> int:
        """How many times slower people should hear it: 10 where the recorder listens to ultrasound."""
        return _SLOWED if self.sample_rate > _FASTEST_HEARD else 1

    @property
    def gain(self) -> float:
        """By what to multiply while playing, so that all are about as loud [1]."""
        peak = float(np.abs(self.samples).max(initial=0.0))
        return min(_MOST_GAIN, _LOUDEST / peak) if peak > 0 else 1.0

    @property
    def subtype(self) -> str:
        """The coding in FLAC: 16 bits where the recording has no more, else 24."""
        return "PCM_16" if 0 < self.bits <= 16 else "PCM_24"

    def flac(self, *, slowed: int = 1) -> bytes:
        """The piece as FLAC; ``slowed`` times longer, by a lower stated rate and the same samples."""
        out = io.BytesIO()
        rate = self.sample_rate // slowed
        soundfile.write(out, self.samples, rate, format="FLAC", subtype=self.subtype)
        return out.getvalue()


def snippet_of(audio: Audio, begin_s: float, end_s: float) -> Snippet:
    """[begin, end) [s] of a recording, clipped to it; empty where nothing of it can be read."""
    rate = audio.sample_rate
    first = max(0, round(begin_s * rate))
    count = max(0, min(audio.frames, round(end_s * rate)) - first)
    channels = [audio.read(n, first, count) for n in range(min(audio.channels, _MOST_CHANNELS))]
    shortest = min(map(len, channels))
    samples = np.stack([one[:shortest] for one in channels], axis=1)
    return Snippet(samples, rate, first / rate, audio.bits)


class Strip:
    """One long FLAC file of pieces of one rate, with silence between; a context manager."""

    GAP_S = 0.5

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._sound = soundfile.SoundFile(
            str(path), "w", samplerate=sample_rate, channels=1, format="FLAC", subtype="PCM_24"
        )
        self._rate, self._written = sample_rate, 0

    def add(self, piece: Snippet) -> float:
        """Append a piece, channels joined by their mean; where it begins in the strip [s]."""
        begin = self._written / self._rate
        gap = np.zeros(round(self.GAP_S * self._rate))
        samples = np.concatenate([piece.samples.mean(axis=1), gap])
        self._sound.write(samples)
        self._written += len(samples)
        return begin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sound.close()
