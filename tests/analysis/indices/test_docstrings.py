"""What indices, statistics and measures say of themselves: shapes where arrays go in or out, and refusals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("analysis/indices", "analysis/stats", "analysis/sound/measure")
ARRAYS = re.compile(r"\b(Floats|Integers|Bools|ArrayLike|NDArray)\b")
REFUSALS = re.compile(r"Refused|Raises|[A-Z]\w+Error|UnknownName|NaN|refuse")


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Public functions by name and place."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield f"{path.relative_to(ROOT).with_suffix('')}:{node.name}", node


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_arrays_says_their_shape_and_what_it_refuses(name: str) -> None:
    node = FUNCTIONS[name]
    said = ast.get_docstring(node) or ""
    assert said
    kinds = [
        ast.unparse(one.annotation)
        for one in ast.walk(node.args)
        if isinstance(one, ast.arg) and one.annotation
    ]
    kinds.append(ast.unparse(node.returns) if node.returns else "")
    if any(ARRAYS.search(kind) for kind in kinds):
        assert "shape" in said, "say the shape of the arrays"
    if any(isinstance(one, ast.Raise) for one in ast.walk(node)):
        assert REFUSALS.search(said), "say what is refused"


def test_there_are_functions_to_look_at() -> None:
    assert len(FUNCTIONS) > 100
