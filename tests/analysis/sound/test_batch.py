"""Folders of files: one bad file never stops the rest, a stopped run goes on, the record is as stated."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import sound as sound_commands
from analysis.sound import batch
from analysis.sound.measure.engine import PROFILES, measure
from contract.errors import ConfigurationError, UsageError

Clip = Callable[..., Path]
FIELDS = [
    "file",
    "sha256",
    "channel",
    "start",
    "start_source",
    "serial",
    "position",
    "reason",
    "offset_s",
    "window_s",
    "duration_s",
    "sample_rate_hz",
    "channels",
    "header",
]
app = typer.Typer()
sound_commands.register(app)


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(clip: Clip, tmp_path: Path) -> Path:
    """Three good recordings, one that is not sound, one that is hidden, one of another kind."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(("in/a.wav", "in/b.flac", "in/deep/c.WAV")):
        clip(np.random.default_rng(number).normal(0, 0.1, 44_100), 22_050, "PCM_16", name)
    (tmp_path / "in" / "bad.wav").write_bytes(b"RIFF and then nothing")
    (tmp_path / "in" / "._a.wav").write_bytes(b"a resource fork")
    (tmp_path / "in" / "notes.txt").write_text("not sound")
    return tmp_path / "in"


def test_one_bad_file_never_stops_the_rest(folder: Path) -> None:
    done = run("indices", folder, "--json")
    assert done.exit_code == 1
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(record["file"]).name for record in records] == ["a.wav", "b.flac", "c.WAV"]
    assert "bad.wav is not readable" in done.stderr
    assert "._a.wav" not in done.stderr


def test_an_empty_file_is_named_once_and_does_not_fail_the_run(folder: Path) -> None:
    (folder / "bad.wav").write_bytes(b"")
    done = run("indices", folder, folder / "._a.wav", "--json")
    assert done.exit_code == 0
    assert done.stderr.count("bad.wav is empty") == 1
    assert done.stderr.count("._a.wav was left by macOS") == 1
    assert len(done.stdout.splitlines()) == 3


def test_a_conflict_is_said_once_a_file(clip: Clip) -> None:
    path = clip(np.zeros(48_000), 24_000, "PCM_16", "SM4_20270501_040000Z.wav")
    with path.open("ab") as stream:
        stream.write(b"guan" + (36).to_bytes(4, "little") + b"Timestamp: 2027-05-01T04:10:00+00:00")
    done = run("indices", path, "--window", "1")
    assert (
        done.stderr.count("start_disagrees: guano 2027-05-01T04:10:00+00:00, filename 2027-05-01T04:00:00")
        == 1
    )


TERRITORY = """\
[territory]
id = "t"
[[zones]]
id = "z"
arm = "control"
land_use = "forestry"
[[sites]]
id = "s"
zone = "z"
latitude = 46.6
longitude = 6.1
[[devices]]
id = "mill"
site = "s"
sensors = ["acoustic"]
serial = "UPPER_MILL"
timezone = "Europe/Paris"
"""


@pytest.mark.parametrize(
    ("name", "words", "start"),
    [  # Paris is two hours ahead of UTC in May
        ("UPPER_MILL_20270501_040000.wav", [], None),
        ("UPPER_MILL_20270501_040000.wav", ["--zone", "+10:00"], "2027-04-30T18:00:00Z"),
        ("UPPER_MILL_20270501_040000.wav", ["--territory", "{place}"], "2027-05-01T02:00:00Z"),
        ("UPPER_MILL_20270501_040000Z.wav", ["--territory", "{place}"], "2027-05-01T04:00:00Z"),
        ("20270501_040000.wav", ["--territory", "{place}"], None),
        ("20270501_040000.wav", ["--territory", "{place}", "--as", "mill"], "2027-05-01T02:00:00Z"),
        ("20270501_040000.wav", ["--territory", "{place}", "--as", "s/mill"], "2027-05-01T02:00:00Z"),
        ("20270501_040000.wav", ["--territory", "{place}", "--zone", "UTC"], "2027-05-01T04:00:00Z"),
    ],
)
def test_a_local_time_takes_the_zone_of_its_device_or_of_the_option(
    name: str, words: list[str], start: str | None, clip: Clip, tmp_path: Path
) -> None:
    (tmp_path / "territory.toml").write_text(TERRITORY)
    place = [word.replace("{place}", str(tmp_path / "territory.toml")) for word in words]
    done = run("indices", clip(np.zeros(48_000), 24_000, "PCM_16", name), "--json", *place)
    assert done.exit_code == 0
    record = json.loads(done.stdout)
    assert record["start"] == start
    assert (record["reason"] is None) == (start is not None)


