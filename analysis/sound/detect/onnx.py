"""A model of the user's own in ONNX, described by a small TOML file beside it.

1. The description says what the model takes and which output is what; weights are never shipped.
2. The model is opened and run once on faint noise, so that wrong shapes, outputs that are not there and
   labels of another number are said before any file is touched.
3. It runs on one thread: the same sound gives the same scores.

The hash of the instrument is over weights, labels and how they are used: other labels are another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sound.detect.detector import ModelFile, Named, Place, Samples
from analysis.sound.detect.onnx_file import OnnxFile, Scores, activated, read_onnx_file
from contract.errors import AudioError, ConfigurationError

_USED = {"sample_rate_hz", "window_s", "input", "scores"}
FAINTEST = 0.01
"""Scores below it are never named."""


def open_onnx(path: Path) -> OnnxDetector:
    """The detector that the TOML file at ``path`` describes; an ``Embedder`` where it names an embedding."""
    about = read_onnx_file(path)
    return OnnxDetector(path, about) if about.embedding is None else OnnxEmbedder(path, about)


class OnnxDetector:
    """The detector.  Raises ``ConfigurationError`` where model, labels and description do not fit.

    ``hear`` raises ``AudioError`` where the model gives no scores of some sound.
    """

    placed = False

    def __init__(self, path: Path, about: OnnxFile) -> None:
        self.sample_rate, self.chunk_s = about.sample_rate_hz, about.window_s
        self._path, self._about = path, about
        self._labels = about.labels.names(path.parent)
        file = path.parent / about.file
        try:
            weights = file.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"{file} cannot be read: {error.strerror}", help=f"Correct file in {path}"
            ) from error
        digest = hashlib.sha256(hashlib.sha256(weights).digest())
        digest.update(repr(self._labels).encode() + about.model_dump_json(include=_USED).encode())
        self._session, self._refusals = _opened(file, weights)
        self._check_names()
        try:
            self._try(_noise(about.samples))
        except AudioError as error:  # not the sound is wrong, but what is said of the model
            raise ConfigurationError(error.message, help=error.help) from error
        self.model = ModelFile(
            about.id,
            about.version,
            digest.hexdigest()[:16],
            about.licence,
            about.commercial_use,
            len(self._labels),
        )

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        """Species of one chunk [shape=(samples,)], best first.  ``place`` changes nothing."""
        (scores,) = self._run(chunk, [self._about.scores.output])
        return self._named(scores)

    def _try(self, chunk: Samples) -> None:
        self.hear(chunk, None)

    def _named(self, numbers: Samples) -> list[Named]:
        output, file = self._about.scores.output, self._about.file
        if len(numbers) != len(self._labels):
            raise AudioError(
                f"The output {output} of {file} holds {len(numbers)} scores, and"
                f" {self._about.labels.file} names {len(self._labels)} classes",
                help=f"Correct [scores] or [labels] in {self._path}",
            )
        try:
            return named(activated(numbers, self._about.scores.activation), self._labels)
        except ValueError as error:
            raise AudioError(
                f"The output {output} of {file} gives {error}", help=f"Correct [scores] in {self._path}"
            ) from error

    def _run(self, chunk: Samples, outputs: Sequence[str]) -> list[Samples]:
        """The outputs of one window, each [shape=(numbers,)]."""
        shape = [len(chunk) if one == "samples" else 1 for one in self._about.input.shape]
        given = np.ascontiguousarray(chunk, dtype=np.float32).reshape(shape)
        try:
            answers = self._session.run(list(outputs), {self._about.input.name: given})
        except self._refusals as error:
            raise AudioError(
                f"{self._about.file} does not take sound as {shape}: {_first_line(error)}",
                help=f"Correct [input], sample_rate_hz or window_s in {self._path}",
            ) from error
        return [self._flat(name, answer) for name, answer in zip(outputs, answers, strict=True)]

    def _flat(self, name: str, answer: Any) -> Samples:
        found = np.asarray(answer)
        if found.ndim not in (1, 2) or (found.ndim == 2 and len(found) != 1) or found.dtype.kind != "f":
            raise AudioError(
                f"The output {name} of {self._about.file} is {found.dtype} of shape {list(found.shape)},"
                " not a row of numbers a window",
                help=f"Name another output in {self._path}",
            )
        return found.reshape(-1).astype(np.float32)

    def _check_names(self) -> None:
        about = self._about
        wanted = [about.scores.output] + ([about.embedding.output] if about.embedding else [])
        takes = {one.name: one for one in self._session.get_inputs()}
        gives = [one.name for one in self._session.get_outputs()]
        if set(takes) != {about.input.name}:
            raise ConfigurationError(
                f"{about.file} takes {', '.join(takes) or 'nothing'}, not only {about.input.name}",
                help=f"Correct [input] in {self._path}; models of several inputs cannot run here",
            )
        for name in wanted:
            if name not in gives:
                raise ConfigurationError(
                    f"{about.file} has no output {name!r} but {', '.join(gives)}",
                    help=f"Name one of these in {self._path}",
                )
        kind = takes[about.input.name].type
        if kind != "tensor(float)":
            raise ConfigurationError(
                f"{about.file} takes {kind}, and sound is tensor(float)",
                help="Export the model with 32-bit floating point input",
            )


class OnnxEmbedder(OnnxDetector):
    """One whose description names an embedding."""

    def _try(self, chunk: Samples) -> None:
        self.embed(chunk)

    def embed(self, chunk: Samples) -> tuple[list[Named], Samples]:
        """As ``hear``, and the embedding [shape=(dimensions,)], of one run of the model."""
        about = self._about
        names = [about.scores.output] + ([about.embedding.output] if about.embedding else [])
        scores, embedding = self._run(chunk, names)
        if not np.isfinite(embedding).all():
            raise AudioError(
                f"{about.file} gives an embedding that is not finite",
                help="Run without --embeddings, or use another model",
            )
        return self._named(scores), embedding


def named(scores: Scores, labels: Sequence[tuple[str, str]]) -> list[Named]:
    """What has at least ``FAINTEST``, best first, in the order of ``labels`` where scores are equal."""
    order = sorted(np.flatnonzero(scores >= FAINTEST).tolist(), key=lambda index: -scores[index])
    return [Named(*labels[index], float(scores[index])) for index in order]


def _noise(samples: int) -> Samples:
    return np.random.default_rng(0).normal(0, 1e-3, samples).astype(np.float32)


def _opened(file: Path, weights: bytes) -> tuple[Any, tuple[type[Exception], ...]]:
    """The session on one thread of the processor, and what it raises where it refuses."""
    from onnxruntime import ExecutionMode, InferenceSession, SessionOptions
    from onnxruntime.capi import onnxruntime_pybind11_state as raised

    refusals = tuple(
        kind for kind in vars(raised).values() if isinstance(kind, type) and issubclass(kind, Exception)
    )
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # what matters is raised, and said in a sentence
    try:
        session = InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise ConfigurationError(
            f"{file} is no ONNX model that can run here: {_first_line(error)}",
            help="Export it again, with all weights in one file",
        ) from error
    return session, refusals


def _first_line(error: Exception) -> str:
    """The reason alone, without the codes before it."""
    return str(error).strip().splitlines()[0].rpartition(" : ")[2].rstrip(".")[:200]
