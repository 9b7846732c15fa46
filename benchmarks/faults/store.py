"""A store that is locked, busy or out of room for a while: back-pressure, and nothing lost.

Broker, gateway and ingest as processes and eight sensors.  After a while of work the fault
begins; the sensors go on; then it ends and everything must arrive.  Watched: that nothing is
committed meanwhile, that the memory of gateway and ingest stays flat, and the balance.

- *locked*: another program holds SQLite's write lock;
- *busy*: a stand-in for InfluxDB answers 503 to every write (it keeps the points of the
  others, by their keys);
- *full*: a tmpfs under the store that another program has filled.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.faults.kills import DEVICES, balance, territory
from benchmarks.faults.nest import Nest
from benchmarks.faults.sensors import Sensors
from contract import topics
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from ecoviv.station.broker import RunningBroker, start_broker
from ecoviv.station.child import stop
from gateway.spool.status import read_status

KINDS = ("locked", "busy", "full")
_DISK_MIB = 64
_BEFORE, _MOST = 4_000, 60_000
"""Messages said before the fault, and in all: they find room on that disk, and in the spool, whose cap
would drop the oldest."""
_CLOCK = SystemClock()
Fault = Callable[[], contextlib.AbstractContextManager[None]]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    hog = folder / "hog"
    with contextlib.suppress(OSError), hog.open("wb", buffering=0) as stream:
        while stream.write(b"x" * 4096) == 4096:
            pass
    yield
    hog.unlink()


class Server:
    """Takes line protocol, keeps which points it was given, and may be sick."""

    def __init__(self) -> None:
        outer = self
        self.sick, self.refusals = False, 0
        self.keys: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if outer.sick:
                    outer.refusals += 1
                else:
                    outer.keys.update(
                        f"{line.split(' ')[0]} {line.rsplit(' ', 1)[1]}" for line in body.split("\n")
                    )
                self._answer(503 if outer.sick else 204, b"")

            def do_GET(self) -> None:
                """It knows of no point: what was kept before, ingest's journal tells."""
                self._answer(503 if outer.sick else 200, b'{"results":[{}]}')

            def _answer(self, code: int, content: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Silence."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @contextmanager
    def sickness(self) -> Iterator[None]:
        self.sick = True
        yield
        self.sick = False

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def slow_store(nest: Nest, folder: Path, kind: str, seconds: float, most: int = _MOST) -> dict[str, Any]:
    """One of ``KINDS`` for ``seconds``, with at most ``most`` messages; what was found."""
    (folder / "disk").mkdir(parents=True)
    database = folder / "disk" / "store.db"
    store = f"sqlite:{database}"
    with ExitStack() as closing:
        fault: Fault = lambda: _locked(database)  # noqa: E731 - one of three
        server: Server | None = None
        if kind == "full":
            if not _mounted(folder / "disk", closing):
                return {"fault": kind, "skipped": "a tmpfs cannot be mounted here (it takes root)"}
            fault = lambda: _full(folder / "disk")  # noqa: E731
        elif kind == "busy":
            server = Server()
            closing.callback(server.close)
            store, fault = f"influxdb:{server.url}/eco?org=o&journal={database}", server.sickness
        found = _work(nest, folder, store, fault, seconds, most, closing)
        counted = {} if server is None else {"server points": len(server.keys), "refusals": server.refusals}
        whole = balance(f"sqlite:{database}", found["highest"], points=server is None)
        del found["highest"]
        return {"fault": kind, "seconds": seconds, **found, **counted, **whole}


def _mounted(folder: Path, closing: ExitStack) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return False
    closing.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)
    return True


def _work(
    nest: Nest, folder: Path, store: str, fault: Fault, seconds: float, most: int, closing: ExitStack
) -> dict[str, Any]:
    broker = closing.enter_context(start_broker(folder / "broker"))
    processes = _services(nest, folder, store, broker)
    for process in processes.values():
        closing.callback(stop, process)
    bus = MqttBus(broker.address, "sensors", (topics.SENSOR_RECEIPT_FILTER,))
    bus.connect()
    sensors = Sensors(bus, DEVICES)
    _until(sensors, _BEFORE, 60.0, lambda: min(sensors.stored) > 50)
    before = {name: memory(process.pid) for name, process in processes.items()}
    highest_memory = dict(before)

    def watch() -> bool:
        for name, process in processes.items():
            highest_memory[name] = max(highest_memory[name], memory(process.pid))
        return False

    with fault():
        _until(sensors, most, 1.0, lambda: False)
        stored, said = sum(sensors.stored), sum(sensors.highest)
        _until(sensors, most, seconds, watch)
        committed, waited = sum(sensors.stored) - stored, sum(sensors.highest) - said
    deadline = _CLOCK.monotonic() + 120 * SECOND
    while not sensors.done and _CLOCK.monotonic() < deadline:
        sensors.step(more=False)
        watch()
    bus.close()
    for process in processes.values():
        stop(process)
    waiting = sum(stream.waiting for stream in read_status(folder / "gateway").streams)
    grown = {f"{name} grew MiB": round((highest_memory[name] - before[name]) / 2**20, 1) for name in before}
    done = {"highest": sensors.highest, "said meanwhile": waited, "stored meanwhile": committed}
    return {**done, "waiting at the end": waiting, **grown}


def _services(nest: Nest, folder: Path, store: str, broker: RunningBroker) -> dict[str, Any]:
    file = folder / "territory.toml"
    file.write_text(territory(DEVICES))
    common = ["--territory", str(file), "--broker", broker.address.url]
    where = {"ingest": ["--store", store], "gateway": ["--state", str(folder / "gateway")]}
    return {
        name: nest.spawn(["python", "-m", "ecoviv", name, "run", *common, *more], log=folder / f"{name}.log")
        for name, more in where.items()
    }


def _until(sensors: Sensors, most: int, seconds: float, reached: Callable[[], bool]) -> None:
    until = _CLOCK.monotonic() + int(seconds * SECOND)
    while _CLOCK.monotonic() < until and not reached():
        sensors.step(more=sum(sensors.highest) < most)


def memory(pid: int) -> int:
    """Resident bytes of a process of its own, without what it shares with others."""
    text = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(lines["RssAnon"].split()[0]) * 1024
