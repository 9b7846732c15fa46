"""What real recorders wrote: the reference recordings say themselves when, where and by whom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contract.instant import format_instant, parse_zone
from contract.recording.header import Header, read_header
from contract.recording.start import NOWHERE, Bearings, settle

Shared = Callable[[str], Path]


def settled(path: Path, bearings: Bearings = NOWHERE) -> Header:
    """The header with its start, as both commands see it."""
    header = read_header(path)
    settle(header, bearings)
    return header


HEADERS: list[tuple[str, dict[str, Any]]] = [
    (
        "audiomoth_oss_1min_32k.wav",
        {"start": "2018-05-04T09:32:00Z", "source": "icmt", "serial": "0FE081F80FE081F0", "gain": "2"},
    ),
    (
        "batdetect2_audiomoth_guano_250k.WAV",
        {"start": "2024-09-03T19:26:15Z", "source": "guano", "temperature_c": 19.3, "high_pass_hz": 15_000.0},
    ),
    (
        "batdetect2_echometer_guano_256k_PIPPIP.wav",
        {
            "start": "2022-08-15T20:34:14Z",
            "source": "guano",
            "position": (50.7179417, -1.7611083),
            "species": ("PIPPIP",),
        },
    ),
    (
        "batdetect2_batlogger_guano_312k5.wav",
        {"start": None, "source": "none", "local_time": "2024-06-04T23:35:00", "temperature_c": 18.4},
    ),
    (
        "metamoth_20211112_193000_384k_first5s.WAV",
        {"start": "2021-11-12T19:30:00Z", "source": "icmt", "gain": "medium", "temperature_c": 14.0},
    ),
    ("oss_audiomoth_metadata_32k.wav", {"start": "2020-04-04T10:25:00Z", "source": "icmt", "battery_v": 4.7}),
    ("metamoth_non_am.wav", {"start": None, "source": "none", "serial": ""}),
    (
        "s4a_day/S4A03895_20190522_061500.flac",
        {"start": None, "source": "none", "local_time": "2019-05-22T06:15:00"},
    ),
]


@pytest.mark.parametrize(("name", "expected"), HEADERS, ids=[name for name, _ in HEADERS])
def test_the_header_of_a_real_file_is_read(name: str, expected: dict[str, Any], shared_data: Shared) -> None:
    header = settled(shared_data(f"audio/{name}"))
    start = None if header.start is None else format_instant(header.start)
    found = {field: getattr(header, field) for field in expected if field not in ("start", "source")}
    assert found | {"start": start, "source": header.start_source} == expected


def test_vendor_name_spaces_of_guano_are_kept(shared_data: Shared) -> None:
    header = settled(shared_data("audio/batdetect2_echometer_guano_256k_PIPPIP.wav"))
    assert header.guano["WA|Song Meter|Prefix"] == "Benneth Phoneth"
    header = settled(shared_data("audio/batdetect2_batlogger_guano_312k5.wav"))
    assert header.guano["BATLOGGER|Trigger|Frequency"] == "45.5"


def test_a_time_without_zone_is_flagged(shared_data: Shared) -> None:
    assert "time_without_zone" in settled(shared_data("audio/batdetect2_batlogger_guano_312k5.wav")).warnings


def test_a_position_that_lost_its_sign_is_reported_and_guano_counts(shared_data: Shared) -> None:
    # Its wamd says "1.76111" for the -1.7611083 of its GUANO.
    header = settled(shared_data("audio/batdetect2_echometer_guano_256k_PIPPIP.wav"))
    assert any(warning.startswith("position_disagrees") for warning in header.warnings)
    assert header.wamd["model"] == "Echo Meter Touch 2 Standard Android"
    assert not any(warning.startswith("start_disagrees") for warning in header.warnings)


def test_the_day_of_a_song_meter_begins_at_midnight_of_its_zone(shared_data: Shared) -> None:
    zone = Bearings(zone=parse_zone("Europe/Paris"))
    files = sorted(shared_data("audio/s4a_day").glob("*.flac"))
    headers = [settled(path, zone) for path in files]
    assert len(headers) == 96
    assert {header.serial for header in headers} == {"S4A03895"}
    starts = [header.start or 0 for header in headers]
    assert format_instant(starts[0]) == "2019-05-21T22:00:00Z"
    assert {later - earlier for earlier, later in pairwise(starts)} == {900 * 10**9}
