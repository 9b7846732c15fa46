"""A card measured where it lies, or sent as sound and measured by the edge worker: the same messages.

The law is held against the worker itself, byte by byte, and against a store behind real processes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.edge.detections import Ears
from analysis.edge.worker import answers, definition_ids
from analysis.indices.acoustic.voice import VOICE
from analysis.sound.batch import MeasureSettings, measure_batch
from analysis.sound.detect.detector import FakeDetector
from analysis.sound.detect.folder import Asked, detect_batch
from analysis.sound.measure.engine import DEFAULT_PROFILES
from contract import wire
from contract.batch import ClipNotice
from contract.config import load_territory
from contract.instant import format_instant, from_datetime
from contract.places import Territory
from contract.reading import ClipManifest, Detections, Features
from contract.recording.start import Bearings
from ecoviv.station.child import spawn
from ecoviv.station.supervisor import Station
from firmware_sim.replay.plan import ReplayPlan, plan_replay
from firmware_sim.replay.readers.reader import Question
from firmware_sim.replay.replay import rehearse
from ingest.store import open_store
from tests.test_clip_road import CLIPS, TERRITORY, file_of, wait_for
from tests.test_flow import ecoviv, wait_until_heard

NAME, START = "CARD_20270501_060000.wav", "2027-05-01T06:00:00Z"
LEAST = 0.25
SOUNDS = {"short": (7.0, 1, 16_000), "two channels": (61.5, 2, 16_000), "three windows": (131.0, 1, 16_000),
          "ultrasound": (31.0, 1, 192_000)}  # fmt: skip
"""Seconds, channels, rate: under a window; with a rest in it; with a rest of its own; windows of 15 s."""


def record(path: Path, seconds: float = 7.0, channels: int = 1, rate: int = 16_000, seed: int = 7) -> Path:
    """Noise with a tone that comes and goes; a second of the first minute is silent."""
    time = np.arange(int(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 3000 * time) * (np.sin(2 * np.pi * 0.4 * time) > 0)
    sound = np.random.default_rng(seed).normal(0, 0.02, (len(time), channels)) + tone[:, None]
    soundfile.write(path, sound, rate, subtype="PCM_16")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Territory:
    path = tmp_path / "territory.toml"
    path.write_text(TERRITORY.format(serial="CARD", zone="UTC"))
    return load_territory(path)


def indices(card: Path, out: Path, place: Territory, **more: Any) -> Path:
    assert not measure_batch(
        [card], MeasureSettings(bearings=Bearings(place), **more), jobs=1, out=out, as_json=False
    )
    return out


def detect(card: Path, out: Path, place: Territory, *, geo: bool) -> Path:
    asked = Asked(46.5, 6.6, None, geo, LEAST, thresholds=None, bearings=Bearings(place))
    assert not detect_batch([card], asked, detector="fake", model=None, out=out, as_json=False)
    return out


def said_by_the_worker(path: Path, ears: Ears | None, start: str = START) -> list[bytes]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    notice = ClipNotice(
        site="glade", device="recorder", sha256=digest, path=str(path), start=start, start_source="filename",
        name=path.name,
    )  # fmt: skip
    return [wire.encode(one) for one in answers(path, notice, definition_ids(DEFAULT_PROFILES), ears)]


def planned(place: Territory | None, *results: Path, filters: tuple[str, ...] = ()) -> ReplayPlan:
    return plan_replay(results, Question(place, filters=filters), maps=(), measured=True)


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("ears", ["none", "everywhere", "of place and season"])
def test_what_was_measured_before_is_what_the_worker_says(
    sound: str, ears: str, place: Territory, tmp_path: Path
) -> None:
    path = record(tmp_path / NAME, *SOUNDS[sound])
    results = [indices(path, tmp_path / "day.jsonl", place)]
    worker = None
    if ears != "none":
        geo = ears == "of place and season"
        results.append(detect(path, tmp_path / "heard.jsonl", place, geo=geo))
        sites = {"recorder": place.site_by_id["glade"]} if geo else {}
        worker = Ears(FakeDetector(), LEAST, sites)
    sent = list(planned(place, *results).messages())
    assert [one.payload for one in sent] == said_by_the_worker(path, worker)
    assert {one.kind for one in sent} == ({"features"} if worker is None else {"features", "detections"})
    assert all(one.seq == number for number, one in enumerate(sent, 1))


@pytest.mark.parametrize(("name", "serial", "zone"), CLIPS)
def test_of_real_recorders_too(
    name: str, serial: str, zone: str, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """Coded sound, local time, a header that was never finished; the start is that of the road of sound."""
    (tmp_path / "territory.toml").write_text(TERRITORY.format(serial=serial, zone=zone))
    place, path = load_territory(tmp_path / "territory.toml"), file_of(name, shared_data, tmp_path)
    manifest = wire.decode(next(plan_replay([path], Question(place), maps=()).messages()).payload)
    assert isinstance(manifest, ClipManifest)
    sent = planned(place, indices(path, tmp_path / "day.jsonl", place)).messages()
    start = format_instant(from_datetime(manifest.start))
    assert [one.payload for one in sent] == said_by_the_worker(path, None, start)


def test_of_selected_topics_no_sequence_is_left_out(place: Territory, tmp_path: Path) -> None:
    """A receipt never passes a gap; features alone are those of a worker without a detector."""
    path = record(tmp_path / NAME)
    both = (
        indices(path, tmp_path / "day.jsonl", place),
        detect(path, tmp_path / "heard.jsonl", place, geo=False),
    )
    chosen = list(planned(place, *both, filters=("ecoviv/1/+/+/features",)).messages())
    assert [one.payload for one in chosen] == said_by_the_worker(path, None)
    [heard] = planned(place, *both, filters=("ecoviv/1/+/+/detections",)).messages()
    assert (heard.seq, heard.kind) == (1, "detections")
    assert heard.boot != chosen[0].boot
    assert [heard] == list(planned(place, both[1]).messages())


def problems(plan: ReplayPlan) -> list[str]:
    return [text for report in rehearse(plan).files for text in report.findings.problems]


@pytest.mark.parametrize(
    ("settings", "why"), [({"gate": False}, "--no-gate"), ({"channels": 0}, "--first-channel")]
)
def test_what_the_worker_measures_otherwise_is_refused(
    settings: dict[str, Any], why: str, place: Territory, tmp_path: Path
) -> None:
    """It would be other content under the same identity."""
    path = record(tmp_path / NAME, channels=2)
    plan = planned(place, indices(path, tmp_path / "day.jsonl", place, **settings))
    assert list(plan.messages()) == []
    assert any(why in text for text in problems(plan))


def test_another_window_is_another_boot(place: Territory, tmp_path: Path) -> None:
    path = record(tmp_path / NAME, 31.0)
    usual = indices(path, tmp_path / "day.jsonl", place)
    halves = indices(path, tmp_path / "halves.jsonl", place, window_s=15.0)
    assert len({one.boot for one in planned(place, usual, halves).messages()}) == 2


@pytest.mark.parametrize("cut", [1, 20, 400])
def test_results_that_break_off_are_named_and_the_rest_is_sent(
    cut: int, place: Territory, tmp_path: Path
) -> None:
    for minute in range(2):
        record(tmp_path / f"CARD_20270501_06{minute:02d}00.wav", seed=minute)
    out = indices(tmp_path, tmp_path / "day.jsonl", place)
    out.write_bytes(out.read_bytes()[:-cut])
    plan = planned(place, out)
    whole = 2 if cut == 1 else 1  # only the end of the line is gone
    assert len(list(plan.messages())) == whole
    assert len(problems(planned(place, out))) == 2 - whole


@pytest.mark.parametrize(
    "line",
    [b"", b"nonsense\n", b"[]\n", b"{}\n", b'{"file":"a","sha256":"b","values":{}}\n', b"\xff\xfe\n",
     b'{"file":"a","sha256":"b","detections":-1}\n', b'{"file":"a","sha256":"b","detections":1e999}\n',
     b"[" * 100_000 + b"\n", b'{"file":1,"sha256":2,"values":3,"channel":NaN}\n'],
)  # fmt: skip
def test_lines_of_others_are_a_sentence(line: bytes, place: Territory, tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    out.write_bytes(line)
    plan = planned(place, out)
    assert list(plan.messages()) == []
    assert problems(plan)


def test_a_table_of_values_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("day.csv", "day.parquet"):
        (tmp_path / name).touch()
        done = ecoviv("replay", "--measured", str(tmp_path / name), check=False)
        assert done.returncode == 2
        assert "--out x.jsonl" in done.stderr.decode()


def with_a_detector(argv: list[str], **more: Any) -> subprocess.Popen[bytes]:
    return spawn([*argv, "--detector", "fake", "--least", str(LEAST)] if "edge" in argv else argv, **more)


@pytest.fixture
def stations(place: Territory, tmp_path: Path) -> Iterator[list[Station]]:
    """Two of one territory, whose edge workers name species."""
    both = [Station(tmp_path / "territory.toml", tmp_path / name, spawner=with_a_detector) for name in "ab"]
    yield both
    for one in both:
        one.stop()


def stored(station: Station) -> list[bytes]:
    """Every message of a clip in the store but those of the gate, which only hears sound that is sent."""
    store = open_store(station.store, read_only=True)
    found = [one.message for kind in ("features", "detections") for one in store.messages(kind)]
    said = [one for one in found if isinstance(one, Features | Detections)]
    return sorted(
        wire.encode(one) for one in said if isinstance(one, Detections) or VOICE.id not in one.values
    )


def analysed(station: Station) -> list[Any]:
    """Series and indicators, but for those of the gate."""
    places = ["--store", station.store, "--territory", str(station.territory), "--json"]
    series = json.loads(ecoviv("query", *places).stdout)["series"]
    rows = json.loads(ecoviv("indicators", "compute", *places).stdout)
    return [one for one in series if one["quantity"] != VOICE.id] + [
        one for one in rows if one["indicator"] != "human-voice"
    ]


def test_points_and_detections_are_those_of_the_road_of_sound(
    stations: list[Station], tmp_path: Path
) -> None:
    card, place = tmp_path / "card", str(tmp_path / "territory.toml")
    card.mkdir()
    for minute in range(3):
        record(card / f"CARD_20270501_06{minute:02d}00.wav", seed=minute)
    heard, measured = stations
    heard.start()
    ecoviv("replay", str(card), "--broker", heard.address.url, "--territory", place)
    wait_until_heard(heard, 3)
    ecoviv("indices", str(card), "--territory", place, "--out", str(tmp_path / "day.jsonl"))
    out = str(tmp_path / "heard.jsonl")
    hearing = ("--detector", "fake", "--no-geo", "--least", str(LEAST), "--territory", place)
    ecoviv("detect", str(card), *hearing, "--out", out)
    measured.start()
    words = ("replay", "--measured", str(tmp_path / "day.jsonl"), out, "--territory", place, "--json")
    said = json.loads(ecoviv(*words, "--broker", measured.address.url).stdout)
    assert (said["sent"], said["kinds"]) == (6, {"detections": 3, "features": 3})
    assert (said["clips"], said["audio_parts"]) == (0, 0)
    wait_for(lambda: len(stored(measured)) == 6)
    assert stored(measured) == stored(heard)
    assert analysed(measured) == analysed(heard)
    before = stored(heard)
    again = json.loads(ecoviv(*words, "--broker", heard.address.url).stdout)
    assert again["sent"] == 6
    assert stored(heard) == before
