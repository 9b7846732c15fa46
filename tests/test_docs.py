"""What the docs show is what happens, and where they point there is something.

1. A fenced block ``console`` holds commands after ``$ `` and what they print; each page's
   blocks run in order in one empty folder.  ``...`` stands for what differs between runs.
2. Links lead to files and headings; paths of the project and modules named between
   backticks, in fenced blocks and in docstrings exist.  Decisions are history: their paths may be old.
3. The page of the architecture names every room, in the order of imports, and every library's home;
   the glossary names classes that exist, and each word once.
"""

from __future__ import annotations

import ast
import doctest
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.test_house import imports_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GENERATED = {"docs/cli.md"}
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?!https?://)([^)#]*)#?([^)]*)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"^```.*?^```|``[^`\n]+``|`[^`\n]+`", re.MULTILINE | re.DOTALL)
PACKAGES = ("analysis", "contract", "ecoviv", "firmware_sim", "gateway", "ingest")
SPEAKING = sorted(path for top in (*PACKAGES, "benchmarks") for path in (ROOT / top).rglob("*.py"))
TOPS = "|".join((*PACKAGES, "benchmarks", "docs", "examples", "scripts", "tests"))
PATH = re.compile(
    rf"(?<![\w./$-])(?:{TOPS})/(?!\d|up/|receipt/|status/|local/|claim/)[\w./*-]*\w/?(?=[\s`:,)]|$)"
)
"""A path from the top of the project, possibly a pattern; not a topic of MQTT, which begins alike."""
SCRIPT = re.compile(rf"(?<![\w./*-])(?!(?:{TOPS})/)(?:\w+/)*\w+\.py\b")
"""A file by its name alone, or by the end of its path."""
MODULE = re.compile(rf"(?<=-m )(?:{TOPS})(?:\.\w+)*|(?<![\w./-])(?:{TOPS})(?:\.\w+){{2,}}")
"""A module that is run, or whatever is named by three words and more: module, class or function."""


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


def headings(page: Path) -> set[str]:
    """The anchors that a page offers, by the rule of GitHub and GitLab."""
    titles = re.findall(r"^#+ +(.+?) *$", FENCED.sub("", page.read_text()), flags=re.MULTILINE)
    slugs = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
    return {
        slug if not slugs[:i].count(slug) else f"{slug}-{slugs[:i].count(slug)}"
        for i, slug in enumerate(slugs)
    }


def leads_somewhere(page: Path, file: str, anchor: str) -> bool:
    target = page.parent / file if file else page
    return target.exists() and (not anchor or target.suffix != ".md" or anchor in headings(target))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not leads_somewhere(page, *link)] == []


