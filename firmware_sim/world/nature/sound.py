"""A soundscape as real sound: what the microphone would have recorded.

1. ``synthesise`` adds up wind, traffic, rain, insects and each call, note by note.
2. ``wav_bytes`` wraps the samples as a 16-bit mono WAV file.

Chirps sweep between a species' two frequencies under a Hann window; insects are an
amplitude-modulated tone; wind and traffic are noise of low frequency; rain is clicks.
"""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from firmware_sim.world.arrays import Floats
from firmware_sim.world.nature.acoustic import Soundscape
from firmware_sim.world.nature.species import SPECIES

RATE_HZ = 24_000
CLIP_S = 10.0
_FULL = 32_767


def synthesise(soundscape: Soundscape, rng: np.random.Generator) -> NDArray[np.int16]:
    """The first ``CLIP_S`` seconds [int16, shape=(n,)]; a dead microphone gives one constant value."""
    count = int(CLIP_S * RATE_HZ)
    if soundscape.dead:
        return np.full(count, 3, dtype=np.int16)
    sound = rng.normal(0, 0.0008, count)
    sound += 0.004 * soundscape.wind * _low_noise(count, 180.0, rng)
    sound += 0.05 * soundscape.traffic * _low_noise(count, 600.0, rng)
    sound += _rain(soundscape.rain, count, rng)
    sound += _insects(soundscape.insects, count)
    for number, offset, loudness in zip(
        soundscape.species, soundscape.offset, soundscape.loudness, strict=True
    ):
        if offset < CLIP_S - 1:
            _add_call(sound, int(number), float(offset), 0.02 + 0.2 * float(loudness))
    return np.round(np.clip(sound, -1, 1) * _FULL).astype(np.int16)


def wav_bytes(samples: NDArray[np.int16]) -> bytes:
    """A WAV file, mono, 16 bit."""
    content = io.BytesIO()
    with wave.open(content, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def _low_noise(count: int, edge_hz: float, rng: np.random.Generator) -> Floats:
    """Noise that fades above ``edge_hz``, with standard deviation 1."""
    spectrum = np.fft.rfft(rng.normal(0, 1, count))
    frequency = np.fft.rfftfreq(count, 1 / RATE_HZ)
    noise = np.fft.irfft(spectrum / (1 + (frequency / edge_hz) ** 4), count)
    shaped: Floats = noise / noise.std()
    return shaped


def _rain(rain: float, count: int, rng: np.random.Generator) -> Floats:
    drops = np.zeros(count)
    for at in rng.integers(0, count - 200, int(60 * min(rain, 10.0))):
        drops[at : at + 120] += rng.uniform(0.01, 0.06) * rng.normal(0, 1, 120) * np.exp(-np.arange(120) / 25)
    return drops


def _insects(level: float, count: int) -> Floats:
    time = np.arange(count) / RATE_HZ
    return 0.01 * level * np.sin(2 * np.pi * 7_400 * time) * (0.5 + 0.5 * np.sin(2 * np.pi * 35 * time))


def _add_call(sound: Floats, number: int, offset: float, amplitude: float) -> None:
    species = SPECIES[number]
    length = int(species.note_s * RATE_HZ)
    time = np.arange(length) / RATE_HZ
    begin = int(offset * RATE_HZ)
    for note in range(species.notes):
        first, last = (
            (species.low_hz, species.high_hz) if note % 2 == 0 else (species.high_hz, species.low_hz)
        )
        phase = 2 * np.pi * (first * time + (last - first) * time**2 / (2 * species.note_s))
        at = begin + int(note * 1.3 * length)
        if at + length > len(sound):
            return
        sound[at : at + length] += amplitude * np.sin(phase) * np.hanning(length)
