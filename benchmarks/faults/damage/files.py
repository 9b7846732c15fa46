"""Damaged files of loggers and of detections by the thousand, each kind from a seed.

Run: ``python -m benchmarks.faults.damage.files [--files N] [--seed S] [--kinds K …]``; N of each kind.
A whole file of each kind (``recorded``) is damaged as cards and copies, editors and programs do it, and
goes the whole way of ``ecoviv replay --dry-run --json``.  Printed, a line a kind: *read* (something would
be sent), *told* (nothing would, and a sentence says why), *refused* (an error with its next step);
*undeclared* exceptions, *silent* (nothing sent, nothing said), *untidy* (what is said is no one line),
*slow* (over a second): the last four must be 0, and something must still be read.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.faults.damage.changes import changed
from benchmarks.faults.damage.recorded import SAMPLES, databases, place
from contract.errors import EcoVivError
from firmware_sim.replay.plan import plan_replay
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.detections.told import Told
from firmware_sim.replay.readers.reader import Question
from firmware_sim.replay.replay import Replayed, rehearse
from firmware_sim.replay.rows import RowFile

_NAMELESS = frozenset(SAMPLES) - {
    "meteo-france", "song-meter", "birdnet-analyzer", "raven", "audacity", "kaleidoscope", "batdetect2",
    "ours",
} | {"weewx", "birdnet-pi-database"}  # fmt: skip
"""Files that do not say whose they are."""
MUST_BE_NONE = ("undeclared", "silent", "untidy", "slow")
_SLOW_S = 1.0
_SEPARATORS = b";,\t"
_CODES = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp850", "utf-7")
_NUMBERS = (
    b"1e308", b"-1e308", b"1e309", b"9" * 400, b"9" * 5_000,
    b"9" * 70_000, b"-0", b"nan", b"-inf", b"0x10", b"1_000",
    b"1,5", b"1.5.2", b"+", b"1e", b"\xc2\xb2", b"\xd9\xa3", b"99999999999",
    b"9223372036854775808",
)  # fmt: skip
_DATES = (
    b"0000-00-00 00:00:00", b"0001-01-01 00:00:00", b"9999-12-31 23:59:59", b"1899-12-30",
    b"2026-02-30 12:00",
    b"31.12.9999 24:00",
    b"99/99/9999 99:99", b"12/31/69 11:59:59 PM", b"2026-03-29 02:30", b"2038-01-19 03:14:08",
    b"20269999", b"\xe2\x88\x925", b"2026-05-01T23:00:00+99:99",
)  # fmt: skip
_STRAYS = (
    b'"',
    b'""',
    b"\x00",
    b"\x00" * 4_096,
    b"\r",
    b"\x1a",
    b"\x85",
    b"\xe2\x80\xa8",
    b"'",
    b"\\",
    b"\n" * 300,
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """``content`` damaged in one way, two or three."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        content = chance.choice(_WAYS)(content, chance)
    return content


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content or b"\0")
    for _ in range(chance.randint(1, 12)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _overwritten(content: bytes, chance: random.Random) -> bytes:
    """A block of a card that was never written, or holds something else."""
    at, length = chance.randint(0, len(content)), chance.choice((1, 16, 512, 4_096))
    block = chance.choice((bytes(length), b"\xff" * length, chance.randbytes(length)))
    return content[:at] + block + (content[at + length :] if chance.random() < 0.7 else b"")


def _recoded(content: bytes, chance: random.Random) -> bytes:
    """As an editor saves it; sometimes cut within a letter."""
    out = content.decode("utf-8", "replace").encode(chance.choice(_CODES), "replace")
    return out if chance.random() < 0.7 else out[: chance.randint(0, len(out))]


def _lines(content: bytes, chance: random.Random) -> bytes:
    """Lines lost, doubled, mixed, or ended in another way."""
    lines = content.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 2:
            lines = lines * chance.choice((2, 3, 40))
        case 3:
            chance.shuffle(lines)
        case 4:
            lines = [line.rstrip(b"\r\n") + chance.choice((b"\r", b"\r\n", b"")) for line in lines]
        case _:
            lines[at] = lines[at].rstrip(b"\r\n")
    return b"".join(lines)


def _columns(content: bytes, chance: random.Random) -> bytes:
    """Every line with its cells four times, without one, or with other marks between them."""
    mark = max(_SEPARATORS, key=content.count)
    mark, other = bytes([mark]), bytes([chance.choice(_SEPARATORS)])
    lines, at, way = content.split(b"\n"), chance.randrange(12), chance.randrange(4)
    for number, line in enumerate(lines):
        cells = line.split(mark)
        if way == 0:
            cells = cells * 4
        elif way == 1:
            del cells[at : at + 1]
        elif way == 2 and chance.random() < 0.5:
            cells.insert(at, b"")
        lines[number] = (other if way == 3 else mark).join(cells)
    return b"\n".join(lines)


def _cell(content: bytes, chance: random.Random) -> bytes:
    """One cell that no logger writes."""
    mark = bytes([max(_SEPARATORS, key=content.count)])
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    cells = lines[at].split(mark)
    cells[chance.randrange(len(cells))] = chance.choice((*_NUMBERS, *_DATES, *_STRAYS, b"x" * 140_000))
    lines[at] = mark.join(cells)
    return b"\n".join(lines)


def _stray(content: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(_STRAYS) + content[at:]


def _other(content: bytes, chance: random.Random) -> bytes:
    """Something else altogether under that name."""
    _, whole = chance.choice(tuple(SAMPLES.values()))
    joined = (content[:40] + whole, whole + content)
    return chance.choice((b"", b"\n", bytes(900), chance.randbytes(900), *joined))


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    changed, changed, _cut, _flipped, _flipped, _overwritten, _recoded, _lines, _columns, _cell, _cell,
    _stray, _other,
)  # fmt: skip


class Files:
    """One kind: what became of its files."""

    def __init__(self, kind: str, name: str, content: bytes, folder: Path) -> None:
        self.found: Counter[str] = Counter()
        self._kind, self._path, self._content = kind, folder / name, content
        self._question = Question(
            territory=place(), given=("s", "mast") if kind in _NAMELESS else None,
            told=Told(model=("BirdNET", "2.4"), threshold=0.1, start=1_778_734_800_000_000_000),
        )  # fmt: skip

    def run(self, files: int, seed: int) -> Counter[str]:
        """What became of so many; the first is whole."""
        chance = random.Random(f"{seed} {self._kind}")
        for number in range(files):
            self._one(damaged(self._content, chance) if number else self._content)
        return self.found

    def _one(self, content: bytes) -> None:
        self.found["files"] += 1
        self._path.write_bytes(content)
        began = time.process_time()
        try:
            fate, said = self._fate()
        except EcoVivError as error:
            fate, said = "refused", [error.message]
        except Exception as error:  # noqa: BLE001 - what nobody declared is what this looks for
            fate, said = "undeclared", []
            self._show(f"undeclared: {type(error).__name__}: {error}", content)
            traceback.print_exc(limit=-4)
        self.found[fate] += 1
        if not all(_is_tidy(one) for one in said):
            self.found["untidy"] += 1
            self._show(f"untidy: {said}", content)
        if time.process_time() - began > _SLOW_S:
            self.found["slow"] += 1
            self._show(f"slow: {time.process_time() - began:.1f} s", content)
        if fate == "silent":
            self._show("silent", content)

    def _fate(self) -> tuple[str, list[str]]:
        plan = plan_replay([self._path], self._question, maps=known_maps(), measured=self._kind == "ours")
        with RowFile() as rows:
            replayed = rehearse(plan, rows)
            json.dumps({**replayed.to_json(), "values": list(rows)}, allow_nan=False)
        said = _said(replayed)
        if replayed.sent.messages:
            return "read", said
        return ("told" if said else "silent"), said

    def _show(self, what: str, content: bytes) -> None:
        print(f"{self._kind}: {what[:600]}: {content[:400]!r}", file=sys.stderr, flush=True)


def _said(replayed: Replayed) -> list[str]:
    findings = [report.findings for report in replayed.files]
    strangers = [one.sentence() for one in replayed.strangers]
    return [*strangers, *(said for one in findings for said in (*one.problems, *one.notes))]


def _is_tidy(sentence: str) -> bool:
    """No trace of a program, and no novel."""
    return bool(sentence.strip()) and "Traceback" not in sentence and len(sentence) < 4_000


def fuzz(files: int, seed: int, kinds: Iterable[str] = ()) -> dict[str, Counter[str]]:
    """What became of ``files`` damaged files of each kind."""
    out: dict[str, Counter[str]] = {}
    with TemporaryDirectory() as folder:
        every = SAMPLES | databases(Path(folder))
    for kind in tuple(kinds) or tuple(every):
        with TemporaryDirectory() as folder:
            out[kind] = Files(kind, *every[kind], Path(folder)).run(files, seed)
        print(f"{kind}: {dict(out[kind])}", file=sys.stderr, flush=True)
    return out


def main() -> None:
    """Print one JSON object a kind; exit 1 where anything is undeclared, silent, untidy or slow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=8_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=())
    asked = parser.parse_args()
    found = fuzz(asked.files, asked.seed, asked.kinds)
    print(json.dumps({name: dict(one) for name, one in found.items()}, indent=1))
    sys.exit(any(one[name] for one in found.values() for name in MUST_BE_NONE))


if __name__ == "__main__":
    main()
