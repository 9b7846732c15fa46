"""Our ``seewave-2.2.4`` and ``soundecology-1.3.3`` give what the R packages print for the same file.

Origin of the numbers: R, seewave 2.2.4 and soundecology 1.3.3, on ``audiomoth_oss_1min_32k.wav``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import hilbert

from analysis.sound.measure.engine import measure
from analysis.sound.measure.rpackages import hilbert_envelope

PRINTED = {
    "ACI@seewave-2.2.4": 176.3979486,
    "NDSI@seewave-2.2.4": 0.9034445742,
    "H@seewave-2.2.4": 0.9241506161,
    "ACI@soundecology-1.3.3": 2079.990909,
    "ADI@soundecology-1.3.3": 2.193615,
    "AEI@soundecology-1.3.3": 0.247066,
    "BI@soundecology-1.3.3": 10.25629386,
    "NDSI@soundecology-1.3.3": 0.9011179672,
}
SIX_DECIMALS = {"ADI@soundecology-1.3.3", "AEI@soundecology-1.3.3"}


def test_the_recording_of_opensoundscape_gives_what_r_prints(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("audio/audiomoth_oss_1min_32k.wav")
    (result,) = measure(path, profiles=("seewave-2.2.4", "soundecology-1.3.3"))
    found = {name.partition("#")[0]: value for name, value in result.values.items()}
    for name, printed in PRINTED.items():
        assert abs(found[name] - printed) <= (5e-7 if name in SIX_DECIMALS else 1e-9 * printed), name
    assert found["H@seewave-2.2.4"] == found["Ht@seewave-2.2.4"] * found["Hf@seewave-2.2.4"]


@pytest.mark.parametrize("count", [4096, 4097])
def test_the_envelope_is_the_analytic_signal_s_magnitude(count: int) -> None:
    # scipy's hilbert is the independent library
    samples = np.random.default_rng(count).normal(0, 0.1, count)
    expected = np.abs(hilbert(samples + 0.03))
    np.testing.assert_allclose(hilbert_envelope(samples, 0.03), expected, rtol=0, atol=1e-14)


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
