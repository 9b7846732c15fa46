"""The gate: dead, frozen and clipped sound has no value under any name; weather is a flag, never a gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sound.measure.engine import PROFILES, WindowResult, measure
from analysis.sound.measure.raw import frozen_frames
from analysis.sound.measure.resolution import joined_resolution, resolution

Clip = Callable[..., Path]
RATE = 24_000


def only(path: Path, **options: Any) -> WindowResult:
    (result,) = measure(path, profiles=tuple(PROFILES), **options)
    return result


def noise(steps: float, seconds: float = 6.0, seed: int = 0) -> np.ndarray[Any, Any]:
    """Gaussian noise of ``steps`` LSB of 16 bit, rounded to whole ones."""
    return np.round(np.random.default_rng(seed).normal(0, steps, round(seconds * RATE))) / 32768


def ramp() -> np.ndarray[Any, Any]:
    return np.linspace(-0.5, 0.5, 6 * RATE)


DEAD: dict[str, tuple[np.ndarray[Any, Any], str]] = {
    "digital silence": (np.zeros(6 * RATE), "below resolution"),
    "an offset and nothing else": (np.full(6 * RATE, 0.25), "below resolution"),
    "noise of one step": (noise(1.0), "below resolution"),
    "a single click in silence": (np.eye(1, 6 * RATE, 5000)[0] * 0.5, "frozen"),
    "a slow drift": (np.round(ramp() * 100) / 32768, "frozen"),
    "two thirds stuck": (np.where(np.arange(6 * RATE) < 4 * RATE, 0.1, noise(500)), "frozen"),
    "a square at the rails": (np.sign(np.sin(np.arange(6 * RATE) / 20)), "clipped"),
}


@pytest.mark.parametrize("name", DEAD)
def test_sound_that_is_none_has_no_value_under_any_name(name: str, clip: Clip) -> None:
    samples, why = DEAD[name]
    result = only(clip(samples, RATE))
    assert result.values == {}
    assert all(why in reason for reason in result.absent.values()), set(result.absent.values())
    assert (result.quality["gate"], result.quality["valid_s"]) == ("closed", 0.0)


@pytest.mark.parametrize("name", DEAD)
def test_without_the_gate_the_values_say_so(name: str, clip: Clip) -> None:
    result = only(clip(DEAD[name][0], RATE), gate=False)
    assert result.quality["gate"] == "off"
    assert all(result.absent.values())
    assert DEAD[name][1] in result.quality["reason"]


LIVE = {
    "quiet forest of 24 bit, -96 dBFS": (np.random.default_rng(1).normal(0, 1.6e-5, 6 * RATE), "PCM_24"),
    "noise of ten steps": (noise(10.0), "PCM_16"),
    "8 bit forest": (np.random.default_rng(2).normal(0, 0.05, 6 * RATE), "PCM_U8"),
    "12 bit in 16": (np.round(noise(2000) * 2048) / 2048, "PCM_16"),
    "a full-scale sine": (np.sin(np.arange(6 * RATE) * 0.5) + noise(20) * 0.01, "PCM_16"),
    "float without a step": (np.random.default_rng(3).normal(0, 1e-6, 6 * RATE), "DOUBLE"),
    "a minute of wind": (np.cumsum(noise(100)) * 0.05 + noise(10), "PCM_16"),
    "an offset of 0.03": (noise(30) + 0.03, "PCM_16"),
}


@pytest.mark.parametrize("name", LIVE)
def test_live_sound_passes(name: str, clip: Clip) -> None:
    samples, subtype = LIVE[name]
    result = only(clip(np.clip(samples, -1, 1), RATE, subtype))
    assert result.quality["gate"] == "open", result.quality
    assert len(result.values) > 60


def test_the_day_of_a_song_meter_passes_and_stands_clear_of_the_threshold(
    shared_data: Callable[[str], Path],
) -> None:
    # measured on this day: live files stand at least 9.6 steps above the resolution
    figures = []
    for path in sorted(shared_data("audio/s4a_day").glob("*.flac")):
        (result,) = measure(path, profiles=("ecoviv-1",), names=("ACI",))
        assert result.quality["gate"] == "open"
        assert "offset" in result.quality["flags"]
        figures.append(result.quality["figures"]["live_band"]["value"])
    assert len(figures) == 96
    assert min(figures) >= 9.5


def test_a_triggered_file_that_is_all_but_silent_is_closed(shared_data: Callable[[str], Path]) -> None:
    result = only(shared_data("audio/batdetect2_audiomoth_nobat_trunc.WAV"))
    assert result.quality["gate"] == "closed"
    assert result.values == {}


def test_clipping_is_flagged_long_before_it_closes(clip: Clip) -> None:
    samples = noise(2000)
    samples[1000:1003] = 32767 / 32768
    result = only(clip(samples, RATE))
    assert "clipped" in result.quality["flags"]
    assert result.quality["gate"] == "open"
    assert result.quality["figures"]["clipped"]["value"] == pytest.approx(3 / len(samples), rel=1e-5)


def test_one_channel_may_be_dead_while_the_other_lives(clip: Clip) -> None:
    stereo = np.stack((noise(100), np.zeros(6 * RATE)), axis=1)
    alive, dead = measure(clip(stereo, RATE), profiles=tuple(PROFILES))
    assert (alive.quality["gate"], dead.quality["gate"]) == ("open", "closed")
    assert (alive.quality["valid_s"], dead.quality["valid_s"]) == (6.0, 0.0)


def test_samples_that_are_not_numbers_close_the_gate(clip: Clip) -> None:
    for wrong in (np.nan, np.inf):
        samples = noise(100)
        samples[777] = wrong
        for gate in (True, False):
            result = only(clip(samples, RATE, "FLOAT"), gate=gate)
            assert result.values == {}
            assert all("not finite" in reason for reason in result.absent.values())


def test_damage_in_a_64_bit_file_closes_the_gate_and_whispers_do_not_fail(clip: Clip) -> None:
    # squares of the first exceed float64, squares of the last are 0 in it
    for wrong, closed in ((1e308, True), (-1e160, True), (1e39, False), (1e-320, False)):
        samples = noise(100)
        samples[777] = wrong
        for window_s in (60, None):
            (result,) = measure(clip(samples, RATE, "DOUBLE"), gate=False, window_s=window_s, max_memory_mb=1)
            assert ("not finite" in result.quality.get("reason", "")) == closed
            assert bool(result.values) != closed
    faint = clip(noise(100) * 1e-300, RATE, "DOUBLE")
    (result,) = measure(faint, profiles=("maad-1.5.2",), gate=False, names=("NDSI",))
    assert "divides by zero" in next(iter(result.absent.values()))


def test_every_flag_carries_its_figure_and_threshold(clip: Clip) -> None:
    figures = only(clip(noise(100), RATE)).quality["figures"]
    assert {"offset", "clipped", "frozen", "wind", "rain", "self_noise", "live_band"} <= set(figures)
    assert all(set(figure) == {"value", "threshold", "unit"} for figure in figures.values())


@settings(max_examples=60, deadline=None)
@given(
    step=st.integers(1, 4096),
    values=st.lists(st.integers(-7, 7), min_size=2, max_size=3000),
    start=st.integers(-9, 9),
)
def test_the_resolution_is_the_divisor_of_all_differences(step: int, values: list[int], start: int) -> None:
    samples = (np.array(values) * step + start) / 32768
    differences = {abs(value - values[0]) for value in values} - {0}
    expected = np.gcd.reduce(sorted(differences)) * step / 32768 if differences else 0.0
    assert resolution(samples, 2.0**-15) == expected
    half = len(samples) // 2
    parts = [samples[:half], samples[half:]] if half > 1 else [samples]
    said = [(part[0], resolution(part, 2.0**-15), bool((part == part[0]).all())) for part in parts]
    assert joined_resolution(said) == expected


def test_the_resolution_of_a_scaled_float_is_found() -> None:
    samples = noise(100) * 0.3717
    assert resolution(samples, 0.0) == pytest.approx(0.3717 / 32768, rel=1e-9)
    assert resolution(np.random.default_rng(1).normal(0, 1, 5000), 0.0) == 0.0


def test_frozen_frames_are_those_of_one_value() -> None:
    samples = np.arange(1000.0)
    samples[100:200] = 7
    samples[310:390] = 7
    assert frozen_frames(samples, 100).tolist() == [False, True] + [False] * 8


def test_weather_is_flagged_with_its_figures_and_never_closes(clip: Clip) -> None:
    gusts = 0.5 + 0.5 * np.sin(2 * np.pi * 0.5 * np.arange(6 * RATE) / RATE)
    low = np.cumsum(np.random.default_rng(5).normal(0, 1, 6 * RATE))
    wind = gusts**4 * (low - np.convolve(low, np.ones(480) / 480, "same")) * 0.004 + noise(10)
    rain = np.random.default_rng(6).normal(0, 0.2, 6 * RATE)
    for samples, flag in ((wind, "wind"), (rain, "rain"), (noise(100), "self_noise")):
        result = only(clip(np.clip(samples, -1, 1), RATE))
        assert flag in result.quality["flags"], (flag, result.quality)
        assert result.quality["gate"] == "open"


def test_birds_are_not_called_rain(shared_data: Callable[[str], Path]) -> None:
    for name in ("oss_birds_10s.wav", "audiomoth_oss_1min_32k.wav", "oss_audiomoth_metadata_32k.wav"):
        for result in measure(shared_data(f"audio/{name}"), names=("ACI",)):
            assert not {"rain", "wind"} & set(result.quality["flags"])
