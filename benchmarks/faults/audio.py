"""Damaged recordings by the hundred thousand: none may crash the reader, hang it or fill the memory.

Run: ``python -m benchmarks.faults.audio [--count N] [--seed S]``.  Real headers (AudioMoth comments,
GUANO, vendor chunks, FLAC) are put before a little sound and damaged: bytes, sizes, chunks, texts,
ends.  Each input is opened and measured, every second one behind the gate.  Printed: how many were
accepted as sound (at least 20 % must be, or nothing is tested), the slowest in process time (at most
1 s), the memory over the start (at most 200 MB), undeclared exceptions (none).
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
import soundfile

from analysis.sound.measure.engine import measure
from contract.errors import EcoVivError

Noise = np.ndarray[Any, np.dtype[np.int16]]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLES = 3000
NAMES = frozenset(("ACI", "ADI", "BI", "Ht", "MED", "NBPEAKS", "EVNtMean", "KURTt", "EPS", "BGNf"))
SLOWEST_S, MOST_MB, LEAST_ACCEPTED = 1.0, 200.0, 0.20
WORDS = (
    b"data",
    b"fmt ",
    b"LIST",
    b"guan",
    b"RIFF",
    b"INFO",
    b"ICMT",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b":",
    b"|",
    b"UTC",
)


@dataclass(slots=True)
class Tally:
    """What came of the inputs so far."""

    tried: int = 0
    accepted: int = 0
    refused: int = 0
    by_kind: dict[str, list[int]] = field(default_factory=dict)
    slowest_s: float = 0.0
    undeclared: list[str] = field(default_factory=list)

    @property
    def accepted_share(self) -> float:
        """Of all inputs, those measured as sound."""
        return self.accepted / max(1, self.tried)

    def count(self, kind: str, *, accepted: bool) -> None:
        """One more input of a container, measured or not."""
        seen = self.by_kind.setdefault(kind, [0, 0])
        seen[0] += 1
        seen[1] += accepted


def seeds() -> list[bytes]:
    """Small files with real headers where the reference recordings are there, and made ones."""
    chance = np.random.default_rng(0)
    noise = np.round(chance.normal(0, 3000, SAMPLES)).astype("<i2")
    folder = SHARED / "audio"
    found = [_small(path.read_bytes(), noise) for path in sorted(folder.glob("*.[wW][aA][vV]"))]
    found += [path.read_bytes()[:20_000] for path in sorted(folder.glob("s4a_day/*.flac"))[::16]]
    table = SHARED / "payloads" / "audiomoth_wav_comments.tsv"
    comments = [line.split("\t")[1] for line in table.read_text().splitlines()[1:]] if table.exists() else []
    found += [_commented(noise, text) for text in comments]
    found += [_made(noise, "WAV", subtype) for subtype in ("PCM_U8", "PCM_24", "FLOAT", "DOUBLE")]
    found.append(_made(noise, "WAVEX", "PCM_16"))
    long = np.tile(noise, 5)
    texts = ("", *comments[::8])
    found += [_made(long, "FLAC", depth, text) for depth in ("PCM_16", "PCM_24") for text in texts]
    return [seed for seed in found if seed]


def _made(noise: Noise, container: str, subtype: str, comment: str = "") -> bytes:
    """A file of two channels as soundfile writes it."""
    stream = BytesIO()
    with soundfile.SoundFile(stream, "w", 24_000, 2, subtype, format=container) as sound:
        if comment:
            sound.comment = comment
        sound.write(np.stack((noise, noise[::-1]), axis=1) / 32768)
    return stream.getvalue()


def _small(content: bytes, noise: Noise) -> bytes:
    """The same chunks with other, shorter sound in the data chunk."""
    chunks, position = b"", 12
    while position + 8 <= len(content):
        name, size = (
            content[position : position + 4],
            int.from_bytes(content[position + 4 : position + 8], "little"),
        )
        body = noise.tobytes() if name == b"data" else content[position + 8 : position + 8 + size]
        chunks += name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
        position += 8 + size + size % 2
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WAVE" + chunks


def _commented(noise: Noise, comment: str) -> bytes:
    body = comment.encode() + b"\0" * (1 + (len(comment) + 1) % 2)
    info = b"INFOICMT" + len(body).to_bytes(4, "little") + body
    form = (
        np.array([1, 1], "<u2").tobytes()
        + np.array([32_000, 64_000], "<u4").tobytes()
        + np.array([2, 16], "<u2").tobytes()
    )
    sound = noise.tobytes()
    parts = ((b"fmt ", form), (b"LIST", info), (b"data", sound))
    chunks = b"".join(name + len(part).to_bytes(4, "little") + part for name, part in parts)
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WAVE" + chunks


def damaged(seed: bytes, chance: np.random.Generator) -> bytes:
    """``seed`` with one to four injuries, most of them in its words: before the sound and behind it."""
    content = bytearray(seed)
    words = seed.find(b"\xff\xf8") if seed.startswith(b"fLaC") else 700
    for _ in range(int(chance.integers(1, 5))):
        where, at = chance.random(), int(chance.integers(0, max(1, min(len(content), words))))
        if where < 0.2:
            at = int(chance.integers(0, max(1, len(content))))
        elif where < 0.5 and b"guan" in seed:
            at = len(content) - 1 - at
        match int(chance.integers(0, 7)):
            case 0:
                content[at : at + 1] = bytes([int(chance.integers(0, 256))])
            case 1:
                content[at : at + 4] = int(chance.integers(0, 2**32)).to_bytes(4, "little")
            case 2:
                content[at:at] = WORDS[int(chance.integers(0, len(WORDS)))]
            case 3:
                del content[at : at + int(chance.integers(1, 40))]
            case 4:
                content[at:at] = bytes(chance.integers(32, 127, int(chance.integers(1, 30)), dtype=np.uint8))
            case 5:
                del content[max(20, int(chance.integers(0, len(content) + 1))) :]
            case _:
                content[at : at + 2] = int(chance.integers(0, 2**16)).to_bytes(2, "little")
        if not content:
            return b""
    return bytes(content)


def inputs(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``count`` damaged files with what they were, the same for the same ``seed``."""
    chance = np.random.default_rng(seed)
    known: Sequence[bytes] = seeds()
    for _ in range(count):
        whole = known[int(chance.integers(0, len(known)))]
        yield kind_of(whole), damaged(whole, chance)


