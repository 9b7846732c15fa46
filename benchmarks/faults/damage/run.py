"""Bytes that nobody should send: valid messages of every kind, damaged (``faults.damage.changes``).

    python -m benchmarks.chaos bytes [--payloads 1000000] [--seed 1]

1. What sensors and foreign networks say must become entries of the spool, read or kept with
   the reason, and reach ingest as they are (``faults.damage.road``).
2. A gateway's batches, damaged outside, inside or in their records, must be taken apart or
   kept whole; a share of all goes into a real store, which is compared with what was given
   (``faults.damage.memory``).
3. Receipts and notices of clips must be heeded or ignored, and delete nothing else
   (``faults.damage.answers``).

*undeclared* counts exceptions of any kind, *lost* what is not where it must be, *slow* what
took longer than a second: all must be 0.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from benchmarks.faults.damage.answers import DeviceReceipts, GatewayReceipts, Notices
from benchmarks.faults.damage.changes import changed
from benchmarks.faults.damage.good import Spoken, places, spoken
from benchmarks.faults.damage.memory import Lost
from benchmarks.faults.damage.road import Road, damaged_inside, of_damaged_records, whole

UNREADABLE, READABLE = "kept as unreadable", "readable all the same"
COLUMNS = ("payloads", UNREADABLE, READABLE, "lost", "undeclared", "slow")
_SLOW_S = 1.0
_SHARES = {
    "readings": 18, "features": 10, "detections": 10, "clip manifests": 6, "health": 6, "audio parts": 8,
    "ChirpStack 4": 8, "The Things Stack 3": 8, "BirdNET-Go": 6,
}  # fmt: skip
"""Of a hundred payloads; the rest is shared among batches and answers."""


class Source(NamedTuple):
    """One kind of damaged bytes: how often, how they are made, where they go."""

    share: int
    make: Callable[[random.Random], tuple[str, bytes]]
    """Topic and payload."""
    give: Callable[[str, bytes], bool]
    """True if they could be read; raises what must never be raised."""


class Door(Protocol):
    """Where answers are given."""

    def good(self) -> bytes: ...

    def take(self, payload: bytes) -> bool: ...


class Bytes:
    """All sources and what became of them."""

    def __init__(self, seed: int) -> None:
        self.found: dict[str, Counter[str]] = {}
        self.behind: Counter[str] = Counter()
        """What was compared behind the doors, and what of it was lost."""
        self.behind["lost at the end"] = 0
        self._chance = random.Random(seed)
        self._known = places()

    def run(self, payloads: int) -> None:
        """``payloads`` payloads, then the balances."""
        with ExitStack() as stack:
            self._road = Road(self._known)
            sources = self._sources(Path(stack.enter_context(TemporaryDirectory())))
            names, shares = list(sources), [source.share for source in sources.values()]
            for done in range(payloads):
                (name,) = self._chance.choices(names, shares)
                self._one(self.found.setdefault(name, Counter()), name, sources[name])
                if done % 10_000 == 0:
                    print(f"{done:,} of {payloads:,} payloads", file=sys.stderr, flush=True)
            self._close()
            self._receipts[0].close()
        self.behind.update(self._road.tally)
        self.behind["receipts with other numbers, believed"] = sum(one.believed for one in self._receipts)

    def _close(self) -> None:
        try:
            self._road.close()
        except Lost as error:
            self.behind["lost at the end"] += 1
            print(f"lost, at the end: {error}", file=sys.stderr)

    def _one(self, found: Counter[str], name: str, source: Source) -> None:
        topic, payload = source.make(self._chance)
        found["payloads"] += 1
        try:
            read = self._timed(found, source, topic, payload)
            self._road.tend()
            found[READABLE if read else UNREADABLE] += 1
        except Lost as error:
            found["lost"] += 1
            print(f"lost, {name}: {error}: {payload[:300]!r}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001 - what must never come is what is counted
            found["undeclared"] += 1
            print(f"undeclared, {name}: {type(error).__name__}: {error}: {payload[:300]!r}", file=sys.stderr)

    def _timed(self, found: Counter[str], source: Source, topic: str, payload: bytes) -> bool:
        began = time.perf_counter()
        try:
            return source.give(topic, payload)
        finally:
            if time.perf_counter() - began > _SLOW_S:
                found["slow"] += 1
                print(f"slow: {payload[:300]!r}", file=sys.stderr)

    def _sources(self, folder: Path) -> dict[str, Source]:
        said = spoken()
        everything = [one for some in said.values() for one in some]
        made = {
            name: Source(share, partial(_damaged, said[name]), self._road.say)
            for name, share in _SHARES.items()
        }
        batch: dict[str, tuple[int, Callable[[random.Random], bytes]]] = {
            "batches, damaged outside": (6, lambda chance: changed(whole(everything, chance), chance)),
            "batches, damaged inside": (6, partial(damaged_inside, everything)),
            "batches of damaged records": (2, partial(of_damaged_records, everything)),
        }
        for name, (share, make) in batch.items():
            made[name] = Source(share, partial(_untitled, make), lambda _, payload: self._road.batch(payload))
        return made | self._answers(folder)

    def _answers(self, folder: Path) -> dict[str, Source]:
        gateway, device, notices = GatewayReceipts(folder, self._known), DeviceReceipts(), Notices(folder)
        self._receipts = (gateway, device)
        doors: dict[str, Door] = {
            "receipts to a gateway": gateway,
            "receipts to a sensor": device,
            "notices of clips": notices,
        }
        return {name: Source(2, partial(_answer, door), partial(_take, door)) for name, door in doors.items()}


def _damaged(said: Spoken, chance: random.Random) -> tuple[str, bytes]:
    topic, payload = chance.choice(said)
    return topic, changed(payload, chance)


def _untitled(make: Callable[[random.Random], bytes], chance: random.Random) -> tuple[str, bytes]:
    return "", make(chance)


def _answer(door: Door, chance: random.Random) -> tuple[str, bytes]:
    return "", changed(door.good(), chance)


def _take(door: Door, _: str, payload: bytes) -> bool:
    return door.take(payload)


def fuzz(payloads: int, seed: int) -> Iterator[dict[str, Any]]:
    """What became of ``payloads`` payloads: a line for each source, one for all; the table on stderr."""
    logging.getLogger("ecoviv.gateway").setLevel(logging.ERROR)
    run = Bytes(seed)
    run.run(payloads)
    lines = [
        {"source": name, **{column: found[column] for column in COLUMNS}} for name, found in run.found.items()
    ]
    total = sum(run.found.values(), Counter[str]())
    lines.append({"source": "all", **{column: total[column] for column in COLUMNS}, **run.behind})
    print(table(lines), file=sys.stderr)
    yield from lines


def table(lines: list[dict[str, Any]]) -> str:
    """The lines as a table."""
    rows = [("source", *COLUMNS), ("---", *("---:" for _ in COLUMNS))]
    rows += [(str(line["source"]), *(f"{line[column]:,}" for column in COLUMNS)) for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
