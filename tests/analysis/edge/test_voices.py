"""The worker and the gate: a voice is a number, never a byte that is kept; what fails keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.edge.voices import Keeper
from analysis.edge.worker import FILTERS, EdgeWorker, answers
from analysis.indices.acoustic.voice import BEFORE, CHUNK, RATE_HZ, VOICE
from analysis.sound.privacy.shelf import KeptSounds
from analysis.sound.privacy.silero import SpeechModel
from contract import topics, wire
from contract.instant import DAY, parse_instant
from contract.reading import Detections, Features
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from tests.analysis.edge.test_worker import IDS, clip, ears, notice

FIRST_MINUTE = ((3.0, 12.0),)


class Hears:
    """A voice of the seconds that a test names, in every channel."""

    def __init__(self, *seconds: int) -> None:
        self.seconds, self._at = set(seconds), 0

    def begin(self) -> None:
        self._at = -BEFORE

    def probabilities(self, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        chunks = np.arange(self._at, self._at + len(samples) // CHUNK)
        self._at += len(chunks)
        return np.array([0.9 if int(one * CHUNK / RATE_HZ) in self.seconds else 0.0 for one in chunks])


class Fails(Hears):
    def probabilities(self, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        raise RuntimeError("the model is out of order")


def said(
    path: Path,
    gate: SpeechModel | None,
    keeper: Keeper | None = None,
    *,
    with_ears: bool = False,
) -> list[Features | Detections]:
    """All that the worker publishes of a clip, in its order."""
    broker = MemoryBroker()
    gateway = broker.client("gateway", (topics.SENSOR_FILTER,))
    worker = EdgeWorker(broker.client("edge", FILTERS), ears() if with_ears else None, gate, keeper)
    gateway.publish(topics.LOCAL_CLIP, notice(path).model_dump_json().encode())
    worker.step(0)
    decoded = [wire.decode(one.payload) for one in gateway.poll(0, 1000)]
    return [one for one in decoded if isinstance(one, Features | Detections)]


def of_voice(messages: Iterable[Features | Detections]) -> list[Features]:
    return [one for one in messages if isinstance(one, Features) and VOICE.id in {**one.values, **one.absent}]


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    shelf = KeptSounds(tmp_path / "kept", clock=FixedClock(parse_instant("2026-05-01T12:00:00Z")))
    shelf.open()
    return Keeper(shelf, lambda clip, heard: FIRST_MINUTE if heard.seq == 1 else ())


def kept(keeper: Keeper) -> list[Path]:
    return sorted(keeper.shelf.folder.glob("*.wav"))


def test_seconds_of_voice_go_out_beside_each_window_with_its_effort(tmp_path: Path) -> None:
    # 130 s are windows of 60, 60 and 10 s; voices in 2 s of the first and 1 s of the last
    found = of_voice(said(clip(tmp_path / "a.wav", seconds=130), Hears(5, 6, 121)))
    seconds = [one.values[VOICE.id] for one in found]
    assert seconds == pytest.approx([2.0, 0.0, 1.0], abs=0.07)
    assert [(one.seq, one.excerpt.duration_s, one.excerpt.valid_s) for one in found] == [
        (1, 60, 60),
        (2, 60, 60),
        (3, 10, 10),
    ]


def test_beside_the_gate_the_worker_says_the_very_same(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=130, channels=2)
    messages = said(path, Hears(5))
    voices = of_voice(messages)
    others = [one for one in messages if one not in voices]
    assert [wire.encode(one) for one in others] == [
        wire.encode(one) for one in answers(path, notice(path), IDS)
    ]
    assert len({one.boot for one in voices}) == 1
    assert {one.boot for one in voices}.isdisjoint({one.boot for one in others})
    # whoever dies before the last message of the clip has it announced again: so voices go before it
    assert messages[-1] is others[-1]
    assert [one.excerpt.clip for one in voices] == [None] * 6


def test_a_dead_microphone_has_a_reason_in_the_place_of_seconds(tmp_path: Path) -> None:
    [found] = of_voice(said(clip(tmp_path / "dead.wav", level=0), Hears()))
    assert (found.values, found.absent) == ({}, {VOICE.id: "the quality gate is closed"})


def test_sound_without_a_voice_is_kept_and_a_voice_is_not(tmp_path: Path, keeper: Keeper) -> None:
    path = clip(tmp_path / "a.wav", seconds=20)
    said(path, Hears(), keeper, with_ears=True)
    assert (len(kept(keeper)), keeper.kept, keeper.withheld) == (1, 1, 0)
    said(clip(tmp_path / "b.wav", seconds=21), Hears(13), keeper, with_ears=True)
    # the voice is in the window from 12 to 15 s, beside the last one that is wanted
    assert (len(kept(keeper)), keeper.kept, keeper.withheld) == (1, 1, 1)


@pytest.mark.parametrize("gate", [None, Fails()])
def test_without_a_model_that_works_nothing_is_kept_and_all_else_is_said(
    tmp_path: Path, keeper: Keeper, gate: SpeechModel | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = clip(tmp_path / "a.wav", seconds=20)
    messages = said(path, gate, keeper, with_ears=True)
    assert (kept(keeper), keeper.withheld) == ([], 1)
    assert [wire.encode(one) for one in messages] == [
        wire.encode(one) for one in answers(path, notice(path), IDS, ears())
    ]
    assert any("of which nothing is kept: RuntimeError" in one for one in caplog.messages) == (
        gate is not None
    )


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00", b"no sound"])
def test_what_is_no_sound_is_kept_nowhere_and_has_no_seconds(
    tmp_path: Path, keeper: Keeper, content: bytes
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    messages = said(path, Hears(), keeper, with_ears=True)
    assert (of_voice(messages), kept(keeper)) == ([], [])
    assert messages[-1].excerpt.clip == notice(path).sha256


def test_a_broken_log_keeps_nothing_and_stops_nothing(
    tmp_path: Path, keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    said(clip(tmp_path / "a.wav", seconds=20), Hears(), keeper, with_ears=True)
    (keeper.shelf.folder / "log-2026.jsonl").write_text("{}\n")
    messages = said(clip(tmp_path / "b.wav", seconds=21), Hears(), keeper, with_ears=True)
    assert (len(kept(keeper)), keeper.withheld) == (1, 1)
    assert isinstance(messages[-1], Features)
    assert "no sound is kept" in " ".join(caplog.messages)


def test_the_worker_deletes_what_is_due_by_itself(tmp_path: Path, keeper: Keeper) -> None:
    said(clip(tmp_path / "a.wav", seconds=20), Hears(), keeper, with_ears=True)
    assert len(kept(keeper)) == 1
    keeper.shelf.clock.advance(30 * DAY)  # type: ignore[attr-defined]
    EdgeWorker(MemoryBroker().client("edge", FILTERS), keeper=keeper).step(0)
    assert kept(keeper) == []
    assert [one["kind"] for one in keeper.shelf.entries()] == ["kept", "deleted"]
