"""Kept embeddings: a head that reads them says what it would have said of the sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import sound as sound_commands
from analysis.sound.detect.detector import FakeDetector, ModelFile
from analysis.sound.detect.embeddings import Embedded, read_embeddings, write_embeddings
from analysis.sound.detect.hits_file import detections_in
from analysis.sound.detect.onnx import open_onnx
from contract.errors import ConfigurationError, UsageError
from tests.analysis.sound.detect.stand_in import DIMENSIONS, NAMED, RATE, WEIGHTS, write_stand_in

Clip = Callable[..., Path]
app = typer.Typer()
sound_commands.register(app)


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def perch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in, whole: read only."""
    return write_stand_in(tmp_path_factory.mktemp("perch"))


def evening(seconds: float = 15) -> np.ndarray[Any, Any]:
    """Three windows, each of another loudness."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.2 + 0.3 * (time // 5)) * np.sin(2 * np.pi * 1000 * time)


def write_head(folder: Path, of: str, *, classes: tuple[int, ...] = tuple(NAMED), scale: float = 1) -> Path:
    """The stand-in's own last layer for the classes that it can name, as a head of somebody else's."""
    weights = np.zeros((DIMENSIONS, len(classes)))
    for column, index in enumerate(classes):
        weights[:2, column] = np.array(WEIGHTS[index][:2]) * scale
    np.savez(folder / "head.npz", weights=weights, bias=[WEIGHTS[index][2] for index in classes])
    (folder / "names.txt").write_text("".join(f"{NAMED[index]}\n" for index in classes))
    path = folder / "head.toml"
    path.write_text(
        'id = "marsh"\nversion = "1"\nlicence = "CC0-1.0"\ncommercial_use = true\nweights = "head.npz"\n'
        f'of = "{of}"\nactivation = "sigmoid"\n[labels]\nfile = "names.txt"\n'
    )
    return path


def kept(perch: Path, path: Path, folder: Path, *more: object) -> Any:
    return run("detect", path, "--detector", "onnx", "--model", perch, "--embeddings", folder, *more)


def test_naming_again_is_naming_from_the_sound(perch: Path, clip: Clip, tmp_path: Path) -> None:
    path, heard, again = clip(evening(), RATE), tmp_path / "heard.jsonl", tmp_path / "again.jsonl"
    assert kept(perch, path, tmp_path / "kept", "--out", heard).exit_code == 0
    head = write_head(tmp_path, open_onnx(perch).model.hash)
    done = run("rescore", tmp_path / "kept", "--head", head, "--out", again)
    assert done.exit_code == 0, done.exception
    first, second = list(detections_in(heard)), list(detections_in(again))
    where = ("file", "sha256", "channel", "start", "offset_s", "window_s", "species", "resampler", "filter")
    assert [[row[name] for name in where] for row in second] == [
        [row[name] for name in where] for row in first
    ]
    assert len(first) == 9
    # rounding to 11 bits: a logit errs by at most sum |w e| / 2048 < 7 / 2048, a score by a quarter of that
    scores = np.array([[row["score"] for row in rows] for rows in (first, second)])
    assert np.abs(scores[0] - scores[1]).max() < 7 / 2048 / 4
    assert {row["model"]["id"] for row in second} == {"marsh"}
    efforts = [json.loads(file.read_text().splitlines()[0]) for file in (heard, again)]
    assert [one["heard_s"] for one in efforts] == [15.0, 15.0]
    assert done.stdout == ""


def test_what_a_head_says_may_be_used_as_both_licences_allow(perch: Path, clip: Clip, tmp_path: Path) -> None:
    kept(perch, clip(evening(5), RATE), tmp_path / "kept")
    (file,) = (tmp_path / "kept").glob("*.npz")
    one = read_embeddings(file)
    head = write_head(tmp_path, one.model.hash)
    done = run("rescore", tmp_path / "kept", "--head", head, "--json")
    said = json.loads(done.stdout.splitlines()[0])["model"]
    assert said["licence"] == "CC0-1.0; embeddings of perch 2.0: Apache-2.0"
    assert said["commercial_use"] is True
    head.write_text(head.read_text().replace("commercial_use = true", "commercial_use = false"))
    done = run("rescore", tmp_path / "kept", "--head", head, "--json")
    assert json.loads(done.stdout.splitlines()[0])["model"]["commercial_use"] is False


def test_silence_that_was_listened_to_stays_effort(perch: Path, clip: Clip, tmp_path: Path) -> None:
    silent = np.random.default_rng(0).normal(0, 0.002, 10 * RATE)
    kept(perch, clip(silent, RATE), tmp_path / "kept")
    head, out = write_head(tmp_path, open_onnx(perch).model.hash), tmp_path / "again.jsonl"
    run("rescore", tmp_path / "kept", "--head", head, "--least", "0.9", "--out", out)
    (effort,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (effort["heard_s"], effort["detections"]) == (10.0, 0)
    assert "head=marsh@1#" in effort["settings"]


def test_a_stopped_run_keeps_what_is_lacking_and_names_nothing_twice(
    perch: Path, clip: Clip, tmp_path: Path
) -> None:
    path, out, folder = clip(evening(5), RATE), tmp_path / "o.jsonl", tmp_path / "kept"
    run("detect", path, "--detector", "onnx", "--model", perch, "--out", out)
    whole = out.read_bytes()
    kept(perch, path, folder, "--out", out)
    (file,) = folder.iterdir()
    first = file.read_bytes()
    assert file.name == f"{read_embeddings(file).effort['sha256']}.{open_onnx(perch).model.hash}.npz"
    file.unlink()
    kept(perch, path, folder, "--out", out)
    assert (out.read_bytes(), file.read_bytes()) == (whole, first)


def test_embeddings_of_any_range_are_rounded_to_eleven_bits(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(0, 1, (5, 64)).astype(np.float32)
    rows *= np.array([1e-30, 1e-3, 1, 1e6, 1e30], dtype=np.float32)[:, None]
    model = ModelFile("m", "1", "0" * 16, "mine", False, 2)
    place = np.zeros(5, dtype=np.int16), np.arange(5.0)
    path = write_embeddings(
        tmp_path, Embedded(model, {"sha256": "a" * 64, "start": None}, 5.0, "none", *place, rows)
    )
    back = read_embeddings(path)
    assert back.model == model
    largest = np.abs(rows).max(axis=1, keepdims=True)
    assert (np.abs(back.rows - rows) <= largest / 2048).all()
    assert path.stat().st_size < 5 * 64 * 2 + 2500
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["cut", "other", "empty"])
def test_a_damaged_file_is_named(damage: str, perch: Path, clip: Clip, tmp_path: Path) -> None:
    kept(perch, clip(evening(5), RATE), tmp_path / "kept")
    (file,) = (tmp_path / "kept").glob("*.npz")
    content = {"cut": file.read_bytes()[:-200], "other": b"RIFF", "empty": b""}
    file.write_bytes(content[damage])
    out = tmp_path / "again.jsonl"
    done = run("rescore", tmp_path / "kept", "--head", write_head(tmp_path, "0" * 16), "--out", out)
    assert isinstance(done.exception, ConfigurationError)
    assert file.name in str(done.exception)
    assert not out.exists()


def test_a_head_that_does_not_fit_is_refused(perch: Path, clip: Clip, tmp_path: Path) -> None:
    kept(perch, clip(evening(5), RATE), tmp_path / "kept")
    of = open_onnx(perch).model.hash

    def refused(head: Path) -> str:
        done = run("rescore", tmp_path / "kept", "--head", head, "--out", tmp_path / "again.jsonl")
        assert isinstance(done.exception, ConfigurationError)
        assert not (tmp_path / "again.jsonl").exists()
        return done.exception.message

    assert "was made for embeddings of model" in refused(write_head(tmp_path, "0" * 16))
    head = write_head(tmp_path, of)
    np.savez(tmp_path / "head.npz", weights=np.zeros((3, 3)), bias=np.zeros(3))
    assert "takes 3 numbers, and embeddings have 1536" in refused(head)
    np.savez(tmp_path / "head.npz", weights=np.zeros((DIMENSIONS, 2)), bias=np.zeros(2))
    assert "scores 2 classes, and names.txt names 3" in refused(head)
    np.savez(tmp_path / "head.npz", weights=np.full((DIMENSIONS, 3), np.nan), bias=np.zeros(3))
    assert "not finite" in refused(head)
    np.savez(tmp_path / "head.npz", bias=np.zeros(3))
    assert "holds no linear head" in refused(head)
    head.write_text(head.read_text() + "colour = 1\n")
    assert "colour" in refused(head)


def test_a_detector_without_embeddings_says_so(clip: Clip, tmp_path: Path) -> None:
    assert FakeDetector.placed
    path = clip(evening(5), RATE)
    done = run("detect", path, "--detector", "fake", "--no-geo", "--embeddings", tmp_path / "kept")
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "kept").exists()
    done = run("rescore", tmp_path, "--head", tmp_path / "head.toml")
    assert "holds no embeddings" in str(done.exception)
