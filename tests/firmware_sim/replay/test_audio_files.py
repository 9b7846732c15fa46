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

from analysis.sound.reader import open_audio
from contract.errors import TimeWithoutZone
from contract.instant import format_instant, parse_instant, parse_zone
from contract.places import Device, Site, Territory, Zone
from contract.reading import PART_BYTES, ClipManifest
from contract.wire import decode, decode_part
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.audio import AudioReader
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
    assert (manifest.device, manifest.name, manifest.start_source) == ("sm4", path.name, "filename")
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
    assert manifest.start_source == "guano"
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
    assert manifest.start_source == "guano"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"this is no sound at all, only words", "does not begin"), (b"", "holds no sound")],
    ids=["words", "header only"],
)
def test_what_is_no_sound_is_one_sentence_and_sends_nothing(
    content: bytes, words: str, tmp_path: Path
) -> None:
    path = _wav(tmp_path / "S4A03895_20190522_050000.wav")
    path.write_bytes(content or path.read_bytes()[:40] + struct.pack("<I", 0))
    manifest, sent, findings = _read(path, Question(territory=PLACE))
    assert (manifest, sent, findings.unread) == (None, b"", 1)
    assert path.name in findings.problems[0]
    assert words in findings.problems[0]


@pytest.mark.parametrize(
    ("stated", "kept", "frames"),
    [  # one second of 16 bits at 24 kHz is 48,000 bytes
        (0, 48_000, 24_000),
        (48_044, 48_000, 24_000),
        (48_000, 43_000, 21_500),
        (0, 43_001, 21_500),
    ],
    ids=["size 0", "size too large", "cut", "size 0 and cut within a sample"],
)
def test_damaged_sound_goes_out_as_it_lies_with_its_true_length_and_a_flag(
    stated: int, kept: int, frames: int, tmp_path: Path
) -> None:
    path = _wav(tmp_path / "S4A03895_20190522_050000.wav")
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + struct.pack("<I", stated) + whole[44 : 44 + kept])
    manifest, sent, findings = _read(path, Question(territory=PLACE))
    assert manifest is not None
    assert sent == path.read_bytes()
    assert float(manifest.header["duration_s"]) == pytest.approx(frames / 24_000, abs=1e-6)
    assert (manifest.time - manifest.start).total_seconds() == pytest.approx(frames / 24_000, abs=1e-5)
    assert "sizes_wrong" in manifest.header["flags"]
    assert findings.unread == 0
    # The edge measures these bytes by this reader, and so does `ecoviv indices`.
    assert open_audio(path).frames == frames


def test_a_flac_that_was_cut_goes_out_with_what_can_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "S4A03895_20190522_050000.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 48_000), 24_000)
    path.write_bytes(path.read_bytes()[:30_000])
    manifest, sent, _ = _read(path, Question(territory=PLACE))
    assert manifest is not None
    assert len(sent) == 30_000
    assert "truncated" in manifest.header["flags"]
    frames = open_audio(path).frames
    assert 0 < frames < 48_000
    assert float(manifest.header["duration_s"]) == pytest.approx(frames / 24_000, abs=1e-6)


def test_a_whole_file_has_no_flag(tmp_path: Path) -> None:
    manifest, _, findings = _read(_wav(tmp_path / "S4A03895_20190522_050000.wav"), Question(territory=PLACE))
    assert manifest is not None
    assert "flags" not in manifest.header
    assert findings.notes == {}


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
