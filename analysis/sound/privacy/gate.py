"""The gate before every kept sound: where in a recording is a voice, and what may be kept of it?

1. ``listen`` hears each channel at 16 kHz, mean and rumble taken out, its level evened: ``Speech``.
2. The recording is cut into windows of 3 s.  What is said in any channel counts for all of them.
3. ``verdicts`` judges a window by the highest probability in it and in the windows beside it:
   ``VOICE`` (from .3) is dropped, of ``DOUBT`` (from .15) features may stay and no sound, ``CLEAR`` may be
   kept.
4. ``withheld`` says why a stretch may not be kept; None where it may.  What was not heard, for whatever
   reason, may not.

Sound is withheld, never blurred: what is left of a blurred voice is still a voice.  Pure but for reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.signal import butter, sosfilt

from analysis.arrays import Floats
from analysis.indices.acoustic.voice import (
    BEFORE,
    CHUNK,
    HIGH_PASS_HZ,
    LEVEL,
    RATE_HZ,
    SPAN_S,
    seconds_of_voice,
)
from analysis.sound.detect.listen import resampled
from analysis.sound.privacy.silero import SpeechModel
from analysis.sound.reader import Audio

WINDOW_S = 3.0
DROP, DOUBTED = 0.3, 0.15
"""Probabilities from which a window is dropped, and from which no sound of it is kept."""
HANGOVER = 1
"""Windows on either side that share a window's verdict: words begin, and fade, where they are not heard."""
_MOST_SAMPLES = 2_880_000
"""Read at a time."""
_LOUDEST_GAIN = 1e7


class Ruling(StrEnum):
    """What may be kept of a window."""

    CLEAR = "clear"
    """Its sound."""
    DOUBT = "doubt"
    """Features, no sound."""
    VOICE = "voice"
    """Neither its sound nor features of this window alone."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What was heard in a recording: ``probability`` of a voice in each 32 ms [shape=(channels, chunks)]."""

    probability: Floats

    @property
    def heard_s(self) -> float:
        """So much of the recording was heard, in every channel [s]."""
        return float(self.probability.shape[1] * CHUNK / RATE_HZ)

    def windows(self) -> Floats:
        """The highest probability in each window of 3 s, of any channel [shape=(windows,)]; nan is 1."""
        loudest = np.nan_to_num(self.probability, nan=1.0).max(axis=0, initial=0.0)
        starts = _first_chunk(np.arange(0.0, max(self.heard_s, WINDOW_S), WINDOW_S))
        return np.array([part.max(initial=0.0) for part in np.split(loudest, starts[1:])])

    def seconds(self, channel: int, start_s: float, length_s: float) -> float:
        """Seconds of voice in a stretch of a channel [s]."""
        first, end = _first_chunk(np.array([start_s, start_s + length_s])).tolist()
        return seconds_of_voice(self.probability[channel], first, end - first)


def listen(audio: Audio, model: SpeechModel, tick: Callable[[], None] = lambda: None) -> Speech:
    """Hear all of ``audio``, one channel after the other; ``tick`` is called about once a minute of sound.

    Where a file breaks, what lies behind was not heard.
    """
    channels = [_channel(audio, number, model, tick) for number in range(audio.channels)]
    shortest = min(len(one) for one in channels)
    return Speech(np.stack([one[:shortest] for one in channels]))


def _channel(audio: Audio, channel: int, model: SpeechModel, tick: Callable[[], None]) -> Floats:
    sections = butter(2, HIGH_PASS_HZ, "highpass", fs=RATE_HZ, output="sos")
    rate = audio.sample_rate
    span = max(1, int(min(SPAN_S, _MOST_SAMPLES / rate))) * rate
    model.begin()
    rest, found, mirrored = np.empty(0), [], 0
    state = np.zeros((len(sections), 2))
    for start in range(0, audio.frames, span):
        samples = audio.read(channel, start, min(span, audio.frames - start))
        if not len(samples):
            break
        legible = bool(np.isfinite(samples).all())  # of anything else the model would say: no voice
        samples = samples - samples.mean() if legible else np.zeros(len(samples))
        sound = resampled(samples, rate, RATE_HZ)[0].astype(np.float64)
        if not start:
            mirrored = min(BEFORE, len(sound) // CHUNK)
            sound = np.concatenate((sound[: mirrored * CHUNK][::-1], sound))
        filtered, state = sosfilt(sections, sound, zi=state)
        rest = np.concatenate((rest, evened(filtered)))
        last = start + span >= audio.frames
        if last:
            rest = np.pad(rest, (0, -len(rest) % CHUNK))
        whole = len(rest) // CHUNK * CHUNK
        probability = model.probabilities(rest[:whole])
        found.append(probability if legible else np.ones(len(probability)))
        rest = rest[whole:]
        tick()
    return np.concatenate(found)[mirrored:] if found else np.empty(0)


def evened(sound: Floats) -> Floats:
    """``sound`` [shape=(n,)] with the rms of its median chunk at ``LEVEL``, cut at full scale.

    The model hears less in quiet recordings.  The median chunk, so that no bird nearby hides a voice.
    """
    whole = sound[: len(sound) // CHUNK * CHUNK] if len(sound) >= CHUNK else np.resize(sound, CHUNK)
    power = np.square(whole).reshape(-1, CHUNK).mean(axis=1)
    level = float(np.sqrt(np.median(power)))
    if level == 0:
        level = float(np.sqrt(power.mean()))
    return np.clip(sound * min(LEVEL / level, _LOUDEST_GAIN), -1.0, 1.0) if level > 0 else sound


def verdicts(highest: Floats) -> list[Ruling]:
    """Of each window, by its highest probability and those of its neighbours [shape=(windows,)]."""
    beside = np.pad(highest, HANGOVER)
    around = np.max([beside[shift : shift + len(highest)] for shift in range(2 * HANGOVER + 1)], axis=0)
    return [
        Ruling.VOICE if one >= DROP else Ruling.DOUBT if one >= DOUBTED else Ruling.CLEAR
        for one in around.tolist()
    ]


def withheld(speech: Speech | None, start_s: float, end_s: float) -> str:
    """Why the stretch [s] of a recording may not be kept; empty where it may.

    ``speech`` None: nobody heard it.
    """
    if speech is None:
        return "not heard"
    if not 0 <= start_s < end_s <= speech.heard_s + CHUNK / RATE_HZ:
        return "not heard to its end"
    judged = verdicts(speech.windows())
    first, last = int(start_s // WINDOW_S), int(-(-end_s // WINDOW_S))
    worst = max(judged[first:last], key=list(Ruling).index, default=Ruling.VOICE)
    return "" if worst is Ruling.CLEAR else str(worst)


def _first_chunk(seconds: Floats) -> np.typing.NDArray[np.int64]:
    """The chunk in which each moment lies [shape=(n,)]."""
    return np.floor(seconds * RATE_HZ / CHUNK).astype(np.int64)
