"""What the docs show is what happens.

A fenced block ``console`` holds commands after ``$ `` and what they print; each page's
blocks run in order in one empty folder.  ``...`` stands for what differs between runs.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GENERATED = {"docs/cli.md"}
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#)([^)#]+)[^)]*\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shown_commands(page: Path) -> list[tuple[str, str]]:
    """(command, what it is said to print) in the order of the page."""
    found = []
    for block in BLOCK.findall(page.read_text()):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = piece.partition("\n")
            found.append((command, printed))
    return found


SHOWING = [page for page in PAGES if BLOCK.search(page.read_text()) and name_of(page) not in GENERATED]


@pytest.mark.parametrize("page", SHOWING, ids=name_of)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    checker = doctest.OutputChecker()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "ECOVIV_DOCS": str(ROOT)}
    for command, printed in shown_commands(page):
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=280
        )
        shown = done.stdout + done.stderr
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        assert checker.check_output(printed, shown, flags), (
            f"$ {command}\n{shown}\n--- the page says:\n{printed}"
        )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert dead == []


def test_the_page_of_commands_is_the_program_s_own_help(tmp_path: Path) -> None:
    page = tmp_path / "cli.md"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "typer",
            "ecoviv.cli",
            "utils",
            "docs",
            "--name",
            "ecoviv",
            "--output",
            str(page),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
    )
    assert (ROOT / "docs" / "cli.md").read_text() == page.read_text(), (
        "write it again: python -m typer ecoviv.cli utils docs --name ecoviv --output docs/cli.md"
    )


def test_every_decision_says_context_decision_and_consequences() -> None:
    for record in sorted((ROOT / "docs" / "adr").glob("*.md")):
        text = record.read_text()
        missing = [part for part in ("Context", "Decision", "Consequences") if part not in text]
        assert missing == [], record.name


def test_the_changelog_has_room_for_what_comes_next() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
