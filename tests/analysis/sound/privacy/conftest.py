"""Clips with and without planted speech, and a model that hears what a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.indices.acoustic.voice import CHUNK
from benchmarks.loads.speech import can_speak, planted, spoken

RATE = 16_000
Clip = Callable[..., Path]


@dataclass
class Scripted:
    """Hears a voice where the samples are loud; remembers how it was asked."""

    begun: int = 0
    heard: list[int] = field(default_factory=list)

    def begin(self) -> None:
        self.begun += 1

    def probabilities(self, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        self.heard.append(len(samples))
        return np.abs(samples.reshape(-1, CHUNK)).max(axis=1)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """``clip(seconds, speech_at, rate, channels)``: hiss, in its last channel a phrase at 0 dB."""

    def write(
        seconds: float = 12.0,
        speech_at: float | None = None,
        *,
        rate: int = RATE,
        channels: int = 1,
        subtype: str = "PCM_16",
        level_db: float = 5.0,
        name: str = "clip.wav",
    ) -> Path:
        sound = np.random.default_rng(5).normal(0, 0.01, (round(seconds * rate), channels))
        if speech_at is not None:
            if not can_speak():
                pytest.skip("espeak-ng is not installed here")
            sound[:, -1] = planted(sound[:, -1], spoken(3, rate), round(speech_at * rate), level_db)
        path = tmp_path / name
        soundfile.write(path, sound, rate, subtype=subtype)
        return path

    return write