def test_starts_by_another_zone_do_not_enter_the_same_table(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run("indices", folder / "a.wav", "--out", out, "--zone", "Europe/Paris")
    done = run("indices", folder / "b.flac", "--out", out, "--zone", "UTC")
    assert isinstance(done.exception, ConfigurationError)


def test_the_record_has_the_stated_fields_and_no_nan(folder: Path) -> None:
    done = run("indices", folder / "a.wav", "--json")
    assert done.exit_code == 0
    record = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))
    assert list(record) == [*FIELDS, "quality", "values", "absent"]
    assert len(record["values"]) + len(record["absent"]) == 67
    assert not set(record["values"]) & set(record["absent"])


def test_the_command_and_the_engine_give_the_same_bytes(folder: Path) -> None:
    (result,) = measure(folder / "a.wav")
    assert run("indices", folder / "a.wav", "--json").stdout == result.to_json() + "\n"
    assert run("indices", "measure", folder / "a.wav", "--json").stdout == result.to_json() + "\n"


def test_several_jobs_give_what_one_gives(folder: Path) -> None:
    settings = batch.MeasureSettings()
    files = batch.find_audio([folder])
    one = [batch.measure_one(file, settings) for file in files]
    assert list(batch._outcomes(files, settings, 2)) == one


def test_a_process_that_is_ended_is_told_for_each_of_its_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        ended = [pool.submit(os._exit, 1) for _ in files]
        found = [batch._outcome(file, one) for file, one in zip(files, ended, strict=True)]
    assert [outcome.path for outcome in found] == files
    assert all("its process was ended" in outcome.problem for outcome in found)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_stopped_run_goes_on_where_it_was(suffix: str, folder: Path, tmp_path: Path) -> None:
    out, once = tmp_path / f"out{suffix}", tmp_path / f"once{suffix}"
    assert run("indices", folder / "a.wav", folder / "b.flac", "--out", once).exit_code == 0
    # a power cut after the first file: its line is whole, the second is torn
    run("indices", folder / "a.wav", "--out", out)
    out.unlink()
    with batch.ResultTable(out, batch.MeasureSettings().text) as table:
        table.add(batch.measure_one(folder / "a.wav", batch.MeasureSettings()).results)
        journal = Path(f"{out}.part").read_bytes()
    out.unlink()
    Path(f"{out}.part").write_bytes(journal + journal[:100])
    done = run("indices", folder / "a.wav", folder / "b.flac", "--out", out)
    assert done.exit_code == 0
    assert rows(out) == rows(once)
    assert not Path(f"{out}.part").exists()


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="") as stream:
            return list(csv.DictReader(stream))
    return list(parquet.read_table(path).to_pylist())


