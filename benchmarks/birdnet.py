"""What BirdNET costs: times real time on one core, and the share spent in its interpreter.

Run: ``python benchmarks/birdnet.py [FILE]`` where ``ecoviv[birdnet]`` and its model are installed.
Limits: at least 50 times real time a core, at least 90 % of the time in the interpreter.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.sound.detect import birdnet
from analysis.sound.detect.detector import Place
from analysis.sound.detect.listen import listen
from analysis.sound.reader import open_audio
from benchmarks.loads.base import noisy_minute


def main() -> None:
    """Print the two figures."""
    with TemporaryDirectory() as folder:
        path = (
            Path(sys.argv[1]) if len(sys.argv) > 1 else noisy_minute(Path(folder) / "minute.wav", seconds=120)
        )
        detector, spent = birdnet.BirdNet(), 0.0
        plain = birdnet.run

        def timed(*given: object) -> object:
            nonlocal spent
            start = process_time()
            answer = plain(*given)  # type: ignore[arg-type]
            spent += process_time() - start
            return answer

        for _ in listen(open_audio(path), detector, place=None, least=0.1, validations={}):
            pass  # the first pass loads what the second is timed without
        birdnet.run = timed  # type: ignore[assignment]
        start = process_time()
        audio = open_audio(path)
        count = sum(1 for _ in listen(audio, detector, place=Place(46.6, 6.2, 17), least=0.1, validations={}))
        total = process_time() - start
    seconds = audio.frames / audio.sample_rate
    print(f"{seconds:.0f} s at {audio.sample_rate} Hz: {count} detections in {total:.2f} s of one core")
    print(
        f"{seconds / total:.0f} x real time (least 50), {spent / total:.0%} in the interpreter (least 90 %)"
    )


if __name__ == "__main__":
    main()
