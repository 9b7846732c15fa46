"""Means over shared half hours: which are shared, which are joined, what a moved schedule does to them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.indices.community.equal_hours import mean_logit, mean_rate, shared_stretches

EVERYWHERE = np.ones(8, dtype=np.bool_)


def of(*rows: list[float]) -> list[int]:
    return shared_stretches(np.array(rows), EVERYWHERE).of_bin.tolist()


def test_half_hours_of_ten_minutes_in_all_cells_stand_alone() -> None:
    assert of([10, 20, 10, 0, 0, 30, 0, 0], [11, 12, 13, 9, 0, 10, 0, 0]) == [0, 1, 2, -1, -1, 3, -1, -1]


def test_neighbours_are_joined_until_each_has_ten_minutes() -> None:
    # 12 + 17 + 11 minutes of two recordings a day that drift with the sun; 19 + 1 of a third
    assert of([7, 17, 4, 0, 19, 1, 0, 0]) == [0, 0, 0, -1, 1, 1, -1, -1]
    assert shared_stretches(np.array([[7.0, 17, 4, 0, 19, 1, 0, 0]]), EVERYWHERE).weight.tolist() == [
        0.6,
        0.4,
    ]


def test_a_stretch_that_never_reaches_ten_minutes_is_left_out() -> None:
    assert of([4, 5, 0, 20, 0, 0, 0, 0]) == [-1, -1, -1, 0, -1, -1, -1, -1]


def test_what_some_cells_lack_is_left_out_of_all() -> None:
    assert of(*[[20, 0, 0, 20, 0, 0, 0, 0]] * 4, [40, 0, 0, 0, 0, 0, 0, 0]) == [0, -1, -1, -1, -1, -1, -1, -1]


def test_one_odd_cell_in_twenty_costs_the_others_nothing() -> None:
    rows = [[20.0, 0, 0, 20, 0, 0, 0, 0]] * 19 + [[40.0, 0, 0, 0, 0, 0, 0, 0]]
    assert of(*rows) == [0, -1, -1, 1, -1, -1, -1, -1]


def test_no_cells_share_no_hours() -> None:
    found = shared_stretches(np.empty((0, 8)), EVERYWHERE)
    assert (len(found), found.of_bin.tolist()) == (0, [-1] * 8)


def test_more_minutes_at_dawn_make_no_more_voices() -> None:
    weight = np.array([0.5, 0.5])
    # 60 an hour at dawn, 6 at noon; by hand (60 + 6) / 2 = 33 an hour, whatever the minutes
    even = mean_rate(np.array([60.0, 6.0]), np.array([1.0, 1.0]), weight)
    dawn = mean_rate(np.array([105.0, 1.5]), np.array([1.75, 0.25]), weight)
    assert even == pytest.approx(math.log((33 * 2 + 0.5) / 2), rel=1e-12)
    assert dawn == pytest.approx(even, rel=1e-12)


def test_in_one_stretch_the_rate_is_the_known_one() -> None:
    assert mean_rate(np.array([6.0]), np.array([2.0]), np.array([1.0])) == pytest.approx(math.log(6.5 / 2))


def test_in_one_stretch_at_equal_effort_the_log_odds_are_the_known_ones() -> None:
    one = np.array([1.0])
    found = mean_logit(np.array([[3.0], [0.0]]), 12 * one, 12 * one, one, one)
    assert found == pytest.approx((math.log(3.5 / 9.5) + math.log(0.5 / 12.5)) / 2, rel=1e-12)


def test_twice_the_minutes_a_day_are_allowed_for() -> None:
    one, days = np.array([1.0]), np.array([1000.0])
    p = 0.3  # in m minutes; in twice as many 1 - (1 - p)^2 if calls come independently
    thin = mean_logit(np.array([[1000 * p]]), days, days, one, one)
    thick = mean_logit(np.array([[1000 * (1 - (1 - p) ** 2)]]), days, days, 0.5 * one, one)
    assert thick == pytest.approx(thin, abs=1e-9)
