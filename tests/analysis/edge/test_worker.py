"""The edge worker: the same clip is the same bytes, and no clip waits for ever."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.edge.detections import Ears
from analysis.edge.worker import FILTERS, EdgeWorker, answers, definition_ids
from analysis.sound.detect.detector import FakeDetector
from analysis.sound.measure.engine import DEFAULT_PROFILES, measure
from contract import topics, wire
from contract.batch import ClipNotice, DeviceReceipt
from contract.places import Site
from contract.reading import Detections, Features
from contract.testing.memory_bus import MemoryBroker, MemoryBus

IDS = definition_ids(DEFAULT_PROFILES)


def notice(path: Path, *, start: str = "2019-05-22T04:00:00Z") -> ClipNotice:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ClipNotice(
        site="s1",
        device="d1",
        sha256=digest,
        path=str(path),
        start=start,
        start_source="filename",
        name=path.name,
    )


def clip(path: Path, *, seconds: float = 2.0, channels: int = 1, level: float = 0.1) -> Path:
    """Noise with a tone; ``level`` 0 is a dead microphone."""
    rate = 16_000
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(7).normal(0, 0.02, (len(time), channels))
    sound = (
        noise + 0.3 * np.sin(2 * np.pi * 3000 * time)[:, None] * (np.sin(2 * np.pi * 4 * time) > 0)[:, None]
    )
    soundfile.write(path, sound * (level / 0.1), rate, subtype="PCM_16")
    return path


@pytest.fixture
def road() -> tuple[EdgeWorker, MemoryBus]:
    broker = MemoryBroker()
    gateway = broker.client("gateway", (topics.SENSOR_FILTER,))
    return EdgeWorker(broker.client("edge", FILTERS)), gateway


def heard(gateway: MemoryBus) -> list[tuple[str, bytes]]:
    return [(d.topic, d.payload) for d in gateway.poll(0, 1000) if not d.topic.endswith("/receipt")]


def confirm(gateway: MemoryBus, message: Features) -> None:
    receipt = DeviceReceipt(boot=message.boot, spooled=message.seq, stored=0)
    gateway.publish(topics.sensor_receipt("s1", "d1"), receipt.model_dump_json().encode())


def test_a_clip_is_answered_as_the_device_and_kept_until_spooled(
    tmp_path: Path, road: tuple[EdgeWorker, MemoryBus]
) -> None:
    worker, gateway = road
    told = notice(clip(tmp_path / "a.wav"))
    gateway.publish(topics.LOCAL_CLIP, told.model_dump_json().encode())
    worker.step(0)
    [(topic, payload)] = heard(gateway)
    message = wire.decode(payload)
    assert isinstance(message, Features)
    assert topic == "ecoviv/1/s1/d1/features"
    assert (message.seq, message.excerpt.clip) == (1, told.sha256)
    assert set(message.values) | set(message.absent) == set(IDS)
    assert not worker.idle
    confirm(gateway, message)
    worker.step(0)
    assert worker.idle


def test_values_are_those_of_the_engine(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav")
    [message], [result] = list(answers(path, notice(path), IDS)), list(measure(path))
    assert message.values == result.values
    assert message.absent == result.absent


def test_the_same_clip_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    first = clip(tmp_path / "a.wav", seconds=130)
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / "a.wav"
    second.write_bytes(first.read_bytes())
    one = [wire.encode(m) for m in answers(first, notice(first), IDS)]
    two = [wire.encode(m) for m in answers(second, notice(second), IDS)]
    assert one == two
    # 130 s are windows of 60, 60 and 10 s
    assert [wire.decode(m).seq for m in one] == [1, 2, 3]


def test_only_the_last_message_names_the_clip_and_so_ends_its_announcement(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=130)
    told = notice(path)
    assert [m.excerpt.clip for m in answers(path, told, IDS)] == [None, None, told.sha256]


def test_another_start_is_another_boot(tmp_path: Path) -> None:
    # a replay shifted in time is another recording, so its numbers may not collide
    path = clip(tmp_path / "a.wav")
    [one] = answers(path, notice(path), IDS)
    [two] = answers(path, notice(path, start="2020-05-22T04:00:00Z"), IDS)
    assert one.boot != two.boot


def test_each_channel_has_its_message(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", channels=2)
    assert [m.excerpt.channel for m in answers(path, notice(path), IDS)] == [0, 1]


def test_a_dead_microphone_has_reasons_and_no_values(tmp_path: Path) -> None:
    path = clip(tmp_path / "dead.wav", level=0)
    [message] = answers(path, notice(path), IDS)
    assert message.values == {}
    assert set(message.absent) == set(IDS)
    assert message.excerpt.valid_s == 0
    assert message.quality["gate_closed"].flagged


@pytest.mark.parametrize("content", [b"RIFF\x00\x00", b"not sound at all", b"fLaC" + bytes(40), b""])
def test_a_clip_that_is_no_sound_is_answered_with_the_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    [message] = answers(path, notice(path), IDS)
    assert message.values == {}
    assert set(message.absent) == set(IDS)
    reason = next(iter(message.absent.values()))
    assert "broken.wav" in reason
    assert str(tmp_path) not in reason


def test_a_clip_that_is_missing_or_other_is_not_answered_but_told(
    tmp_path: Path, road: tuple[EdgeWorker, MemoryBus], caplog: pytest.LogCaptureFixture
) -> None:
    worker, gateway = road
    told = notice(clip(tmp_path / "a.wav"))
    (tmp_path / "a.wav").write_bytes(b"other bytes")
    gateway.publish(topics.LOCAL_CLIP, told.model_dump_json().encode())
    worker.step(0)
    assert heard(gateway) == []
    assert "a.wav" in caplog.messages[0]
    clip(tmp_path / "a.wav")  # it is there after all, and is announced again
    gateway.publish(topics.LOCAL_CLIP, told.model_dump_json().encode())
    worker.step(0)
    assert len(heard(gateway)) == 1


def test_a_clip_announced_twice_is_measured_once_while_under_way(
    tmp_path: Path, road: tuple[EdgeWorker, MemoryBus]
) -> None:
    worker, gateway = road
    told = notice(clip(tmp_path / "a.wav")).model_dump_json().encode()
    for _ in range(3):
        gateway.publish(topics.LOCAL_CLIP, told)
        worker.step(0)
    assert worker.measured == 1


def test_an_unreadable_announcement_is_told_and_passed_over(
    road: tuple[EdgeWorker, MemoryBus], caplog: pytest.LogCaptureFixture
) -> None:
    worker, gateway = road
    gateway.publish(topics.LOCAL_CLIP, b"{}")
    worker.step(0)
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    "start", ["2426-05-01T04:00:00Z", "1900-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_clip_of_an_impossible_year_is_told_and_passed_over(
    road: tuple[EdgeWorker, MemoryBus], tmp_path: Path, start: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker, gateway = road
    told = notice(clip(tmp_path / "a.wav")).model_copy(update={"start": start})
    gateway.publish(topics.LOCAL_CLIP, told.model_dump_json().encode())
    worker.step(0)
    assert (len(caplog.messages), worker.measured, worker.idle) == (1, 0, True)
    assert (tmp_path / "a.wav").exists()


def ears(least: float = 0.2) -> Ears:
    site = Site(id="s1", zone="z", latitude=46.5, longitude=1.0)
    return Ears(FakeDetector(), least, {"d1": site})


def test_with_a_detector_each_minute_says_what_was_heard(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=130)
    said = list(answers(path, notice(path), IDS, ears()))
    heard = [message for message in said if isinstance(message, Detections)]
    assert [m.seq for m in said] == [1, 2, 3, 4, 5, 6]
    assert [(m.excerpt.duration_s, m.excerpt.valid_s) for m in heard] == [(60, 60), (60, 60), (10, 10)]
    # the tone of the clip, 3000 Hz, is the last of the band that begins above 2 kHz
    assert {one.taxon for m in heard for one in m.detections} == {"Sonus 2 kHz"}
    assert all(0 <= one.offset_s < 60 for m in heard for one in m.detections)
    assert len({m.boot for m in said}) == 1
    assert [isinstance(m, Features) and m.excerpt.clip is not None for m in said] == [False] * 5 + [True]


def test_a_dead_microphone_is_no_effort_of_the_detector(tmp_path: Path) -> None:
    path = clip(tmp_path / "dead.wav", level=0)
    heard = next(iter(answers(path, notice(path), IDS, ears())))
    assert isinstance(heard, Detections)
    assert (heard.detections, heard.excerpt.valid_s) == ((), 0)


def test_another_threshold_is_another_boot(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav")
    boots = {next(iter(answers(path, notice(path), IDS, one))).boot for one in (None, ears(0.2), ears(0.3))}
    assert len(boots) == 3


def test_sound_that_no_detector_can_hear_is_still_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"not sound at all")
    [message] = answers(path, notice(path), IDS, ears())
    assert isinstance(message, Features)
    assert (message.seq, message.values) == (1, {})
    assert "broken.wav" in caplog.messages[0]


def test_the_worker_needs_numerics_only() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, analysis.edge.worker; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(told.stdout.split())
    assert "soundfile" in loaded
    assert not loaded & {
        "pandas",
        "librosa",
        "matplotlib",
        "jinja2",
        "duckdb",
        "ingest",
        "gateway",
        "sqlite3",
    }


def test_a_real_dawn_is_answered(shared_data: Callable[[str], Path]) -> None:
    path = sorted(shared_data("audio/s4a_day").glob("*_0500*"))[0]
    [message] = answers(path, notice(path), IDS)
    names = {name.partition("#")[0] for name in message.values}
    assert {f"{index}@maad-1.5.2" for index in ("ACI", "ADI", "AEI", "BI", "NDSI", "Ht", "Hf", "H")} <= names
    assert message.excerpt.sample_rate_hz == 22_000
