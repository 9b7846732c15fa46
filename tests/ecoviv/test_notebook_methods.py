"""The door for notebooks: what the docs show runs, and what stands behind it is said."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import pytest

from ecoviv.notebook import methods

PAGES = [
    page
    for page in sorted((Path(__file__).resolve().parents[2] / "docs").rglob("*.md"))
    if "ecoviv.notebook.methods" in page.read_text()
]
BLOCK = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_what_the_docs_show_is_what_happens() -> None:
    shown = "\n".join(block for page in PAGES for block in BLOCK.findall(page.read_text()))
    example = doctest.DocTestParser().get_doctest(shown, {}, "docs", None, None)
    assert len(example.examples) >= 5
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example)
    assert result.failed == 0


@pytest.mark.parametrize("name", methods.__all__)
def test_every_method_is_listed_and_explained(name: str) -> None:
    assert inspect.getdoc(getattr(methods, name))
    assert f"``{name}``" in (methods.__doc__ or "")
    assert any(f"`{name}`" in page.read_text() for page in PAGES)


def test_nothing_else_stands_behind_the_door() -> None:
    offered = {name for name, value in vars(methods).items() if inspect.isfunction(value)}
    assert offered == set(methods.__all__)
