"""The laws of ``ecoviv-1``: what must not change a value, and by how much what may.

Each assertion is an invariant; the bounds are those of the definition's promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from analysis.indices.acoustic.ecoviv import ECOVIV
from analysis.sound.measure.engine import measure

Samples = np.ndarray[Any, np.dtype[np.float64]]
QUICK = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
LIVE = (
    "birdnet_soundscape_120s_48k.flac",
    "audiomoth_oss_1min_32k.wav",
    "maad_spinetail_44k1.wav",
    "oss_birds_10s.wav",
    "oss_great_plains_toad_44k1.wav",
    "s4a_day/S4A03895_20190522_060000.flac",
    "s4a_day/S4A03895_20190522_120000.flac",
)


def field_day() -> list[str]:
    """The 96 quarter hours of one Song Meter: nights 11 steps above the resolution, songs, wind and rain."""
    return [
        f"s4a_day/S4A03895_20190522_{hour:02}{minute:02}00.flac"
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    ]


def values_of(path: Path, window_s: float = 30) -> dict[str, float]:
    (result,) = measure(path, profiles=("ecoviv-1",), window_s=window_s, channels=0)
    return {name.partition("@")[0]: value for name, value in result.values.items()}


def song(seed: int, rate: int, seconds: float = 4.0) -> Samples:
    """Noise with chirps and pauses: every index has something to measure."""
    chance = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    sound = chance.normal(0, 0.004, len(time))
    for start in chance.uniform(0, seconds - 0.5, 8):
        low, width = chance.uniform(1500, 6000), chance.uniform(0.05, 0.4)
        inside = (time > start) & (time < start + width)
        phase = 2 * np.pi * (low + 2000 * (time[inside] - start)) * time[inside]
        sound[inside] += chance.uniform(0.02, 0.3) * np.sin(phase) * np.hanning(int(inside.sum()))
    return sound


def assert_close(one: Mapping[str, float], other: Mapping[str, float], relative: float) -> None:
    """All indices within ``relative`` of their value."""
    assert one.keys() == other.keys() == set(ECOVIV)
    for name, value in one.items():
        assert abs(value - other[name]) <= max(relative * abs(value), 1e-12), (name, value, other[name])


@QUICK
@given(seed=st.integers(0, 999), offset=st.integers(-3000, 3000), lsb=st.booleans())
def test_an_offset_changes_nothing(clip: Callable[..., Path], seed: int, offset: int, lsb: bool) -> None:
    sound = np.round(song(seed, 32_000) * 32768) / 32768
    shift = offset / 32768 if lsb else offset * 1.234e-5
    one = values_of(clip(sound, 32_000, "DOUBLE"))
    assert_close(one, values_of(clip(sound + shift, 32_000, "DOUBLE")), 1e-9)


@QUICK
@given(seed=st.integers(0, 999), gain=st.floats(0.01, 3.0))
def test_a_float_gain_changes_nothing(clip: Callable[..., Path], seed: int, gain: float) -> None:
    sound = song(seed, 24_000)
    assert_close(
        values_of(clip(sound, 24_000, "DOUBLE")), values_of(clip(sound * gain, 24_000, "DOUBLE")), 1e-9
    )


@pytest.mark.parametrize("name", dict.fromkeys((*LIVE, *field_day())))
def test_half_the_gain_in_int16_changes_little(
    name: str, shared_data: Callable[[str], Path], clip: Callable[..., Path]
) -> None:
    path = shared_data(f"audio/{name}")
    sound, rate = soundfile.read(path, dtype="int16")
    sound = sound[-60 * rate :]
    whole = values_of(clip(sound, rate, "PCM_16", "whole.wav"), 60)
    half = values_of(clip(np.round(sound * 0.5).astype(np.int16), rate, "PCM_16"), 60)
    if abs(whole["NDSI"]) < 0.04:
        # near its zero no ratio of a contrast can hold: there the powers it weighs are compared
        assert abs(whole["NDSI"] - half["NDSI"]) <= 0.0015
        whole["NDSI"], half["NDSI"] = (1 + whole["NDSI"]) / 2, (1 + half["NDSI"]) / 2
    assert_close(whole, half, 0.02)


@pytest.mark.parametrize("name", [name for name in LIVE if "48k" in name or "44k1" in name])
def test_the_sampling_rate_changes_little(
    name: str, shared_data: Callable[[str], Path], clip: Callable[..., Path]
) -> None:
    sound, rate = soundfile.read(shared_data(f"audio/{name}"), frames=1_200_000)
    found = {}
    for other in (48_000, 44_100, 32_000, 24_000, 22_050, 22_000):
        common = np.gcd(rate, other)
        version = resample_poly(sound, other // common, rate // common, window=("kaiser", 12.0))
        found[other] = values_of(clip(version, other, "DOUBLE"))
    for other in (44_100, 32_000, 24_000):
        assert_close(found[48_000], found[other], 0.01)
    for other in (22_050, 22_000):
        assert_close(found[24_000], found[other], 0.03)


def test_container_and_bit_depth_change_nothing(clip: Callable[..., Path]) -> None:
    sound = np.round(song(3, 24_000) * 128) / 128
    kinds = {"u8.wav": "PCM_U8", "16.wav": "PCM_16", "24.wav": "PCM_24", "32.wav": "PCM_32"}
    kinds |= {"f.wav": "FLOAT", "d.wav": "DOUBLE", "16.flac": "PCM_16", "24.flac": "PCM_24"}
    found = [values_of(clip(sound, 24_000, subtype, name)) for name, subtype in kinds.items()]
    assert all(one == found[0] for one in found)


def test_flac_equals_wav_to_the_bit(clip: Callable[..., Path]) -> None:
    stereo = np.round(np.stack((song(1, 44_100), song(2, 44_100)), axis=1) * 32767).astype(np.int16)
    results = [list(measure(clip(stereo, 44_100, "PCM_16", name))) for name in ("a.wav", "a.flac")]
    for wav, flac in zip(*results, strict=True):
        assert wav.values == flac.values
        assert wav.quality == flac.quality


@pytest.mark.parametrize("tone", [999.9, 1000.0, 1999.0, 2000.0, 5000.0, 8999.0])
def test_a_tone_is_never_counted_in_two_bands(clip: Callable[..., Path], tone: float) -> None:
    # a Hann window spreads a tone over at most two bins either side: at a border of bands both
    # may hear it, and the two shares then add up to one tone, not to two
    rate = 48_000
    sound = 0.3 * np.sin(2 * np.pi * tone * np.arange(rate * 3) / rate)
    sound += np.random.default_rng(1).normal(0, 1e-6, len(sound))
    found = values_of(clip(sound, rate, "DOUBLE"))
    assert found["NDSI"] == pytest.approx(-1 if tone < 1990 else 1, abs=1e-3) or tone in (1999.0, 2000.0)
    assert found["ADI"] <= np.log(2) + 1e-9
    assert found["AEI"] >= 1 - 2 / 8 - 1e-9


def test_live_recordings_have_values(shared_data: Callable[[str], Path]) -> None:
    present = total = 0
    for path in sorted(shared_data("audio/s4a_day").glob("*.flac"))[::4]:
        for result in measure(path, profiles=("ecoviv-1",)):
            present, total = present + len(result.values), total + len(result.values) + len(result.absent)
    assert total == 24 * len(ECOVIV)
    assert present / total >= 0.95


@pytest.mark.parametrize(
    ("rate", "present"),
    [(rate, False) for rate in (8_000, 16_000, 11_025)]
    + [(rate, True) for rate in (22_000, 22_050, 44_100, 250_000, 256_000, 312_500, 384_000)],
)
def test_values_are_present_where_the_band_is(rate: int, present: bool, clip: Callable[..., Path]) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 2 * rate)
    (result,) = measure(clip(noise, rate), profiles=("ecoviv-1",))
    assert len(result.values) == (len(ECOVIV) if present else 0)
    assert all(result.absent.values())


def test_white_noise_has_the_values_of_theory(clip: Callable[..., Path]) -> None:
    # a Rayleigh amplitude: all bins alike, so Hf = 1, NDSI = (280 - 60) / 340 by bins; in every band
    # exp(-pi / 2) = 20.8 % of the cells hold twice the power of the mean amplitude, so ADI = ln 8 and
    # AEI = 0 but for the counting error: about 40,000 independent cells a band, a share of 20.8 +- 0.2 %
    noise = np.random.default_rng(9).normal(0, 0.1, 60 * 24_000)
    found = values_of(clip(noise[: 30 * 24_000], 24_000, "DOUBLE"))
    assert found["Hf"] == pytest.approx(1, abs=1e-3)
    assert found["NDSI"] == pytest.approx((280 - 60) / 340, abs=0.01)
    assert found["ADI"] == pytest.approx(np.log(8), abs=1e-3)
    assert found["AEI"] == pytest.approx(0, abs=0.01)
    assert found["BI"] == pytest.approx(0, abs=0.1)
    assert found["H"] == pytest.approx(found["Hf"] * found["Ht"], rel=1e-15)


def test_frozen_frames_are_dropped_and_not_counted(clip: Callable[..., Path]) -> None:
    sound = np.round(song(4, 24_000) * 32768) / 32768
    stuck = np.full(24_000, sound[0])
    found = []
    for name, parts in {
        "before.wav": (stuck, sound),
        "after.wav": (sound, stuck[:-1] * 0 + sound[-1]),
    }.items():
        (result,) = measure(clip(np.concatenate(parts), 24_000, name=name), profiles=("ecoviv-1",))
        assert result.quality["valid_s"] == pytest.approx(4.0, abs=0.02)
        assert result.quality["figures"]["frozen"]["value"] == pytest.approx(0.2, abs=0.005)
        found.append({name.partition("@")[0]: value for name, value in result.values.items()})
    # the stretch is at another place, the frames that count are the same
    assert_close(found[0], found[1], 1e-9)
    assert_close(found[0], values_of(clip(sound, 24_000)), 0.02)
