"""`ecoviv privacy`: sentences for people, exit codes for programs, and pages that say what is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner, Result

import analysis.cli.privacy
from analysis.edge.asked import SwitchedOn, of_status
from analysis.edge.voices import Keeper, status
from analysis.report.privacy_sheet import StationFacts, notice, register
from analysis.sound.privacy.gate import Speech
from analysis.sound.privacy.shelf import KeptSound, KeptSounds
from analysis.sound.privacy.silero import Silero
from analysis.sound.reader import open_audio
from contract.errors import EcoVivError
from contract.recording.messages import HeardClip
from ecoviv.station.broker import start_broker
from tests.gateway.ends import TERRITORY, client

RATE = 16_000
WORKER = SwitchedOn("edge", "VOICE@silero-6.2.0#1a2b3c4d", 30.0, "birdnet@2.4#0a1b2c3d")
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    analysis.cli.privacy.register(app)
    return lambda *words: CliRunner().invoke(app, ["privacy", *map(str, words)])


def sound(path: Path, seconds: float = 6.0, level: float = 0.01, rate: int = RATE) -> Path:
    noise = np.random.default_rng(1).normal(0, level, round(seconds * rate)) if level else np.zeros(5 * rate)
    soundfile.write(path, noise, rate, subtype="PCM_16")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, str]:
    """A folder of kept sound, and the name of the one in it."""
    sounds = KeptSounds(tmp_path / "kept")
    sounds.open()
    audio = open_audio(sound(tmp_path / "a.wav"))
    done = sounds.keep(audio, HeardClip("s1", "mic", audio.sha256, 0), 0, 3, Speech(np.zeros((1, 200))))
    assert isinstance(done, KeptSound)
    return sounds.folder, done.path.name


def failure(done: Result) -> tuple[int, str]:
    assert isinstance(done.exception, EcoVivError), done
    return done.exception.exit_code, done.exception.message


def test_check_says_how_long_voices_are_and_what_could_be_kept(run: Run, tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    assert f"{path}: 0 s of voice; windows of 3 s: " in run("check", path).output
    said = json.loads(run("check", path, "--json").stdout)
    assert (said["voice_s"], said["windows"][0], said["window_s"]) == ([0.0], "clear", 3.0)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: None, "cannot be read: No such file"),
        (lambda p: p.write_bytes(b""), "is empty"),
        (lambda p: p.write_bytes(b"no sound"), "is neither WAV nor FLAC"),
        (lambda p: sound(p, rate=250), "states 250 samples a second"),
        (lambda p: soundfile.write(p, np.zeros(0), RATE, subtype="PCM_16"), "holds a header but no samples"),
    ],
)
def test_check_gives_a_sentence_for_what_it_cannot_hear_and_goes_on(
    run: Run, tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    bad, good = tmp_path / "bad.wav", sound(tmp_path / "good.wav", level=0)
    make(bad)
    done = run("check", bad, good)
    assert done.exit_code == 3
    assert sentence in done.output.replace("\n", " ")
    assert "Next: " in done.output
    assert f"{good}: 0 s of voice" in done.output


def test_the_log_is_shown_and_what_does_not_fit_ends_with_1(run: Run, kept: tuple[Path, str]) -> None:
    folder, name = kept
    done = run("log", "--kept", folder)
    assert (done.exit_code, f" kept     {name} mic" in done.output) == (0, True)
    (folder / name).write_bytes(b"other")
    done = run("log", "--kept", folder, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["doubts"] == [f"{name} has other bytes than those that were kept."]


def test_who_listens_is_in_the_log(run: Run, kept: tuple[Path, str], tmp_path: Path) -> None:
    folder, name = kept
    assert run("listen", name, tmp_path / "mine.wav", "--by", "A. Martin", "--kept", folder).exit_code == 0
    assert f"listened {name} A. Martin" in run("log", "--kept", folder).output
    code, message = failure(run("listen", "0.wav", tmp_path / "x.wav", "--by", "A. Martin", "--kept", folder))
    assert (code, message) == (3, f"0.wav is not among the kept sound in {folder}")
    assert not (tmp_path / "x.wav").exists()


def test_expire_deletes_and_writes_it_down(run: Run, kept: tuple[Path, str]) -> None:
    folder, name = kept
    assert name not in run("expire", "--kept", folder).output
    log = folder / next(folder.glob("log-*.jsonl")).name
    assert log.exists()
    code, message = failure(run("expire", "--kept", folder / "nowhere"))
    assert (code, "is no folder of kept sound" in message) == (3, True)


def test_the_worker_s_status_is_what_the_sheet_is_made_of(tmp_path: Path) -> None:
    keeper = Keeper(KeptSounds(tmp_path, 12))
    asked = of_status("edge", status(Silero(), "", keeper, None))
    assert asked is not None
    assert (asked.voices[:20], asked.kept_days, asked.detector) == ("VOICE@silero-6.2.0#b", 12.0, "")
    assert of_status("edge", status(None, "why", None, None)) == SwitchedOn("edge", "", 0.0, "")
    for other in (b'{"online":false,"voices":"x"}', b'{"online":true}', b"[]", b"\xff"):
        assert of_status("edge", other) is None


def facts(*workers: SwitchedOn, **more: object) -> StationFacts:
    return StationFacts("valley", ("s1",), workers, "2026-05-01", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("tongue", ["en", "fr"])
def test_the_pages_say_what_is_switched_on_and_load_nothing(tongue: str) -> None:
    on, off, none = facts(WORKER), facts(SwitchedOn("edge", "", 30.0, "")), facts()
    pages = [page(one, tongue) for one in (on, off, none) for page in (register, notice)]  # type: ignore[arg-type]
    assert len(set(pages)) == 6
    for page in pages:
        assert page.startswith(f'<!doctype html>\n<html lang="{tongue}">')
        assert not any(word in page for word in ("<script", "http://", "https://", "{", "src=")[:2])
    assert "30" in pages[1], "the notice says for how long sound is kept"
    assert "30" not in pages[3], "without a model nothing is kept, whatever was asked for"


def test_nobody_s_name_is_made_up_and_what_people_type_is_no_markup() -> None:
    assert "……" in notice(facts(WORKER), "en")
    page = notice(facts(WORKER, controller="<b>Parc</b>", contact="a&b"), "en")
    assert "&lt;b&gt;Parc&lt;/b&gt;" in page
    assert "a&amp;b" in page


def test_the_sheet_asks_the_station(run: Run, kept: tuple[Path, str], tmp_path: Path) -> None:
    place = tmp_path / "territory.toml"
    place.write_text(TERRITORY)
    with start_broker(tmp_path / "broker") as broker:
        worker = client(broker, "edge")
        worker.publish(
            "ecoviv/status/1/edge", status(Silero(), "", Keeper(KeptSounds(kept[0])), None), retain=True
        )
        worker.flush(2)
        words = ("--territory", place, "--broker", broker.address.url, "--kept", kept[0])
        assert run("sheet", tmp_path / "out", *words, "--controller", "Parc").exit_code == 0
        worker.close()
    pages = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert pages == ["notice.en.html", "notice.fr.html", "register.en.html", "register.fr.html"]
    page = (tmp_path / "out" / "register.en.html").read_text()
    assert "1 stretches kept, 0 deleted, 0 handed to a person" in page
    assert "kept for 30 days" in page
