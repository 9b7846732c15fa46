"""Our ``seewave-2.2.4`` and ``soundecology-1.3.3`` behave as the R packages do.

What these print for a recording is compared in ``indices/acoustic/test_origins.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import hilbert

from analysis.indices.acoustic.seewave import envelope
from analysis.sound.measure.engine import measure


@pytest.mark.parametrize("count", [3000, 4095, 4096, 4097, 6001])
def test_the_envelope_is_the_padded_signal_s(count: int) -> None:
    # scipy's hilbert is the independent library; which values the package keeps is read in its source:
    # from the zero before the signal on, so 4095 has no such zero and lacks its last value
    samples = np.random.default_rng(count).normal(0, 0.1, count) + 0.03
    size = {3000: 4096, 4095: 4096, 4096: 4096, 4097: 8192, 6001: 8192}[count]
    before = {3000: 548, 4095: 0, 4096: 0, 4097: 2047, 6001: 1095}[count]
    whole = np.abs(hilbert(np.pad(samples, (before, size - count - before))))
    first, last = {4095: (0, 4094), 4096: (0, 4096)}.get(count, (before - 1, before - 1 + count))
    np.testing.assert_allclose(envelope(samples - 0.03, 0.03), whole[first:last], rtol=0, atol=1e-14)


def test_tfsd_by_a_plain_computation(clip: Callable[..., Path]) -> None:
    # the definition again, one cell at a time: amplitudes summed, levels, differences over bands, then time
    rate, length = 16_000, 2_000
    noise = np.random.default_rng(8).normal(0, 0.1, 12 * length)
    noise *= np.repeat(np.random.default_rng(9).uniform(0.2, 1, 12), length)
    path = clip(noise, rate, "DOUBLE")
    middles = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000]
    middles += [5000, 6300, 8000]
    axis = np.linspace(rate / length, rate / 2 - rate / length, length // 2)
    levels = np.zeros((20, 12))
    for frame in range(12):
        tapered = noise[frame * length : (frame + 1) * length] * np.hamming(length)
        amplitude = np.abs(np.fft.fft(tapered))[1 : length // 2 + 1]
        for row, middle in enumerate(middles):
            inside = (axis > middle / 2**0.1666666) & (axis < middle * 2**0.1666666)
            levels[row, frame] = 10 * np.log10(amplitude[inside].sum())
    steps = np.abs(levels[1:, 1:] - levels[:-1, 1:] - levels[1:, :-1] + levels[:-1, :-1])
    # 2 kHz is the nearest to 2 kHz and 6.3 kHz to 6: the rows from 1.6-2 ... to 5-6.3 kHz
    expected = steps[middles.index(1600) : middles.index(6300)].sum() / steps.sum()
    (result,) = measure(path, profiles=("seewave-2.2.4",), names=("TFSD",), gate=False)
    assert list(result.values.values()) == pytest.approx([expected], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "rate", "seconds", "why"),
    [
        ("ACI@soundecology-1.3.3", 22_050, 4.9, "below 5 s"),
        ("NDSI@soundecology-1.3.3", 16_000, 6, "the peer refuses"),
        ("NDSI@seewave-2.2.4", 16_000, 6, "the peer fails"),
        ("ADI@soundecology-1.3.3", 11_025, 6, "not a whole number"),
        ("BI@soundecology-1.3.3", 8_000, 6, "the peer fails"),
        ("TFSD@seewave-2.2.4", 8_000, 6, "the peer fails"),
    ],
)
def test_where_the_package_fails_the_value_is_absent(
    name: str, rate: int, seconds: float, why: str, clip: Callable[..., Path]
) -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, round(seconds * rate))
    (result,) = measure(clip(noise, rate), profiles=("seewave-2.2.4", "soundecology-1.3.3"))
    absent = {definition.partition("#")[0]: reason for definition, reason in result.absent.items()}
    assert why in absent[name]


def test_a_cluster_of_five_seconds_counts_once(clip: Callable[..., Path]) -> None:
    # two equal clusters give twice the ACI of one
    noise = np.random.default_rng(4).normal(0, 0.1, 5 * 20_480)
    ones, twos = (
        {name.partition("#")[0]: value for name, value in result.values.items()}
        for samples in (noise, np.tile(noise, 2))
        for result in measure(clip(samples, 20_480, "DOUBLE"), profiles=("soundecology-1.3.3",))
    )
    assert twos["ACI@soundecology-1.3.3"] == pytest.approx(2 * ones["ACI@soundecology-1.3.3"], rel=1e-12)
