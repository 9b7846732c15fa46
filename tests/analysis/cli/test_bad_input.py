"""Files that are missing, cut, foreign or newer: one sentence with file and key, exit 3, nothing written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from analysis.plan.draw import draw_codes
from analysis.plan.file import written
from analysis.plan.ledger import append, beside, readable, verify
from analysis.plan.plan import Plan
from analysis.verdict.outside import outside
from analysis.verdict.panel_file import read_panels
from contract.errors import ConfigurationError, EcoVivError
from tests.analysis.verdict.conftest import content
from tests.analysis.verdict.test_commands import NAMES, rows_of, run, save

LIST = '[candidates]\nuse-0 = ["s00", "s01", "s02", "s03"]\n\n[restored]\nuse-0 = 2\n'
SEED = ("--seed", "EuroMillions 2026-03-13", "--source", "fdj.fr")
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("plan", "check", "plan.toml"),
    "freeze": ("plan", "freeze", "plan.toml"),
    "power": ("plan", "power", "plan.toml"),
    "draw again": ("plan", "draw", "--verify", "plan.toml"),
    "request": ("plan", "witness", "plan.toml", "--request", "asked.tsq"),
    "reply": ("plan", "witness", "plan.toml", "--reply", "answer.tsr"),
    "proof": ("plan", "witness", "plan.toml"),
    "verdict": ("verdict", "--plan", "plan.toml", "--panels", "table.csv"),
    "old verdict": ("verdict", "--plan", "plan.toml", "--panels", "table.csv", "--rule", "1"),
    "named ledger": ("verdict", "--plan", "plan.toml", "--panels", "table.csv", "--ledger", "book.jsonl"),
    "list": ("plan", "draw", "plan.toml", "--candidates", "candidates.toml"),
    "draw": ("plan", "draw", "plan.toml", "--candidates", "candidates.toml", *SEED),
    "species": ("plan", "init", "new.toml", "--species", "plan.toml"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file that the commands read, as they should be."""
    folder = tmp_path_factory.mktemp("whole")
    base = content(primaries=NAMES, first_year=2100, restored=4, control=4)
    base["looks"] = {"after": [3, 5]}
    plan, path = Plan.from_content(base, "plan"), folder / "plan.toml"
    path.write_text(written(plan), encoding="utf-8")
    assert run("plan", "freeze", path).exit_code == 0
    save(rows_of(plan, 0.7), folder / "table.csv")
    (folder / "candidates.toml").write_text(LIST)
    (folder / "book.jsonl").write_bytes(beside(path).read_bytes())
    (folder / "book.jsonl.head").write_bytes(Path(f"{beside(path)}.head").read_bytes())
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.suffix != ".lock"}


@pytest.fixture
def folder(whole: dict[str, bytes], tmp_path: Path) -> Path:
    for name, held in whole.items():
        (tmp_path / name).write_bytes(held)
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def asked(folder: Path, command: str) -> Result:
    files = {"new.toml", "asked.tsq", "answer.tsr", "candidates.toml", "book.jsonl", "plan.toml", "table.csv"}
    return run(*(str(folder / word) if word in files else word for word in COMMANDS[command]))


def refused(folder: Path, command: str, *said: str) -> None:
    before = state(folder)
    found = asked(folder, command)
    assert isinstance(found.exception, EcoVivError), (command, found, found.exception)
    assert found.exception.exit_code == 3
    assert "\n" not in found.exception.message
    assert found.exception.help
    for one in said:
        assert one in found.exception.message, (command, found.exception.message)
    assert state(folder) == before


PLAN_READERS = (
    "check",
    "freeze",
    "power",
    "draw again",
    "request",
    "reply",
    "proof",
    "verdict",
    "old verdict",
)


