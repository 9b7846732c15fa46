"""Clocks that are wrong in every way: the store must end where a plain model ends.

Three devices wake in 1970, jump by a day, drift, lose their clock or have none; the gateway's
own clock jumps too; messages arrive shuffled, repeated and late, and the store is closed in
between.  ``benchmarks.faults.clock_model`` places every message by the published rules, all at
once.  Whatever was delivered, in whatever order, the store must show the same; and where the
best clock of a boot was right, every message stands near its true time.

    python -m benchmarks.faults.clock [MESSAGES] [SEED]
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from benchmarks.faults.clock_model import SOURCES, WRONG, Said, best_clock, model, placed
from contract import topics
from contract.batch import BatchHeader, Record
from contract.instant import DAY, HOUR, MINUTE, SECOND, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import Flag, Reading, Readings
from contract.wire import encode
from ingest.rules.check import examine
from ingest.store import open_store
from ingest.store.protocol import Store
from ingest.values import Series

START = parse_instant("2026-05-01T00:00:00Z")
_MS = SECOND // 1000
DEVICES = 3
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""No power is cut here: the disk need not be waited for."""
WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""A failing run of some hundred messages takes minutes to shrink, and says enough as it is."""
_JUMPS = (-DAY, DAY, DAY + 2 * MINUTE, 2 * MINUTE, 121 * SECOND, -HOUR, 30 * DAY, 60_900 * _MS, -70 * SECOND)
_EPOCH = "0123456789abcdef"
_TERRITORY = Territory.model_validate(
    {
        "id": "clocks",
        "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
        "sites": [{"id": "s1", "zone": "z", "latitude": 45, "longitude": 3}],
        "devices": [
            {"id": f"d{n}", "site": "s1", "sensors": ["weather"], "cadence_s": 60} for n in range(DEVICES)
        ],
    }
)


@dataclass(slots=True)
class Clock:
    """A device's: what it says is the true time, plus ``error``, plus drift since it was set."""

    boot: int = 0
    began: int = START
    seq: int = 0
    error: int = 0
    drift: float = 0.0
    source: str = "ntp"
    set_at: int = START

    def says(self, now: int) -> int:
        return (now + self.error + int((now - self.set_at) * self.drift)) // _MS * _MS


