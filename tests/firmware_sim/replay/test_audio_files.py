"""Sound files: their bytes go out unchanged, their times are never guessed."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contract.errors import TimeWithoutZone
from contract.instant import format_instant, parse_instant, parse_zone
from contract.places import Device, Site, Territory, Zone
from contract.reading import PART_BYTES, ClipManifest
from contract.wire import decode, decode_part
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.audio import AudioReader
from firmware_sim.replay.readers.header import stamp_of
from firmware_sim.replay.readers.reader import Findings, Question

PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=50, longitude=14),),
    devices=(Device(id="sm4", site="s", sensors=("acoustic",), serial="S4A03895", timezone="Europe/Paris"),),
)


def _read(path: Path, question: Question) -> tuple[ClipManifest | None, bytes, Findings]:
    findings, pieces, manifest = Findings(), {}, None
    for seq, outgoing in enumerate(AudioReader().read(path, question, findings), 1):
        assert outgoing.seq == seq
        if outgoing.kind == "clip":
            message = decode(outgoing.payload)
            assert isinstance(message, ClipManifest)
            manifest = message
        else:
            part = decode_part(outgoing.payload)
            assert len(part.content) <= PART_BYTES
            pieces[part.index] = part.content
    return manifest, b"".join(pieces[index] for index in sorted(pieces)), findings


def _wav(path: Path, seconds: float = 1.0) -> Path:
    rng = np.random.default_rng(1)
    soundfile.write(path, rng.normal(0, 0.1, int(24_000 * seconds)), 24_000, subtype="PCM_16")
    return path


def test_parts_join_to_the_file_and_to_its_hash(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("audio/s4a_day/S4A03895_20190522_050000.flac")
    manifest, content, findings = _read(path, Question(territory=PLACE))
    assert manifest is not None
    assert content == path.read_bytes()
    assert manifest.sha256 == hashlib.sha256(content).hexdigest()
    assert (manifest.device, manifest.name, manifest.start_source) == ("sm4", path.name, "file name")
    # Paris is two hours ahead of UTC in May.
    assert manifest.start == parse_instant_datetime("2019-05-22T03:00:00Z")
    assert findings.unread == 0


def parse_instant_datetime(text: str) -> object:
    from contract.instant import to_datetime

    return to_datetime(parse_instant(text))


def test_a_header_with_zone_needs_no_other_and_travels_with_the_clip(
    shared_data: Callable[[str], Path],
) -> None:
    path = shared_data("audio/batdetect2_audiomoth_guano_250k.WAV")
    manifest, _, _ = _read(path, Question(given=("s", "moth")))
    assert manifest is not None
    # "Recorded at 20:26:15 03/09/2024 (UTC+1)"
    assert manifest.start == parse_instant_datetime("2024-09-03T19:26:15Z")
    assert manifest.start_source == "header ICMT"
    assert "medium gain" in manifest.header["comment"]
    assert manifest.header["Serial"] == "24E144055E080032"


def test_a_guano_time_without_zone_is_refused_and_takes_the_stated_one(
    shared_data: Callable[[str], Path],
) -> None:
    path = shared_data("audio/batdetect2_batlogger_guano_312k5.wav")
    with pytest.raises(TimeWithoutZone):
        _read(path, Question(given=("s", "bat")))
    manifest, _, _ = _read(path, Question(given=("s", "bat"), zone=parse_zone("+02:00")))
    assert manifest is not None
    assert manifest.start_source == "header GUANO"


@pytest.mark.parametrize(
    ("name", "serial", "local"),
    [
        ("S4A03895_20190522_050000.flac", "S4A03895", "2019-05-22T05:00:00"),
        ("20211112_193000.WAV", "", "2021-11-12T19:30:00"),
        ("20211112_193000T.WAV", "", "2021-11-12T19:30:00"),
        ("site-2_20211112_193000.wav", "site-2", "2021-11-12T19:30:00"),
    ],
)
def test_file_names_give_serial_and_local_time(name: str, serial: str, local: str) -> None:
    stamp = stamp_of(Path(name), {})
    assert stamp.serial == serial
    assert stamp.local is not None
    assert stamp.local.isoformat() == local
    assert stamp.zone is None


@pytest.mark.parametrize("name", ["birds.wav", "20219999_193000.wav", "2021_1112.wav"])
def test_a_name_without_a_time_gives_none(name: str) -> None:
    assert stamp_of(Path(name), {}).local is None


def test_damaged_files_are_each_one_sentence_and_send_nothing(tmp_path: Path) -> None:
    name = "S4A03895_20190522_05{:02d}00.{}".format
    whole = _wav(tmp_path / name(0, "wav")).read_bytes()
    (tmp_path / name(1, "wav")).write_bytes(b"")
    (tmp_path / name(2, "wav")).write_bytes(whole[: len(whole) // 2])
    (tmp_path / name(3, "wav")).write_bytes(b"this is no sound at all, only words")
    (tmp_path / name(4, "wav")).write_bytes(whole[:40] + struct.pack("<I", 0) + whole[44:])
    flac = tmp_path / name(5, "flac")
    soundfile.write(flac, np.random.default_rng(1).normal(0, 0.1, 48_000), 24_000)
    (tmp_path / name(6, "flac")).write_bytes(flac.read_bytes()[:30_000])
    expected = {1: "it is empty", 2: "cut short", 3: "does not begin", 4: "holds no sound", 6: ""}
    for number, words in expected.items():
        path = tmp_path / name(number, "flac" if number == 6 else "wav")
        manifest, content, findings = _read(path, Question(territory=PLACE))
        assert (manifest, content, findings.unread) == (None, b"", 1), path
        assert path.name in findings.problems[0]
        assert words in findings.problems[0]


def test_the_same_file_has_the_same_identities_and_a_moved_one_others(tmp_path: Path) -> None:
    path = _wav(tmp_path / "S4A03895_20190522_050000.wav")
    first, _, _ = _read(path, Question(territory=PLACE))
    again, _, _ = _read(path, Question(territory=PLACE))
    moved, _, _ = _read(path, Question(territory=PLACE, shift=10**9))
    assert first is not None
    assert moved is not None
    assert first == again
    assert moved.boot != first.boot
    assert format_instant(int(moved.start.timestamp()) * 10**9) == "2019-05-22T03:00:01Z"


def test_a_file_that_does_not_say_when_is_left_out(tmp_path: Path) -> None:
    _, _, findings = _read(_wav(tmp_path / "birds.wav"), Question(given=("s", "sm4")))
    assert "neither its header nor its name" in findings.problems[0]


def test_a_pipe_called_a_recording_is_told_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "20240501_200000.wav"
    os.mkfifo(pipe)
    (source,) = discover([pipe], ())
    findings = Findings()
    assert list(source.open(Question(territory=PLACE), findings)) == []
    assert any("not a regular file" in problem for problem in findings.problems)
