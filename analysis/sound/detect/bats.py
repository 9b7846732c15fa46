"""Bats of the British Isles by BatDetect2: windows of a second at 256 kHz.

1. Model and weights are those of the installed package batdetect2 (CC BY-NC 4.0), on one thread of
   the processor; never shipped.
2. Each call gets a species; a window names each species once, by its best call, with the model's own
   probability that anything called at all beside it.
3. It knows 17 species and neither place nor season: elsewhere it names the nearest of its own.

BatDetect2: Mac Aodha et al. 2022, doi:10.1101/2022.12.14.520490.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sound.detect.detector import Named, Place, Samples
from analysis.sound.detect.terms import published
from contract.errors import ConfigurationError

_FAINTEST = 0.01


class BatDetect2:
    """The detector.  Needs the extra ``bats``."""

    sample_rate = 256_000
    chunk_s = 1.0
    placed = False

    def __init__(self) -> None:
        import torch
        from batdetect2.detector.parameters import DEFAULT_MODEL_PATH, DEFAULT_PROCESSING_CONFIGURATIONS
        from batdetect2.utils.detector_utils import load_model, process_audio_array

        torch.set_num_threads(1)
        self._device, self._process = torch.device("cpu"), process_audio_array
        self._model, trained = load_model(DEFAULT_MODEL_PATH, device=self._device)
        names = [str(name) for name in trained["class_names"]]
        self._settings: dict[str, Any] = {
            **DEFAULT_PROCESSING_CONFIGURATIONS,
            **trained,
            "detection_threshold": _FAINTEST,
        }
        digest = hashlib.sha256(Path(DEFAULT_MODEL_PATH).read_bytes()).hexdigest()[:16]
        try:
            self.model = published("batdetect2", version("batdetect2"), digest, len(names))
        except KeyError as error:
            raise ConfigurationError(
                f"The terms of {error.args[0]} are not known here", help="pip install 'ecoviv[bats]'"
            ) from error

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        """Species of one chunk [shape=(256000,)], best first.  ``place`` changes nothing."""
        calls, _, _ = self._process(
            np.asarray(chunk, dtype=np.float32), self.sample_rate, self._model, self._settings, self._device
        )
        best: dict[str, Named] = {}
        for call in calls:
            one = Named(call["class"], "", float(call["class_prob"]), float(call["det_prob"]))
            if one.score >= _FAINTEST and (one.species not in best or one.score > best[one.species].score):
                best[one.species] = one
        return sorted(best.values(), key=lambda one: (-one.score, one.species))
