"""Every index that a profile offers has a number of another origin that it must meet.

1. ``analysis/words/notation.toml`` names what a peer prints for a recording; ours is compared to its
   last digit.
2. What no peer prints is in ``OTHERWISE``, with its origin.
3. A name with neither fails the first test, so an index cannot be offered without a reference.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.signal import hilbert

from analysis.arrays import Floats
from analysis.indices.acoustic import seewave
from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.ecoviv import BandSums, band_bins, band_indices
from analysis.sound.explain import all_definitions, words_of
from analysis.sound.measure.engine import PROFILES, measure
from analysis.sound.reader import open_audio

RECORDING = "audiomoth_oss_1min_32k.wav"
PRINTED = re.compile(rf"^(R|scikit-maad 1\.5\.2) on {re.escape(RECORDING)}: (-?[\d.]+(?:e-?\d+)?)$")
Shared = Callable[[str], Path]


def name_of(one: Definition) -> str:
    return f"{one.name}@{one.profile}"


def printed() -> dict[str, str]:
    """What a peer prints for the recording, digits as they stand."""
    return {
        name_of(one): found[2]
        for one in all_definitions()
        for said in words_of(one).reference
        if (found := PRINTED.match(said))
    }


def half_a_digit(digits: str) -> float:
    """Half a unit of the last place of ``digits``, or 1e-9 of the value, whichever is more."""
    mantissa, _, exponent = digits.partition("e")
    places = len(mantissa.partition(".")[2])
    return max(0.5 * 10.0 ** (int(exponent or 0) - places), 1e-9 * abs(float(digits)))


def ecoviv_by_hand() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """What ``ecoviv-1`` makes of sums with round numbers, and what a pencil does."""
    power = np.ones(340)
    power[band_bins(3000, 9000)] = 3.0
    covered = np.zeros(340)
    for low, share in ((1000, 0.4), (2000, 0.4), (3000, 0.8)):
        covered[band_bins(low, low + 1000)] = share
    change = np.repeat([1.0, 4.0], 170)
    sums = BandSums(power, np.full(340, 2.0), change, covered, np.array([1.0, 1.0, 2.0]))
    # 100 bins of power 1 up to 3 kHz, 240 of power 3 above: 820, of which 60 lie below 2 kHz
    hf = (math.log(820) - 720 / 820 * math.log(3)) / math.log(340)
    ht = 1.5 * math.log(2) / math.log(3)
    return band_indices(sums), {
        "ACI": (1 / 2 + 4 / 2) / 2,
        # shares 1/4, 1/4, 1/2 of three bands; ranks 6, 7, 8 of eight: 2 x 11.6 / 1.6 less 9, by 8
        "ADI": 1.5 * math.log(2),
        "AEI": (2 * (0.4 * 6 + 0.4 * 7 + 0.8 * 8) / 1.6 - 9) / 8,
        "NDSI": (760 - 60) / 820,
        # twelve of fourteen bands of 500 Hz are 10 lg 3 dB up; the tenth percentile is 0.3 of the first step
        "BI": (12 / 14 - 0.3) * 10 * math.log10(3),
        "Hf": hf,
        "Ht": ht,
        "H": hf * ht,
    }


def sine_of_the_manual() -> float:
    """The amplitudes of the tone in seewave's help page of ``sh``, as its own functions make them."""
    tone = np.sin(2000 * np.linspace(0, 2 * np.pi, 8000))[4000 - 257 : 4000 + 256]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(513) / 512)
    return seewave.spectral_entropy(np.abs(np.fft.rfft(tone * window))[:256])


def entropy_of_the_envelope(samples: Floats) -> float:
    """Ht by scipy: the analytic signal of the padded samples, and Shannon's entropy."""
    size = 2 ** math.ceil(math.log2(len(samples)))
    before = (size - len(samples)) // 2
    padded = np.pad(samples, (before, size - len(samples) - before))
    kept = np.abs(hilbert(padded))[before - 1 : before - 1 + len(samples)]
    return float(stats.entropy(kept) / math.log(len(kept)))


OTHERWISE = {f"{name}@ecoviv-1": "by hand" for name in ecoviv_by_hand()[1]} | {
    "Hf@seewave-2.2.4": "the help page of seewave's sh: 0.2336412",
    "Ht@seewave-2.2.4": "scipy",
}


@pytest.fixture(scope="module")
def ours(request: pytest.FixtureRequest) -> dict[str, float]:
    """Every index of every profile on the recording."""
    shared: Shared = request.getfixturevalue("shared_data")
    (found,) = measure(shared(f"audio/{RECORDING}"), profiles=tuple(PROFILES), roi=True)
    return {definition.partition("#")[0]: value for definition, value in found.values.items()}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_index_is_offered_without_a_reference(profile: str) -> None:
    offered = {name_of(one) for one in all_definitions() if one.profile == profile}
    assert offered - printed().keys() - OTHERWISE.keys() == set()
    assert {name_of(one) for one in all_definitions() if not words_of(one).reference} == set()


@pytest.mark.parametrize(("name", "digits"), printed().items(), ids=list(printed()))
def test_ours_is_what_the_peer_prints(name: str, digits: str, ours: dict[str, float]) -> None:
    assert abs(ours[name] - float(digits)) <= half_a_digit(digits)


@pytest.mark.parametrize("name", ecoviv_by_hand()[1])
def test_ecoviv_1_is_what_a_pencil_makes(name: str) -> None:
    found, expected = ecoviv_by_hand()
    assert found[name] == pytest.approx(expected[name], rel=1e-12)


def test_the_spectral_entropy_is_that_of_the_manual() -> None:
    assert sine_of_the_manual() == pytest.approx(0.2336412, abs=5e-8)


def test_the_temporal_entropy_is_scipy_s(ours: dict[str, float], shared_data: Shared) -> None:
    audio = open_audio(shared_data(f"audio/{RECORDING}"))
    expected = entropy_of_the_envelope(audio.read(0, 0, audio.frames))
    assert ours["Ht@seewave-2.2.4"] == pytest.approx(expected, rel=1e-12)
    assert ours["H@seewave-2.2.4"] == ours["Ht@seewave-2.2.4"] * ours["Hf@seewave-2.2.4"]
