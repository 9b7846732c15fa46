"""The base of all figures on sound: read a WAV, one short Fourier transform, keep the power.

soundfile reads float64; Hann 1024, hop 512; ``np.fft.rfft`` over batches of 128 frames; power
stored as float64.  Nothing that computes from a spectrogram can cost less.
"""

from __future__ import annotations

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

from collections.abc import Callable, Mapping  # noqa: E402 - thread counts must be set before numpy is loaded
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from time import process_time  # noqa: E402

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import soundfile  # noqa: E402

LENGTH, HOP, BATCH = 1024, 512, 128


def base(path: Path) -> npt.NDArray[np.float64]:
    """Power of every frame of the first channel [shape=(frames, 513)]."""
    samples, _ = soundfile.read(path, dtype="float64")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / LENGTH)
    frames = np.lib.stride_tricks.sliding_window_view(samples, LENGTH)[::HOP]
    power = np.empty((len(frames), LENGTH // 2 + 1))
    for first in range(0, len(frames), BATCH):
        spectrum = np.fft.rfft(frames[first : first + BATCH] * window)
        power[first : first + BATCH] = spectrum.real**2 + spectrum.imag**2
    return power


def cost(work: Callable[[], object]) -> float:
    """Seconds of this process's time that ``work`` takes."""
    start = process_time()
    work()
    return process_time() - start


def paired(
    works: Mapping[str, Callable[[], object]], against: Callable[[], object], rounds: int = 9
) -> dict[str, float]:
    """The median over ``rounds`` of each work's cost over that of ``against`` run just before it."""
    ratios: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            reference = cost(against)
            ratios[name].append(cost(work) / reference)
    return {name: median(found) for name, found in ratios.items()}


def noisy_minute(path: Path, rate: int = 48_000, seconds: int = 60) -> Path:
    """Write a 16-bit recording of noise with chirps, and give its path."""
    chance = np.random.default_rng(1)
    time = np.arange(rate * seconds) / rate
    sound = chance.normal(0, 0.01, len(time))
    for start in chance.uniform(0, seconds - 1, seconds):
        inside = slice(round(start * rate), round((start + 0.3) * rate))
        sweep = 2500 * time[inside] + 4000 * (time[inside] - start) ** 2
        sound[inside] += 0.2 * np.sin(2 * np.pi * sweep)
    soundfile.write(path, np.clip(sound, -1, 1), rate, subtype="PCM_16")
    return path
