"""Run a whole station on one machine: broker, gateway, edge worker and ingest.

1. ``Station`` starts the broker, then each service as an operating-system process of its
   own, and waits until each has said that it is ready.
2. ``watch`` starts a service again that died, with a growing pause.
3. ``stop`` ends them in the order of the road, so that nothing is stranded: edge worker,
   gateway, ingest, and the broker last.

No service outlives this process (``ecoviv.station.child``).
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from contract.config import BrokerAddress, load_territory
from contract.errors import ConfigurationError, EcoVivError
from contract.instant import SECOND, Clock, SystemClock
from contract.line.station import leave_note, take_note_away
from ecoviv.station.broker import Engine, RunningBroker, start_broker
from ecoviv.station.child import spawn, stop
from ecoviv.station.door import Door, log_in
from ecoviv.station.pushes import Pushes

SERVICES = ("ingest", "gateway", "edge")
_READY_WAIT_S = 30.0
_STOP_ORDER = ("edge", "gateway", "ingest")


@dataclass(slots=True)
class Station:
    """Broker and services over one folder: ``broker/``, ``gateway/``, ``kept/``, ``store.db``, ``log/``."""

    territory: Path
    folder: Path
    engine: Engine | None = None
    port: int | None = None
    door: Door | None = None
    """Where others reach the broker; None: nobody does."""
    pushes: Pushes | None = None
    """The gateway's HTTP door; None: it stays shut."""
    services: tuple[str, ...] = SERVICES
    clock: Clock = field(default_factory=SystemClock)
    spawner: Callable[..., subprocess.Popen[bytes]] = spawn
    """What starts a service; takes what ``ecoviv.station.child.spawn`` takes."""
    broker: RunningBroker | None = field(default=None, init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, init=False)
    restarts: dict[str, int] = field(default_factory=dict, init=False)
    _due: dict[str, int] = field(default_factory=dict, init=False)
    _logins: dict[str, dict[str, str]] = field(default_factory=dict, init=False)
    _lock: TextIO | None = field(default=None, init=False)
    _noted: bool = field(default=False, init=False)
    _enrolled: tuple[int, ...] = field(default=(), init=False)
    """When the files were written that the broker has read."""

    @property
    def address(self) -> BrokerAddress:
        """Of the broker; ``EcoVivError`` before ``start``."""
        if self.broker is None:
            raise EcoVivError("The station has no broker yet", help="Start it first")
        return self.broker.address

    @property
    def store(self) -> str:
        """The url of the store."""
        return f"sqlite:{self.folder / 'store.db'}"

    def start(self) -> None:
        """Everything up and ready, or everything down and an error that names the log."""
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        self._lock = self._alone()  # before log-ins, logs and the broker's file of another are replaced
        try:
            if self.door is not None:
                places = load_territory(self.territory)
                self._logins = log_in(self.services, self.door, places, self.folder)
            self._enrolled = self._files()
            self.broker = start_broker(
                self.folder / "broker", engine=self.engine, port=self.port, door=self.door
            )
            for name in self.services:
                self.launch(name)
            for name in self.services:
                self.await_ready(name)
            leave_note(self.folder, self.address)
            self._noted = True
        except BaseException:
            self.stop()
            raise

    def _alone(self) -> TextIO:
        lock = (self.folder / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise ConfigurationError(
                f"A station works in {self.folder} already",
                help="Stop it with Ctrl-C where it runs, or give this one a folder of its own with --state",
            ) from error
        return lock

    def launch(self, name: str) -> None:
        """Start one service as a process."""
        common = ["--broker", self.address.url]
        arguments = {
            "ingest": ["ingest", "run", "--territory", str(self.territory), "--store", self.store],
            "gateway": [
                "gateway", "run", "--territory", str(self.territory), "--state", str(self.folder / "gateway"),
                *(self.pushes.arguments() if self.pushes else ()),
            ],
            "edge": ["edge", "run", "--kept", str(self.folder / "kept")],
        }[name]  # fmt: skip
        log = self.log(name)
        log.write_bytes(b"")
        quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | self._logins.get(name, {})
        self.processes[name] = self.spawner(
            [sys.executable, "-m", "ecoviv", *arguments, *common], log=log, env=quiet
        )

    def log(self, name: str) -> Path:
        """Where the service ``name`` talks to."""
        return self.folder / "log" / f"{name}.log"

    def watch(self) -> list[str]:
        """Start again what died; the names of what was started."""
        started = []
        for name, process in self.processes.items():
            if process.poll() is None or self.clock.monotonic() < self._due.get(name, 0):
                continue
            times = self.restarts[name] = self.restarts.get(name, 0) + 1
            self._due[name] = self.clock.monotonic() + min(times, 10) * SECOND // 5
            started.append(name)
        for name in started:
            self.launch(name)
        if self.broker is not None and self.broker.process.poll() is not None:
            self.broker.restart()
            started.append("broker")
        if self.broker is not None and (written := self._files()) != self._enrolled:
            self._enrolled = written
            self.broker.reload()
        return started

    def _files(self) -> tuple[int, ...]:
        """When passwords and rights were written, which `enrol` changes while the broker runs."""
        if self.door is None or self.door.credentials is None:
            return ()
        paths = (self.door.credentials / name for name in ("passwords", "acl"))
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)

    def stop(self) -> None:
        """End all, broker last."""
        if self._noted:  # else the note is of another that runs in this folder
            take_note_away(self.folder)
        for name in _STOP_ORDER:
            if name in self.processes:
                stop(self.processes[name])
        if self.broker is not None:
            self.broker.stop()
        if self._lock is not None:
            self._lock.close()

    def await_ready(self, name: str) -> None:
        """Until the service has said that it is; an error that names its log if it never does."""
        deadline = self.clock.monotonic() + int(_READY_WAIT_S * SECOND)
        while self.clock.monotonic() < deadline:
            said = self.log(name).read_text(errors="replace")
            if " ready on " in said:
                return
            if self.processes[name].poll() is not None:
                break
            self.clock.sleep(0.02)
        why = last_words(self.log(name).read_text(errors="replace"))
        raise EcoVivError(f"The service {name} did not start: {why}", help=f"Read {self.log(name)}")


def last_words(log: str) -> str:
    """Why a service ended: the last line of its log, or the two that say what and what next."""
    lines = log.strip().splitlines() or ["it said nothing"]
    kept = lines[-2:] if lines[-1].startswith("Next: ") else lines[-1:]
    return " ".join(kept).removesuffix(".")
