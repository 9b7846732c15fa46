"""Species behind a protocol: what a detection carries, and when none may be made."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import sound as sound_commands
from analysis.sound.detect.detector import Detector, FakeDetector, Hit, Place, read_validations
from analysis.sound.detect.listen import Unheard, chunks, listen, recording_day, resampled, week_of
from analysis.sound.picture import read_marks
from analysis.sound.reader import open_audio
from contract.errors import ConfigurationError, UsageError

Clip = Callable[..., Path]
app = typer.Typer()
sound_commands.register(app)


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def song(rate: int, pitch: float = 3500, seconds: float = 9) -> np.ndarray[Any, Any]:
    """Silence but for noise, and from 3 to 6 s a tone."""
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * pitch * time) * ((time >= 3) & (time < 6))
    return tone + np.random.default_rng(0).normal(0, 0.002, len(time))


def heard(path: Path, **options: Any) -> list[Hit]:
    settings = {"place": None, "least": 0.5, "validations": {}} | options
    found = listen(open_audio(path), FakeDetector(), **settings)
    return [one for one in found if isinstance(one, Hit)]


@pytest.mark.parametrize("rate", [24_000, 22_050, 48_000, 96_000])
def test_a_tone_is_heard_where_and_when_it_is_at_every_rate(rate: int, clip: Clip) -> None:
    (one,) = heard(clip(song(rate), rate))
    assert (one.species, one.start_s, one.end_s) == ("Sonus 3 kHz", 3.0, 6.0)
    assert one.resampler == ("none" if rate == 24_000 else one.resampler)
    assert (rate == 24_000) == (one.resampler == "none")


def test_a_detection_carries_the_instrument_and_the_filter(clip: Clip) -> None:
    (one,) = heard(clip(song(24_000), 24_000), place=Place(46.5, 6.6, 17))
    record = one.to_dict()
    instrument = {"id": "fake", "version": "1", "hash": FakeDetector.model.hash}
    assert record["model"] == instrument | {"licence": "Apache-2.0", "commercial_use": True}
    assert (record["filter"], record["window_s"], record["validated"]) == ("geo 46.5 6.6 week 17", 3.0, False)


def test_an_unvalidated_species_is_marked_and_a_validated_one_has_its_own_threshold(
    clip: Clip, tmp_path: Path
) -> None:
    table = tmp_path / "checked.csv"
    table.write_text("species,threshold,precision,clips\nSonus 3 kHz,0.9,0.95,200\nSonus 0 kHz,0.99,0.1,50\n")
    (one,) = heard(clip(song(24_000), 24_000), least=0.0001, validations=read_validations(table))[-1:]
    found = heard(clip(song(24_000), 24_000), validations=read_validations(table))
    assert [(hit.species, hit.validation.precision) for hit in found if hit.validation] == [
        ("Sonus 3 kHz", 0.95)
    ]
    assert one.to_dict()["validated"] in (True, False)
    table.write_text("name,score\nx,1\n")
    with pytest.raises(ConfigurationError, match="validated"):
        read_validations(table)


def test_a_dead_channel_is_not_heard_and_said(clip: Clip) -> None:
    stereo = np.stack((np.zeros(9 * 24_000), song(24_000)), axis=1)
    found = list(
        listen(open_audio(clip(stereo, 24_000)), FakeDetector(), place=None, least=0.5, validations={})
    )
    assert isinstance(found[0], Unheard)
    assert "below resolution" in found[0].reason
    assert [one.channel for one in found] == [0, 1]


def test_the_last_chunk_is_padded_or_left_out() -> None:
    sizes = [(first, float(chunk.sum())) for first, chunk in chunks(np.ones(14, dtype=np.float32), 4)]
    assert sizes == [(0, 4), (4, 4), (8, 4), (12, 2)]
    assert len(list(chunks(np.ones(13, dtype=np.float32), 4))) == 3


def test_resampling_is_named() -> None:
    samples, how = resampled(np.zeros(44_100), 44_100, 48_000)
    assert (len(samples), how) == (48_000, "scipy resample (FFT) 44100 to 48000 Hz")


@pytest.mark.parametrize("rate", [22_050, 32_000, 44_100, 96_000])
def test_a_tone_keeps_its_phase_through_resampling(rate: int) -> None:
    # a sine is known at every rate, across the borders of the pieces too
    samples, _ = resampled(np.sin(2 * np.pi * 1000 * np.arange(rate * 30 + 7) / rate), rate, 48_000)
    expected = np.sin(2 * np.pi * 1000 * np.arange(len(samples)) / 48_000)
    assert np.abs(samples - expected)[4800:-4800].max() < 2e-3


def test_weeks_are_four_to_a_month() -> None:
    days = {date(2026, 1, 1): 1, date(2026, 1, 31): 4, date(2026, 5, 4): 17, date(2026, 12, 31): 48}
    assert {day: week_of(day) for day in days} == days


def test_the_day_comes_from_the_header_or_from_the_command(shared_data: Callable[[str], Path]) -> None:
    audio = open_audio(shared_data("audio/audiomoth_oss_1min_32k.wav"))
    assert recording_day(audio, None) == date(2018, 5, 4)
    assert recording_day(audio, date(2020, 1, 1)) == date(2020, 1, 1)
    bats = open_audio(shared_data("audio/batdetect2_batlogger_guano_312k5.wav"))
    assert recording_day(bats, None) == date(2024, 6, 4)
    assert recording_day(open_audio(shared_data("audio/oss_birds_10s.wav")), None) is None


def test_the_command_writes_json_lines_and_the_licence_apart(clip: Clip) -> None:
    done = run(
        "detect", clip(song(24_000), 24_000), "--detector", "fake", "--no-geo", "--least", "0.5", "--json"
    )
    assert done.exit_code == 0
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"file", "sha256", "channel", "start", "offset_s", "species", "score", "model", "filter"} <= set(
        record
    )
    assert "licence" in done.stderr


def hear_into(out: Path, *files: Path, **more: str) -> Any:
    words = [word for name, value in more.items() for word in (f"--{name}", value)]
    return run("detect", *files, "--detector", "fake", "--no-geo", "--least", "0.5", "--out", out, *words)


def test_a_stopped_run_goes_on_where_it_was(clip: Clip, tmp_path: Path) -> None:
    one, other = clip(song(24_000), 24_000, name="a.wav"), clip(song(24_000, 7500), 24_000, name="b.wav")
    silent, out, once = (
        clip(np.zeros(48_000), 24_000, name="c.wav"),
        tmp_path / "o.jsonl",
        tmp_path / "1.jsonl",
    )
    files = (one, other, silent)
    assert hear_into(once, *files).exit_code == 0
    whole = once.read_bytes()
    rows = [json.loads(line) for line in whole.splitlines()]
    assert [row.get("species") for row in rows] == [None, "Sonus 3 kHz", None, "Sonus 7 kHz", None]
    assert [row["heard_s"] for row in rows if "heard_s" in row] == [9.0, 9.0, 0.0]
    assert "below resolution" in rows[-1]["not_heard"][0]["why"]
    for cut in range(0, len(whole), 331):  # a power cut after any number of bytes
        out.write_bytes(whole[:cut])
        assert hear_into(out, *files).exit_code == 0
        assert out.read_bytes() == whole
    again = hear_into(out, *files)
    assert (again.stdout, out.read_bytes()) == ("", whole)


def test_a_file_of_other_settings_or_another_origin_is_left_alone(clip: Clip, tmp_path: Path) -> None:
    path, out, table = clip(song(24_000), 24_000), tmp_path / "o.jsonl", tmp_path / "checked.csv"
    hear_into(out, path)
    table.write_text("species,threshold,precision,clips\nSonus 3 kHz,0.9,0.95,200\n")
    assert "thresholds=" in str(hear_into(out, path, thresholds=str(table)).exception)
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"species":"mine"}\n')
    assert isinstance(hear_into(mine, path).exception, ConfigurationError)
    assert mine.read_text() == '{"species":"mine"}\n'
    assert isinstance(hear_into(tmp_path / "o.csv", path).exception, UsageError)


def test_a_picture_shows_the_detections_of_either_form(clip: Clip, tmp_path: Path) -> None:
    path, out = clip(song(24_000), 24_000), tmp_path / "o.jsonl"
    hear_into(out, path)
    (mark,) = read_marks(out, path)
    assert (mark.start_s, mark.length_s) == (3.0, 3.0)
    for wrong in (
        b"\xff\n",
        b"[1]\n",
        b'{"file":"clip.wav"}\n',
        b'{"offset_s":NaN,"window_s":3,"common":"a","score":1,"file":"clip.wav"}\n',
    ):
        out.write_bytes(wrong)
        with pytest.raises(ConfigurationError):
            read_marks(out, path)


@pytest.mark.parametrize(
    "row", ["x,1.5,0.9,100", "x,nan,0.9,100", "x,0.5,-1,100", "x,0.5,0.9,-1", "x,0.5,0.9"]
)
def test_a_table_of_impossible_validations_is_refused(row: str, tmp_path: Path) -> None:
    table = tmp_path / "checked.csv"
    table.write_text(f"species,threshold,precision,clips\n{row}\n")
    with pytest.raises(ConfigurationError, match="validated"):
        read_validations(table)


def test_without_place_or_day_nothing_is_named(clip: Clip) -> None:
    path = clip(song(24_000), 24_000)
    for words in (
        [],
        ["--lat", "46.5"],
        ["--lat", "46.5", "--lon", "6.6"],
        ["--detector", "sphinx", "--no-geo"],
    ):
        done = run("detect", path, "--detector", "fake", *words)
        assert done.exit_code == 1 or isinstance(done.exception, UsageError), words
        assert done.stdout == ""
    placed = ["--lat", "46.5", "--lon", "6.6", "--date", "2026-05-01", "--least", "0.5"]
    assert "Sonus 3 kHz" in run("detect", path, "--detector", "fake", *placed).stdout


def birdnet() -> Detector:
    pytest.importorskip("ai_edge_litert", reason="the extra birdnet is not installed")
    from analysis.sound.detect.birdnet import BirdNet

    try:
        return BirdNet()
    except ConfigurationError as error:
        pytest.skip(f"no model: {error.message}")


def test_the_published_chickadee_is_heard_with_its_published_score(
    shared_data: Callable[[str], Path],
) -> None:
    # published with BirdNET's own tests: Black-capped Chickadee, 0.8140561 at 0 s
    detector = birdnet()
    audio = open_audio(shared_data("audio/birdnet_soundscape_120s_48k.flac"))
    first = next(iter(listen(audio, detector, place=None, least=0.5, validations={})))
    assert isinstance(first, Hit)
    assert (first.common, first.start_s) == ("Black-capped Chickadee", 0)
    assert first.score == pytest.approx(0.8140561, abs=1e-3)


def test_place_and_season_keep_foreign_species_out() -> None:
    detector = birdnet()
    jura = detector.expected(Place(46.6, 6.2, 17))  # type: ignore[attr-defined]
    assert 50 < jura.sum() < 400