@pytest.mark.parametrize("command", [*PLAN_READERS, "old verdict"])
def test_a_plan_that_is_none(folder: Path, whole: dict[str, bytes], command: str) -> None:
    path, good = folder / "plan.toml", whole["plan.toml"]
    place = good.index(b'arm = "')
    for bad, said in (
        (b"", "plan.toml: territory"),
        (good[: place + 5], "plan.toml"),  # cut within a line
        (good[: good.index(b"[[sites]]")], "plan.toml: sites"),  # cut between two tables
        (b"\x89PNG\r\n\x1a\n\x00\xff", "plan.toml is not TOML"),
        (whole["table.csv"], "plan.toml is not TOML"),
        (whole["plan.ledger.jsonl"], "plan.toml is not TOML"),
        (whole["candidates.toml"], "plan.toml"),
        (b"x = " + b"9" * 5_000, "plan.toml"),
        (b"x = " + b"[" * 20_000, "plan.toml"),
        (b"mood = 1\n" + good, "plan.toml: mood: this key is not known"),
        (good.replace(b'arm = "', b'mood = 1\narm = "', 1), "sites.0.mood: this key is not known"),
        (good + b"\n[weather]\nkind = 3\n", "weather: this key is not known"),  # of a newer version
        (good.replace(b"after = [3, 5]", b"after = [5, 3]"), "looks.after"),
        (good.replace(b"after = [3, 5]", b"after = [3, 9]"), "looks.after: 9"),
        (good.partition(b"\n[frozen]")[0] + b'\n[frozen]\nsha256 = "a"\nat = "today"\n', "frozen.at"),
        (
            good + b'\n[draw]\nseed = "12345678"\nsource = "lottery"\n[draw.candidates]\n'
            b'a = ["s00", "s00"]\n[draw.restored]\na = 1\n',
            "draw.candidates: s00 is listed twice",
        ),
        (good + b'\n[witness]\nroot = "root.pem"\nsha256 = "12"\n', "witness.sha256"),
    ):
        path.write_bytes(bad)
        refused(folder, command, said)
    path.unlink()
    refused(folder, command, "plan.toml")
    path.mkdir()
    refused(folder, command, "plan.toml")


