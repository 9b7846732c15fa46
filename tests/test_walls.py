"""The walls between rooms hold: an import that climbs, planted in any room, is named by the linter."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERED = [contract for contract in CONTRACTS if contract["type"] == "layers"]
DOOR = "One door: only analysis.study opens a store, by its protocol"


def rooms(contract: dict[str, object]) -> list[list[str]]:
    """The layers of a contract that are there, from the top; each a list of modules."""
    (container,) = contract.get("containers") or [""]  # type: ignore[misc]
    layers = []
    for layer in contract["layers"]:  # type: ignore[attr-defined]
        names = [name.strip(" ()") for name in layer.split("|")]
        whole = [f"{container}.{name}" if container else name for name in names]
        layers.append([name for name in whole if source(ROOT, name) is not None])
    return [layer for layer in layers if layer]


def source(root: Path, module: str) -> Path | None:
    """Where a module's own code stands."""
    path = root.joinpath(*module.split("."))
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)


def climbs(contract: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Imports that a contract forbids: each layer of the one above, and siblings of each other."""
    layers = rooms(contract)
    for above, below in itertools.pairwise(layers):
        yield below[0], above[0]
    for layer in layers:
        yield from itertools.pairwise(layer)


def linted(folder: Path) -> str:
    """What the linter says of the packages in ``folder``."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder), "COLUMNS": "200"}, capture_output=True, text=True
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says after a climbing import was planted in every room."""
    folder = tmp_path_factory.mktemp("planted")
    for package in ("contract", "gateway", "ingest", "firmware_sim", "analysis", "ecoviv"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for contract in LAYERED:
        for low, high in climbs(contract):
            place = source(folder, low)
            assert place is not None
            with place.open("a") as stream:
                stream.write(f"\nimport {high}  # planted\n")
    return linted(folder)


@pytest.mark.parametrize("contract", LAYERED, ids=lambda contract: contract["name"])
def test_a_climbing_import_is_named(said: str, contract: dict[str, object]) -> None:
    expected = [f"{low} is not allowed to import {high}" for low, high in climbs(contract)]
    assert expected
    assert [sentence for sentence in expected if sentence not in said] == []


def test_every_package_is_divided_and_every_division_is_exhaustive() -> None:
    inside = {contract["containers"][0]: contract for contract in LAYERED if "containers" in contract}
    assert {"contract", "gateway", "ingest", "firmware_sim", "analysis", "ecoviv"} <= set(inside)
    assert [name for name, contract in inside.items() if not contract.get("exhaustive")] == []


def test_only_the_door_has_imports_that_the_rules_pass_over() -> None:
    passed_over = {contract["name"] for contract in CONTRACTS if contract.get("ignore_imports")}
    assert passed_over == {DOOR}
