"""The commands as a person types them, in this process, on files that nobody of the project wrote."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecoviv.cli import main
from tests.conftest import shared_path

Row = dict[str, Any]
Run = Callable[..., tuple[int, dict[str, Any], str]]
"""Arguments -> exit code, what ``--json`` printed, and the talk."""

_LAND = """[territory]
id = "t"
{more}
[[zones]]
id = "z"
arm = "control"
land_use = "livestock"
[[sites]]
id = "s"
zone = "z"
latitude = 46
longitude = 1
"""


def case(name: str) -> Path:
    """A small input with its right answer, or a skip that says what is absent."""
    path = shared_path(".").parent / "cases" / "formats" / name
    if not path.exists():
        pytest.skip(f"cases absent: ../shared/cases/formats/{name}")
    return path


def territory(folder: Path, *devices: Row, more: str = "") -> Path:
    """A territory file with these devices, written as a technician would."""
    tables = [
        "\n".join(
            ["[[devices]]", 'site = "s"', *(f"{key} = {json.dumps(value)}" for key, value in one.items())]
        )
        for one in devices
    ]
    path = folder / "territory.toml"
    path.write_text("\n".join([_LAND.format(more=more), *tables]) + "\n")
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command with ``--json``; anything but an exit is a traceback and fails the test."""

    def ran(*words: object) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr(sys, "argv", ["ecoviv", *map(str, words), "--json"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        code = end.value.code if isinstance(end.value.code, int) else 1
        return code, json.loads(said.out) if said.out.strip() else {}, said.err

    return ran