def kind_of(content: bytes) -> str:
    """The container and the metadata that an undamaged seed carries."""
    if content.startswith(b"fLaC"):
        return "FLAC"
    texts = [word for mark, word in ((b"ICMT", "ICMT"), (b"guan", "GUANO")) if mark in content]
    return " ".join(["WAV", *texts])


def try_all(count: int, seed: int, folder: Path, *, progress: bool = False) -> Tally:
    """Open and measure ``count`` damaged files."""
    tally = Tally()
    path = folder / "20240501_200000.wav"
    for kind, content in inputs(count, seed):
        path.write_bytes(content)
        accepted = tally.accepted
        start = process_time()
        try:
            results = list(measure(path, names=NAMES, gate=tally.tried % 2 == 1))
            tally.accepted += bool(results)
            for result in results:
                result.to_json()
        except EcoVivError:
            tally.refused += 1  # a clear error is a good answer
        except Exception as error:  # noqa: BLE001 - finding these is what this is for
            tally.undeclared.append(f"{type(error).__name__}: {error} in {content[:64]!r}")
        tally.slowest_s = max(tally.slowest_s, process_time() - start)
        tally.tried += 1
        tally.count(kind, accepted=tally.accepted > accepted)
        if progress and tally.tried % 5000 == 0:
            print(f"{tally.tried} tried, {len(tally.undeclared)} undeclared", file=sys.stderr, flush=True)
    return tally


def main() -> None:
    """Print the tally; exit 1 where a limit is broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with TemporaryDirectory() as folder:
        tally = try_all(chosen.count, chosen.seed, Path(folder), progress=True)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(
        f"tried {tally.tried}, accepted as sound {tally.accepted_share:.1%} (at least {LEAST_ACCEPTED:.0%})"
    )
    for kind, (tried, accepted) in sorted(tally.by_kind.items()):
        print(f"  {kind}: {tried} tried, {accepted / tried:.1%} accepted")
    print(f"refused with a clear error: {tally.refused}")
    print(f"slowest {tally.slowest_s:.3f} s of processor time (at most {SLOWEST_S:g})")
    print(f"memory +{grown:.0f} MB (at most {MOST_MB:g})")
    print(f"undeclared exceptions: {len(tally.undeclared)}")
    for line in tally.undeclared[:20]:
        print(f"  {line}")
    broken = tally.undeclared or tally.accepted_share < LEAST_ACCEPTED
    raise SystemExit(1 if broken or tally.slowest_s > SLOWEST_S or grown > MOST_MB else 0)


if __name__ == "__main__":
    main()