def test_a_second_run_measures_only_what_is_new(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.parquet"
    run("indices", folder / "a.wav", "--out", out)
    measured: list[str] = []
    original = batch.measure_one
    monkeypatch.setattr(
        batch, "measure_one", lambda file, how: (measured.append(file.name), original(file, how))[1]
    )
    run("indices", folder / "a.wav", folder / "b.flac", "--out", out)
    assert measured == ["b.flac"]
    (folder / "a.wav").write_bytes((folder / "b.flac").read_bytes())  # other content under the same name
    run("indices", folder / "a.wav", folder / "b.flac", "--out", out)
    assert measured == ["b.flac", "a.wav"]
    assert len({row["sha256"] for row in rows(out)}) == 1
    assert len(rows(out)) == 2 * 67


def test_values_measured_otherwise_do_not_enter_the_same_table(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run("indices", folder / "a.wav", "--out", out)
    other = batch.MeasureSettings(gate=False)
    with pytest.raises(ConfigurationError, match="gate=off"):
        batch.measure_batch([folder / "a.wav"], other, jobs=1, out=out, as_json=False)


def test_a_table_has_one_row_per_value_and_says_why_there_is_none(clip: Clip, tmp_path: Path) -> None:
    silent = clip(np.zeros(48_000), 24_000)
    run("indices", silent, "--out", tmp_path / "out.parquet")
    table = rows(tmp_path / "out.parquet")
    assert len(table) == 67
    assert all(row["value"] is None and row["absent"] and row["gate"] == "closed" for row in table)


def test_what_was_called_wrongly_is_said(folder: Path, tmp_path: Path) -> None:
    for words in (
        ["--window", "soon"],
        ["--window", "inf"],
        ["--window", "-1"],
        ["--out", str(tmp_path / "x.xlsx")],
        ["--as", "mill"],
    ):
        done = run("indices", folder / "a.wav", *words)
        assert isinstance(done.exception, UsageError), words
    (tmp_path / "empty").mkdir()
    assert isinstance(run("indices", tmp_path / "empty").exception, UsageError)


def test_people_get_one_line_per_window(folder: Path) -> None:
    done = run("indices", folder / "a.wav", "--window", "1")
    assert len(done.stdout.splitlines()) == 2
    assert "gate open" in done.stdout


def test_explain_prints_what_an_index_is() -> None:
    done = run("indices", "explain", "NDSI@ecoviv-1")
    assert done.exit_code == 0
    assert "does not mean" in done.stdout
    assert json.loads(run("indices", "explain", "NDSI@ecoviv-1", "--json").stdout)["citation"]
    french = run("indices", "explain", "NDSI@ecoviv-1", "--language", "fr").stdout
    assert "Pas la faune contre le trafic" in french


def test_the_card_s_schedule_is_held_against_what_was_heard(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    # the recorder of oss_audiomoth_metadata_32k.wav, told to record all day without pause: 14.97 s of 14.97 s
    config = "Device ID : 24526B065D325963\nRecording period 1 : 00:00 - 24:00 (UTC)\n"
    (tmp_path / "CONFIG.TXT").write_text(config)
    recording = shared_data("audio/oss_audiomoth_metadata_32k.wav")
    (tmp_path / "a.wav").symlink_to(recording)
    done = run("indices", tmp_path)
    assert "recorder 24526B065D325963" in done.stderr
    assert "15 s valid of 15 s expected" in done.stderr


def test_channels_are_measured_apart_or_the_first_alone(clip: Clip) -> None:
    path = clip(np.random.default_rng(1).normal(0, 0.1, (48_000, 2)), 24_000)
    assert len(run("indices", path, "--channels", "--json").stdout.splitlines()) == 2
    (record,) = [
        json.loads(line) for line in run("indices", path, "--first-channel", "--json").stdout.splitlines()
    ]
    assert (record["channel"], record["channels"]) == (0, 2)


def test_every_reference_recording_is_answered_without_nan(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("audio")
    files = [file for file in batch.find_audio([folder]) if "s4a_day" not in file.parts]
    done = run("indices", *files, "--json", "--window", "20", *(f"--profile={name}" for name in PROFILES))
    assert done.exit_code == 0
    records = [
        json.loads(line, parse_constant=lambda name: pytest.fail(name)) for line in done.stdout.splitlines()
    ]
    assert {record["file"] for record in records} == {str(file) for file in files}
    assert all(len(record["values"]) + len(record["absent"]) == 79 for record in records)
    assert all(all(record["absent"].values()) for record in records)
