"""What recorders say about their files is read, and what they do not say is not guessed."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.sound.audiomoth import parse_comment
from analysis.sound.reader import open_audio
from contract.instant import format_instant

Shared = Callable[[str], Path]


def comments(shared_data: Shared) -> list[str]:
    table = shared_data("payloads/audiomoth_wav_comments.tsv").read_text().splitlines()[1:]
    return [line.split("\t")[1] for line in table]


def test_every_generation_of_audiomoth_comment_is_understood(shared_data: Shared) -> None:
    seen = 0
    for text in comments(shared_data):
        said = parse_comment(text)
        assert said is not None, text
        assert said.device is not None
        assert said.device in text
        assert said.gain is not None
        assert said.gain in text
        assert f"{said.battery_v}" in text or f"{said.battery_v:.2f}" in text
        assert (said.zone is None) == ("UTC" not in text)
        assert (said.temperature_c is None) == ("temperature" not in text)
        assert ((said.high_pass_hz or said.low_pass_hz) is None) == ("filter" not in text)
        assert (said.trigger is None) == ("threshold" not in text), text
        assert (said.stopped is None) == ("Recording stopped" not in text and "cancelled" not in text)
        assert said.external_microphone == ("external" in text)
        seen += 1
    assert seen == 32


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [  # read off the sentence by eye
        ("battery state was < 3.6V", "battery_bound", "<"),
        ("battery was greater than 4.9V", "battery_bound", ">"),
        ("at low-medium gain while battery was 3.4V", "gain", "low-medium"),
        ("at medium-high gain setting while battery state was 3.9V", "gain", "medium-high"),
        ("High-pass filter with frequency of 15.0kHz applied.", "high_pass_hz", 15_000.0),
        ("Band-pass filter applied with cut-off frequencies of 11.3kHz and 4.9kHz.", "low_pass_hz", 11_300.0),
        ("Band-pass filter with frequencies of 9.5kHz and 5.7kHz applied.", "high_pass_hz", 5_700.0),
        ("Low-pass filter applied with cut-off frequency of 2.9kHz.", "low_pass_hz", 2_900.0),
        ("Recording stopped by magnetic switch.", "stopped", "magnetic switch"),
        ("Recording cancelled before completion due to file size limit.", "stopped", "file size limit"),
        ("temperature was -30.0C.", "temperature_c", -30.0),
    ],
)
def test_a_phrase_of_the_comment_gives_its_field(text: str, field: str, value: object) -> None:
    said = parse_comment(f"Recorded at 19:19:09 03/05/2023 (UTC+2:29) by AudioMoth 0000000000001234 {text}")
    assert getattr(said, field) == value


def test_a_sentence_of_another_recorder_is_no_audiomoth_comment() -> None:
    assert parse_comment("Recorded at home") is None
    assert parse_comment("") is None


HEADERS: list[tuple[str, dict[str, Any]]] = [
    (
        "audiomoth_oss_1min_32k.wav",
        {"start": "2018-05-04T09:32:00Z", "source": "icmt", "device": "0FE081F80FE081F0", "gain": "2"},
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
    ("metamoth_non_am.wav", {"start": None, "source": "none", "device": ""}),
    (
        "s4a_day/S4A03895_20190522_061500.flac",
        {"start": None, "source": "none", "local_time": "2019-05-22T06:15:00"},
    ),
]


@pytest.mark.parametrize(("name", "expected"), HEADERS, ids=[name for name, _ in HEADERS])
def test_the_header_of_a_real_file_is_read(name: str, expected: dict[str, Any], shared_data: Shared) -> None:
    header = open_audio(shared_data(f"audio/{name}")).header
    start = None if header.start is None else format_instant(header.start)
    found = {field: getattr(header, field) for field in expected if field not in ("start", "source")}
    assert found | {"start": start, "source": header.start_source} == expected


def test_vendor_name_spaces_of_guano_are_kept(shared_data: Shared) -> None:
    header = open_audio(shared_data("audio/batdetect2_echometer_guano_256k_PIPPIP.wav")).header
    assert header.guano["WA|Song Meter|Prefix"] == "Benneth Phoneth"
    header = open_audio(shared_data("audio/batdetect2_batlogger_guano_312k5.wav")).header
    assert header.guano["BATLOGGER|Trigger|Frequency"] == "45.5"


def test_a_time_without_zone_is_flagged(shared_data: Shared) -> None:
    assert (
        "time_without_zone"
        in open_audio(shared_data("audio/batdetect2_batlogger_guano_312k5.wav")).header.warnings
    )


def commented(path: Path, comment: str, guano: str = "") -> Path:
    """A one-second WAV that carries an ICMT comment and, if given, a GUANO chunk."""
    sound = np.zeros(16_000, dtype="<i2").tobytes()
    text = comment.encode() + b"\0" * (2 - len(comment) % 2)
    info = b"INFOICMT" + struct.pack("<I", len(text)) + text
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    chunks += b"LIST" + struct.pack("<I", len(info)) + info + b"data" + struct.pack("<I", len(sound)) + sound
    if guano:
        body = guano.encode() + b"\n" * (len(guano.encode()) % 2)
        chunks += b"guan" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


COMMENT = (
    "Recorded at 20:00:00 01/05/2024 (UTC+2) by AudioMoth 24E144055E080032 "
    "at medium gain while battery was 4.2V."
)


@pytest.mark.parametrize(
    ("name", "start", "source", "disagrees"),
    [
        ("20240501_180000.WAV", "2024-05-01T18:00:00Z", "icmt", False),  # the name is in UTC
        ("20240501_200000T.WAV", "2024-05-01T18:00:00Z", "icmt", False),  # the name is local
        ("20240501_190000.WAV", "2024-05-01T18:00:00Z", "icmt", True),
        ("SITE-A_20230501_200000.WAV", "2024-05-01T18:00:00Z", "icmt", True),
        ("no stamp.WAV", "2024-05-01T18:00:00Z", "icmt", False),
    ],
)
def test_header_and_file_name_that_disagree_are_reported(
    name: str, start: str, source: str, disagrees: bool, tmp_path: Path
) -> None:
    header = open_audio(commented(tmp_path / name, COMMENT)).header
    assert header.start is not None
    assert (format_instant(header.start), header.start_source) == (start, source)
    assert any(warning.startswith("start_disagrees") for warning in header.warnings) == disagrees


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("20240501T200000+0200_REC [-27.3888 152.8808].flac", "2024-05-01T18:00:00Z"),
        ("20240501T200000Z_x.wav", "2024-05-01T20:00:00Z"),
        ("S4A_20240501_200000.wav", None),
        ("20241332_250000.wav", None),
    ],
)
def test_a_file_name_gives_a_start_only_with_a_zone(
    name: str, start: str | None, clip: Callable[..., Path]
) -> None:
    header = open_audio(clip(np.zeros(1000), 16_000, "PCM_16", name)).header
    assert (None if header.start is None else format_instant(header.start)) == start
    if "[" in name:
        assert header.position == (-27.3888, 152.8808)


def test_a_broken_guano_line_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    guano = (
        "GUANO|Version: 1.0\nno colon here\nTimestamp: 2024-05-01T20:00:00+9900\nMake: X\nLoc Position: a b"
    )
    header = open_audio(commented(tmp_path / "x.wav", "", guano)).header
    assert header.make == "X"
    assert header.start is None
    assert any("guano_line_unreadable" in warning for warning in header.warnings)


def test_a_year_before_recorders_is_doubted(tmp_path: Path) -> None:
    text = COMMENT.replace("2024", "0834")
    assert "clock_implausible" in open_audio(commented(tmp_path / "x.wav", text)).header.warnings


def test_the_first_audiomoth_firmware_stated_no_zone(tmp_path: Path) -> None:
    text = re.sub(r" \(UTC\+2\)", "", COMMENT)
    header = open_audio(commented(tmp_path / "x.wav", text)).header
    assert (header.start, header.local_time) == (None, "2024-05-01T20:00:00")
    assert "time_without_zone" in header.warnings


@pytest.mark.parametrize(
    "text", ["20:00:00 01/17/2024 (UTC)", "25:61:00 01/05/2024 (UTC+2)", "20:00:00 31/02/2024"]
)
def test_a_time_that_no_calendar_knows_is_reported(text: str, tmp_path: Path) -> None:
    comment = f"Recorded at {text} by AudioMoth 24E144055E080032 at medium gain while battery was 4.2V."
    header = open_audio(commented(tmp_path / "20240501_200000.wav", comment)).header
    assert header.start is None
    assert any(warning.startswith("time_unreadable") for warning in header.warnings)
