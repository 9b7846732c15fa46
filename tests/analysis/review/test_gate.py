"""The voice gate at the desk: shut without a model, shut where it cannot hear, and one hearing a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.arrays import Floats
from analysis.plan.review.labels import NotHeard
from analysis.review.cut import Audible, Gate, cut, gather
from analysis.review.gate import voice_gate
from analysis.sound.privacy.gate import Speech
from analysis.sound.privacy.shelf import KeptSounds
from analysis.sound.reader import open_audio
from contract.recording.messages import HeardClip
from contract.testing.fixed_clock import FixedClock
from tests.analysis.review.recorded import AT, drawn, listed, no_voice, recording


class StandIn:
    """A model that hears a voice from the seventh second on."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.begun, self._chunk, self._deaf = 0, 0, deaf

    def begin(self) -> None:
        self.begun, self._chunk = self.begun + 1, 0

    def probabilities(self, samples: Floats) -> Floats:
        if self._deaf:
            raise RuntimeError("no")
        times = (np.arange(len(samples) // 512) + self._chunk) * 512 / 16_000
        self._chunk += len(times)
        return np.where(times >= 7.0, 0.9, 0.0)


def gate_of(model: StandIn | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Gate | None, str]:
    why = "" if model is not None else "it is not installed"
    monkeypatch.setattr("analysis.review.gate.open_model", lambda: (model, why))
    return voice_gate()


def cut_of(folder: Path, gate: Gate | None) -> dict[float, str]:
    clip = recording(folder / "A.WAV", 1, seconds=12.0)
    work = gather(listed([drawn(clip, 0.0, duration_s=1.0), drawn(clip, 3.0, duration_s=1.0)]), folder)
    return {
        one.offset_s if isinstance(one, NotHeard) else one.piece.offset_s: (
            one.unheard if isinstance(one, NotHeard) else "cut"
        )
        for one in cut(work, gate, AT)
    }


def test_a_voice_in_the_next_window_withholds_and_a_file_is_heard_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = StandIn()
    gate, _ = gate_of(model, monkeypatch)
    # by hand: a voice in the window of 6 to 9 s withholds its neighbours too; [2, 5) reaches into that of 3 s
    assert cut_of(tmp_path, gate) == {0.0: "cut", 3.0: "withheld"}
    assert model.begun == 1


def test_what_the_gate_cannot_hear_is_withheld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, _ = gate_of(StandIn(deaf=True), monkeypatch)
    assert cut_of(tmp_path, gate) == {0.0: "withheld", 3.0: "withheld"}


def test_without_a_model_there_is_no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate_of(None, monkeypatch) == (None, "it is not installed")


def test_what_an_edge_kept_is_cut_from(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    clip = recording(tmp_path / "cards" / "A.WAV", 2, seconds=12.0)
    audio, kept = open_audio(tmp_path / "cards" / "A.WAV"), KeptSounds(tmp_path / "kept", clock=FixedClock(0))
    kept.open()
    kept.keep(audio, HeardClip("meadow", "d1", clip, 0), 0.5, 5.5, Speech(np.zeros((1, 375))))
    (one,) = cut(gather(listed([drawn(clip, 1.5)]), tmp_path / "kept"), no_voice, AT)
    (whole,) = cut(gather(listed([drawn(clip, 1.5)]), tmp_path / "cards"), no_voice, AT)
    assert isinstance(one, Audible)
    assert isinstance(whole, Audible)
    assert np.array_equal(one.snippet.samples, whole.snippet.samples)
    assert one.within_s == whole.within_s
