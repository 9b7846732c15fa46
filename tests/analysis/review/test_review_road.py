"""From clips at a gateway to a verdict: what is drawn, heard, found, and taken."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner, Result

import analysis.cli.review
import analysis.cli.verdict
from analysis.edge.detections import Ears
from analysis.edge.worker import answers, definition_ids
from analysis.plan.file import written as written_plan
from analysis.plan.plan import Plan
from analysis.plan.review.drawn import DrawnList, read_list
from analysis.plan.review.labels import Label, written
from analysis.plan.review.sampling import chance
from analysis.sound.detect.detector import FakeDetector
from analysis.sound.measure.engine import DEFAULT_PROFILES
from contract.batch import ClipNotice
from contract.config import load_territory
from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.instant import SECOND, from_datetime, parse_instant
from contract.reading import Detections
from contract.wire import WireMessage
from tests.analysis.conftest import Shelf
from tests.analysis.verdict.conftest import content

RATE = 24_000
STARTS = {"before": "2021-05-01T05:00:00Z", "after": "2024-05-01T05:00:00Z"}
SEASONS = [
    {
        "id": name,
        "start": f"{start[:4]}-04-01T00:00:00Z",
        "end": f"{start[:4]}-07-01T00:00:00Z",
        "period": name,
    }
    for name, start in STARTS.items()
]
REVIEW = {"seed": "the lottery of Sunday", "bands": [0.9], "rates": [0.5, 0.5], "taxa": {"Sonus 3 kHz": 0.0}}
PLACES = """[territory]
id = "t"
[[zones]]
id = "control"
arm = "control"
land_use = "agriculture"
[[zones]]
id = "restored"
arm = "restored"
land_use = "agriculture"
restored_on = 2022-01-01
[[sites]]
id = "s1"
zone = "control"
latitude = 46.51
longitude = 1.0
[[devices]]
id = "d1"
site = "s1"
sensors = ["acoustic"]
timezone = "UTC"
[[sites]]
id = "s2"
zone = "restored"
latitude = 46.52
longitude = 1.0
[[devices]]
id = "d2"
site = "s2"
sensors = ["acoustic"]
timezone = "UTC"
"""


def run(*words: object) -> Result:
    app = typer.Typer()
    analysis.cli.verdict.register(app)
    analysis.cli.review.register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


def recording(path: Path, seed: int) -> Path:
    """Forty 3 s chunks with a tone at 3 kHz, louder or softer, in noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(40 * 3 * RATE) / RATE
    loud = np.repeat(rng.uniform(0.02, 0.2, 40), 3 * RATE)
    soundfile.write(path, rng.normal(0, 0.02, len(time)) + loud * np.sin(2 * np.pi * 3500 * time), RATE)
    return path


def notice(path: Path, site: int, start: str) -> ClipNotice:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ClipNotice(
        site=f"s{site}", device=f"d{site}", sha256=digest, path=str(path), start=start,
        start_source="filename", name=path.name,
    )  # fmt: skip


def problem(done: Result, kind: type[EcoVivError]) -> str:
    """The sentence with which a command ended."""
    assert isinstance(done.exception, kind)
    return done.exception.message


