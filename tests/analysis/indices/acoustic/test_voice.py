"""Seconds of voice, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.indices.acoustic.voice import seconds_of_voice, voice_rate


def test_seconds_of_voice_are_32_ms_a_chunk() -> None:
    # the reference that notation.toml states: 15 chunks of 32 ms at .5 or more are 0.48 s
    probability = np.array([0.5] * 10 + [0.49] * 10 + [1.0] * 5)
    assert seconds_of_voice(probability, 0, 25) == pytest.approx(0.48)
    assert seconds_of_voice(probability, 5, 15) == pytest.approx(0.16)


def test_the_rate_is_an_hour_s() -> None:
    # 6 s of voice in 3 minutes are 120 s an hour
    assert voice_rate(np.array([1.0, 5.0]), np.array([1.0, 2.0])) == pytest.approx(120.0)
    assert math.isnan(voice_rate(np.array([1.0]), np.array([0.0])))
