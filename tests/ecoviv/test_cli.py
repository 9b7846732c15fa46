"""The command line answers in sentences, with the right exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract.config import load_territory
from contract.instant import SystemClock
from gateway.spool.spool import Spool
from ingest.store import make_store

ROOT = Path(__file__).resolve().parents[2]


def ecoviv(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecoviv", *arguments],
        cwd=cwd or ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )


COMMANDS = (
    "init", "demo", "up", "sim", "record", "replay", "gateway", "edge", "ingest",
    "query", "indicators", "indices", "plan", "verdict", "report",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = ecoviv(command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_the_example_territory_is_valid_and_never_overwritten(tmp_path: Path) -> None:
    assert ecoviv("init", str(tmp_path)).returncode == 0
    assert load_territory(tmp_path / "territory.toml").id == "meadow-valley"
    again = ecoviv("init", str(tmp_path))
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "--force" in again.stderr


def test_an_error_is_a_sentence_with_the_next_step_and_no_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "territory.toml"
    broken.write_text('[territory]\nid = "x"\ncolour = "red"\n')
    done = ecoviv("up", str(broken))
    assert done.returncode == 3
    assert "colour: this key is not known" in done.stderr.replace("\n", " ")
    assert "Next:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_path_that_cannot_be_written_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    done = ecoviv("init", str(tmp_path / "file" / "folder"))
    assert done.returncode == 1
    assert "Next:" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "file").read_text() == "kept"


def test_an_unknown_option_is_a_usage_error() -> None:
    assert ecoviv("demo", "--speed-of-light").returncode == 2


def test_the_version_is_told() -> None:
    done = ecoviv("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("ecoviv ")


@pytest.mark.parametrize(
    "command", ["--help", "ingest ledger --store sqlite:ecoviv.db", "gateway status --state state"]
)
def test_a_reader_that_leaves_early_ends_it_quietly(tmp_path: Path, command: str) -> None:
    """Help comes from typer, tables from rich, lines from ``print``; each notices in its own way."""
    Spool.open(tmp_path / "state" / "spool.db", SystemClock()).close()
    make_store("sqlite:" + str(tmp_path / "ecoviv.db"))
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m ecoviv {command} | true; exit ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
