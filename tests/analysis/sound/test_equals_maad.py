"""Our ``maad-1.5.2`` equals scikit-maad 1.5.2 on the same samples.

The peer gets the float64 samples that our reader delivers, less the window's mean.  Origin of every
number: the peer itself, an independent library.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.sound.measure.engine import measure
from analysis.sound.reader import open_audio

Peer = Callable[[np.ndarray[Any, Any], int], dict[str, float]]

COUNTS_AND_FRACTIONS = """ZCR NBPEAKS ACTtFraction ACTtCount EVNtFraction EVNtCount EPS EPS_KURT EPS_SKEW
LFC MFC HFC ACTspFract ACTspCount EVNspFract EVNspCount"""
EXACT = set(COUNTS_AND_FRACTIONS.split())
LOOSE = {"SKEWt", "SKEWf", "EAS", "ECU", "ECV", "NDSI", "SNRf"}
ABSENT_WHERE_THE_PEER_SAYS_ZERO = {"ACTtMean", "EVNtMean", "ACTspMean", "EVNspMean", "TFSD"}

RECORDINGS = (
    "audiomoth_oss_1min_32k.wav",
    "batdetect2_audiomoth_guano_250k.WAV",
    "batdetect2_batlogger_guano_312k5.wav",
    "batdetect2_echometer_guano_256k_PIPPIP.wav",
    "birdnet_soundscape_120s_48k.flac",
    "maad_spinetail_44k1.wav",
    "metamoth_20211112_193000_384k_first5s.WAV",
    "oss_audiomoth_metadata_32k.wav",
    "oss_birds_10s.wav",
    "oss_great_plains_toad_44k1.wav",
    *(
        f"s4a_day/S4A03895_20190522_{hour:02d}{minute:02d}00.flac"
        for hour in range(0, 24, 3)
        for minute in (0, 45)
    ),
)


def tolerance(name: str, value: float) -> float:
    """What the peer's number may differ by."""
    if name in EXACT:
        return 1e-12 * max(1.0, abs(value))
    if name == "MEANt":
        return 1e-12
    return max(1e-9 * abs(value), 1e-12 if name in LOOSE else 0.0)


def assert_equals_peer(path: Path, peer: Peer) -> int:
    """Compare the first two windows or channels; how many numbers were compared."""
    audio, compared = open_audio(path), 0
    for result in islice(measure(path, profiles=("maad-1.5.2",), window_s=20, gate=False), 2):
        count = round(result.window_s * audio.sample_rate)
        samples = audio.read(result.channel, round(result.offset_s * audio.sample_rate), count)
        theirs = peer(samples - samples.mean(), audio.sample_rate)
        theirs["H"] = theirs["Ht"] * theirs["Hf"]
        for definition, ours in result.values.items():
            name = definition.partition("@")[0]
            assert abs(ours - theirs[name]) <= tolerance(name, theirs[name]), (name, ours, theirs[name])
            compared += 1
        for definition in result.absent:
            name = definition.partition("@")[0]
            said_zero = name in ABSENT_WHERE_THE_PEER_SAYS_ZERO and theirs[name] == 0
            assert said_zero or np.isnan(theirs[name]), (name, theirs[name])
    return compared


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_give_the_peer_s_numbers(
    name: str, shared_data: Callable[[str], Path], peer: Peer
) -> None:
    assert assert_equals_peer(shared_data(f"audio/{name}"), peer) >= 55


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 96_000, 192_000, 250_000, 384_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24"])
def test_quantised_noise_gives_the_peer_s_numbers(
    rate: int, subtype: str, clip: Callable[..., Path], peer: Peer
) -> None:
    noise = np.random.default_rng(rate).normal(0, 0.1, rate + 77)
    assert assert_equals_peer(clip(noise, rate, subtype), peer) >= 53


def test_a_float_file_is_computed_in_float64(clip: Callable[..., Path], peer: Peer) -> None:
    noise = np.random.default_rng(5).normal(0, 0.1, 60_000).astype(np.float32)
    assert assert_equals_peer(clip(noise, 32_000, "FLOAT"), peer) >= 55


def test_each_channel_is_its_own_recording(clip: Callable[..., Path], peer: Peer) -> None:
    left, right = np.random.default_rng(6).normal(0, 0.1, (2, 60_000))
    path = clip(np.stack((left, 0.2 * right), axis=1), 32_000)
    assert [result.channel for result in measure(path)] == [0, 1]
    assert assert_equals_peer(path, peer) >= 110


@pytest.mark.parametrize(
    "name",
    ["oss_birds_10s.wav", "batdetect2_audiomoth_guano_250k.WAV", "s4a_day/S4A03895_20190522_060000.flac"],
)
def test_regions_of_interest_are_the_peer_s(name: str, shared_data: Callable[[str], Path]) -> None:
    from maad import sound
    from maad.features import region_of_interest_index

    path = shared_data(f"audio/{name}")
    audio = open_audio(path)
    samples = audio.read(0, 0, audio.frames)
    power, times, frequencies, _ = sound.spectrogram(samples - samples.mean(), audio.sample_rate)
    defaults = {"seed_level": 13, "low_level": 6, "fusion_rois": None, "min_event_duration": 0.025}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer uses names that scikit-image is retiring
        theirs = region_of_interest_index(power, times, frequencies, **defaults)
    (result,) = measure(path, names=("nROI", "aROI"), roi=True)
    assert list(result.values.values()) == pytest.approx(theirs, rel=1e-9)


def test_bands_beyond_nyquist_keep_the_peer_s_number_with_a_flag(clip: Callable[..., Path]) -> None:
    path = clip(np.random.default_rng(7).normal(0, 0.1, 40_000), 8_000)
    (result,) = measure(path, profiles=("maad-1.5.2",))
    flagged = {name.partition("@")[0] for name in result.quality["band_truncated"]}
    assert {"HFC", "MFC", "ADI", "AEI", "BI", "NDSI", "EAS"} <= flagged
    assert not flagged & {"ACI", "Hf", "LFC", "MED"}
