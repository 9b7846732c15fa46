"""One clip, two roads: MQTT, gateway, edge worker and store, or ``ecoviv indices`` on the file.

Real processes and a real broker; the values must be the same to the last bit, and so their text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from contract.reading import Features
from ecoviv.station.supervisor import Station
from ingest.store import open_store
from tests.test_flow import ecoviv, wait_until_heard

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
    station = Station(place, tmp_path / "state")
    try:
        station.start()
        ecoviv("replay", str(path), "--broker", station.address.url, "--territory", str(place))
        wait_until_heard(station, 1)
        stored = [sent.message for sent in open_store(station.store, read_only=True).messages("features")]
        asked = ("--store", station.store, "--territory", str(place), "--json")
        points = json.loads(ecoviv("query", *asked).stdout)["series"]
    finally:
        station.stop()
    [message] = [one for one in stored if isinstance(one, Features)]
    record = json.loads(ecoviv("indices", str(path), "--json").stdout)
    assert len(record["values"]) > 50
    assert texts(message.values) == texts(record["values"])
    assert dict(message.absent) == record["absent"]
    queried = {
        series["quantity"]: series["points"][0]["value"] for series in points if "@" in series["quantity"]
    }
    assert texts(queried) == texts(record["values"])


def texts(values: Any) -> dict[str, str]:
    """Each value as it is written in JSON."""
    return {name: json.dumps(value) for name, value in sorted(values.items())}
