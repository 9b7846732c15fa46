"""A picture of a clip: its mel spectrogram, the bands the indices look at, and detections.

1. The wanted stretch of the first channel is read.
2. It becomes a mel spectrogram (``audio``).
3. Bands of ``ecoviv-1`` and detections from ``ecoviv detect --json`` are drawn over it.

``bare_picture`` is the spectrogram alone, a small PNG for pages that draw the rest themselves.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats
from analysis.indices.acoustic.ecoviv import BAND, HIGH_BAND, LOW_BAND
from analysis.sound.detect.hits_file import detections_in
from analysis.sound.reader import open_audio
from contract.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = (11.0, 4.5)
_ROWS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One detection to draw: start and length in the file [s], and what to write on it."""

    start_s: float
    length_s: float
    text: str


def draw(
    path: Path, target: Path, *, start_s: float, length_s: float, detections: Path | None = None
) -> None:
    """Write the picture of [start, start + length) of ``path`` to ``target``, a .png, .svg or .pdf."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from analysis.sound.audio import mel_picture

    if target.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise UsageError(f"{target} is not a picture", help="Name it x.png, x.svg or x.pdf")
    audio = open_audio(path)
    rate = audio.sample_rate
    start_s, length_s = (min(given, audio.frames / rate) for given in (start_s, length_s))
    samples = audio.read(0, round(start_s * rate), round(length_s * rate))
    if len(samples) < 2048:
        raise UsageError(
            f"{path} has {audio.frames / rate:.3g} s, nothing to draw from {start_s:g} s on",
            help="Start earlier",
        )
    mel = mel_picture(samples, rate)
    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.pcolormesh(
        mel.times + start_s,
        mel.centres,
        mel.level,
        cmap="magma",
        shading="auto",
        rasterized=True,
        vmax=_brightest(mel.level),
    )
    axes.set(xlabel="time in the file [s]", ylabel="frequency [Hz]", title=path.name)
    axes.set_yscale("symlog", linthresh=1000)
    axes.set_ylim(float(mel.centres[0]), rate / 2)
    _bands(axes, rate)
    marks = read_marks(detections, path) if detections else []
    shown = [mark for mark in marks if start_s <= mark.start_s < start_s + length_s]
    for number, mark in enumerate(best_per_chunk(shown)):
        _mark(axes, mark, row=number % _ROWS)
    figure.savefig(target, dpi=110)


def _bands(axes: Axes, rate: int) -> None:
    for edge in sorted({*LOW_BAND, *HIGH_BAND, *BAND}):
        if edge < rate / 2:
            axes.axhline(edge, color="white", linewidth=0.6, linestyle="--", alpha=0.8)
            axes.annotate(
                f"{edge:g} Hz",
                (1.0, edge),
                xycoords=("axes fraction", "data"),
                fontsize=7,
                ha="right",
                color="white",
            )


def best_per_chunk(marks: list[Mark]) -> list[Mark]:
    """The first mark of each chunk: detections come best first."""
    firsts: dict[float, Mark] = {}
    for mark in marks:
        firsts.setdefault(mark.start_s, mark)
    return [firsts[start] for start in sorted(firsts)]


def _mark(axes: Axes, mark: Mark, *, row: int) -> None:
    """A line over the chunk and its text; ``row`` keeps neighbours from covering each other."""
    height = 0.99 - 0.045 * row
    axes.plot(
        (mark.start_s, mark.start_s + mark.length_s), (height, height), color="white", linewidth=1.0,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    axes.annotate(
        mark.text, (mark.start_s, height - 0.005), xycoords=("data", "axes fraction"), fontsize=7, va="top",
        color="white",
    )  # fmt: skip


def _brightest(level: Floats) -> float:
    """The level drawn brightest: 99.5 of 100 cells lie below it."""
    return max(float(np.percentile(level, 99.5)), 1e-12)


def read_marks(path: Path, drawn: Path) -> list[Mark]:
    """The detections of ``drawn`` in a file of ``ecoviv detect --json``."""
    marks = []
    for number, said in enumerate(detections_in(path), start=1):
        try:
            mark = Mark(
                float(said["offset_s"]), float(said["window_s"]), f"{said['common']} {said['score']:.2f}"
            )
            name = Path(said["file"]).name
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"Detection {number} of {path} lacks what a picture shows",
                help="Write it with ecoviv detect --json",
            ) from error
        if not (math.isfinite(mark.start_s) and math.isfinite(mark.length_s)):
            raise ConfigurationError(
                f"Detection {number} of {path} lies nowhere", help="Write it with ecoviv detect --json"
            )
        if name == drawn.name:
            marks.append(mark)
    return marks


@dataclass(frozen=True, slots=True)
class BarePicture:
    """``png`` without axes, low frequencies below; ``heights``: (frequency [Hz], height from below [1])."""

    png: bytes
    heights: tuple[tuple[int, float], ...]


def bare_picture(samples: Floats, sample_rate: int) -> BarePicture:
    """The mel spectrogram of ``samples`` [shape=(n, channels)] as ``draw`` has it, channels joined by their
    mean level; a pixel a frame and mel band.

    A mirrored second goes before, and is cut off again: what evens out the picture begins blind.
    """
    from matplotlib import colormaps

    from analysis.sound.audio import mel_picture

    lead = min(len(samples) - 1, sample_rate)
    lacking = max(0, 2 * sample_rate // 10 - len(samples))
    before = samples[lead:0:-1] if lead > 0 else samples[:0]
    whole = np.pad(np.concatenate([before, samples]), ((0, lacking), (0, 0)))
    mels = [mel_picture(np.ascontiguousarray(channel), sample_rate) for channel in whole.T]
    shown = mels[0].times >= len(before) / sample_rate
    level = np.mean([one.level for one in mels], axis=0)[:, shown]
    brightest = max(float(np.percentile(level, 99.9)), 1e-12)
    shades = np.clip(level / brightest * 255, 0, 255).astype(np.uint8)[::-1]
    palette = (colormaps["magma"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    centres, ticks = mels[0].centres, [1000 << n for n in range(8)]
    heights = tuple(
        (hz, round((int(np.searchsorted(centres, hz)) + 0.5) / len(centres), 4))
        for hz in ticks
        if hz < centres[-1]
    )
    return BarePicture(_png(shades, palette.tobytes()), heights)


def _png(shades: npt.NDArray[np.uint8], palette: bytes) -> bytes:
    """An indexed PNG of [shape=(height, width)]; source: RFC 2083."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    height, width = shades.shape
    lines = np.hstack([np.zeros((height, 1), np.uint8), shades]).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"PLTE", palette), chunk(b"IDAT", zlib.compress(lines, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")
