"""A linear head over kept embeddings: species named again, without the sound.

1. A small TOML file names the head, the model whose embeddings it was trained on, and an .npz with
   ``weights`` [shape=(dimensions, classes)] and ``bias`` [shape=(classes,)].
2. ``rescored`` gives what ``listen`` would have given had the head sat in the model, up to the
   rounding of the embeddings.
3. What a head says rests on two sets of weights: commercial use is allowed where both allow it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.sound.detect.detector import Hit, ModelFile, Samples, Validation, detections
from analysis.sound.detect.embeddings import Embedded
from analysis.sound.detect.onnx import named
from analysis.sound.detect.onnx_file import SHOWN, Activation, HeadFile, Scores, activated
from contract.config import load_toml
from contract.errors import ConfigurationError

_WRONG = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """``weights`` [shape=(dimensions, classes)], ``bias`` [shape=(classes,)], ``of`` the hash of the model
    that made its embeddings."""

    model: ModelFile
    of: str
    labels: tuple[tuple[str, str], ...]
    weights: Samples
    bias: Samples
    activation: Activation

    def described_over(self, base: ModelFile) -> ModelFile:
        """The instrument that the head is together with the model of its embeddings."""
        own = self.model
        licence = f"{own.licence}; embeddings of {base.id} {base.version}: {base.licence}"
        both = own.commercial and base.commercial
        return ModelFile(own.id, own.version, own.hash, licence, both, own.classes)


def read_head(path: Path) -> LinearHead:
    """The head that the TOML at ``path`` describes; ``ConfigurationError`` where its parts do not fit."""
    about = load_toml(HeadFile, path, SHOWN)
    labels, file = about.labels.names(path.parent), path.parent / about.weights
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as held:
            weights, bias = held["weights"].astype(np.float32), held["bias"].astype(np.float32)
        if weights.ndim != 2 or bias.shape != weights.shape[1:]:
            raise ValueError(f"weights {list(weights.shape)} and bias {list(bias.shape)} do not fit")
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ValueError("numbers that are not finite")
    except _WRONG as error:
        raise ConfigurationError(
            f"{file} holds no linear head: {error}",
            help="Write it with numpy.savez(file, weights=..., bias=...)",
        ) from error
    if len(bias) != len(labels):
        raise ConfigurationError(
            f"{file} scores {len(bias)} classes, and {about.labels.file} names {len(labels)}",
            help=f"Correct weights or [labels] in {path}",
        )
    digest = hashlib.sha256(f"{about.of}{about.activation}{labels!r}".encode())
    digest.update(weights.tobytes() + bias.tobytes())
    model = ModelFile(
        about.id, about.version, digest.hexdigest()[:16], about.licence, about.commercial_use, len(labels)
    )
    return LinearHead(model, about.of, labels, weights, bias, about.activation)


def scored(head: LinearHead, rows: Samples) -> Scores:
    """Scores [shape=(windows, classes)] of embeddings [shape=(windows, dimensions)]."""
    logits: npt.NDArray[np.float32] = rows @ head.weights + head.bias
    return activated(logits, head.activation)


def rescored(
    head: LinearHead, clip: Embedded, *, least: float, validations: Mapping[str, Validation]
) -> list[Hit]:
    """What of ``clip`` the head names, in order of channel and time.

    ``ConfigurationError`` where the head was not made for the model of these embeddings.
    """
    if clip.model.hash != head.of:
        raise ConfigurationError(
            f"The head {head.model.id} was made for embeddings of model {head.of}, and these are of"
            f" {clip.model.id} {clip.model.version} ({clip.model.hash})",
            help="Train the head on embeddings of this model, or keep those of the other",
        )
    if not len(clip.rows):
        return []
    if clip.rows.shape[1] != len(head.weights):
        raise ConfigurationError(
            f"The head {head.model.id} takes {len(head.weights)} numbers,"
            f" and embeddings have {clip.rows.shape[1]}",
            help="Correct the weights of the head",
        )
    try:
        scores = scored(head, clip.rows)
    except ValueError as error:
        raise ConfigurationError(
            f"The head {head.model.id} gives {error}", help="Correct activation or weights of the head"
        ) from error
    model = head.described_over(clip.model)
    found: list[Hit] = []
    for channel, start, row in zip(clip.channel.tolist(), clip.offset_s.tolist(), scores, strict=True):
        found += detections(
            named(row, head.labels),
            channel=channel,
            start_s=start,
            end_s=start + clip.window_s,
            model=model,
            place=None,
            resampler=clip.resampler,
            least=least,
            validations=validations,
        )
    return found
