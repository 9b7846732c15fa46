"""The rules of the house that no linter knows.  Imports between rooms: ``scripts/check``."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("analysis", "contract", "ecoviv", "firmware_sim", "gateway", "ingest")
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = sorted((ROOT / "benchmarks").rglob("*.py"))

FILES = [*CODE, *TESTS, *SCRIPTS]
MOST_FILES = 12
CROWDED: dict[str, tuple[int, str]] = {
    "benchmarks": (15, "entry points that docs name by the figure they print; their parts have folders"),
    "contract": (14, "the language, one word a file; everybody names them"),
}
"""Folders with more files than that, how many, and why; at most five, none above 15."""

HOMES = {
    "paho": {"contract/line/bus.py", "contract/line/client.py"},
    "librosa": {"analysis/sound/audio.py"},
    "influxdb_client": {"ingest/store/influx/server.py"},
    "pyarrow": {"ingest/store/sealed/", "ingest/export.py", "analysis/sound/table.py"},
    "onnxruntime": {"analysis/sound/detect/onnx.py"},
    **{name: {"analysis/sound/detect/bats.py"} for name in ("batdetect2", "torch")},
    "soundfile": {"analysis/sound/reader.py", "firmware_sim/replay/readers/audio.py"},
    "duckdb": {"ingest/store/sealed/archive.py"},
    "fsspec": {"ingest/store/sealed/shelf.py"},
    "pytest": {"ingest/store/testing/"},
    "sqlite3": {
        "gateway/spool/",
        "ingest/store/sqlite/",
        "firmware_sim/replay/readers/loggers/weewx/database.py",  # a station's archive is such a file
        "firmware_sim/replay/readers/detections/pi.py",  # BirdNET-Pi keeps what it heard in such a file
    },
    "segno": {"gateway/enrol/label.py"},
    "cryptography": {"gateway/certificates/x509.py"},
    "rich": {"contract/terminal.py"},
    "typer": {
        "cli.py",
        "analysis/cli/",
        "ecoviv/commands.py",
        "gateway/options.py",
        "ingest/options.py",
        "ingest/unreadable.py",
    },
}
"""Each outside library and where it lives: a file, the start of a path, or a file name."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", [*CODE, *TESTS, *SCRIPTS], ids=name_of)
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_no_folder_holds_more_than_twelve_files() -> None:
    counts = Counter(path.parent for path in FILES if path.name != "__init__.py")
    crowded = {name_of(folder): count for folder, count in counts.items() if count > MOST_FILES}
    assert {name: count for name, count in crowded.items() if count > CROWDED.get(name, (0, ""))[0]} == {}
    assert sorted(set(CROWDED) - set(crowded)) == [], "an exception that is not needed any more"
    assert len(CROWDED) <= 5
    assert all(count <= 15 and reason for count, reason in CROWDED.values())


def test_a_prefix_that_three_files_share_is_a_folder() -> None:
    shared = Counter((path.parent, path.stem.removeprefix("test_").partition("_")[0]) for path in FILES)
    assert [f"{name_of(folder)}/{prefix}_*" for (folder, prefix), count in shared.items() if count >= 3] == []


def public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public functions, classes and methods, by name; tests of a shipped suite say it in theirs."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith(("_", "test_")):
            yield f"{owner}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def test_every_public_name_is_documented() -> None:
    silent = [
        f"{name_of(path)}: {name}"
        for path in CODE
        for name, node in public(ast.parse(path.read_text()).body)
        if ast.get_docstring(node) is None
    ]
    assert silent == []


def test_no_folder_is_empty() -> None:
    hollow = [
        name_of(path.parent)
        for path in CODE
        if path.name == "__init__.py" and not any(one != path for one in path.parent.rglob("*.py"))
    ]
    assert hollow == []


def test_no_public_class_has_the_name_of_another() -> None:
    places: dict[str, list[str]] = {}
    for path in CODE:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name_of(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_file_is_named_for_nothing() -> None:
    banned = {"utils", "helpers", "common", "misc", "util", "helper"}
    assert [name_of(path) for path in CODE if path.stem in banned] == []


def test_every_module_opens_by_saying_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in CODE
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_now_and_sleep_are_asked_in_one_place() -> None:
    asking = re.compile(
        r"\btime\.(time|time_ns|monotonic|monotonic_ns|perf_counter|sleep)\(|\.(now|utcnow|today)\(\)"
        r"|\bfrom time import|\bEvent\(\)|\bselect\(\[\], ?\[\], ?\[\]|\b(pause|sigwait|sigtimedwait)\("
    )
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in CODE
        if name_of(path) != "contract/instant.py"
        for line in path.read_text().splitlines()
        if asking.search(line) and not re.search(r"[cC]lock(\(\))?\)?\.now\(\)", line)
    ]
    assert found == []


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_one_home(library: str) -> None:
    strays = [
        name_of(path)
        for path in CODE
        if any(name.partition(".")[0] == library for name in imports_of(path))
        and not any(name_of(path).startswith(home) or path.name == home for home in HOMES[library])
    ]
    assert strays == []


