"""Activity, dawn chorus and soundscape by hand calculations and laws."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices.acoustic import soundscape
from analysis.indices.community import activity, dawn_chorus
from contract.errors import Refused


def test_detection_logit_by_hand() -> None:
    # 7 of 9 days: (7.5 / 10) / (2.5 / 10) = 3; a zero and a full count stay finite
    values = activity.detection_logit([7, 0, 9, 0], [9, 9, 9, 0])
    assert values[:3] == pytest.approx([np.log(3), np.log(0.5 / 9.5), np.log(9.5 / 0.5)])
    assert np.isnan(values[3])


@pytest.mark.parametrize(("x", "t"), [(-1, 5), (6, 5)])
def test_impossible_detections_are_refused(x: int, t: int) -> None:
    with pytest.raises(Refused):
        activity.detection_logit(x, t)


def test_log_rate_counts_effort() -> None:
    # 19 passes in half a night: (19.5) / 0.5 = 39 a night; no effort, no rate
    rate = activity.log_rate([19, 3], [300.0, 0.0], unit_minutes=600.0)
    assert float(rate[0]) == pytest.approx(np.log(39))
    assert np.isnan(rate[1])


def test_daily_activity_weights_by_valid_minutes_and_drops_short_days() -> None:
    days, mean, minutes = activity.daily_activity(
        [0.2, 0.6, 0.9, np.nan], [4, 4, 5, 5], [30, 10, 5, 60], minimum_minutes=10
    )
    assert days.tolist() == [4, 5]
    assert minutes.tolist() == [40, 5]
    assert mean[0] == pytest.approx((0.2 * 30 + 0.6 * 10) / 40)
    assert np.isnan(mean[1])


def triangle(minutes: np.ndarray, peak: float) -> np.ndarray:
    return 0.1 + np.clip(0.8 - np.abs(minutes - peak) / 60 * 0.8, 0, None)


def test_dawn_chorus_of_a_triangle_is_its_half_height() -> None:
    # rises and falls over an hour around -20 min: half height 30 min either side
    minutes = np.arange(-240.0, 240.0, 5.0)
    chorus = dawn_chorus.dawn_chorus(minutes, triangle(minutes, -20.0))
    assert chorus.peak == -20.0
    assert chorus.onset == pytest.approx(-50.0)
    assert chorus.end == pytest.approx(10.0)
    assert chorus.duration == pytest.approx(60.0)
    assert chorus.rise == pytest.approx(0.8)


def test_a_crossing_between_two_intervals_is_interpolated() -> None:
    # peak at 2 min between intervals 5 min apart: 0.8 * (1 - 2/60) above the night at 0 min
    minutes = np.arange(-240.0, 240.0, 5.0)
    chorus = dawn_chorus.dawn_chorus(minutes, triangle(minutes, 2.0))
    half = 0.1 + 0.4 * (1 - 2 / 60)
    assert chorus.onset == pytest.approx(2 - (0.9 - half) * 75)
    assert chorus.end == pytest.approx(2 + (0.9 - half) * 75)


def test_sound_before_and_after_the_window_is_not_the_chorus() -> None:
    minutes = np.arange(-300.0, 300.0, 5.0)
    quiet = triangle(minutes, -20.0)
    loud = quiet + 5.0 * ((minutes >= 180) | (minutes < -240))
    assert dawn_chorus.dawn_chorus(minutes, loud) == dawn_chorus.dawn_chorus(minutes, quiet)
    dusk = dawn_chorus.dawn_chorus(minutes, quiet + 5.0 * (minutes == 175))
    assert dusk.peak == 175.0
    night = dawn_chorus.dawn_chorus(minutes, np.where(minutes < -120, 0.3, quiet))
    assert night.rise == pytest.approx(0.6)


def test_a_chorus_that_comes_later_is_timed_later_by_as_much() -> None:
    minutes = np.arange(-240.0, 240.0, 5.0)
    early, late = (dawn_chorus.dawn_chorus(minutes, triangle(minutes, p)) for p in (-20.0, 10.0))
    assert late.onset - early.onset == pytest.approx(30.0)


def test_a_silent_or_unheard_dawn_has_no_chorus() -> None:
    minutes = np.arange(-240.0, 240.0, 5.0)
    for series in (np.full(minutes.size, 0.1), np.full(minutes.size, np.nan)):
        assert np.isnan(dawn_chorus.dawn_chorus(minutes, series).onset)


def test_saturation_is_the_share_of_bins_above_their_background() -> None:
    power = np.array([[10.0, 0.0], [7.0, 10.0], [6.5, 0.0], [0.0, np.nan]])
    share = soundscape.saturation(power, np.zeros(4))
    assert share[0] == 0.5
    assert np.isnan(share[1])


def test_robust_distance_counts_spreads_of_the_baseline() -> None:
    # baseline 1..21: median 11, MAD 5; a shift by 10 is 10 / (1.4826 * 5) spreads
    base = np.arange(1.0, 22.0)[:, None]
    assert soundscape.robust_distance(base, base) == 0.0
    shifted = soundscape.robust_distance(base, base + 10.0)
    assert shifted == pytest.approx(10 / (1.4826 * 5), rel=1e-5)
    # an index that never varied before is left out; exactly 21 days are enough for 21
    still = np.column_stack([base, np.ones(21)])
    later = np.column_stack([base + 10.0, np.full(21, 9.0)])
    assert soundscape.robust_distance(still, later, minimum_days=21) == pytest.approx(shifted)
    assert np.isnan(soundscape.robust_distance(np.ones((21, 1)), base))


def test_robust_distance_ignores_one_wild_day_and_refuses_too_few() -> None:
    base = np.arange(1.0, 22.0)[:, None]
    wild = base.copy()
    wild[3] = 1e6
    assert soundscape.robust_distance(base, wild) == pytest.approx(1 / (soundscape.MAD_TO_SD * 5))
    with pytest.raises(Refused):
        soundscape.robust_distance(base[:5], base)
