"""Files as recorders and power cuts leave them: what is readable is computed, the rest is a clear error."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.sound.batch import MeasureSettings, measure_batch
from analysis.sound.measure.engine import measure
from analysis.sound.picture import draw
from analysis.sound.reader import open_audio
from contract.errors import AudioError, Refused, UnknownName, UsageError

Clip = Callable[..., Path]


def noise(count: int, channels: int = 1, seed: int = 0) -> np.ndarray[Any, Any]:
    sound = np.random.default_rng(seed).normal(0, 0.1, (count, channels))
    return sound[:, 0] if channels == 1 else sound


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_every_linear_format_is_read_at_full_scale_one(subtype: str, container: str, tmp_path: Path) -> None:
    samples = np.round(np.clip(noise(4000), -0.9, 0.9) * 100) / 128
    path = tmp_path / "x.wav"
    soundfile.write(path, samples, 16_000, subtype=subtype, format=container)
    audio = open_audio(path)
    np.testing.assert_allclose(audio.read(0, 0, audio.frames), samples, rtol=0, atol=2**-7)
    if subtype not in ("PCM_U8",):
        np.testing.assert_allclose(audio.read(0, 0, audio.frames), samples, rtol=0, atol=2**-14)


def test_a_file_is_known_by_its_bytes(clip: Clip) -> None:
    import hashlib

    path = clip(noise(1000))
    assert open_audio(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def damaged(path: Path, **changes: Any) -> Path:
    """``path`` with the data size overwritten, or cut to a length."""
    content = bytearray(path.read_bytes())
    if "size" in changes:
        content[40:44] = int(changes["size"]).to_bytes(4, "little")
    path.write_bytes(bytes(content[: changes.get("length", len(content))]))
    return path


@pytest.mark.parametrize(
    ("changes", "frames"),
    [
        ({"size": 0}, 30_000),
        ({"size": 0xFFFFFFFF}, 30_000),
        ({"size": 70_000}, 30_000),
        ({"length": 44 + 20_001}, 10_000),
        ({"length": 44 + 20_000, "size": 0}, 10_000),
    ],
)
def test_a_data_size_that_lies_gives_what_is_there(
    changes: dict[str, int], frames: int, clip: Clip, tmp_path: Path
) -> None:
    samples = noise(30_000)
    audio = open_audio(damaged(clip(samples, 16_000), **changes))
    whole = open_audio(clip(samples, 16_000, name="whole.wav"))
    np.testing.assert_array_equal(audio.read(0, 0, audio.frames), whole.read(0, 0, frames))
    (result,) = measure(audio.path)
    assert result.duration_s == result.window_s == frames / 16_000
    assert any("sizes_wrong" in warning for warning in result.header["warnings"])
    assert result.values


def test_a_truncated_flac_gives_what_is_there(clip: Clip) -> None:
    path = clip(noise(60_000), 16_000, "PCM_16", "x.flac")
    whole = open_audio(path).read(0, 0, 60_000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    audio = open_audio(path)
    assert 20_000 < audio.frames < 40_000
    np.testing.assert_array_equal(audio.read(0, 0, audio.frames), whole[: audio.frames])
    (result,) = measure(path)
    assert result.duration_s == audio.frames / 16_000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"RIFF", "not readable"),
        (b"RIFF\0\0\0\0WAVE", "not readable"),
        (
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\0\0\0\0",
            "no samples",
        ),
        (b"ID3\x03 not a wave", "neither WAV nor FLAC"),
        (b"fLaC\0\0\0\x22" + bytes(34), "not readable|no samples|states"),
    ],
)
def test_what_is_not_sound_is_a_clear_error(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=why) as raised:
        open_audio(path)
    assert str(path) in raised.value.message
    assert raised.value.help


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be read"):
        open_audio(tmp_path / "gone.wav")


def test_each_window_is_a_file_of_its_own(clip: Clip) -> None:
    samples = noise(70_000)
    whole = clip(samples, 1_0000)
    parts = list(measure(whole, window_s=2))
    assert [(part.offset_s, part.window_s) for part in parts] == [(0, 2), (2, 2), (4, 2), (6, 1)]
    stored = soundfile.read(whole)[0]
    for part in parts:
        first = round(part.offset_s * 10_000)
        piece = clip(stored[first : first + round(part.window_s * 10_000)], 10_000, name="part.wav")
        (alone,) = measure(piece, window_s=2)
        assert alone.values == part.values


@pytest.mark.parametrize(
    ("frames", "rate", "windows", "rest"),
    [
        (69 * 16_000, 16_000, [60], 9),
        (70 * 16_000, 16_000, [60, 10], 0),
        (4 * 16_000, 16_000, [4], 0),
        (2_880_000 + 480_000, 384_000, [7.5, 1.25], 0),
        (2_880_000 + 479_999, 384_000, [7.5], 479_999 / 384_000),
    ],
)
def test_a_rest_is_kept_or_said(
    frames: int, rate: int, windows: list[float], rest: float, clip: Clip
) -> None:
    results = list(measure(clip(noise(frames), rate), names=("ZCR",)))
    assert [result.window_s for result in results] == windows
    assert results[-1].quality.get("rest_s", 0) == rest


def test_a_whole_file_in_two_passes_gives_the_same_core(clip: Clip) -> None:
    for rate in (22_050, 24_000, 48_000):
        samples = noise(rate * 21, seed=rate)
        samples[5 * rate : 6 * rate] = 0.05
        samples[15 * rate] = 0.9
        path = clip(samples, rate)
        (window,) = measure(path, window_s=21)
        (whole,) = measure(path, window_s=None, max_memory_mb=1)
        assert len(whole.values) >= 28
        for name, value in whole.values.items():
            assert value == pytest.approx(window.values[name], rel=1e-11), name
        assert whole.quality["figures"] == window.quality["figures"]
        assert whole.quality["valid_s"] == window.quality["valid_s"]
        refused = set(whole.absent) - set(window.absent)
        assert all("would take about" in whole.absent[name] for name in refused)


def test_a_whole_file_is_refused_where_it_does_not_fit(clip: Clip) -> None:
    path = clip(noise(48_000), 24_000)
    with pytest.raises(Refused, match="MB") as raised:
        list(measure(path, profiles=("seewave-2.2.4",), window_s=None, max_memory_mb=10))
    assert "--max-memory" in raised.value.help
    (allowed,) = measure(path, profiles=("seewave-2.2.4",), window_s=None, max_memory_mb=100)
    assert len(allowed.values) == 7


def test_what_cannot_be_asked_is_refused(clip: Clip) -> None:
    path = clip(noise(10_000))
    with pytest.raises(UnknownName, match="maad-9"):
        list(measure(path, profiles=("maad-9",)))
    with pytest.raises(UsageError, match="channel 3"):
        list(measure(path, channels=3))
    for window_s in (0, -1, 0.001, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="empty"):
            list(measure(path, window_s=window_s))


@pytest.mark.parametrize("frames", [1, 2, 3, 100, 1023, 1024, 1500, 1536, 2047, 2048, 5000])
@pytest.mark.parametrize("window_s", [60, None])
def test_a_file_of_any_length_is_answered(frames: int, window_s: float | None, clip: Clip) -> None:
    (result,) = measure(clip(noise(frames), 24_000), window_s=window_s, max_memory_mb=1, roi=window_s == 60)
    assert all(result.absent.values())
    assert result.duration_s == frames / 24_000
    assert len(result.values) + len(result.absent) == (69 if window_s == 60 else 67)


def test_a_lossy_coding_in_a_wav_is_said(clip: Clip) -> None:
    (result,) = measure(clip(noise(48_000), 24_000, "IMA_ADPCM"), names=("ACI",))
    assert "lossy_coding: IMA_ADPCM" in result.header["warnings"]
    (plain,) = measure(clip(noise(48_000), 24_000), names=("ACI",))
    assert "warnings" not in plain.header


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [2_000, 8_000, 48_000, 96_000, 250_000, 384_000])
def test_every_rate_can_be_drawn(rate: int, clip: Clip, tmp_path: Path) -> None:
    path = clip(noise(2 * rate), rate)
    draw(path, tmp_path / "x.png", start_s=0, length_s=float("inf"))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def special_files(folder: Path) -> list[Path]:
    """A named pipe nobody writes to, a socket, a device and a folder, all called .wav."""
    pipe, wire, device, inner = (folder / f"{name}.wav" for name in ("pipe", "socket", "device", "folder"))
    os.mkfifo(pipe)
    with chdir(folder), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(wire.name)  # the path of a socket has 107 letters at most
    device.symlink_to("/dev/zero")
    inner.mkdir()
    return [pipe, wire, device, inner]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    # each of these would be waited for, or read, without end
    for path in special_files(tmp_path):
        with pytest.raises(AudioError, match="not a regular file"):
            open_audio(path)
        with pytest.raises(AudioError, match="not a regular file"):
            draw(path, tmp_path / "x.png", start_s=0, length_s=1)


def test_special_files_in_a_folder_are_listed_and_stop_nothing(clip: Clip, tmp_path: Path) -> None:
    special_files(tmp_path)
    os.mkfifo(tmp_path / "CONFIG.TXT")
    good = clip(noise(48_000), 24_000)
    failed = measure_batch([tmp_path], MeasureSettings(), jobs=1, out=tmp_path / "out.csv", as_json=False)
    assert [outcome.path.name for outcome in failed] == ["device.wav", "pipe.wav", "socket.wav"]
    assert str(good) in (tmp_path / "out.csv").read_text()