@pytest.mark.parametrize("command", ["verdict", "old verdict"])
def test_a_table_that_is_none(folder: Path, whole: dict[str, bytes], command: str) -> None:
    path, good = folder / "table.csv", whole["table.csv"]
    header, _, lines = good.partition(b"\n")
    for bad, said in (
        (b"", "table.csv"),
        (header + b"\n", "table.csv has no lines"),
        (good[: len(good) // 2 - len(good) // 2 % 7 - 3], "table.csv"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "table.csv cannot be read"),
        (whole["plan.toml"], "table.csv"),
        (whole["plan.ledger.jsonl"], "table.csv"),
        (header.replace(b"effort", b"mood") + b"\n" + lines, "'effort'"),
        (good.replace(b"s00", b"s99", 1), "'s99'"),
        (good.replace(b"y0", b"y99", 1), "'y99'"),
        (good.replace(b"hill-q1", b"happiness", 1), "'happiness'"),
    ):
        path.write_bytes(bad)
        refused(folder, command, said)
    path.unlink()
    refused(folder, command, "table.csv")


@pytest.mark.parametrize("command", ["check", "verdict", "named ledger", "freeze", "list", "draw"])
def test_a_ledger_that_is_none(folder: Path, whole: dict[str, bytes], command: str) -> None:
    name = "book.jsonl" if command == "named ledger" else "plan.ledger.jsonl"
    path, good = folder / name, whole["plan.ledger.jsonl"]
    if command == "freeze":  # a plan that may be frozen again
        (folder / "plan.toml").write_bytes(whole["plan.toml"].partition(b"\n[frozen]")[0])
    for bad in (
        good[: len(good) // 2],
        good[:-1],
        b"\x89PNG\r\n\x1a\n\x00\xff",
        whole["plan.toml"],
        whole["table.csv"],
        b"[" * 20_000 + b"\n",
        b'"\\ud800"\n',
        b'{"a": 1}\n',
    ):
        path.write_bytes(bad)
        refused(folder, command, name)
    path.unlink()
    path.mkdir()
    refused(folder, command, name)


def test_a_head_that_is_none_is_a_broken_ledger_and_never_a_traceback(
    folder: Path, whole: dict[str, bytes]
) -> None:
    for bad in (b"", b"\xff\xfe", b"9" * 5_000 + b" a", "²".encode() + b" a", b"1", b"7 abc"):
        (folder / "plan.ledger.jsonl.head").write_bytes(bad)
        assert not verify(folder / "plan.ledger.jsonl").intact
        before = state(folder)
        assert asked(folder, "verdict").exit_code == 5
        assert state(folder) == before


def test_a_named_ledger_must_be_there(folder: Path) -> None:
    for name in ("book.jsonl", "book.jsonl.head"):
        (folder / name).unlink()
    refused(folder, "named ledger", "book.jsonl")


def test_a_ledger_of_a_newer_version_is_read_where_it_can_be(folder: Path) -> None:
    """Kinds of entries that are not known say nothing; a freezing that lacks its hash is named."""
    book = folder / "plan.ledger.jsonl"
    append(book, "weather", "2100-01-01T00:00:00Z", {"kind_of": 3})
    assert asked(folder, "verdict").exit_code in (0, 5)
    append(book, "freeze", "2100-01-01T00:00:00Z", {"territory": "valley", "digest": "new"})
    refused(folder, "verdict", "entry 4 is a freezing without")


@pytest.mark.parametrize("command", ["list", "draw"])
def test_a_list_of_candidates_that_is_none(folder: Path, whole: dict[str, bytes], command: str) -> None:
    path = folder / "candidates.toml"
    for bad, said in (
        (b"", "candidates.toml"),
        (LIST[:30].encode(), "candidates.toml"),
        (b"\x89PNG\x00\xff", "candidates.toml"),
        (whole["plan.toml"], "candidates.toml"),
        ((LIST + "\n[mood]\ngood = 1\n").encode(), "candidates.toml: mood"),
        (LIST.replace("= 2", "= 4").encode(), "4 of 4 candidates"),
        (LIST.replace("s01", "s00").encode(), "s00 is listed twice"),
        (LIST.replace("= 2", '= "two"').encode(), "candidates.toml: restored.use-0"),
    ):
        path.write_bytes(bad)
        refused(folder, command, said, "candidates.toml")
    path.unlink()
    refused(folder, command, "candidates.toml")


def test_a_table_of_species_that_is_none(folder: Path) -> None:
    for bad in (b"\x89PNG\x00\xff", b"x = " + b"9" * 5_000, b"validated = 3\n"):
        (folder / "plan.toml").write_bytes(bad)
        refused(folder, "species", "plan.toml")


def bent(held: bytes, seed: int) -> list[bytes]:
    """``held`` cut at 200 places, and with a byte changed at 200 others."""
    rng = np.random.default_rng(seed)
    cuts = [held[:place] for place in rng.integers(0, len(held), 200)]
    places = zip(rng.integers(0, len(held), 200), rng.integers(1, 256, 200), strict=True)
    return cuts + [held[:k] + bytes([held[k] ^ int(bit)]) + held[k + 1 :] for k, bit in places]


def test_no_bent_plan_is_a_traceback(folder: Path, whole: dict[str, bytes]) -> None:
    path, refusals = folder / "plan.toml", 0
    for bad in bent(whole["plan.toml"], 1):
        path.write_bytes(bad)
        try:
            plan = Plan.load(path)
        except ConfigurationError as error:
            assert "plan.toml" in error.message  # noqa: PT017 - many files, one loop
            refusals += 1
            continue
        plan.changes(), draw_codes(plan)
    assert refusals > 200


def test_no_bent_table_is_a_traceback(folder: Path, whole: dict[str, bytes]) -> None:
    path, plan, refusals = folder / "table.csv", Plan.load(folder / "plan.toml"), 0
    for bad in bent(whole["table.csv"], 2)[::4]:
        path.write_bytes(bad)
        try:
            read_panels(path, plan)
        except ConfigurationError as error:
            assert "table.csv" in error.message  # noqa: PT017 - many files, one loop
            refusals += 1
    assert refusals > 40


def test_no_bent_ledger_is_a_traceback_or_believed(folder: Path, whole: dict[str, bytes]) -> None:
    path, plan = folder / "plan.ledger.jsonl", Plan.load(folder / "plan.toml")
    good = whole["plan.ledger.jsonl"]
    for bad in bent(good, 3):
        path.write_bytes(bad)
        try:
            chain = readable(path, named=True)
        except ConfigurationError as error:
            assert "plan.ledger.jsonl" in error.message  # noqa: PT017 - many files, one loop
            continue
        assert not chain.intact
        outside(plan, chain, None)