@dataclass(frozen=True)
class Heard:
    """What the edge said of four clips, and of each clip the offsets and scores of the taxon."""

    messages: list[WireMessage]
    calls: dict[str, list[tuple[float, float]]]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Two sites, a clip before and one after of each, heard by the edge."""
    folder = tmp_path_factory.mktemp("clips")
    ears, ids = Ears(FakeDetector(), 0.01, {}), definition_ids(DEFAULT_PROFILES)
    found = Heard([], {})
    for site, (number, start) in itertools.product((1, 2), enumerate(STARTS.values())):
        path = recording(folder / f"{site}{number}.wav", 10 * site + number)
        told = notice(path, site, start)
        messages = list(answers(path, told, ids, ears))
        found.messages.extend(messages)
        begin = parse_instant(start)
        found.calls[told.sha256] = [
            ((from_datetime(one.excerpt.start) - begin) / SECOND + each.offset_s, each.score)
            for one in messages
            if isinstance(one, Detections)
            for each in one.detections
            if each.taxon == "Sonus 3 kHz"
        ]
    return found


@pytest.fixture
def folder(tmp_path: Path, shelf: Shelf, heard: Heard) -> Path:
    """A store that holds what was heard, beside plan and territory."""
    shelf.put(*heard.messages)
    plan = Plan.model_validate(
        {
            "territory": "t",
            "selection": "matched",
            "sites": [{"id": "s1", "arm": "control"}, {"id": "s2", "arm": "restored"}],
            "seasons": SEASONS,
            "primaries": [{"id": "vocal-activity", "margin": 0.1}],
            "review": REVIEW,
        }
    ).freeze("2020-01-01T00:00:00Z")
    (tmp_path / "plan.toml").write_text(written_plan(plan))
    (tmp_path / "territory.toml").write_text(PLACES)
    return tmp_path


def places(folder: Path, shelf: Shelf) -> list[object]:
    return ["--plan", folder / "plan.toml", "--territory", folder / "territory.toml", "--store", shelf.url]


def test_the_store_draws_what_whoever_has_the_clip_draws(folder: Path, shelf: Shelf, heard: Heard) -> None:
    done = run("review", "sample", *places(folder, shelf), "--out", folder / "r.json", "--json")
    listed = read_list(folder / "r.json")
    by_hand = {
        (clip, round(offset * 1000))
        for clip, calls in heard.calls.items()
        for offset, _ in calls
        if chance("the lottery of Sunday", clip, offset, "Sonus 3 kHz") < 0.5
    }
    assert {one.key[:2] for one in listed.drawn} == by_hand
    assert 20 < len(by_hand) < sum(map(len, heard.calls.values())) == 160
    assert json.loads(done.stdout)["detections"] == 160
    assert listed.problems(Plan.load(folder / "plan.toml")) == []
    again = run("review", "sample", *places(folder, shelf), "--out", folder / "again.json")
    assert again.exit_code == 0
    assert (folder / "again.json").read_bytes() == (folder / "r.json").read_bytes()
    assert "is there already" in problem(
        run("review", "sample", *places(folder, shelf), "--out", folder / "r.json"), UsageError
    )


def test_detections_without_a_recording_are_counted_apart(folder: Path, shelf: Shelf) -> None:
    shelf.put(shelf.heard(1, "2021-05-02T05:00:00Z", "Sonus 3 kHz", "Parus major"))
    done = run("review", "sample", *places(folder, shelf), "--out", folder / "r.json", "--json")
    assert json.loads(done.stdout)["without_clip"] == 1


def answered(listed: DrawnList, wrong_after: float = 0.0) -> list[Label]:
    """Every third restored-after clip and so on is wrong, so that the share is ``wrong_after``."""
    labels, met = [], 0
    for one in listed.drawn:
        bad = False
        if (one.arm, one.period) == ("restored", "after"):
            bad = int(met * wrong_after) != int((met + 1) * wrong_after)
            met += 1
        labels.append(
            Label(
                clip=one.clip, offset_s=one.offset_s, taxon=one.taxon, at="2024-08-01T00:00:00Z",
                listener="ada", answer="no" if bad else "yes",
            )
        )  # fmt: skip
    return labels


def test_what_people_heard_becomes_a_file(folder: Path, shelf: Shelf) -> None:
    run("review", "sample", *places(folder, shelf), "--out", folder / "r.json")
    listed, out = read_list(folder / "r.json"), folder / "validation.json"
    (folder / "ada.jsonl").write_text(written(answered(listed, 0.5)))
    asked = ["review", "result", folder / "r.json", folder / "ada.jsonl", "--plan", folder / "plan.toml"]
    found = json.loads(run(*asked, "--out", out, "--json").stdout)
    after = next(one for one in found["cells"] if (one["arm"], one["period"]) == ("restored", "after"))
    assert after["no"] == after["drawn"] // 2 > 4
    assert after["low"] < 0.5 < after["high"]
    assert json.loads(out.read_text())["results"] == found
    said = run(*asked, "--out", out)
    assert "ecoviv verdict" in said.stderr
    assert "does not count yet" in said.stdout  # twenty decided answers a cell are asked for

    stranger = answered(listed)[0].model_copy(update={"offset_s": 999.0})
    (folder / "ada.jsonl").write_text(written([stranger]))
    out.unlink()
    assert "is answered and not on" in problem(run(*asked, "--out", out), ConfigurationError)
    (folder / "ada.jsonl").write_text("")
    assert run(*asked, "--out", out).exit_code == 5
    assert not out.exists()


def test_nothing_to_listen_to_is_said(shelf: Shelf, tmp_path: Path) -> None:
    asked = content(first_year=2100) | {"territory": "t", "review": REVIEW}
    plan = Plan.model_validate(asked)
    (tmp_path / "plan.toml").write_text(written_plan(plan))
    (tmp_path / "territory.toml").write_text(PLACES)
    assert "is not frozen" in problem(run("review", "sample", *places(tmp_path, shelf)), ConfigurationError)
    (tmp_path / "plan.toml").write_text(written_plan(plan.freeze("2020-01-01T00:00:00Z")))
    done = run("review", "sample", *places(tmp_path, shelf), "--out", tmp_path / "r.json")
    assert done.exit_code == 5
    assert not (tmp_path / "r.json").exists()
    assert load_territory(tmp_path / "territory.toml").id == "t"


def test_a_list_without_what_was_wrong_is_held_against_the_store(folder: Path, shelf: Shelf) -> None:
    """Three drawn detections are taken off the list before it is answered."""
    run("review", "sample", *places(folder, shelf), "--out", folder / "r.json")
    whole, out = read_list(folder / "r.json"), folder / "validation.json"
    asked = ["review", "result", folder / "r.json", folder / "ada.jsonl", "--plan", folder / "plan.toml"]
    verdict = ["verdict", *places(folder, shelf), "--validation", out]
    (folder / "ada.jsonl").write_text(written(answered(whole)))
    run(*asked, "--out", out)
    assert run(*verdict).exit_code == 5  # two sites are too few, and the file is taken

    thinned = whole.model_copy(update={"drawn": whole.drawn[3:]})
    (folder / "r.json").write_text(thinned.model_dump_json())
    (folder / "ada.jsonl").write_text(written(answered(thinned)))
    run(*asked, "--out", out)
    assert "is drawn and not on the list (3 such)" in problem(run(*verdict), ConfigurationError)
