"""A model of the user's own says what a calculation by hand says; what does not fit is said before."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import sound as sound_commands
from analysis.edge.detections import Ears
from analysis.edge.worker import answers
from analysis.sound.detect.detector import Hit, Place
from analysis.sound.detect.folder import open_detector
from analysis.sound.detect.listen import listen
from analysis.sound.detect.onnx_file import HeadFile, read_onnx_file
from analysis.sound.reader import open_audio
from contract.batch import ClipNotice
from contract.config import load_toml
from contract.errors import AudioError, ConfigurationError, UsageError
from contract.places import Site
from contract.reading import Detections
from tests.analysis.sound.detect.stand_in import CLASSES, RATE, WINDOW_S, model_bytes, write_stand_in

Clip = Callable[..., Path]
app = typer.Typer()
sound_commands.register(app)


@pytest.fixture(scope="module")
def perch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in, whole: read only."""
    return write_stand_in(tmp_path_factory.mktemp("perch"))


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def square(level: float) -> np.ndarray[Any, Any]:
    """A window of +level and -level by turns: mean square level², mean magnitude level."""
    return np.tile(np.array([level, -level], dtype=np.float32), RATE * WINDOW_S // 2)


def evening(seconds: float = 15) -> np.ndarray[Any, Any]:
    """Noise that is no more than recorded, and from 5 to 10 s a sine of .8."""
    time = np.arange(round(seconds * RATE)) / RATE
    sine = 0.8 * np.sin(2 * np.pi * 1000 * time) * ((time >= 5) & (time < 10))
    return sine + np.random.default_rng(0).normal(0, 0.002, len(time))


def test_scores_are_those_of_a_calculation_by_hand(perch: Path) -> None:
    detector = open_detector("onnx", perch)
    # of ±.5: logits 8 * .25 - 4 * .5 = 0, 4 * .25 = 1, 2 * .5 - 1 = 0; sigmoid(1) = 0.7310585786
    heard = detector.hear(square(0.5), None)
    assert [one.species for one in heard] == ["Erithacus rubecula", "Turdus merula", "Speech"]
    assert [one.score for one in heard] == pytest.approx([0.7310585786, 0.5, 0.5], rel=1e-6)
    assert (detector.model.id, detector.model.version, detector.model.classes) == ("perch", "2.0", CLASSES)
    assert (detector.model.licence, detector.model.commercial) == ("Apache-2.0", True)
    assert (detector.sample_rate, detector.chunk_s, detector.placed) == (32_000, 5.0, False)


def test_a_file_is_heard_window_by_window_at_any_rate(perch: Path, clip: Clip) -> None:
    detector = open_detector("onnx", perch)
    found = list(
        listen(open_audio(clip(evening(), RATE)), detector, place=Place(46, 6, 17), least=0.6, validations={})
    )
    hits = {(one.species, one.start_s): one.score for one in found if isinstance(one, Hit)}
    # a sine of .8, 32 samples a period: mean square .32, mean magnitude .8 cot(π / 32) / 16 = 0.5076587;
    # logits 8 * .32 - 4 * .5076587 = 0.529365 for the blackbird, 4 * .32 = 1.28 for the robin
    assert hits == pytest.approx(
        {("Erithacus rubecula", 5.0): 0.782480, ("Turdus merula", 5.0): 0.629335}, abs=2e-4
    )
    assert {one.filter for one in found if isinstance(one, Hit)} == {"none"}
    other = clip(np.repeat(evening(), 3)[: 96_000 * 15], 96_000, name="fast.wav")
    again = list(listen(open_audio(other), detector, place=None, least=0.6, validations={}))
    assert [(one.species, one.start_s) for one in again if isinstance(one, Hit)] == list(hits)


def small(folder: Path, activation: str, labels: str, table: str) -> Path:
    """Two classes over 16 samples, logits 0 and ln 3 whatever is heard."""
    weights = {0: (0.0, 0.0, 0.0), 1: (0.0, 0.0, float(np.log(3)))}
    (folder / "two.onnx").write_bytes(model_bytes(16, 2, weights))
    (folder / "names.txt").write_text(labels)
    path = folder / "two.toml"
    path.write_text(
        'id = "two"\nversion = "1"\nlicence = "mine"\ncommercial_use = false\nfile = "two.onnx"\n'
        f'sample_rate_hz = 16000\nwindow_s = 0.001\n[input]\nname = "inputs"\n[labels]\nfile = "names.txt"\n'
        f'{table}[scores]\noutput = "label"\nactivation = "{activation}"\n'
    )
    return path


@pytest.mark.parametrize(
    ("activation", "scores"), [("softmax", [0.75, 0.25]), ("sigmoid", [0.75, 0.5]), ("none", None)]
)
def test_activations(activation: str, scores: list[float] | None, tmp_path: Path) -> None:
    # softmax of (0, ln 3) is (1, 3) / 4; sigmoid of ln 3 is 3 / 4, and ln 3 itself is no score
    path = small(tmp_path, activation, "Turdus merula\nParus major\n", "")
    if scores is None:
        with pytest.raises(ConfigurationError, match="outside 0 to 1"):
            open_detector("onnx", path)
        return
    heard = open_detector("onnx", path).hear(np.ones(16, dtype=np.float32), None)
    assert [(one.species, one.score) for one in heard] == [
        ("Parus major", pytest.approx(scores[0], rel=1e-6)),
        ("Turdus merula", pytest.approx(scores[1], rel=1e-6)),
    ]


@pytest.mark.parametrize(
    ("labels", "table"),
    [
        ("Turdus merula_Blackbird\nParus major_Great Tit\n", 'separator = "_"\ncommon = 2\n'),
        ("id;en;latin\n1;Blackbird;Turdus merula\n2;Great Tit;Parus major\n",
         'separator = ";"\ncolumn = "latin"\ncommon = "en"\n'),
    ],
)  # fmt: skip
def test_labels_are_read_by_column_or_by_place(labels: str, table: str, tmp_path: Path) -> None:
    heard = open_detector("onnx", small(tmp_path, "softmax", labels, table)).hear(np.ones(16), None)  # type: ignore[arg-type]
    assert [(one.species, one.common) for one in heard] == [
        ("Parus major", "Great Tit"),
        ("Turdus merula", "Blackbird"),
    ]


def test_other_labels_or_another_use_are_another_instrument(tmp_path: Path) -> None:
    two = "Turdus merula\nParus major\n"
    hashes = [
        open_detector("onnx", small(tmp_path, how, names, "")).model.hash
        for how, names in (("softmax", two), ("softmax", two), ("sigmoid", two), ("softmax", two + "\n"))
    ]
    swapped = open_detector("onnx", small(tmp_path, "softmax", "Parus major\nTurdus merula\n", "")).model.hash
    assert hashes[0] == hashes[1] == hashes[3]
    assert len({hashes[0], hashes[2], swapped}) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('file = "two.onnx"', 'file = "three.onnx"', "three.onnx cannot be read"),
        ('licence = "mine"', 'license = "mine"', "license: this key is not known"),
        ("window_s = 0.001", "window_s = 0.0011", "no whole samples"),
        ("window_s = 0.001", "window_s = 0.002", "does not take sound as"),
        ("sample_rate_hz = 16000", "sample_rate_hz = 10", "sample_rate_hz"),
        ('name = "inputs"', 'name = "audio"', "takes inputs, not only audio"),
        ('name = "inputs"', 'name = "inputs"\nshape = ["batch"]', "where the samples go"),
        ('name = "inputs"', 'name = "inputs"\nshape = [1, 1, "samples"]', "does not take sound as"),
        ('output = "label"', 'output = "logits"', "no output 'logits' but embedding, spatial_embedding"),
        ('output = "label"', 'output = "embedding"', "holds 1536 scores, and names.txt names 2"),
        ('output = "label"', 'output = "spectrogram"', "not a row of numbers"),
        ('activation = "softmax"', 'activation = "relu"', "activation"),
        ('file = "names.txt"', 'file = "none.txt"', "cannot be read as labels"),
        ('file = "names.txt"', 'file = "names.txt"\ncolumn = "latin"', "no column 'latin'"),
        ('file = "names.txt"', 'file = "names.txt"\ncolumn = 3', "a class without a name"),
        ('[scores]', '[embedding]\noutput = "deep"\n[scores]', "no output 'deep'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_before_anything_is_heard(
    old: str, new: str, said: str, tmp_path: Path, clip: Clip
) -> None:
    path = small(tmp_path, "softmax", "Turdus merula\nParus major\n", "")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    out = tmp_path / "o.jsonl"
    done = run("detect", clip(evening(1), RATE), "--detector", "onnx", "--model", path, "--out", out)
    assert isinstance(done.exception, ConfigurationError)
    assert done.exception.exit_code == 3
    assert said in done.exception.message
    assert "\n" not in str(done.exception)
    assert "ecoviv init" not in done.exception.help
    assert (done.stdout, out.exists()) == ("", False)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08\x12\x04test"])
def test_what_is_no_model_is_said(content: bytes, tmp_path: Path) -> None:
    path = small(tmp_path, "softmax", "Turdus merula\nParus major\n", "")
    (tmp_path / "two.onnx").write_bytes(content)
    with pytest.raises(ConfigurationError, match="no ONNX model that can run here") as caught:
        open_detector("onnx", path)
    assert "\n" not in str(caught.value)


def test_labels_of_another_number_or_twice_the_same_are_refused(tmp_path: Path) -> None:
    for labels, said in (
        ("A a\nB b\nC c\n", "holds 2 scores, and names.txt names 3"),
        ("A a\nA a\n", "twice"),
        ("\xff", "no"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            open_detector("onnx", small(tmp_path, "softmax", labels, ""))


def test_a_detector_and_its_model_go_together() -> None:
    with pytest.raises(UsageError, match="not named"):
        open_detector("onnx", None)
    with pytest.raises(UsageError, match="its own model"):
        open_detector("fake", Path("x"))
    with pytest.raises(UsageError, match="not a detector"):
        open_detector("sphinx", None)


def test_the_command_needs_no_place_and_says_who_may_use_it(perch: Path, clip: Clip) -> None:
    path = clip(evening(), RATE)
    done = run("detect", path, "--detector", "onnx", "--model", perch, "--least", "0.6", "--json")
    assert done.exit_code == 0
    assert "perch 2.0: 14795 classes, windows of 5 s at 32000 Hz" in done.stderr
    assert "licence: Apache-2.0, commercial use allowed" in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["species"], row["offset_s"]) for row in rows] == [
        ("Erithacus rubecula", 5.0),
        ("Turdus merula", 5.0),
    ]
    assert {(row["model"]["licence"], row["model"]["commercial_use"]) for row in rows} == {
        ("Apache-2.0", True)
    }


def test_the_edge_worker_reports_it_with_effort_also_in_silence(perch: Path, clip: Clip) -> None:
    path = clip(evening(70), RATE)
    notice = ClipNotice(
        site="s1",
        device="d1",
        sha256=open_audio(path).sha256,
        path=str(path),
        start="2019-05-22T04:00:00Z",
        start_source="filename",
        name=path.name,
    )
    detector = open_detector("onnx", perch)
    site = Site(id="s1", zone="z", latitude=46.5, longitude=1.0)
    ears = Ears(detector, 0.6, {"d1": site})
    heard = [one for one in answers(path, notice, (), ears) if isinstance(one, Detections)]
    assert [[one.taxon for one in m.detections] for m in heard] == [
        ["Erithacus rubecula", "Turdus merula"],
        [],
    ]
    assert [m.excerpt.valid_s for m in heard] == [60, 10]
    assert {(m.model.id, m.model.version) for m in heard} == {("perch", f"2.0#{detector.model.hash[:8]}")}
    # it has no filter of place, so its place is no part of the instrument
    assert ears.identity == Ears(detector, 0.6, {}).identity


def test_sound_that_the_model_cannot_score_is_an_error_of_that_sound(tmp_path: Path) -> None:
    # 3e38 * (mean square + mean magnitude): finite of faint sound, beyond float32's 3.4e38 of the loudest
    path = small(tmp_path, "sigmoid", "Turdus merula\nParus major\n", "")
    (tmp_path / "two.onnx").write_bytes(model_bytes(16, 2, {0: (3e38, 3e38, 0.0)}))
    detector = open_detector("onnx", path)
    assert len(detector.hear(np.full(16, 0.1, dtype=np.float32), None)) == 1
    with pytest.raises(AudioError, match="not finite"):
        detector.hear(np.ones(16, dtype=np.float32), None)


def test_the_descriptions_in_the_docs_are_read(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[4] / "docs" / "ecologist" / "detectors.md"
    blocks = re.findall(r"^```toml\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for name, block in zip(("model.toml", "head.toml"), blocks, strict=True):
        (tmp_path / name).write_text(block)
    assert read_onnx_file(tmp_path / "model.toml").samples == 160_000
    assert load_toml(HeadFile, tmp_path / "head.toml").id == "marsh"
