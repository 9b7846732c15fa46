"""Damaged messages of foreign formats by the hundred thousand, each format from a seed.

Run: ``python -m benchmarks.faults.damage.foreign [--payloads N] [--seed S] [--format F …]``; N for each.
Valid messages (``decoders``, ``servers``) are damaged in their bytes (``changes``) or in their meaning (a
value becomes another kind of value, one of another place, a huge one, a tree) and taken in as from a
broker; what comes of them goes into a real spool.  Printed, a line a format: *read*, kept as
*unreadable*, told to be *no measurement*; *undeclared* exceptions, *lost* (not in the spool, or its bytes
changed), *slow* (over a second): the last three must be 0, and something must still be read.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.faults.damage.changes import changed
from benchmarks.faults.damage.decoders import land
from benchmarks.faults.damage.good import Spoken
from benchmarks.faults.damage.servers import sent
from contract import topics, wire
from contract.batch import RAW
from contract.instant import parse_instant
from contract.line.bus import Delivery
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from gateway.formats.secrets import blanked
from gateway.intake import MAX_KEPT_BYTES, take_foreign
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool

NOW = parse_instant("2026-05-14T04:00:08Z")
PORTION = 500
MUST_BE_NONE = ("undeclared", "lost", "slow")
_SLOW_S = 1.0
_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -0.0,
    -1,
    1e308,
    10**400,
    2**63,
    5e-324,
    "",
    " ",
    "NaN",
    "Infinity",
    "-inf",
    "1e999 °C",
    "12,5 %",
    "１２",
    "\ud800",
    "é\u202e\x00",
    "x" * 70_000,
    [],
    {},
    [[]],
    [None] * 300,
    {"value": None},
    {"": {"": 1}},
    {"value": 1, "unit": "furlong"},
    "2026-02-30T25:61:00",
    "0001-01-01T00:00:00+14:00",
    float("nan"),
    float("inf"),
)


def swapped(payload: bytes, chance: random.Random) -> bytes:
    """``payload`` with one to three of its values made another kind of value."""
    try:
        tree = json.loads(payload)
    except ValueError:
        return changed(payload, chance)
    for _ in range(chance.randint(1, 3)):
        spots = list(_spots(tree))
        if not spots:
            return changed(payload, chance)
        holder, key = chance.choice(spots)
        if chance.random() < 0.75:
            holder[key] = deepcopy(chance.choice(_ODD))
        else:
            other, place = chance.choice(spots)
            holder[key] = deepcopy(other[place])
    return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _spots(tree: Any) -> Any:
    """Every (holder, key) below ``tree``."""
    each = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, below in each:
        yield tree, key
        yield from _spots(below)


class Damaged:
    """One format: what became of its messages."""

    def __init__(self, spoken: Spoken, places: Territory, spool: Spool, seed: str) -> None:
        self.found: Counter[str] = Counter()
        self._spoken, self._places, self._spool = spoken, places, spool
        self._chance = random.Random(seed)
        self._waiting: list[Entry] = []

    def run(self, payloads: int) -> Counter[str]:
        """What became of so many."""
        before = sum(self._spool.highest.values())
        for _ in range(payloads):
            topic, payload = self._chance.choice(self._spoken)
            self._one(topic, (swapped if self._chance.random() < 0.5 else changed)(payload, self._chance))
            if len(self._waiting) >= PORTION:
                self._commit()
        self._commit()
        self.found["lost"] += self.found["entries"] - (sum(self._spool.highest.values()) - before)
        return self.found

    def _one(self, topic: str, payload: bytes) -> None:
        self.found["payloads"] += 1
        began = time.process_time()
        try:
            delivery = Delivery(topic, payload, False, -1, 1, topics.parse(topic))
            entries = take_foreign(delivery, NOW, self._places)
            self.found[_fate(entries, blanked(payload))] += 1
        except Exception as error:  # noqa: BLE001 - what nobody declared is what this looks for
            self.found["undeclared"] += 1
            print(f"undeclared: {type(error).__name__}: {error}: {topic} {payload[:300]!r}", file=sys.stderr)
            return
        self.found["slow"] += time.process_time() - began > _SLOW_S
        each = [one for entry in entries for one in (entry, entry.beside) if one is not None and one.stream]
        self.found["entries"] += len(each)
        self._waiting += [entry for entry in entries if entry.stream or entry.beside]

    def _commit(self) -> None:
        self._spool.add(self._waiting)
        self._waiting.clear()


def _fate(entries: list[Entry], payload: bytes) -> str:
    """What became of ``payload``, secrets blanked; *lost* where no entry holds what had anything to say."""
    first = entries[0]
    if first.reason and first.stream != RAW:
        return "unreadable" if first.payload == payload[:MAX_KEPT_BYTES] else "lost"
    if not any(entry.stream for entry in entries):
        return "no measurement"
    if not any(entry.payload == payload for entry in entries if entry.stream == RAW):
        return "lost"
    if first.stream == RAW or not first.stream:
        return "no measurement"
    wire.decode(first.payload)
    return "read"


def fuzz(payloads: int, seed: int, formats: Sequence[str] = ()) -> dict[str, Counter[str]]:
    """What became of ``payloads`` damaged messages of each format, or of those named."""
    places, out = land(), {}
    for name, spoken in sent().items():
        if formats and name not in formats:
            continue
        with TemporaryDirectory() as folder:
            spool = Spool.open(Path(folder) / "spool.db", FixedClock(NOW), cap_bytes=2**32)
            out[name] = Damaged(spoken, places, spool, f"{seed} {name}").run(payloads)
            spool.close()
        print(f"{name}: {dict(out[name])}", file=sys.stderr, flush=True)
    return out


def main() -> None:
    """Print one JSON object a format; exit 1 where anything is lost, undeclared or slow."""
    logging.disable(logging.WARNING)  # what is not understood is named once a field, by the thousand
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payloads", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", nargs="*", default=(), choices=list(sent()), dest="formats")
    asked = parser.parse_args()
    found = fuzz(asked.payloads, asked.seed, asked.formats)
    print(json.dumps({name: dict(one) for name, one in found.items()}, indent=1))
    sys.exit(any(one[name] for one in found.values() for name in MUST_BE_NONE))


if __name__ == "__main__":
    main()
