"""The whole road on one machine, from simulated sensors to a verdict.

1. A simulated territory is laid out; its territory file and its frozen plan
   are written, before any value exists.
2. A real broker, gateway, edge worker and ingest start as processes of their
   own; every message of five seasons goes through them.
3. Indicators and verdict are computed from the store alone, and the
   report is written.  The planted truth is only printed beside it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.errors import UnreachableError, UsageError
from contract.instant import SECOND, SystemClock
from contract.terminal import progress_bar
from ecoviv.demo.balance import Balance, strike
from ecoviv.demo.chaos import Chaos
from ecoviv.station.supervisor import Station
from ingest.store import open_store

if TYPE_CHECKING:
    from contract.terminal import Progress
    from firmware_sim.line.fleet import SendingProgress, Sent
    from firmware_sim.world.world import World

_MARK = ".ecoviv-demo"
_EDGE_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo found."""

    scenario: str
    seed: int
    balance: Balance
    readings: int
    """Values sent within messages."""
    seconds: float
    road_seconds: float
    """From the first message sent to the last one stored."""
    truth: dict[str, Any]
    verdict: dict[str, Any]
    report: Path
    killed: dict[str, int]

    @property
    def lost(self) -> int:
        """Messages sent that are neither stored nor kept as unreadable."""
        return self.balance.lost

    @property
    def duplicated(self) -> int:
        """Points stored twice."""
        return self.balance.duplicated

    def to_json(self) -> dict[str, Any]:
        """One object, as ``ecoviv demo --json`` prints it."""
        balance = self.balance
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "sent": balance.sent,
            "stored": balance.stored,
            "lost": balance.lost,
            "duplicated": balance.duplicated,
            "flagged": balance.flagged,
            "unreadable": balance.unreadable,
            "absorbed": balance.absorbed,
            "conflicts": balance.conflicts,
            "edge": balance.edge,
            "readings": self.readings,
            "points": balance.points,
            "detections": balance.detections,
            "seconds": round(self.seconds, 1),
            "road_seconds": round(self.road_seconds, 1),
            "killed": self.killed,
            "truth": self.truth,
            "verdict": self.verdict,
            "report": str(self.report),
        }


def run_demo(scenario: str, seed: int, folder: Path, *, kill: bool = False) -> DemoResult:
    """The whole road; ``folder`` is made anew if an earlier demo made it."""
    from ecoviv.demo.plan import write_plan
    from firmware_sim.world.world import World

    clock = SystemClock()
    started = clock.monotonic()
    _clear(folder)
    world = World(seed, scenario)
    territory = folder / "territory.toml"
    territory.write_text(world.territory_toml(), encoding="utf-8")
    plan = folder / "plan.toml"
    write_plan(world, plan)
    station = Station(territory.resolve(), folder.resolve())
    with progress_bar() as progress:
        station_task = progress.add_task("Starting broker and services", total=1)
        try:
            station.start()
            progress.advance(station_task)
            sent, road_seconds, killed = _travel(world, station, progress, kill=kill, seed=seed)
        finally:
            station.stop()
        judging = progress.add_task("Indicators, verdict, report", total=3)
        verdict, report = _judge(folder, station.store, lambda: progress.advance(judging))
        balance = _balance(station.store, sent)
        progress.advance(judging)
    result = DemoResult(
        scenario=scenario,
        seed=seed,
        balance=balance,
        readings=sent.readings,
        seconds=(clock.monotonic() - started) / SECOND,
        road_seconds=road_seconds,
        truth=world.truth(),
        verdict=verdict,
        report=report,
        killed=killed,
    )
    (folder / "demo.json").write_text(
        json.dumps(result.to_json(), ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return result


def _travel(
    world: World, station: Station, progress: Progress, *, kill: bool, seed: int
) -> tuple[Sent, float, dict[str, int]]:
    """Send everything, wait until all is stored and every clip has its features."""
    from firmware_sim.line.fleet import run_simulation

    clock = SystemClock()
    chaos = Chaos(station, seed) if kill else None
    task = progress.add_task("Messages on disk in the store", total=world.expected_messages)

    def show(now: SendingProgress) -> None:
        progress.update(task, completed=now.stored, total=max(now.expected, now.stored))
        if chaos is not None:
            chaos.strike_if_due()
        station.watch()

    started = clock.monotonic()
    sent = run_simulation(world, station.address, progress=show)
    progress.update(task, total=sent.messages, completed=sent.messages)
    road_seconds = (clock.monotonic() - started) / SECOND
    _await_edge(station, progress, sent.clips)
    return sent, road_seconds, chaos.killed if chaos else {}


def _await_edge(station: Station, progress: Progress, clips: int) -> None:
    """Until the edge worker has answered for every clip and all of it is stored."""
    from gateway.spool.status import read_status

    clock = SystemClock()
    task = progress.add_task("Clips measured at the edge", total=clips)
    deadline = clock.monotonic() + int(_EDGE_WAIT_S * SECOND)
    while True:
        station.watch()
        status = read_status(station.folder / "gateway")
        done = status.clips_heard
        progress.update(task, completed=done)
        if done >= clips and not any(stream.waiting for stream in status.streams):
            return
        if clock.monotonic() > deadline:
            raise UnreachableError(
                f"The edge worker measured {done} of {clips} clips in {_EDGE_WAIT_S:g} s",
                help=f"Read {station.log('edge')} and {station.log('gateway')}",
            )
        clock.sleep(0.1)


def _judge(folder: Path, store: str, advance: Callable[[], None]) -> tuple[dict[str, Any], Path]:
    """Verdict and report from the store alone."""
    from analysis.indicators.compute import panels
    from analysis.plan.ledger import beside, verify
    from analysis.plan.plan import Plan
    from analysis.report import write_report
    from analysis.verdict.outside import outside
    from analysis.verdict.rule import judge
    from contract.config import load_territory

    territory = load_territory(folder / "territory.toml")
    plan = Plan.load(folder / "plan.toml")
    known = outside(plan, verify(beside(folder / "plan.toml")), territory)
    verdict = judge(plan, panels(plan, store, territory), known=known)
    content: dict[str, Any] = json.loads(verdict.to_json())
    (folder / "verdict.json").write_text(verdict.to_json() + "\n", encoding="utf-8")
    advance()
    report = write_report(territory, store, plan, verdict, folder / "report.html")
    advance()
    return content, report


def _balance(url: str, sent: Sent) -> Balance:
    store = open_store(url, read_only=True)
    try:
        parts = set(sent.parts)
        return strike((identity for identity in sent.identities() if identity not in parts), store)
    finally:
        store.close()


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left; never anything else."""
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise UsageError(f"{folder} holds files that no demo made", help="Choose another --out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark.touch()
