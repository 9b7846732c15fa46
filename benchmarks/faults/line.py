"""Lines between network namespaces that can be cut, lose packets and take their time.

1. ``Lines`` makes a namespace for the broker and one for each member, and a veth pair between
   them.  ``cut`` takes the broker's end down, ``mend`` up again: nobody is told, packets vanish.
2. With ``loss`` or ``delay_ms`` the pair is two TUN devices with a process between them that
   drops and delays packets (seeded), since many kernels lack ``tc netem``.

Root on Linux only; ``absent`` says what is missing.  Nothing is reachable from outside.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.faults.nest import Nest, enter
from contract.instant import SystemClock
from ecoviv.station.broker import mosquitto_path
from ecoviv.station.child import spawn, stop

_TUNSETIFF, _TUN, _NO_INFO = 0x400454CA, 0x0001, 0x1000
_CONFIG = """listener 1883 0.0.0.0
allow_anonymous true
persistence false
max_inflight_messages 200
max_queued_messages 100000
set_tcp_nodelay true
user root
"""


def absent() -> str:
    """Why no lines can be made here; empty if they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces take root on Linux"
    if mosquitto_path() is None:
        return "Debian's mosquitto is not installed"
    probe = f"ev{os.getpid()}"
    try:
        _ip("netns", "add", probe)
        try:
            _ip("-n", probe, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1")
        finally:
            _ip("netns", "del", probe)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespace with veth can be made here ({error})"
    return ""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@dataclass(slots=True)
class Lines:
    """A hub with a broker, and ``members`` that reach it by a line each."""

    nest: Nest
    folder: Path
    members: Sequence[str]
    loss: float = 0.0
    delay_ms: float = 0.0
    seed: int = 1
    _processes: list[Any] = field(default_factory=list)

    @property
    def hub(self) -> str:
        return f"ev{os.getpid()}-hub"

    def namespace(self, member: str) -> str:
        return f"ev{os.getpid()}-{member}"

    def url(self, member: str) -> str:
        """The broker, as ``member`` sees it."""
        return f"mqtt://10.77.{self.members.index(member)}.1:1883"

    def __enter__(self) -> Lines:
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            stop(process)
        for name in (self.hub, *map(self.namespace, self.members)):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", name)

    def cut(self, member: str) -> None:
        _ip("-n", self.hub, "link", "set", f"line{self.members.index(member)}", "down")

    def mend(self, member: str) -> None:
        _ip("-n", self.hub, "link", "set", f"line{self.members.index(member)}", "up")

    def _make(self) -> None:
        _ip("netns", "add", self.hub)
        for number, member in enumerate(self.members):
            inside, end = self.namespace(member), f"10.77.{number}"
            _ip("netns", "add", inside)
            if self.loss or self.delay_ms:
                self._slow(number, inside)
            else:
                pair = ("type", "veth", "peer", "name", "line", "netns", inside)
                _ip("-n", self.hub, "link", "add", f"line{number}", *pair)
            for space, device, own, other in (
                (self.hub, f"line{number}", f"{end}.1", f"{end}.2"),
                (inside, "line", f"{end}.2", f"{end}.1"),
            ):
                _ip("-n", space, "addr", "add", own, "peer", other, "dev", device)
                _ip("-n", space, "link", "set", device, "up")
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text(_CONFIG)
        broker = ["ip", "netns", "exec", self.hub, mosquitto_path() or "mosquitto", "-c", str(config)]
        self._processes.append(spawn(broker, log=self.folder / "broker.log"))

    def _slow(self, number: int, inside: str) -> None:
        log = self.folder / f"line-{number}.log"
        self.folder.mkdir(parents=True, exist_ok=True)
        arguments = [self.hub, f"line{number}", inside, str(self.loss), str(self.delay_ms)]
        argv = ["python", "-m", "benchmarks.faults.line", *arguments, str(self.seed + number)]
        self._processes.append(self.nest.spawn(argv, log=log))
        for _ in range(500):
            if log.exists() and "ready" in log.read_text():
                return
            SystemClock().sleep(0.01)
        raise RuntimeError(log.read_text())


def _tun(namespace: str, name: str) -> int:
    enter(namespace)
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH14x", name.encode(), _TUN | _NO_INFO))
    return handle


def main() -> None:
    """Carry packets between two namespaces, some of them, late."""
    hub, device, inside, loss, delay_ms, seed = sys.argv[1:]
    chance, clock = random.Random(int(seed)), SystemClock()
    ends = [_tun(hub, device), _tun(inside, "line")]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    under_way: list[tuple[int, int, int, bytes]] = []
    order = 0
    while True:
        now = clock.monotonic()
        wait = max(0, under_way[0][0] - now) / 1e9 if under_way else None
        for handle in select.select(ends, [], [], wait)[0]:
            other = ends[handle == ends[0]]
            for packet in _packets(handle):
                order += 1
                if chance.random() >= float(loss):
                    late = chance.uniform(0.5, 1.5) * float(delay_ms) * 1e6
                    heapq.heappush(under_way, (clock.monotonic() + int(late), order, other, packet))
        while under_way and under_way[0][0] <= clock.monotonic():
            _, _, handle, packet = heapq.heappop(under_way)
            with contextlib.suppress(OSError):
                os.write(handle, packet)


def _packets(handle: int) -> Iterator[bytes]:
    try:
        while True:
            yield os.read(handle, 65_536)
    except OSError:
        return


if __name__ == "__main__":
    main()
