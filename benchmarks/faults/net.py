"""A network that fails: lines cut for a moment or a minute, packets lost and late.

Broker, gateway, ingest and four stations of two sensors, each in a network namespace of its
own; every line is cut at seeded moments, independently of the others.  Afterwards all that
the sensors said must be in the store once.
"""

from __future__ import annotations

import heapq
import json
import math
import random
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.faults.kills import balance, territory
from benchmarks.faults.line import Lines
from benchmarks.faults.nest import Nest
from contract.instant import SECOND, SystemClock
from ecoviv.station.child import stop

STATIONS, EACH = 4, 2
MEMBERS = ("gateway", "ingest", *(f"station{n}" for n in range(STATIONS)))
_CLOCK = SystemClock()
_PYTHON = ("python", "-m")


def cuts(
    nest: Nest, folder: Path, number: int, seed: int, *, longest_s: float = 60.0, drain_s: float = 240.0
) -> dict[str, Any]:
    """Cut lines ``number`` times, for 0.1 s to ``longest_s``, as many short as long on a log scale."""
    chance = random.Random(seed)
    seconds = 0.0
    with ExitStack() as closing:
        lines = closing.enter_context(Lines(nest, folder, MEMBERS))
        road = closing.enter_context(Road(nest, folder, lines))
        due = [(_CLOCK.monotonic() + _ns(chance.uniform(0.5, 4)), member, False) for member in MEMBERS]
        heapq.heapify(due)
        left = number
        while due:
            moment, member, is_cut = heapq.heappop(due)
            _sleep_until(moment)
            if is_cut:
                lines.mend(member)
                heapq.heappush(due, (_CLOCK.monotonic() + _ns(chance.uniform(0.5, 4)), member, False))
            elif left:
                left -= 1
                lines.cut(member)
                length = math.exp(chance.uniform(math.log(0.1), math.log(longest_s)))
                seconds += length
                heapq.heappush(due, (_CLOCK.monotonic() + _ns(length), member, True))
        highest = road.drain(drain_s)
    return {"cuts": number, "seconds cut": round(seconds), **balance(road.store, highest)}


def slow(
    nest: Nest, folder: Path, seconds: float, seed: int, *, loss: float, delay_ms: float
) -> dict[str, Any]:
    """Let the road work for ``seconds`` over lines that lose and delay."""
    with ExitStack() as closing:
        lines = closing.enter_context(Lines(nest, folder, MEMBERS, loss, delay_ms, seed))
        road = closing.enter_context(Road(nest, folder, lines))
        _sleep_until(_CLOCK.monotonic() + _ns(seconds))
        highest = road.drain(240.0)
    return {"loss": loss, "delay_ms": delay_ms, "seconds": seconds, **balance(road.store, highest)}


class Road:
    """The processes of the road, each behind its line."""

    def __init__(self, nest: Nest, folder: Path, lines: Lines) -> None:
        self._nest, self._folder, self._lines = nest, folder, lines
        self.store = f"sqlite:{folder / 'store.db'}"
        self._services: list[Any] = []
        self._stations: list[Any] = []

    def __enter__(self) -> Road:
        file = self._folder / "territory.toml"
        file.write_text(territory(STATIONS * EACH))
        common = ("--territory", str(file))
        self._services.append(
            self._start("ingest", "ecoviv", "ingest", "run", *common, "--store", self.store)
        )
        state = ("--state", str(self._folder / "gateway"))
        self._services.append(self._start("gateway", "ecoviv", "gateway", "run", *common, *state))
        for member in ("ingest", "gateway"):
            self._await(member)
        for number in range(STATIONS):
            member, first = f"station{number}", number * EACH
            said = [str(STATIONS * EACH), str(first), str(first + EACH - 1), str(self._folder / member)]
            argv = [*_PYTHON, "benchmarks.faults.sensors", self._lines.url(member), *said]
            self._stations.append(self._spawn(member, argv))
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self._stations, *self._services):
            stop(process)

    def drain(self, seconds: float) -> list[int]:
        """Let the stations say nothing new, wait until all is stored; their highest sequences."""
        for station in self._stations:
            station.terminate()
        deadline = _CLOCK.monotonic() + _ns(seconds)
        for station in self._stations:
            station.wait(max(0.1, (deadline - _CLOCK.monotonic()) / SECOND))
        highest = [0] * (STATIONS * EACH)
        for number in range(STATIONS):
            said = json.loads((self._folder / f"station{number}").read_text())
            highest = [max(pair) for pair in zip(highest, said, strict=True)]
        return highest

    def _start(self, member: str, module: str, *arguments: str) -> Any:
        return self._spawn(member, [*_PYTHON, module, *arguments, "--broker", self._lines.url(member)])

    def _spawn(self, member: str, argv: list[str]) -> Any:
        log = self._folder / f"{member}.log"
        return self._nest.spawn(argv, log=log, namespace=self._lines.namespace(member))

    def _await(self, member: str) -> None:
        log = self._folder / f"{member}.log"
        for _ in range(1000):
            if log.exists() and " ready on " in log.read_text():
                return
            _CLOCK.sleep(0.02)
        raise RuntimeError(f"{member}: {log.read_text()}")


def _ns(seconds: float) -> int:
    return int(seconds * SECOND)


def _sleep_until(moment: int) -> None:
    _CLOCK.sleep((moment - _CLOCK.monotonic()) / SECOND)
