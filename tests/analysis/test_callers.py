"""What stands in ``analysis`` is called: by another room, by a benchmark, or through the notebook's door."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "contract", "ecoviv", "firmware_sim", "gateway", "ingest", "benchmarks")
KEPT = {
    "analysis.stats.models.occupancy.negative_log_likelihood",
    "analysis.stats.models.dynamic_occupancy.negative_log_likelihood",
    "analysis.words.advice.table_of_codes",
}
"""What tests compare with R's likelihood at given effects, and with a page."""


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def used_in(module: str, tree: ast.Module) -> set[str]:
    """Full names that a module takes from others, and its own names that it uses itself."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    used = set(known.values())
    for top in tree.body:
        for node in ast.walk(top):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in known
            ):
                used.add(f"{known[node.value.id]}.{node.attr}")
            elif isinstance(node, ast.Name) and node.id != getattr(top, "name", None):
                used.add(f"{module}.{node.id}")
    return used


def test_nothing_public_in_analysis_is_without_a_caller() -> None:
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    trees = {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    used = {name for module, tree in trees.items() for name in used_in(module, tree)}
    public = {
        f"{module}.{node.name}"
        for module, tree in trees.items()
        if module.partition(".")[0] == "analysis"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    assert len(public) > 300
    commands = {name for name in public if name.startswith("analysis.cli.") and name.endswith(".register")}
    assert sorted(public - used - commands - KEPT) == []
    assert public >= KEPT
