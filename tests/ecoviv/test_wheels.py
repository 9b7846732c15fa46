"""``scripts/wheels``: a folder that installs without a network, with every file that a command reads."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_KEPT_OUT = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "docs", "ecoviv-demo")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that was filled from the folder of wheels alone."""
    folder = tmp_path_factory.mktemp("w")
    shutil.copytree(ROOT, folder / "tree", ignore=_KEPT_OUT)
    tree = folder / "tree"
    (tree / "build" / "lib" / "ecoviv").mkdir(parents=True)
    (tree / "build" / "lib" / "ecoviv" / "left_by_an_older_tree.py").write_text("")
    venv.create(tree / ".venv", with_pip=True)
    _run(tree / "scripts" / "wheels", folder / "wheels", "")
    venv.create(folder / "there", with_pip=True)
    _run(
        folder / "there" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
        "--find-links", folder / "wheels", "ecoviv",
    )  # fmt: skip
    return folder / "there"


def _run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_the_wheels_install_without_an_index_and_hold_what_commands_read(
    installed: Path, tmp_path: Path
) -> None:
    ecoviv = installed / "bin" / "ecoviv"
    _run(ecoviv, "init", tmp_path / "valley")
    assert (tmp_path / "valley" / "territory.toml").read_text() == (
        ROOT / "ecoviv" / "example" / "territory.toml"
    ).read_text()
    assert "replay" in _run(ecoviv, "--help")
    listed = _run(installed / "bin" / "python", "-c", _DATA)
    assert set(listed.split()) == {path.name for path in _data_files()}


def test_what_an_older_tree_left_behind_is_not_packed(installed: Path) -> None:
    assert list(installed.rglob("left_by_an_older_tree.py")) == []
    assert list(installed.rglob("ecoviv/cli.py")) != []


_DATA = """
import importlib.util, pathlib
for room in ("gateway", "ingest", "analysis", "firmware_sim", "contract", "ecoviv"):
    home = pathlib.Path(importlib.util.find_spec(room).origin).parent
    print(*(p.name for p in home.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")))
"""


def _data_files() -> list[Path]:
    rooms = ("gateway", "ingest", "analysis", "firmware_sim", "contract", "ecoviv")
    return [
        path
        for room in rooms
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
