"""One clip, two roads: MQTT, gateway, edge worker and store, or ``ecoviv indices`` on the file.

Real processes and a real broker; the values must be the same to the last bit, and so their text.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.indices.acoustic.voice import VOICE
from contract.reading import Features
from ecoviv.station.child import spawn, stop
from ecoviv.station.supervisor import Station
from ingest.store import open_store
from tests.test_flow import ecoviv, wait_until_heard
from tests.test_voices_stay_home import traces

TERRITORY = """
[territory]
id = "two-roads"
[[zones]]
id = "wood"
arm = "reference"
land_use = "forestry"
[[sites]]
id = "glade"
zone = "wood"
latitude = 46.5
longitude = 6.6
[[devices]]
id = "recorder"
site = "glade"
sensors = ["acoustic"]
serial = "{serial}"
timezone = "{zone}"
"""
UNFINISHED = "UPPER_MILL_20270501_060000.wav"
CLIPS = (
    ("s4a_day/S4A03895_20190522_060000.flac", "S4A03895", "America/New_York"),
    ("audiomoth_oss_1min_32k.wav", "0FE081F80FE081F0", "UTC"),
    (UNFINISHED, "UPPER_MILL", "Europe/Paris"),
)


def file_of(name: str, shared_data: Callable[[str], Path], folder: Path) -> Path:
    """A reference recording, or 20 s of noise whose header was never finished: its size is 0."""
    if name != UNFINISHED:
        return shared_data(f"audio/{name}")
    path = folder / name
    soundfile.write(path, np.random.default_rng(3).normal(0, 0.1, 480_000), 24_000, subtype="PCM_16")
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes(4) + content[44:-5_000])
    return path


@pytest.mark.parametrize(("name", "serial", "zone"), CLIPS)
def test_a_clip_over_the_road_and_by_the_command_gives_the_same_bytes_of_values(
    name: str, serial: str, zone: str, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    path, place = file_of(name, shared_data, tmp_path), tmp_path / "territory.toml"
    place.write_text(TERRITORY.format(serial=serial, zone=zone))
    station = Station(place, tmp_path / "state", spawner=that_lets_go_at_once)
    try:
        station.start()
        ecoviv("replay", str(path), "--broker", station.address.url, "--territory", str(place))
        wait_until_heard(station, 1)
        wait_for(lambda: not any((station.folder / "gateway/clips").iterdir()))
        stored = [sent.message for sent in open_store(station.store, read_only=True).messages("features")]
        asked = ("--store", station.store, "--territory", str(place), "--json")
        points = json.loads(ecoviv("query", *asked).stdout)["series"]
    finally:
        station.stop()
    assert traces(station.folder, path.read_bytes()) == set(), "it was heard, and stays nowhere"
    [voice] = [one for one in stored if isinstance(one, Features) and VOICE.id in one.values]
    [message] = [one for one in stored if isinstance(one, Features) and one is not voice]
    record = json.loads(ecoviv("indices", str(path), "--json").stdout)
    assert len(record["values"]) > 50
    assert texts(message.values) == texts(record["values"])
    assert dict(message.absent) == record["absent"]
    queried = {series["quantity"]: series["points"][0]["value"] for series in points}
    queried = {name: value for name, value in queried.items() if "@" in name and name != VOICE.id}
    assert texts(queried) == texts(record["values"])


def that_lets_go_at_once(argv: list[str], **more: Any) -> subprocess.Popen[bytes]:
    return spawn([*argv, "--clips-heard-s", "0"] if "gateway" in argv else argv, **more)


def texts(values: Any) -> dict[str, str]:
    """Each value as it is written in JSON."""
    return {name: json.dumps(value) for name, value in sorted(values.items())}


CARD = 8
"""Clips on the card: of 0.48 MB each, so that the smallest ring, 1 MiB, holds two."""


def with_a_small_ring(argv: list[str], **more: Any) -> subprocess.Popen[bytes]:
    return spawn([*argv, "--clips-mb", "1"] if "gateway" in argv else argv, **more)


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[tuple[Station, tuple[str, ...]]]:
    """A station whose ring holds a quarter of a card, and the words that replay the card to it."""
    place, card = tmp_path / "territory.toml", tmp_path / "card"
    place.write_text(TERRITORY.format(serial="CARD", zone="UTC"))
    card.mkdir()
    for minute in range(CARD):
        noise = np.random.default_rng(minute).normal(0, 0.1, 240_000)
        soundfile.write(card / f"CARD_20270501_06{minute:02d}00.wav", noise, 24_000, subtype="PCM_16")
    station = Station(place, tmp_path / "state", spawner=with_a_small_ring)
    try:
        station.start()
        yield station, ("replay", str(card), "--broker", station.address.url, "--territory", str(place))
    finally:
        station.stop()


def test_a_card_larger_than_the_ring_is_heard_to_its_last_clip(
    crowded: tuple[Station, tuple[str, ...]],
) -> None:
    station, words = crowded
    said = json.loads(ecoviv(*words, "--json").stdout)
    assert (said["clips"], said["clips_heard"], said["unheard"], said["unsent"]) == (CARD, CARD, [], [])
    wait_until_stored(station, CARD)
    assert ledger_of(station)["clips"] == {"announced": CARD, "heard": CARD, "evicted": 0}
    again = ecoviv(*words)
    assert f"heard {CARD} of {CARD} clips" in again.stdout.decode()


def test_without_an_edge_worker_the_replay_names_what_was_not_heard(
    crowded: tuple[Station, tuple[str, ...]],
) -> None:
    station, words = crowded
    stop(station.processes["edge"])
    done = ecoviv(*words, "--json", "--wait", "3", check=False)
    said = json.loads(done.stdout)
    assert done.returncode == 4
    assert "no edge worker answers" in done.stderr.decode()
    assert [one["state"] for one in said["unheard"]] == ["waiting", "waiting", "unsent"]
    assert (said["clips_heard"], len(said["unsent"])) == (0, CARD - 3)
    station.launch("edge")
    station.await_ready("edge")
    assert json.loads(ecoviv(*words, "--json").stdout)["clips_heard"] == CARD


def test_who_does_not_wait_is_told_so_and_the_ledger_counts_what_was_evicted(
    crowded: tuple[Station, tuple[str, ...]],
) -> None:
    station, words = crowded
    stop(station.processes["edge"])
    done = ecoviv(*words, "--no-wait-heard")
    assert "--no-wait-heard" in done.stderr.decode()
    wait_for(lambda: ledger_of(station)["clips"]["evicted"] == CARD - 2)
    assert ledger_of(station)["clips"] == {"announced": CARD, "heard": 0, "evicted": CARD - 2}
    station.launch("edge")
    station.await_ready("edge")
    said = json.loads(ecoviv(*words, "--json").stdout)
    assert (said["clips_heard"], said["unheard"]) == (CARD, [])
    wait_until_stored(station, CARD)
    assert ledger_of(station)["clips"] == {"announced": CARD, "heard": CARD, "evicted": 0}


def ledger_of(station: Station) -> Any:
    return json.loads(ecoviv("ingest", "ledger", "--store", station.store, "--json", check=False).stdout)


def wait_until_stored(station: Station, clips: int) -> None:
    """Until the answers for so many clips are in the store."""
    wait_for(lambda: ledger_of(station)["clips"]["heard"] == clips)


def wait_for(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
