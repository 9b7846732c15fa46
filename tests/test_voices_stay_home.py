"""A clip in which somebody speaks is nowhere on disk a minute after the gate: gateway and worker together.

The real gateway, spool and ring, the real worker with the real model; only the clock is a faster one.
Disks are searched for the bytes of the clip, window by window, and for its hash as a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.edge.detections import Ears
from analysis.edge.voices import Keeper
from analysis.edge.worker import FILTERS, EdgeWorker
from analysis.indices.acoustic.voice import VOICE
from analysis.sound.detect.detector import FakeDetector
from analysis.sound.privacy.shelf import KeptSounds
from analysis.sound.privacy.silero import Silero
from benchmarks.loads.speech import can_speak, planted, spoken
from contract import topics, wire
from contract.config import load_territory
from contract.instant import SECOND
from contract.reading import Features
from contract.recording.chunks import read_chunks
from tests.gateway.ends import TERRITORY, Bench, clip_messages, make_bench, say

RATE, SECONDS = 16_000, 12
WANTED = ((0.0, 9.0),)
"""What a review would want of each clip."""
LOOKED_FOR = 24
"""Bytes of a window that is looked for."""


def recording(path: Path, *, speaks: bool) -> bytes:
    """Twelve seconds of hiss; in one of them somebody speaks."""
    sound = np.random.default_rng(int(speaks)).normal(0, 0.02, SECONDS * RATE)
    if speaks:
        sound = planted(sound, spoken(0, RATE), 4 * RATE, 5.0)
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    content = path.read_bytes()
    path.unlink()
    return content


def traces(folder: Path, sound: bytes) -> set[str]:
    """Names of files that are the clip, or hold a window of its samples."""
    digest = hashlib.sha256(sound).hexdigest()
    windows = [sound[at : at + LOOKED_FOR] for at in range(64, len(sound) - LOOKED_FOR, len(sound) // 100)]
    windows = [one for one in windows if len(set(one)) > LOOKED_FOR // 2]  # zeros are everywhere
    assert len(windows) > 50
    found = set()
    for path in (one for one in folder.rglob("*") if one.is_file()):
        held = path.read_bytes()
        if hashlib.sha256(held).hexdigest() == digest or any(one in held for one in windows):
            found.add(path.name)
    return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    place = tmp_path / "territory.toml"
    place.write_text(TERRITORY)
    yield from make_bench(tmp_path / "station", load_territory(place), 64 * 2**20)


def test_a_voice_is_nowhere_on_disk_a_minute_after_the_gate(bench: Bench, tmp_path: Path) -> None:
    if not can_speak():
        pytest.skip("espeak-ng is not installed here")
    shelf = KeptSounds(bench.folder / "kept", clock=bench.clock)
    shelf.open()
    worker = EdgeWorker(
        bench.broker.client("edge", FILTERS),
        Ears(FakeDetector(), 0.2, {}),
        Silero(),
        Keeper(shelf, lambda clip, heard: WANTED),
    )
    listener = bench.broker.client("listener", [topics.sensor("+", "+", "features")])
    sounds = [recording(tmp_path / "x.wav", speaks=speaks) for speaks in (False, True)]
    for number, sound in enumerate(sounds):
        sha256, manifest, parts = clip_messages(sound, first_seq=1 + 100 * number, piece=16_000)
        say(bench.sensor, manifest, device="mic-1", kind="clip")
        for part in parts:
            bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
    bench.turn(10)
    for sound in sounds:
        assert any(name.startswith(hashlib.sha256(sound).hexdigest()) for name in traces(bench.folder, sound))
    for _ in range(4):  # the gate hears both
        worker.step(0)
        bench.turn(2)
    assert worker.idle
    for _ in range(12):
        bench.clock.advance(5 * SECOND)
        bench.turn(1)

    quiet, voice = sounds
    assert traces(bench.folder, voice) == set()
    [kept] = shelf.folder.glob("*.wav")
    assert traces(bench.folder, quiet) == {kept.name}, "the stretch that the gate let through, and no more"
    assert (worker.keeper.kept, worker.keeper.withheld) == (1, 1)  # type: ignore[union-attr]
    assert read_chunks(kept).frames == 9 * RATE  # type: ignore[union-attr]
    # what left the site is numbers: seconds of a voice, and no window of the sound
    sent = b"".join(bench.ingest.payloads())
    assert not any(voice[at : at + LOOKED_FOR] in sent for at in range(64, len(voice), 1_000))
    said = [wire.decode(one.payload) for one in listener.poll(0, 1_000)]
    seconds = [m.values[VOICE.id] for m in said if isinstance(m, Features) and VOICE.id in m.values]
    assert min(seconds) == 0
    assert 0.5 < max(seconds) < 4
