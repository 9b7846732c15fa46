"""What a model made of a clip before it named anything, kept so that another head can name it later.

1. One file a clip and model, ``CLIP.MODEL.npz`` by the SHA-256 of the clip and the model's hash; a
   row a window and channel: channel, offset [s], embedding.
2. Embeddings are rounded to 11 bits: half-precision floats beside a power of two a row, so that the
   range of a model does not matter.  Of a row's largest number x the error is at most x / 2048.
3. The file carries what was listened to, so that naming it again gives the same effort.

They stay where the sound is: nothing here is a message, and nobody has shown that no voice can be
told from them.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats
from analysis.sound.detect.detector import Detector, ModelFile, Samples
from analysis.sound.detect.listen import resampler_of
from contract.errors import ConfigurationError

_ARRAYS = ("about", "channel", "offset_s", "power", "rows")
_WRONG = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """One clip: ``effort`` as the line of effort that ``ecoviv detect --out`` writes, ``window_s`` [s],
    ``resampler`` as applied, ``channel`` and ``offset_s`` [shape=(windows,)], ``rows``
    [shape=(windows, dimensions)]."""

    model: ModelFile
    effort: Mapping[str, Any]
    window_s: float
    resampler: str
    channel: npt.NDArray[np.int16]
    offset_s: Floats
    rows: Samples


@dataclass(slots=True)
class Collected:
    """What one clip gave so far; ``Keep`` of ``listen``."""

    channels: list[int] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    rows: list[Samples] = field(default_factory=list)

    def __call__(self, channel: int, offset_s: float, embedding: Samples) -> None:
        """Take one window."""
        self.channels.append(channel)
        self.offsets.append(offset_s)
        self.rows.append(embedding)

    def of(self, detector: Detector, effort: Mapping[str, Any]) -> Embedded:
        """The whole clip."""
        how = resampler_of(effort["sample_rate_hz"], detector.sample_rate)
        rows = np.array(self.rows, dtype=np.float32) if self.rows else np.empty((0, 0), dtype=np.float32)
        channels = np.array(self.channels, dtype=np.int16)
        offsets = np.array(self.offsets, dtype=np.float64)
        return Embedded(detector.model, effort, detector.chunk_s, how, channels, offsets, rows)


def name_of_embeddings(sha256: str, model: ModelFile) -> str:
    """The file of a clip and a model: the same content, the same name."""
    return f"{sha256}.{model.hash}.npz"


def write_embeddings(folder: Path, one: Embedded) -> Path:
    """The file of ``one`` in ``folder``, whole or not at all; the same embeddings are the same bytes."""
    largest = np.abs(one.rows).max(axis=1, initial=0.0)
    power = np.frexp(largest)[1].astype(np.int16)
    about: dict[str, Any] = {"model": one.model.to_dict() | {"classes": one.model.classes}}
    about |= {"window_s": one.window_s, "resampler": one.resampler, "effort": dict(one.effort)}
    text = json.dumps(about, sort_keys=True, allow_nan=False)
    held = io.BytesIO()
    np.savez(
        held,
        about=np.frombuffer(text.encode(), dtype=np.uint8),
        channel=one.channel,
        offset_s=one.offset_s,
        power=power,
        rows=np.ldexp(one.rows, -power[:, None].astype(np.int32)).astype(np.float16),
    )
    path = folder / name_of_embeddings(one.effort["sha256"], one.model)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with draft.open("wb") as stream:
            stream.write(held.getbuffer())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return path


def read_embeddings(path: Path) -> Embedded:
    """What ``write_embeddings`` kept; ``ConfigurationError`` where the file is another or damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            about, channel, offset_s, power, rows = (held[name] for name in _ARRAYS)
        said = json.loads(about.tobytes())
        model, effort = dict(said["model"]), dict(said["effort"])
        if missing := {"sha256", "start"} - effort.keys():
            raise ValueError(f"effort lacks {min(missing)}")
        model["commercial"] = model.pop("commercial_use")
        if rows.ndim != 2 or not len(rows) == len(channel) == len(offset_s) == len(power):
            raise ValueError("its columns have different lengths")
        back = np.ldexp(rows.astype(np.float32), power[:, None].astype(np.int32))
        if not np.isfinite(back).all():
            raise ValueError("it holds numbers that are not finite")
        window_s, how = float(said["window_s"]), str(said["resampler"])
        return Embedded(ModelFile(**model), effort, window_s, how, channel, offset_s, back)
    except _WRONG as error:
        raise ConfigurationError(
            f"{path} holds no embeddings of a clip: {error}", help="Write it with ecoviv detect --embeddings"
        ) from error
