"""What the tests of sound share: clips on disk, and the peer's numbers for the same samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

Clip = Callable[..., Path]


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """``clip(samples, rate, subtype)`` writes a WAV (or FLAC) and gives its path."""

    def write(
        samples: np.ndarray[Any, Any], rate: int = 48_000, subtype: str = "PCM_16", name: str = "clip.wav"
    ) -> Path:
        path = tmp_path / name
        soundfile.write(path, samples, rate, subtype=subtype)
        return path

    return write


@pytest.fixture(scope="session")
def peer() -> Iterator[Callable[[np.ndarray[Any, Any], int], dict[str, float]]]:
    """scikit-maad's 58 scalars of float64 samples; NBPEAKS left out above 204.8 kHz, where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from maad import features, sound
        from maad.features import alpha_indices

    patch = pytest.MonkeyPatch()
    patch.setattr(alpha_indices, "region_of_interest_index", lambda *a, **k: (np.nan, np.nan))
    peaks = alpha_indices.number_of_peaks

    def scalars(samples: np.ndarray[Any, Any], rate: int) -> dict[str, float]:
        silent = (lambda *a, **k: np.nan) if rate > 204_800 else peaks
        patch.setattr(alpha_indices, "number_of_peaks", silent)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            temporal = features.all_temporal_alpha_indices(samples, rate)
            power, times, frequencies, _ = sound.spectrogram(samples, rate)
            spectral, _ = features.all_spectral_alpha_indices(power, times, frequencies)
        found = temporal.iloc[0].to_dict() | spectral.iloc[0].to_dict()
        return {name: float(value) for name, value in found.items()}

    yield scalars
    patch.undo()


def short(values: dict[str, Any] | Any) -> dict[str, Any]:
    """By index name, for one profile."""
    return {name.partition("@")[0]: value for name, value in values.items()}
