"""The example firmware as programs: how each is built and called, and a pipe into it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[2] / "examples" / "firmware"
PLACE = ("s1", "soil-1")
Command = Callable[[int, Path], list[str]]
"""(port, queue file) → the program's words."""


def why_not_built() -> str:
    """What keeps the C client from being built here; empty where nothing does."""
    if shutil.which("cc") is None:
        return "no C compiler: Debian's gcc and libc6-dev"
    probe = "#include <cjson/cJSON.h>\n#include <mosquitto.h>\n#include <mqtt_protocol.h>\n"
    done = subprocess.run(["cc", "-fsyntax-only", "-xc", "-"], input=probe.encode(), capture_output=True)
    return "" if done.returncode == 0 else "no headers: Debian's libmosquitto-dev and libcjson-dev"


def build(folder: Path, *more: str, sources: Path = FIRMWARE / "posix") -> Path:
    """The C client, compiled as its page says; ``AssertionError`` with the compiler's words."""
    program = folder / "ecoviv-sensor"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", *more]
    libraries = ["-lmosquitto", "-lcjson", "-lm"]
    done = subprocess.run(
        ["cc", *flags, *map(str, sorted(sources.glob("*.c"))), "-o", str(program), *libraries],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return program


def posix(program: Path, *, health_ms: int = 0, silence_ms: int = 500, clock: str = "ntp") -> Command:
    """How the C client is called."""
    site, device = PLACE
    beside = [*(("-e", str(health_ms)) if health_ms else ()), *(("-c", clock) if clock else ())]
    return lambda port, queue: [
        str(program), "-p", str(port), "-s", site, "-d", device, "-q", str(queue), "-r", str(silence_ms),
        *beside,
    ]  # fmt: skip


def micropython(*, health_ms: int = 0, silence_ms: int = 500, clock: str = "ntp") -> Command:
    """How the MicroPython client is called: on MicroPython's Unix port if it is there, else on CPython."""
    runner = shutil.which("micropython") or sys.executable
    return lambda port, queue: [
        runner, str(FIRMWARE / "micropython" / "main.py"), "127.0.0.1", str(port), *PLACE, str(queue),
        str(health_ms), str(silence_ms), *([clock] if clock else []),
    ]  # fmt: skip


@dataclass
class Fed:
    """A program, started again and again over one queue, that is fed lines and says what it queued."""

    command: Command
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    lines: int = 0
    """Fed so far; the number is the line's value, so that each is another."""
    _ends: list[int] = field(default_factory=list)

    @property
    def queue(self) -> Path:
        return self.folder / "queue"

    def start(self) -> None:
        with (self.folder / "said").open("ab") as said, (self.folder / "talk").open("ab") as talk:
            argv = self.command(self.port, self.queue)
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=said, stderr=talk)

    def feed(self, seconds: float, pause_s: float = 0.003) -> None:
        """A line every few milliseconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.feed_line()
            time.sleep(pause_s)

    def feed_line(self, readings: int = 1) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.lines += 1
        line = "; ".join(f"soil_temperature {self.lines / 1000} Cel {n / 10}" for n in range(1, readings + 1))
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def finish(self, seconds: float = 60) -> int:
        """End stdin; the exit code once everything is spooled."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(seconds)

    def reported(self) -> list[tuple[str, int]]:
        """(boot, sequence) of every message that was reported as queued, whole lines only."""
        said = (self.folder / "said").read_text()
        whole = said[: said.rfind("\n") + 1].splitlines()
        words: list[Sequence[str]] = [line.split() for line in whole]
        return [(boot, int(seq)) for mark, boot, seq in words if mark == "queued"]
