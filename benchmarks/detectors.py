"""What a detector hears in recordings, and what it costs: times real time on one core.

Run: ``python benchmarks/detectors.py birdnet|bats|onnx [--model MODEL] [FILE…]`` where the extra of that
name is installed.  Without a file: noise.  Each file: its best score a species, and the first detection to
seven digits.  BirdNET's limits: at least 50 times real time a core, at least 90 % of the time in
its interpreter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.sound.detect.detector import Detector, Hit, Place, described
from analysis.sound.detect.folder import open_detector
from analysis.sound.detect.listen import listen
from analysis.sound.reader import open_audio
from benchmarks.loads.base import noisy_minute

_JURA = Place(46.6, 6.2, 17)


@contextmanager
def timed_interpreter() -> Iterator[list[float]]:
    """Seconds of processor time in each call of BirdNET's interpreter."""
    from analysis.sound.detect import birdnet

    spent: list[float] = []
    plain = birdnet.run

    def timed(*given: object) -> object:
        start = process_time()
        answer = plain(*given)  # type: ignore[arg-type]
        spent.append(process_time() - start)
        return answer

    birdnet.run = timed  # type: ignore[assignment]
    try:
        yield spent
    finally:
        birdnet.run = plain


def heard(path: Path, detector: Detector, place: Place | None, least: float = 0.1) -> list[Hit]:
    """Every detection, in order."""
    found = listen(open_audio(path), detector, place=place, least=least, validations={})
    return [one for one in found if isinstance(one, Hit)]


def tell(path: Path, detector: Detector) -> None:
    """Best score a species, the first detection, and the speed."""
    start = process_time()
    found = heard(path, detector, None)
    spent, audio = process_time() - start, open_audio(path)
    best: dict[str, tuple[float, int]] = {}
    for one in found:
        score, windows = best.get(one.species, (0.0, 0))
        best[one.species] = (max(score, one.score), windows + 1)
    seconds = audio.frames / audio.sample_rate
    print(f"{path.name}: {seconds:.1f} s at {audio.sample_rate} Hz, {seconds / spent:.1f} x real time")
    if found:
        print(f"  first: {found[0].species} {found[0].score:.7f} at {found[0].start_s:g} s")
    for species, (score, windows) in sorted(best.items(), key=lambda item: -item[1][0])[:8]:
        print(f"  {species}: best {score:.3f}, {windows} windows of at least 0.1")


def main() -> None:
    """Print it."""
    name, *words = sys.argv[1:] or ["birdnet"]
    model = Path(words[1]) if words[:1] == ["--model"] else None
    files = [Path(word) for word in (words[2:] if model else words)]
    detector = open_detector(name, model)
    print(described(detector))
    with TemporaryDirectory() as folder:
        seconds = 120 if name == "birdnet" else 6
        noise = noisy_minute(Path(folder) / "minute.wav", seconds=seconds)
        heard(noise, detector, None)  # the first pass loads what others are timed without
        for path in files or [noise]:
            tell(path, detector)
        if name == "birdnet":
            with timed_interpreter() as spent:
                start = process_time()
                heard(noise, detector, _JURA)
                total = process_time() - start
            print(
                f"{seconds / total:.0f} x real time (least 50), {sum(spent) / total:.0%} in the interpreter"
            )


if __name__ == "__main__":
    main()
