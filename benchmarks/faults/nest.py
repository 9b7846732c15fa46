"""Services that start in a moment, because one process has already read the code for them.

1. ``Nest`` starts one process that imports every service and then waits.
2. ``Nest.spawn`` has it fork: the child runs the very command line of ``ecoviv`` as a
   process of its own, that a ``kill -9`` ends as it ends any other.
3. The children die with the nest, and the nest with its owner.

So a kill costs a tenth of a second where reading the code again costs a whole one.
``spawn`` takes what ``ecoviv.station.child.spawn`` takes; it may also put the child into a network
namespace.  Linux only.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

_PR_SET_PDEATHSIG, _CLONE_NEWNET = 1, 0x40000000
_SERVICES = (
    "ecoviv.cli", "contract.line.service", "gateway.assembly", "ingest.service",
    "ingest.store", "ingest.store.sqlite.store", "analysis.edge.worker", "benchmarks.faults.sensors",
)  # fmt: skip


class Hatchling:
    """One child: what ``subprocess.Popen`` can do, as far as it is needed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle, self.returncode = -1, 0

    def poll(self) -> int | None:
        return self.wait(0) if self.returncode is None else self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """None while it lives after ``timeout`` of 0; its real code is not known."""
        if self.returncode is None:
            if select.select([self._handle], [], [], timeout)[0]:
                os.close(self._handle)
                self.returncode = 0
            elif timeout:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nest:
    """The process that has read the code."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.faults.nest", str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def spawn(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        namespace: str = "",
    ) -> Any:
        """``[python, -m, MODULE, ARGUMENT…]`` as a child; its talk goes to ``log``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"argv": list(argv[2:]), "log": str(log), "env": dict(env or {}), "namespace": namespace}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return Hatchling(int(self._process.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _brood(parent: int) -> None:
    _die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return
    for name in _SERVICES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _become(order: dict[str, Any]) -> None:
    _die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    null, log = (
        os.open(os.devnull, os.O_RDONLY),
        os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    )
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["env"])
    if order["namespace"]:
        enter(order["namespace"])
    module, *arguments = order["argv"]
    sys.argv = [module, *arguments]
    code = 1
    try:
        importlib.import_module({"ecoviv": "ecoviv.cli"}.get(module, module)).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - said in the log, as an interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def enter(namespace: str) -> None:
    """Put this thread into a network namespace that ``ip netns`` made."""
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"setns {namespace}")
    os.close(handle)


def _die_with_parent(number: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)


if __name__ == "__main__":
    _brood(int(sys.argv[1]))
