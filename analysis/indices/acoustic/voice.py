"""Seconds of human voice in a window: a number of disturbance, which carries no sound.

The instrument is Silero VAD 6.2.0 by exactly these weights, behind the gain that the definition states:
other weights, or another gain, would be another definition.  Speech as a measure of disturbance: Cretois et
al. 2022, doi:10.1111/2041-210X.14005; what people's presence costs birds: Bötsch et al. 2018,
doi:10.3389/fevo.2018.00175.
"""

from __future__ import annotations

import math

from analysis.arrays import Floats
from analysis.indices.acoustic.definition import Definition

RATE_HZ, CHUNK = 16_000, 512
"""What the model hears: 512 samples at 16 kHz at a time, 32 ms."""
LEVEL, HIGH_PASS_HZ, SPAN_S = 0.05, 80.0, 60.0
"""The median chunk of each span of so many seconds is brought to this rms (full scale 1), above 80 Hz: the
model hears less in quiet recordings, and microphones are set as differently as people please."""
BEFORE = 32
"""Chunks heard before the first, backwards: a model that wakes up takes the first sound for a voice."""
IS_VOICE = 0.5
"""From this probability on a chunk counts as voice: the model's own."""
WEIGHTS = "2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987"
"""SHA-256 of the file of weights."""

VOICE = Definition(
    "VOICE",
    "silero-6.2.0",
    {
        "rate_hz": RATE_HZ,
        "chunk_s": CHUNK / RATE_HZ,
        "level": LEVEL,
        "high_pass_hz": HIGH_PASS_HZ,
        "span_s": SPAN_S,
        "before_s": BEFORE * CHUNK / RATE_HZ,
        "from_probability": IS_VOICE,
        "weights": WEIGHTS[:16],
    },
    unit="s",
)
"""Seconds in chunks that count as voice, of one channel of one window [s]."""


def voice_rate(seconds: Floats, minutes: Floats) -> float:
    """Seconds of voice an hour of valid listening [s/h]; nan without any.

    ``seconds`` of voice in each excerpt, ``minutes`` of it that count as effort [shape=(n,) each].  It does
    not mean people: only what is said within earshot, by day and season of listening.
    """
    listened = float(minutes.sum())
    return float(seconds.sum()) / (listened / 60) if listened > 0 else math.nan


def seconds_of_voice(probability: Floats, first: int, count: int) -> float:
    """Seconds of ``count`` chunks from ``first`` that count as voice; ``probability`` [shape=(chunks,)]."""
    return float((probability[first : first + count] >= IS_VOICE).sum() * CHUNK / RATE_HZ)
