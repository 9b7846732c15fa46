"""What acoustic indices cost: ours, scikit-maad's, and the limit, in one run.

Run: ``python benchmarks/acoustic.py [--rounds N] [--quick]``.  A minute at 48 kHz, one thread,
process time, alternated rounds, medians of paired ratios.  Ours is everything that
``ecoviv indices`` does with a file: hash, header, reading, gate, indices.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import soundfile

from analysis.indices.acoustic.ecoviv import ECOVIV
from analysis.sound.measure.engine import measure
from analysis.sound.measure.maad import CORE, MAAD
from benchmarks.loads.base import base, cost, noisy_minute, paired

LIMITS = {
    "core of maad-1.5.2": 1.8,
    "all 58 of maad-1.5.2": 6.0,
    "ecoviv-1": 2.0,
    "whole file, both cores": 4.0,
}
FASTER = {"core": 3.0, "full": 8.0}


def ours(path: Path) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    full = set(MAAD) - {"H"}
    return {
        "core of maad-1.5.2": lambda: list(measure(path, profiles=("maad-1.5.2",), names=CORE)),
        "all 58 of maad-1.5.2": lambda: list(measure(path, profiles=("maad-1.5.2",), names=full)),
        "ecoviv-1": lambda: list(measure(path, profiles=("ecoviv-1",))),
        "both, the default": lambda: list(measure(path)),
        "with regions": lambda: list(measure(path, profiles=("maad-1.5.2",), roi=True)),
        "whole file, both cores": lambda: list(
            measure(path, names=CORE | set(ECOVIV), window_s=None, max_memory_mb=1)
        ),
        "seewave-2.2.4": lambda: list(measure(path, profiles=("seewave-2.2.4",))),
        "soundecology-1.3.3": lambda: list(measure(path, profiles=("soundecology-1.3.3",))),
    }


def theirs(path: Path) -> dict[str, Callable[[], object]]:
    """scikit-maad: the core through its single functions, and its full set without regions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from maad import features, sound
        from maad.features import alpha_indices

    alpha_indices.region_of_interest_index = lambda *a, **k: (np.nan, np.nan)

    def load() -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
        samples, rate = soundfile.read(path, dtype="float64")
        return samples - samples.mean(), rate

    def core() -> None:
        samples, rate = load()
        power, _, bins, _ = sound.spectrogram(samples, rate)
        amplitude = np.sqrt(power)
        features.acoustic_complexity_index(amplitude)
        features.acoustic_diversity_index(amplitude, bins, fmax=10_000)
        features.acoustic_eveness_index(amplitude, bins, fmax=10_000, bin_step=1000)
        features.bioacoustics_index(amplitude, bins, flim=(1000, 10_000))
        features.soundscape_index(power, bins)
        features.frequency_entropy(power)
        features.number_of_peaks(np.sqrt(np.mean(power, axis=1)), bins)
        features.temporal_entropy(samples)
        features.temporal_median(samples)
        sound.temporal_snr(samples)
        features.temporal_activity(samples)
        features.temporal_events(samples, rate, rejectDuration=0.01)

    def full() -> None:
        samples, rate = load()
        features.all_temporal_alpha_indices(samples, rate)
        features.all_spectral_alpha_indices(*sound.spectrogram(samples, rate)[:3])

    return {"core": core, "full": full}


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--quick", action="store_true", help="leave scikit-maad out")
    chosen = options.parse_args()
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = noisy_minute(Path(folder) / "minute.wav")
        for work in (base, lambda path: list(measure(path))):
            work(path)
        milliseconds = 1000 * median(cost(lambda: base(path)) for _ in range(chosen.rounds))
        print(f"base: {milliseconds:.1f} ms (read a WAV, one FFT pass, keep the power)\n")
        print(f"{'':24}{'x base':>8}{'limit':>8}")
        works = ours(path)
        for name, ratio in paired(works, lambda: base(path), chosen.rounds).items():
            limit = f"{LIMITS[name]:.1f}" if name in LIMITS else ""
            print(f"{name:24}{ratio:8.2f}{limit:>8}")
        if chosen.quick:
            return
        print(f"\n{'scikit-maad 1.5.2':24}{'x ours':>8}{'least':>8}")
        mine = {"core": works["core of maad-1.5.2"], "full": works["all 58 of maad-1.5.2"]}
        for name, work in theirs(path).items():
            faster = paired({name: work}, mine[name], min(5, chosen.rounds))[name]
            print(f"{name:24}{faster:8.2f}{FASTER[name]:8.1f}")
        print("\nIts full set without regions also makes 19 vectors per bin, which ours does not.")


if __name__ == "__main__":
    main()
