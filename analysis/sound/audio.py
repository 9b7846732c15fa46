"""Sound for the eye: mel spectrograms and their evened-out form.  The home of librosa.

Nothing here enters an index: pictures may resample and smooth, indices may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import librosa
import numpy as np

from analysis.arrays import Floats

_FRAME, _USUAL_RATE, _MELS = 2048, 48_000, 128
"""Samples a frame up to 48 kHz, longer above, so that every mel band has a bin; and the number of bands."""
_LOWEST_HZ = 50.0
_AS_INTEGER = 2.0**31


@dataclass(frozen=True, slots=True)
class MelPicture:
    """``level`` [shape=(mels, frames)] without unit; ``centres`` of mels [Hz]; ``times`` of frames [s]."""

    level: Floats
    centres: Floats
    times: Floats


def mel_picture(samples: Floats, sample_rate: int) -> MelPicture:
    """Mel spectrogram, energy normalised per channel: faint calls stand out of steady noise.

    ``samples`` [shape=(n,), full scale 1].  Source: Wang et al. 2017, doi:10.1109/ICASSP.2017.7953242;
    Lostanlen et al. 2019, doi:10.1109/LSP.2018.2878620.
    """
    frame = _FRAME << max(0, math.ceil(math.log2(sample_rate / _USUAL_RATE)))
    hop = frame // 4
    power = librosa.feature.melspectrogram(
        y=samples, sr=sample_rate, n_fft=frame, hop_length=hop, n_mels=_MELS, fmin=_LOWEST_HZ, power=1.0
    )
    level = librosa.pcen(power * _AS_INTEGER, sr=sample_rate, hop_length=hop)
    centres = librosa.mel_frequencies(n_mels=_MELS, fmin=_LOWEST_HZ, fmax=sample_rate / 2)
    times = librosa.frames_to_time(np.arange(level.shape[1]), sr=sample_rate, hop_length=hop)
    return MelPicture(np.asarray(level, dtype=np.float64), centres, times)