def test_each_kind_of_array_is_named_once() -> None:
    named = re.compile(r"^(Floats|Integers|Bools|Array|Ints) = ", re.MULTILINE)
    homes = [name_of(path) for path in CODE if named.search(path.read_text())]
    assert homes == ["analysis/arrays.py", "firmware_sim/world/arrays.py"]


def test_student_s_quantile_is_written_once() -> None:
    other = re.compile(r"from scipy\.stats import .*\bt\b|stats\.t\.|\bstdtrit\b|from statistics import")
    strays = [name_of(path) for path in CODE if other.search(path.read_text())]
    assert strays == []


def test_indices_and_statistics_do_nothing_but_compute() -> None:
    impure = re.compile(
        r"^\s*(import|from) (logging|io|os|pathlib|random|time|datetime)\b|\bopen\(|\bprint\("
    )
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in CODE
        if name_of(path).startswith(("analysis/indices/", "analysis/stats/"))
        for line in path.read_text().splitlines()
        if impure.search(line)
    ]
    assert found == []


def test_what_writes_csv_writes_no_formula() -> None:
    writers = [path for path in CODE if re.search(r"csv\.(Dict)?[wW]riter|\.to_csv\(", path.read_text())]
    assert len(writers) >= 4
    assert [name_of(path) for path in writers if not re.search(r"\bcell[(,]", path.read_text())] == []


def test_nothing_is_swallowed_or_left_for_later() -> None:
    careless = re.compile(r"except( Exception)?:\s*pass|\bTODO\b|\bFIXME\b|\bXXX\b")
    texts = [*CODE, *SCRIPTS, *(path for path in TESTS if path.name != "test_house.py")]
    assert [name_of(path) for path in texts if careless.search(path.read_text())] == []


def test_services_run_in_one_loop_and_ask_no_bus_what_it_is() -> None:
    asking = re.compile(r"isinstance\([^)]*Bus\b|\bwhile not stopper\b")
    loops = {"contract/line/service.py", "ecoviv/commands.py"}
    found = [name_of(path) for path in CODE if asking.search(path.read_text())]
    assert set(found) - loops == set()


def test_no_production_code_imports_tests() -> None:
    assert [name_of(p) for p in CODE if any(n.partition(".")[0] == "tests" for n in imports_of(p))] == []


def test_only_what_is_for_tests_imports_the_fakes() -> None:
    strays = [
        name_of(path)
        for path in CODE
        if "/testing/" not in name_of(path)
        and any(n.startswith("contract.testing") for n in imports_of(path))
    ]
    assert strays == []


@pytest.mark.parametrize("command", [["--help"], ["gateway", "--help"], ["gateway", "run", "--help"]])
def test_the_gateway_needs_neither_numpy_nor_librosa(command: list[str]) -> None:
    program = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('numpy', 'numba', 'librosa', 'scipy', 'pandas', 'pyarrow',"
        " 'cryptography'):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        f"sys.argv = ['ecoviv', *{command!r}]\n"
        "import gateway.service\n"
        "from ecoviv.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_the_wheel_holds_the_six_packages_and_no_tests(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(ROOMS)
    shipped = {name for name in names if not name.endswith(".py")}
    sources = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix in {".toml", ".json", ".jinja", ".html", ".css", ".svg"}
    }
    assert sources <= shipped


SINKS = {
    "contract/terminal.py": "where text is made harmless",
    "analysis/report/page.py": "our own style and figures; names in figures are escaped by who draws them",
    "analysis/sound/explain.py": "definitions of our own",
    "analysis/report/catalogue.py": "a page of our own words",
    "analysis/cli/verdict.py": "through harmless_json",
    "ecoviv/cli.py": "one sentence of our own, before anything can be imported",
    "ecoviv/station/cli.py": "the text of units, whose words are checked",
    "gateway/cli.py": "colours of a QR code",
}
"""Who may write past ``contract.terminal``, and why nothing from outside is obeyed there."""


def test_nothing_reaches_a_terminal_or_a_page_past_its_guard() -> None:
    sink = re.compile(
        r"\bprint\(|\bstd(out|err)\.(write|buffer)|typer\.(echo|secho)\(|\bConsole\(|\bMarkup\b"
        r"|autoescape=False|\|\s*safe\b"
    )
    texts = [*CODE, *(path for room in ROOMS for path in (ROOT / room).rglob("*.jinja"))]
    found = {name_of(path) for path in texts if sink.search(path.read_text())}
    assert found - set(SINKS) == set()
    assert set(SINKS) - found == set(), "an exception that is not needed any more"