class Clocks(RuleBasedStateMachine):
    """Rules move clocks, say, deliver; the store is compared with the model again and again."""

    said_in_all = 0

    @initialize(seed=st.integers(0, 2**32 - 1))
    def start(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY))
        self.url = f"sqlite:{self.folder / 'store.db'}"
        self.store: Store = open_store(self.url)
        self.now, self.gateway_error = START, 0
        self.clocks = [Clock() for _ in range(DEVICES)]
        self.waiting: list[tuple[Said, Record]] = []
        self.arrived: list[tuple[Said, Record]] = []

    @rule(device=st.integers(0, DEVICES - 1), keeps_time=st.booleans(), often=st.integers(0, 3))
    def boot(self, device: int, keeps_time: bool, often: int) -> None:
        """The clock survives, or wakes in 1970; some boots must last long enough to drift."""
        if often:
            return
        old = self.clocks[device]
        error = old.error if keeps_time else -self.now
        source = old.source if keeps_time else "none"
        self.clocks[device] = Clock(old.boot + 1, self.now, 0, error, old.drift, source, self.now)

    @rule(device=st.integers(0, DEVICES - 1), source=st.sampled_from(SOURCES[:3]))
    def set_right(self, device: int, source: str) -> None:
        clock = self.clocks[device]
        clock.error, clock.source, clock.set_at = 0, source, self.now

    @rule(
        device=st.integers(0, DEVICES - 1),
        jump=st.sampled_from(_JUMPS),
    )
    def jump(self, device: int, jump: int) -> None:
        self.clocks[device].error += jump

    @rule(device=st.integers(0, DEVICES - 1), ppm=st.sampled_from([-2000, 20, 400, 1000, 2000]))
    def drift(self, device: int, ppm: int) -> None:
        clock = self.clocks[device]
        clock.error, clock.set_at, clock.drift = clock.says(self.now) - self.now, self.now, ppm * 1e-6

    @rule(error=st.sampled_from([0, 0, -DAY, DAY, 3 * DAY, -START]))
    def move_the_gateways_clock(self, error: int) -> None:
        self.gateway_error = error

    @rule(step=st.sampled_from([HOUR, 7 * HOUR, DAY]))
    def pass_time(self, step: int) -> None:
        self.now += step

    @rule(
        device=st.integers(0, DEVICES - 1),
        count=st.integers(1, 60),
        knows=st.sampled_from(["tu", "t", "u", "tu"]),
    )
    def say(self, device: int, count: int, knows: str) -> None:
        """``knows``: the time, the uptime, or both."""
        clock = self.clocks[device]
        for _ in range(count):
            self.now += 10 * SECOND
            clock.seq += 1
            Clocks.said_in_all += 1
            time = max(0, clock.says(self.now)) if "t" in knows else None
            up = (self.now - clock.began) // _MS if "u" in knows else None
            own = time - 5 * MINUTE if time is not None and time > HOUR and clock.seq % 7 == 0 else None
            received = max(0, self.now + SECOND + self.gateway_error)
            value = round(Clocks.said_in_all % 400_000 * 1e-4, 4)
            one = Said(
                device, f"b{clock.boot:03}", clock.seq, self.now, time, up, clock.source, own, received, value
            )
            record = _record(one, len(self.waiting) + len(self.arrived) + 1)
            self.waiting.append((replace(one, payload=record.payload), record))

    @rule(share=st.sampled_from([0.3, 0.9, 1.0]), repeats=st.booleans())
    def deliver(self, share: float, repeats: bool) -> None:
        """Some of what waits, in any order, some of it again."""
        self.chance.shuffle(self.waiting)
        count = int(len(self.waiting) * share)
        now, self.waiting = self.waiting[:count], self.waiting[count:]
        again = self.chance.sample(self.arrived, min(10, len(self.arrived))) if repeats else []
        self.arrived += now
        records = [record for _, record in now + again]
        self.chance.shuffle(records)
        highest = max((record.number for record in records), default=0)
        header = BatchHeader(epoch=_EPOCH, highest=highest, records=len(records))
        self.store.commit("gw", "readings", header, [examine(record, _TERRITORY) for record in records])

    @rule()
    def close_and_open(self) -> None:
        self.store.close()
        self.store = open_store(self.url)

    @rule()
    def compare(self) -> None:
        wanted = model(one for one, _ in self.arrived)
        for device in range(DEVICES):
            points = self.store.points(Series("s1", f"d{device}", "air_temperature", ""))
            found = {
                time: (value, Flag(flags) & WRONG)
                for time, value, flags in zip(points.time, points.value, points.flags, strict=True)
            }
            assert found == wanted.get(device, {})
        assert self.store.counts().messages == len(self.arrived)

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self.deliver(1.0, True)
        self.close_and_open()
        self.compare()
        self._are_near_the_truth()
        self.store.close()
        shutil.rmtree(self.folder)

    def _are_near_the_truth(self) -> None:
        """A law of its own: a boot whose best clock was right has every uptime at its true time."""
        boots: dict[tuple[int, str], list[Said]] = {}
        for one, _ in self.arrived:
            boots.setdefault((one.device, one.boot), []).append(one)
        for messages in boots.values():
            anchor = best_clock(messages)
            if anchor is None or anchor.time is None or abs(anchor.time - anchor.true) > SECOND:
                continue
            for one in messages:
                place, _ = placed(one, anchor)
                if one.uptime_ms is not None and one.own is None:
                    assert place is not None
                    assert abs(place - one.true) <= 62 * SECOND + 500e-6 * one.uptime_ms * _MS


def _record(one: Said, number: int) -> Record:
    own = None if one.own is None else to_datetime(one.own)
    message = Readings(
        site="s1", device=f"d{one.device}", boot=one.boot, seq=one.seq, clock=one.source,
        uptime_ms=one.uptime_ms, time=None if one.time is None else to_datetime(one.time),
        readings=(Reading(quantity="air_temperature", value=one.value, time=own),),
    )  # fmt: skip
    topic = topics.sensor("s1", f"d{one.device}", "readings")
    return Record(number, one.received, topic, "", encode(message))


@dataclass(slots=True)
class Tally:
    """Of a long run."""

    messages: int = 0
    examples: int = field(default=0)


def wrong_clocks(messages: int, seed: int) -> Tally:
    """Machines until ``messages`` were said; an ``AssertionError`` if one differs from the model."""
    done = Tally()
    while done.messages < messages:
        before, examples = Clocks.said_in_all, 20
        machine = seeded(seed + done.examples)(Clocks)
        how = settings(
            max_examples=examples,
            stateful_step_count=60,
            deadline=None,
            database=None,
            phases=WITHOUT_SHRINKING,
        )
        run_state_machine_as_test(machine, settings=how)
        done.messages += Clocks.said_in_all - before
        done.examples += examples
    return done


if __name__ == "__main__":
    print(wrong_clocks(*map(int, sys.argv[1:3])))
