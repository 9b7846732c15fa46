"""Speech that ``espeak-ng`` makes, mixed into recordings of a real day at a stated level.

Synthetic: no breath, no distance, no laughter, no child.  It says whether a gate works, and how it fades;
what it lets slip of people at a place, only that place can say.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import cache

import numpy as np
import numpy.typing as npt
import soundfile

from analysis.sound.detect.listen import resampled

Sound = npt.NDArray[np.float64]

VOICES = ("fr-fr", "en-gb+f3", "fr-fr+f2", "en-us+m3", "fr-be+m7", "en-gb-scotland", "fr-ch+f4", "en-us+f1")
PHRASES = {
    "fr": (
        "Regarde, il y a un oiseau au bord du chemin.",
        "On rentre, il va pleuvoir.",
        "Tu as vu le renard hier soir ?",
        "Attends-moi, je ferme la barrière.",
        "Non, pas encore.",
    ),
    "en": (
        "Look, there is a bird beside the path.",
        "Let us go home, it is going to rain.",
        "Did you see the fox last night?",
        "Wait for me, I will close the gate.",
        "No, not yet.",
    ),
}

WORDS = {
    "fr": ("Hé !", "Oui.", "Ici !", "Paul !", "Viens."),
    "en": ("Hey!", "Stop!", "Yes.", "Hello!", "Come."),
}
"""Said alone: 0.2 to 0.5 s."""


def can_speak() -> bool:
    """Whether ``espeak-ng`` is installed."""
    return shutil.which("espeak-ng") is not None


@cache
def spoken(number: int, rate: int, *, alone: bool = False) -> Sound:
    """The phrase ``number``, or a word ``alone``, in a voice of its turn [shape=(n,), mean 0].

    ``rate`` [Hz].  Forty combinations, then they come again.
    """
    voice = VOICES[number % len(VOICES)]
    phrases = (WORDS if alone else PHRASES)[voice[:2]]
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "--stdout", phrases[number // len(VOICES) % len(phrases)]],
        capture_output=True,
        check=True,
    ).stdout
    samples, given = soundfile.read(io.BytesIO(said))
    sound = resampled(samples, given, rate)[0].astype(np.float64)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    out: Sound = sound - sound.mean()
    return out


def planted(recording: Sound, speech: Sound, first: int, level_db: float) -> Sound:
    """``recording`` [shape=(n,)] with ``speech`` from sample ``first`` on.

    Its rms there is ``level_db`` [dB] above that of the recording in the same stretch, mean taken out.
    """
    out = recording.copy()
    stretch = out[first : first + len(speech)]
    speech = speech[: len(stretch)]
    power = np.square(stretch - stretch.mean()).mean() / np.square(speech).mean()
    stretch += speech * np.sqrt(power) * 10 ** (level_db / 20)
    return out
