"""An outside witness: its reply is believed only whole, of this plan, by the pinned root, and in time."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import Result

from analysis.plan.file import written
from analysis.plan.ledger import beside, verify
from analysis.plan.plan import Plan
from analysis.plan.witness import request_for, witness_codes
from contract.errors import ConfigurationError, EcoVivError, UsageError
from tests.analysis.plan.authority import OPENSSL, Authority, needs_openssl
from tests.analysis.verdict.conftest import content
from tests.analysis.verdict.test_commands import NAMES, rows_of, run, save

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Authority]:
    base = tmp_path_factory.mktemp("authorities")
    return {
        "good": Authority(base / "good", "good"),
        "other": Authority(base / "other", "other"),
        "expired": Authority(base / "expired", "expired", days=(-50, -10)),
    }


def planned(folder: Path, authority: Authority, *, first_year: int = 2100, name: str = "plan.toml") -> Path:
    """A plan that pins an authority, frozen."""
    (folder / "root.pem").write_bytes(authority.root.read_bytes())
    base = content(primaries=NAMES, first_year=first_year)
    base["witness"] = {
        "root": "root.pem",
        "sha256": hashlib.sha256(authority.root.read_bytes()).hexdigest(),
    }
    path = folder / name
    path.write_text(written(Plan.from_content(base, "plan")), encoding="utf-8")
    assert run("plan", "freeze", path).exit_code == 0
    return path


def witnessed(path: Path, authority: Authority) -> Result:
    request, reply = path.with_name("asked.tsq"), path.with_name("answer.tsr")
    if not request.exists():
        assert run("plan", "witness", path, "--request", request).exit_code == 0
    authority.stamp(request, reply)
    return run("plan", "witness", path, "--reply", reply)


def test_request_reply_proof(tmp_path: Path, authorities: dict[str, Authority]) -> None:
    path = planned(tmp_path, authorities["good"])
    found = witnessed(path, authorities["good"])
    assert found.exit_code == 0, found
    assert Plan.load(path).sha256 in found.stdout
    assert (tmp_path / "plan.tsr").read_bytes() == (tmp_path / "answer.tsr").read_bytes()
    entry = verify(beside(path)).entries[-1]
    assert (entry["kind"], entry["plan_hash"]) == ("witness", Plan.load(path).sha256)
    assert entry["reply"] == hashlib.sha256((tmp_path / "plan.tsr").read_bytes()).hexdigest()
    again = json.loads(run("plan", "witness", path, "--json").stdout)
    assert again == {"late": False, "plan_hash": Plan.load(path).sha256, "witnessed": entry["witnessed"]}
    assert run("verdict", "verify", beside(path)).exit_code == 0


def test_openssl_itself_verifies_the_reply_by_the_plan_s_hash(
    tmp_path: Path, authorities: dict[str, Authority]
) -> None:
    """Whoever doubts needs neither this program nor its library."""
    path = planned(tmp_path, authorities["good"])
    assert witnessed(path, authorities["good"]).exit_code == 0
    words = [str(OPENSSL), "ts", "-verify", "-digest", Plan.load(path).sha256]
    words += ["-in", str(tmp_path / "plan.tsr"), "-CAfile", str(tmp_path / "root.pem")]
    done = subprocess.run(words, capture_output=True, timeout=20, check=False)
    assert b"Verification: OK" in done.stdout + done.stderr


def test_the_request_is_the_hash_and_nothing_else(tmp_path: Path, authorities: dict[str, Authority]) -> None:
    plan = Plan.load(planned(tmp_path, authorities["good"]))
    asked = request_for(plan)
    assert bytes.fromhex(plan.sha256) in asked
    assert b"valley" not in asked
    assert request_for(plan) == asked


@pytest.fixture
def kept(tmp_path: Path, authorities: dict[str, Authority]) -> Path:
    """A plan with its good reply, and its table of a recovery; of a plan in time."""
    path = planned(tmp_path, authorities["good"])
    assert witnessed(path, authorities["good"]).exit_code == 0
    save(rows_of(Plan.load(path), 0.7), tmp_path / "table.csv")
    return path


def judged(path: Path) -> tuple[int, list[str]]:
    found = run("verdict", "--plan", path, "--panels", path.with_name("table.csv"), "--json")
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, json.loads(found.stdout)["codes"]


def test_a_witnessed_plan_is_judged_as_any(kept: Path) -> None:
    code, codes = judged(kept)
    assert code == 0
    assert not {one for one in codes if one.startswith("WITNESS")}


def test_a_reply_that_is_gone_is_named(kept: Path) -> None:
    kept.with_suffix(".tsr").unlink()
    code, codes = judged(kept)
    assert (code, "WITNESS_MISSING" in codes) == (5, True)
    assert "WITNESS_MISSING" in run("plan", "check", kept).stdout


def test_a_reply_of_another_plan_is_named(kept: Path, authorities: dict[str, Authority]) -> None:
    folder = kept.parent / "other"
    folder.mkdir()
    other = planned(folder, authorities["good"], first_year=2200)
    assert witnessed(other, authorities["good"]).exit_code == 0
    kept.with_suffix(".tsr").write_bytes(other.with_suffix(".tsr").read_bytes())
    code, codes = judged(kept)
    assert (code, "WITNESS_BROKEN" in codes) == (5, True)


def test_a_witness_after_the_first_season_after_restoration_is_late(
    tmp_path: Path, authorities: dict[str, Authority]
) -> None:
    path = planned(tmp_path, authorities["good"], first_year=2010)
    found = witnessed(path, authorities["good"])
    assert (found.exit_code, "shows nothing" in found.stderr) == (5, True)
    assert witness_codes(Plan.load(path), path).keys() == {"WITNESS_LATE"}
    save(rows_of(Plan.load(path), 0.7), tmp_path / "table.csv")
    code, codes = judged(path)
    assert (code, "WITNESS_LATE" in codes) == (5, True)


def state(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if one.is_file()}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", "cannot be read"),
        ("cut", "no time-stamp reply"),
        ("empty", "no time-stamp reply"),
        ("foreign", "no time-stamp reply"),
        ("request", "no time-stamp reply"),
        ("other plan", "the plan is"),
        ("wrong root", "does not verify"),
        ("expired chain", "does not verify"),
        ("signature", "does not verify"),
    ],
)
def test_a_wrong_reply_is_named_and_nothing_is_written(
    tmp_path: Path, authorities: dict[str, Authority], how: str, said: str
) -> None:
    pinned = "expired" if how == "expired chain" else "good"
    signer = authorities["other" if how == "wrong root" else pinned]
    path = planned(tmp_path, authorities[pinned])
    request, reply = tmp_path / "asked.tsq", tmp_path / "answer.tsr"
    assert run("plan", "witness", path, "--request", request).exit_code == 0
    signer.stamp(request, reply)
    whole = reply.read_bytes()
    if how == "other plan":
        folder = tmp_path / "other"
        folder.mkdir()
        other = planned(folder, authorities["good"], first_year=2200)
        assert witnessed(other, authorities["good"]).exit_code == 0
        whole = other.with_suffix(".tsr").read_bytes()
    at = len(whole) - 10  # within the last integer of the signature
    broken = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "foreign": b"\x89PNG\r\n\x1a\n" + whole,
        "request": request.read_bytes(),
        "signature": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
    }
    reply.write_bytes(broken.get(how, whole))
    if how == "missing":
        reply.unlink()
    before = state(tmp_path)
    found = run("plan", "witness", path, "--reply", reply)
    assert isinstance(found.exception, EcoVivError), found
    assert found.exception.exit_code == 3
    assert "answer.tsr" in found.exception.message
    assert said in found.exception.message
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no table", "witness: this table is missing"),
        ("not frozen", "frozen: this table is missing"),
        ("edited", "frozen: the plan was edited"),
        ("root gone", "root.pem cannot be read"),
        ("root changed", "witness.sha256"),
        ("root no certificate", "no certificate"),
    ],
)
def test_a_plan_that_cannot_be_witnessed_says_which_key(
    tmp_path: Path, authorities: dict[str, Authority], how: str, said: str
) -> None:
    path, root = planned(tmp_path, authorities["good"]), tmp_path / "root.pem"
    text = path.read_text()
    if how == "no table":
        path.write_text(written(Plan.from_content(content(), "plan").freeze("2009-01-01T00:00:00Z")))
    elif how == "not frozen":
        path.write_text(text.partition("\n[frozen]")[0])
    elif how == "edited":
        path.write_text(text.replace("margin = 0.22", "margin = 0.52", 1))
    elif how == "root gone":
        root.unlink()
    elif how == "root changed":
        root.write_bytes(authorities["other"].root.read_bytes())
    else:
        root.write_bytes(b"no certificate")
        base = Plan.load(path).canonical()
        base["witness"]["sha256"] = hashlib.sha256(b"no certificate").hexdigest()
        path.write_text(written(Plan.from_content(base, "plan").freeze("2009-01-01T00:00:00Z")))
    before = state(tmp_path)
    for more in (("--request", tmp_path / "asked.tsq"), ("--reply", root)):
        found = run("plan", "witness", path, *more)
        assert isinstance(found.exception, ConfigurationError), (more, found)
        assert said in found.exception.message
    assert state(tmp_path) == before


def test_neither_a_file_nor_an_earlier_reply_is_overwritten(
    kept: Path, authorities: dict[str, Authority]
) -> None:
    taken = kept.with_name("table.csv")
    assert isinstance(run("plan", "witness", kept, "--request", taken).exception, UsageError)
    assert isinstance(
        run("plan", "witness", kept, "--request", taken, "--reply", taken).exception, UsageError
    )
    first = kept.with_suffix(".tsr").read_bytes()
    entries = len(verify(beside(kept)).entries)
    later = witnessed(kept, authorities["good"])
    assert (later.exit_code, "it stays" in later.stderr) == (0, True)
    assert kept.with_suffix(".tsr").read_bytes() == first
    assert len(verify(beside(kept)).entries) == entries


def test_a_reply_needs_the_ledger_that_the_plan_was_frozen_in(
    tmp_path: Path, authorities: dict[str, Authority]
) -> None:
    path = planned(tmp_path, authorities["good"])
    beside(path).unlink()
    Path(f"{beside(path)}.head").unlink()
    found = witnessed(path, authorities["good"])
    assert isinstance(found.exception, ConfigurationError)
    assert "no freezing of this plan" in found.exception.message
    assert not path.with_suffix(".tsr").exists()


def test_no_byte_of_a_reply_may_change(kept: Path) -> None:
    """Each change is found, or is of bytes that nobody signed and that say nothing; none is a traceback."""
    plan, reply = Plan.load(kept), kept.with_suffix(".tsr")
    whole = reply.read_bytes()
    for place in range(0, len(whole), 23):
        for broken in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]):
            reply.write_bytes(broken)
            try:
                codes = witness_codes(plan, kept)
            except ConfigurationError:
                continue
            assert codes.keys() <= {"WITNESS_BROKEN"}
            assert codes or len(broken) == len(whole)


def test_a_plan_without_a_witness_is_as_it_was() -> None:
    plan = Plan.from_content(content(), "plan")
    assert "witness" not in plan.canonical()
    assert witness_codes(plan, Path("nowhere/plan.toml")) == {}
