"""Run a program so that it never outlives the process that started it.

``python -m ecoviv.station.child PARENT_PID PROGRAM ARGUMENT…``

On Linux the kernel is asked to end the program when its parent dies, then this process
becomes the program.  Elsewhere it stays beside the program and watches the parent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def spawn(argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start ``argv`` in its own session, bound to this process; its talk goes to ``log``.

    On Linux the child is bound to the thread that calls this: call it from one that lasts.
    """
    command = [sys.executable, "-m", "ecoviv.station.child", str(os.getpid()), *argv]
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path, **(env or {})},
        )


def stop(process: subprocess.Popen[bytes], timeout_s: float = 10.0) -> None:
    """Ask ``process`` to end, wait, and insist if it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _main(parent: int, argv: Sequence[str]) -> int:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            return 1
        os.execvp(argv[0], list(argv))
    program = subprocess.Popen(argv)
    signal.signal(signal.SIGTERM, lambda _number, _frame: program.terminate())
    while True:
        try:
            return program.wait(0.5)
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:
                program.terminate()


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1]), sys.argv[2:]))
