"""The demo: every message balanced, the planted truth found, nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "demo"
"""Verdicts of the demo as they were committed; a change of one needs a reason in the changelog."""


def demo(out: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ecoviv", "demo", "--out", str(out), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def words(text: str) -> list[str]:
    """The words of a printed result; its numbers, times and paths differ between machines."""
    lines = [line for line in text.splitlines() if not line.startswith(("Killed", "Report"))]
    return re.findall(r"[A-Za-z][\w-]+", "\n".join(lines))


def shown_in_readme() -> str:
    """The block that the README shows as the demo's output."""
    (block,) = re.findall(r"^```text\n(Messages\n.*?)^```", (ROOT / "README.md").read_text(), re.S | re.M)
    return str(block)


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_the_demo_balances_every_message_and_finds_the_planted_truth(tmp_path: Path) -> None:
    out, _ = (running := demo(tmp_path / "demo", "--kill")).communicate(timeout=280)
    assert running.returncode == 0
    result = json.loads((tmp_path / "demo" / "demo.json").read_text())
    assert result["sent"] >= 40_000
    assert result["readings"] >= 200_000
    assert result["sent"] == result["stored"] + result["unreadable"] + result["lost"]
    assert result["lost"] == 0
    assert result["duplicated"] == 0
    assert (tmp_path / "demo" / "verdict.json").read_bytes() == (GOLDEN / "recovery-1.json").read_bytes()
    assert result["unreadable"] > 0
    assert result["flagged"] > 0
    assert sum(result["killed"].values()) >= 5
    assert result["verdict"]["territory"] == result["truth"]["territory"] == "recovering"
    assert {"id", "class", "estimate", "low", "high", "codes"} <= set(result["verdict"]["indicators"][0])
    assert words(out.decode()) == words(shown_in_readme())
    report = Path(result["report"]).read_text(encoding="utf-8")
    assert "<svg" in report
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)([^"']*)""", report) == []


def test_another_seed_gives_the_verdict_that_it_always_gave(tmp_path: Path) -> None:
    (running := demo(tmp_path / "demo", "--seed", "7")).communicate(timeout=280)
    assert running.returncode == 0
    assert (tmp_path / "demo" / "verdict.json").read_bytes() == (GOLDEN / "recovery-7.json").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    running = demo(tmp_path / "demo")
    family: list[psutil.Process] = []
    deadline = time.monotonic() + 30
    while len(family) < 4 and time.monotonic() < deadline:
        family = psutil.Process(running.pid).children(recursive=True)
        time.sleep(0.1)
    time.sleep(3)
    running.send_signal(number)
    running.communicate(timeout=40)
    assert running.returncode == 130
    assert alive(family) == []


def test_a_folder_that_no_demo_made_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    running = demo(tmp_path)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 2
    assert b"no demo made" in said
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
