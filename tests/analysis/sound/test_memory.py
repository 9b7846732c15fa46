"""Memory does not grow with the length of a recording.

Bounds are the promise: 120 MB over the start for windows of any length and rate, 150 MB for a whole
file in two passes; regions of interest need the level of every cell and stay below 200 MB.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import resource, sys
from pathlib import Path
from analysis.sound.measure.engine import measure
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small, large, options = Path(sys.argv[1]), Path(sys.argv[2]), eval(sys.argv[3])
for _ in measure(small, **options): pass
before = peak()
count = sum(1 for _ in measure(large, **options))
print(count, peak() - before)
"""


def grown(small: Path, large: Path, options: dict[str, object]) -> tuple[int, float]:
    """Results of ``large``, and megabytes over what ``small`` had taken."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(small), str(large), repr(options)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=250,
    )  # fmt: skip
    count, megabytes = done.stdout.split()
    return int(count), float(megabytes)


@pytest.mark.parametrize(
    ("rate", "seconds", "channels", "options", "results", "limit_mb"),
    [
        (48_000, 150, 2, {}, 6, 120),
        (384_000, 20, 1, {}, 3, 120),
        (48_000, 60, 1, {"profiles": ("seewave-2.2.4", "soundecology-1.3.3")}, 1, 120),
        (48_000, 60, 1, {"profiles": ("maad-1.5.2",), "roi": True}, 1, 200),
        (48_000, 300, 1, {"window_s": None}, 1, 150),
    ],
)
def test_peak_memory_stays_bounded(
    rate: int,
    seconds: int,
    channels: int,
    options: dict[str, object],
    results: int,
    limit_mb: float,
    tmp_path: Path,
) -> None:
    noise = np.random.default_rng(0).normal(0, 3000, (rate, channels)).astype(np.int16)
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    soundfile.write(small, noise[: rate // 4], rate)
    soundfile.write(large, np.tile(noise, (seconds, 1)), rate)
    count, megabytes = grown(small, large, options)
    assert count == results
    assert megabytes <= limit_mb
