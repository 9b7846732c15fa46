"""What stands beside a model in a small TOML file: who it is, what it takes, which output is what.

1. ``OnnxFile`` describes an ONNX model, ``HeadFile`` a linear layer over its embeddings.
2. ``Labels`` names the classes, one a row, in the order of the scores.
3. ``activation`` turns the last numbers of a model into scores.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from scipy.special import expit, softmax

from contract.config import load_toml
from contract.errors import ConfigurationError

Activation = Literal["sigmoid", "softmax", "none"]
Scores = npt.NDArray[np.float64]
SHOWN = "docs/ecologist/detectors.md shows"
"""Who shows an example of either file."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Labels(_Table):
    """Where the names of the classes stand: a CSV or a plain list, a class a row."""

    file: Name
    """beside the description"""
    column: str | Annotated[int, Field(ge=1)] = 1
    """of scientific names: a name in the first row, or a number where there is no such row"""
    common: str | Annotated[int, Field(ge=1)] | None = None
    """likewise, of names in a language"""
    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","

    def names(self, folder: Path) -> tuple[tuple[str, str], ...]:
        """(scientific, common) of each class; ``ConfigurationError`` where one is empty or stands twice."""
        path = folder / self.file
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = [row for row in csv.reader(stream, delimiter=self.separator) if row]
        except (OSError, ValueError, csv.Error) as error:
            raise ConfigurationError(
                f"{path} cannot be read as labels: {getattr(error, 'strerror', None) or error}",
                help="Name a UTF-8 text of one class a row under [labels]",
            ) from error
        head = rows[0] if rows and str in {type(self.column), type(self.common)} else None
        body = rows if head is None else rows[1:]
        first, second = (_place(path, column, head) for column in (self.column, self.common))
        found = [(_cell(path, row, first), _cell(path, row, second)) for row in body]
        seen: set[str] = set()
        for name, _ in found:
            if not name or name in seen:
                fault = f"names {name!r} twice" if name else "has a class without a name"
                raise ConfigurationError(f"{path} {fault}", help="Give each class a name of its own")
            seen.add(name)
        return tuple(found)


class Input(_Table):
    """The input of the sound: one of ``shape``'s words or numbers a dimension."""

    name: Name
    shape: Annotated[list[Literal["batch", "samples", 1]], Field(min_length=1, max_length=4)] = [
        "batch",
        "samples",
    ]


class Output(_Table):
    """One output [shape=(1, numbers) or (numbers,)]."""

    output: Name


class ScoresOutput(Output):
    """The output of one number a class."""

    activation: Activation


class _Model(_Table):
    id: Name
    version: Name
    licence: Name
    """of the weights, as their publisher names it"""
    commercial_use: bool
    """whether that licence allows it"""
    labels: Labels


class OnnxFile(_Model):
    """A model in ONNX, which the user brings."""

    file: Name
    """beside the description"""
    sample_rate_hz: Annotated[int, Field(ge=2_000, le=1_000_000)]
    window_s: Annotated[float, Field(gt=0, le=60)]
    input: Input
    scores: ScoresOutput
    embedding: Output | None = None

    @property
    def samples(self) -> int:
        """Of one window."""
        return round(self.window_s * self.sample_rate_hz)


class HeadFile(_Model):
    """A linear layer over kept embeddings: weights and bias in one .npz."""

    weights: Name
    """beside the description"""
    of: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """hash of the model that made the embeddings, as ``ecoviv detect --json`` prints it"""
    activation: Activation


def read_onnx_file(path: Path) -> OnnxFile:
    """The description at ``path``; ``ConfigurationError`` for an unknown key or an impossible value."""
    found = load_toml(OnnxFile, path, SHOWN)
    if found.input.shape.count("samples") != 1 or found.input.shape.count("batch") > 1:
        raise ConfigurationError(
            f"{path}: input.shape: {found.input.shape} says not once where the samples go",
            help='Write the dimensions in order, such as shape = ["batch", "samples"]',
        )
    if abs(found.window_s * found.sample_rate_hz - found.samples) > 1e-6:
        raise ConfigurationError(
            f"{path}: window_s: {found.window_s:g} s at {found.sample_rate_hz} Hz are no whole samples",
            help="Give the window that the model was trained with",
        )
    return found


def activated(logits: npt.NDArray[np.float32], how: Activation) -> Scores:
    """Scores in [0, 1] of numbers [shape=(..., classes)]; ``ValueError`` where they are none."""
    raw = logits.astype(np.float64)
    if not np.isfinite(raw).all():
        raise ValueError("numbers that are not finite")
    if how == "sigmoid":
        return np.asarray(expit(raw), dtype=np.float64)
    if how == "softmax":
        return np.asarray(softmax(raw, axis=-1), dtype=np.float64)
    if raw.size and (raw.min() < 0 or raw.max() > 1):
        raise ValueError("scores outside 0 to 1, so an activation is missing")
    return raw


def _place(path: Path, column: str | int | None, head: list[str] | None) -> int | None:
    if column is None or isinstance(column, int):
        return None if column is None else column - 1
    names = [name.strip() for name in head or ()]
    if column not in names:
        raise ConfigurationError(
            f"{path} has no column {column!r} but {', '.join(names) or 'nothing'}",
            help="Name one of these under [labels], or give its number if no row of names comes first",
        )
    return names.index(column)


def _cell(path: Path, row: list[str], place: int | None) -> str:
    if place is None:
        return ""
    return row[place].strip() if place < len(row) else ""