def is_there(dotted: str) -> bool:
    """Whether ``a.b.c`` is a module, or a name that stands in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        file = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
        if length == len(parts) and (file.exists() or place.is_dir()):
            return True
        if file.exists():
            return re.search(rf"\b{parts[length]}\b", file.read_text()) is not None
    return False


def missing_in(text: str) -> list[str]:
    """What ``text`` names of the project, between backticks or in a fenced block, and is not there."""
    quoted = " \n".join(QUOTED.findall(text))
    paths = [path for path in PATH.findall(quoted) if not any(ROOT.glob(path.rstrip("/")))]
    scripts = [name for name in SCRIPT.findall(quoted) if not any(path.match(name) for path in FILES)]
    return paths + scripts + [name for name in MODULE.findall(quoted) if not is_there(name)]


FILES = [path for top in TOPS.split("|") for path in (ROOT / top).rglob("*.py")]


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name != "adr"], ids=name_of)
def test_what_a_page_names_of_the_project_exists(page: Path) -> None:
    assert missing_in(page.read_text()) == []


def test_what_docstrings_name_of_the_project_exists() -> None:
    missing = {
        f"{name_of(path)}:{node.lineno}": absent
        for path in SPEAKING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        if (absent := missing_in(node.value.value))
    }
    assert missing == {}


def test_pages_that_programs_name_exist() -> None:
    named = {word for path in SPEAKING for word in re.findall(r"\bdocs/[\w/.-]+\.md", path.read_text())}
    assert named
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see `analysis/study/series.py` and `ingest/store/`", []),
        ("see `analysis/panels/` and ``store/face.py``", ["analysis/panels/", "store/face.py"]),
        ("topics `ecoviv/1/+/+/readings`, `ecoviv/claim/1/DEVICE`; unit `m3/m3`", []),
        ("```\npython -m benchmarks.nothing --seed 1\n```", ["benchmarks.nothing"]),
        ("`analysis.stats.permanova` of `contract.instant.Clock`, `gateway.north`", []),
        (
            "`analysis.stats.nothing` and `contract.instant.Watch`",
            ["analysis.stats.nothing", "contract.instant.Watch"],
        ),
        ("maps in `firmware_sim/replay/readers/maps/*.toml`", []),
        ("maps in `gateway/formats/maps/*.nothing`", ["gateway/formats/maps/*.nothing"]),
    ],
)
def test_a_name_of_the_project_is_told_from_other_words(text: str, missing: list[str]) -> None:
    assert missing_in(text) == missing


ARCHITECTURE = (ROOT / "docs" / "developer" / "architecture.md").read_text()
LISTED = re.findall(rf"^((?:{'|'.join(PACKAGES)})/\S*)  +\S", ARCHITECTURE, flags=re.MULTILINE)
"""What the page lists of the house, each path at the beginning of its line, from the roof down."""


def test_every_room_is_on_the_page_of_the_architecture() -> None:
    folders = {f"{name_of(path.parent)}/" for path in SPEAKING if path.name == "__init__.py"}
    files = {
        name_of(path) for path in SPEAKING if path.parent.parent == ROOT and path.parent.name in PACKAGES
    }
    rooms = folders | {path for path in files if not path.endswith(("__init__.py", "__main__.py"))}
    assert sorted(rooms - set(LISTED)) == [], "a line for each of these in docs/developer/architecture.md"


def test_the_page_lists_rooms_in_the_order_of_imports() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = [(one, home) for one in rules if one["type"] == "layers" for home in one.get("containers", [])]
    assert layered
    for rule, home in layered:
        depth = {name.strip(" ()"): i for i, layer in enumerate(rule["layers"]) for name in layer.split("|")}
        inside = [path.removeprefix(home.replace(".", "/") + "/") for path in LISTED]
        rooms = [path.rstrip("/").removesuffix(".py") for path in inside]
        order = [depth[room] for room in rooms if room in depth]
        assert order == sorted(order), home


def home_rows() -> list[tuple[str, list[str]]]:
    """(library, where the page says that it lives)"""
    section = ARCHITECTURE.partition("## Where each library lives")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "`" in line]
    return [
        (library, re.findall(r"`([^`]+)`", places)) for names, places in rows for library in names.split(", ")
    ]


@pytest.mark.parametrize(("library", "homes"), home_rows())
def test_libraries_live_where_the_page_says(library: str, homes: list[str]) -> None:
    importing = {
        name_of(path)
        for path in SPEAKING
        if not name_of(path).startswith("benchmarks/")
        and any(name.partition(".")[0] == library for name in imports_of(path))
    }
    housed = {
        home: {name for name in importing if name == home or name.startswith(f"{home}/")} for home in homes
    }
    assert importing == set().union(*housed.values())
    assert [home for home, names in housed.items() if not names] == []


def test_the_glossary_has_each_word_once_and_classes_that_exist() -> None:
    page = (ROOT / "docs" / "developer" / "glossary.md").read_text()
    rows = [line.split(" | ") for line in page.splitlines() if re.match(r"\| [a-z]", line)]
    words = [
        row[0].strip("| ") for row in rows if len(row) == 3 and row[1].startswith("*") and row[0] != "| word"
    ]
    assert len(words) > 40
    assert len(words) == len(set(words))
    classes = {
        node.name
        for path in SPEAKING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    named = set(re.findall(r"`([A-Z]\w+)`", page))
    assert named
    assert named - classes == set()


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
