"""What the gate for voices lets slip, and what it withholds for nothing, level by level.

Run: ``python benchmarks/voices.py DAY [--recordings N] [--jobs N]``: DAY is a folder of recordings without
voices.  Speech of ``espeak-ng``, French and English, eight voices, is mixed into each, from +10 to -15 dB;
single words, too, for which there is no limit.

Limits: of phrases at -5 dB and above at most 5 % are missed, of windows without planted speech at most 5 %
are called voice, and at most 1 % of those in which BirdNET names a species with .5 (where it is installed).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import soundfile

from analysis.sound.detect.detector import Hit
from analysis.sound.detect.listen import listen as listen_for_birds
from analysis.sound.privacy.gate import DROP, WINDOW_S, Ruling, listen, verdicts
from analysis.sound.privacy.silero import Silero
from analysis.sound.reader import open_audio
from benchmarks.loads.speech import can_speak, planted, spoken
from contract.errors import ConfigurationError

LEVELS = (10.0, 5.0, 0.0, -5.0, -10.0, -15.0)
WORD_LEVELS = (0.0, -5.0)
QUIETER_DB = -40.0
"""Once more at 0 dB, with recording and speech turned down as a quiet microphone would: 16 bits as before."""
MOST_MISSED, MOST_FALSE, MOST_FALSE_OF_BIRDS = 0.05, 0.05, 0.01
BIRD = 0.5
_AT_LEAST_S = 0.25
"""A window holds speech if so much of the phrase lies in it, or half of a word."""


@dataclass(frozen=True, slots=True)
class Mix:
    """One phrase in one recording: was it missed, and how many of the windows with speech would be kept?"""

    level: str
    missed: bool
    windows: int
    kept: int


@dataclass(frozen=True, slots=True)
class Alone:
    """A window of a recording as it is."""

    called: bool
    kept: bool
    bird: bool


def measured(item: tuple[int, Path], levels: tuple[float, ...]) -> tuple[list[Mix], list[Alone]]:
    """Everything of one recording, number and path."""
    number, path = item
    gate = Silero()
    samples, rate = soundfile.read(path, always_2d=True)
    recording = samples[:, 0] - samples[:, 0].mean()
    wanted = [(f"{level:+.0f} dB", level, 0.0, False) for level in levels]
    wanted += [
        (f"{level:+.0f} dB, a single word", level, 0.0, True) for level in levels if level in WORD_LEVELS
    ]
    wanted += [(f"+0 dB, {-QUIETER_DB:.0f} dB quieter", 0.0, QUIETER_DB, False)]
    mixes = []
    with TemporaryDirectory() as folder:
        for name, level, turned, word in wanted:
            speech = spoken(number, rate, alone=word)
            latest = max(1, len(recording) - len(speech))
            first = int(np.random.default_rng(number).integers(0, latest))
            span = (first / rate, min(len(recording), first + len(speech)) / rate)
            mixed = planted(recording, speech, first, level) * 10 ** (turned / 20)
            target = Path(folder) / "mix.wav"
            soundfile.write(target, np.clip(mixed, -1, 1), rate, subtype="PCM_16")
            mixes.append(judged(name, target, span, gate))
    return mixes, list(alone(path, gate))


def judged(name: str, path: Path, span: tuple[float, float], gate: Silero) -> Mix:
    """What the gate makes of a recording with speech in ``span`` [s]."""
    highest = listen(open_audio(path), gate).windows()
    shared = [
        min(span[1], (place + 1) * WINDOW_S) - max(span[0], place * WINDOW_S) for place in range(len(highest))
    ]
    within = [place for place, seconds in enumerate(shared) if seconds > 0]
    enough = min(_AT_LEAST_S, (span[1] - span[0]) / 2)
    holding = [place for place, seconds in enumerate(shared) if seconds >= enough]
    said = verdicts(highest)
    kept = sum(said[place] is Ruling.CLEAR for place in holding)
    return Mix(name, bool(max(highest[place] for place in within) < DROP), len(holding), kept)


def alone(path: Path, gate: Silero) -> Iterator[Alone]:
    """The windows of a recording without planted speech."""
    audio = open_audio(path)
    highest = listen(audio, gate).windows()
    said = verdicts(highest)
    birds = bird_windows(path)
    for place, probability in enumerate(highest.tolist()):
        yield Alone(probability >= DROP, said[place] is Ruling.CLEAR, place in birds)


def bird_windows(path: Path) -> set[int]:
    """Windows in which BirdNET names a species with ``BIRD``; none where it is not installed."""
    if _birdnet() is None:
        return set()
    heard = listen_for_birds(open_audio(path), _birdnet(), place=None, least=BIRD, validations={})
    named = [one for one in heard if isinstance(one, Hit) and not one.species.startswith("Human")]
    return {round(one.start_s / WINDOW_S) for one in named if " " in one.species}


_LOADED: list = []


def _birdnet():  # type: ignore[no-untyped-def]
    if not _LOADED:
        try:
            from analysis.sound.detect.birdnet import BirdNet

            _LOADED.append(BirdNet())
        except (ImportError, ConfigurationError):
            _LOADED.append(None)
    return _LOADED[0]


def upper(wrong: int, of: int) -> float:
    """Upper end of the 95 % Wilson interval of a share."""
    z, share = 1.96, wrong / of
    middle = share + z * z / (2 * of)
    return (middle + z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))) / (1 + z * z / of)


def line(name: str, wrong: int, of: int, most: float | None) -> str:
    """One row of the table."""
    if not of:
        return f"| {name} | not counted | | | |"
    share = wrong / of
    limit = "" if most is None else f"≤ {most:.0%} {'holds' if share <= most else 'BROKEN'}"
    return f"| {name} | {wrong} of {of} | {share:.1%} | {upper(wrong, of):.1%} | {limit} |"


def table(mixes: list[Mix], windows: list[Alone], levels: tuple[float, ...] = LEVELS) -> Iterator[str]:
    """The rows, in Markdown."""
    yield "| | | share | up to (95 %) | limit |"
    yield "|---|---|---|---|---|"
    for name in dict.fromkeys(one.level for one in mixes):
        here = [one for one in mixes if one.level == name]
        most = MOST_MISSED if float(name.partition(" ")[0]) >= -5 and "word" not in name else None
        yield line(f"phrases missed at {name}", sum(one.missed for one in here), len(here), most)
        whole, kept = sum(one.windows for one in here), sum(one.kept for one in here)
        yield line(f"windows with speech that would be kept at {name}", kept, whole, most)
    yield line("windows without it called voice", sum(w.called for w in windows), len(windows), MOST_FALSE)
    birds = [one for one in windows if one.bird]
    called = sum(one.called for one in birds)
    yield line(f"of those with a bird at {BIRD:g} called voice", called, len(birds), MOST_FALSE_OF_BIRDS)
    yield line(
        "windows without it whose sound is withheld", sum(not w.kept for w in windows), len(windows), None
    )
    withheld = sum(not one.kept for one in birds)
    yield line(f"of those with a bird at {BIRD:g} withheld", withheld, len(birds), None)


def main() -> None:
    """Print the table; exit 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("day", type=Path)
    parser.add_argument("--recordings", type=int, default=0, help="only so many, spread over the day")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    files = sorted(one for one in asked.day.iterdir() if one.suffix.lower() in (".wav", ".flac"))
    if not files or not can_speak():
        sys.exit("It needs espeak-ng, and a folder of WAV or FLAC files without voices.")
    if asked.recordings:
        files = files[:: max(1, len(files) // asked.recordings)][: asked.recordings]
    with ProcessPoolExecutor(asked.jobs) as pool:
        found = list(pool.map(partial(measured, levels=LEVELS), enumerate(files)))
    rows = list(table([one for mixes, _ in found for one in mixes], [w for _, some in found for w in some]))
    print("\n".join(rows))
    if _birdnet() is None:
        print("BirdNET is not installed here: nothing is said of windows with a bird.")
    sys.exit(1 if any("BROKEN" in row for row in rows) else 0)


if __name__ == "__main__":
    main()
