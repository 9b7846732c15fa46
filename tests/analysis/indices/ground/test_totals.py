"""A counter that only grows, by hand: steps, wraps, new beginnings, gaps and what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indices.ground.totals import HOUR_NS, by_hour, increments

MINUTE_NS = HOUR_NS // 60


def amounts(minutes: list[int], values: list[float], **more: object) -> list[float]:
    found = increments([one * MINUTE_NS for one in minutes], values, **more)  # type: ignore[arg-type]
    return found.amount.tolist()


def hours(minutes: list[int], values: list[float], **more: object) -> dict[int, tuple[float, bool]]:
    found = by_hour(increments([one * MINUTE_NS for one in minutes], values, **more))  # type: ignore[arg-type]
    return {
        hour: (amount, doubted)
        for hour, amount, doubted in zip(
            found.hour.tolist(), found.amount.tolist(), found.doubted.tolist(), strict=True
        )
    }


def test_steps_are_differences() -> None:
    assert amounts([0, 10, 20, 30], [5.0, 5.0, 5.2, 7.2]) == [0.0, 0.2, 2.0]


def test_a_counter_wraps_at_its_modulus() -> None:
    # 655.36 - 655.0 + 0.4 = 0.76
    assert amounts([0, 10], [655.0, 0.4], modulus=655.36) == [0.76]


@pytest.mark.parametrize(("modulus", "expected"), [(None, 1.5), (655.36, 1.5)])
def test_one_that_begins_anew_has_added_what_it_shows(modulus: float | None, expected: float) -> None:
    """A battery was changed at 100 mm: a wrap would have been 556.86 mm in ten minutes."""
    assert amounts([0, 10], [100.0, 1.5], modulus=modulus) == [expected]


def test_a_small_fall_is_no_new_beginning() -> None:
    found = amounts([0, 10, 20], [100.0, 99.8, 100.0])
    assert np.isnan(found[0])
    assert found[1] == 0.2


def test_a_reading_that_drops_out_makes_no_flood() -> None:
    """0 between two of 900 mm: 900 mm within an hour fall nowhere."""
    found = amounts([0, 10, 20], [900.0, 0.0, 900.0], most_per_hour=500.0)
    assert found[0] == 0.0
    assert np.isnan(found[1])


def test_nothing_is_added_across_a_break() -> None:
    found = amounts([0, 10, 20], [100.0, 130.0, 130.2], breaks=[5 * MINUTE_NS])
    assert np.isnan(found[0])
    assert found[1] == 0.2


def test_an_amount_is_shared_out_over_the_time_in_which_it_fell() -> None:
    # 50 ... 70 min: half of 2 mm before the hour; hours 0 and 2 are known only in part
    assert hours([30, 50, 70, 130], [0.0, 1.0, 3.0, 9.0]) == {1: (1.0 + 5.0, False)}


def test_an_amount_over_a_gap_is_that_of_the_gap() -> None:
    """6 mm within six hours: 1 mm for each, marked, so that a day is whole and no single hour is believed."""
    found = hours([0, 60, 420, 480], [0.0, 0.0, 6.0, 6.0])
    assert [found[hour] for hour in range(8)] == [(0.0, False), *[(1.0, True)] * 6, (0.0, False)]


def test_an_amount_of_days_is_put_to_none_of_them() -> None:
    found = hours([0, 60, 60 + 48 * 60, 60 + 49 * 60], [0.0, 0.0, 30.0, 30.0])
    assert set(found) == {0, 49}


def test_a_counter_that_did_not_move_says_that_it_was_dry() -> None:
    found = hours([0, 60 * 72], [7.0, 7.0])
    assert len(found) == 72
    assert set(found.values()) == {(0.0, False)}


def test_an_hour_with_a_reading_that_makes_no_sense_is_doubted_and_has_no_amount() -> None:
    found = hours([0, 60, 90, 120, 180], [10.0, 10.0, 9.9, 10.0, 10.0])
    assert found[0] == (0.0, False)
    assert found[1][1]
    assert np.isnan(found[1][0])
    assert found[2] == (0.0, False)


def test_one_reading_says_nothing() -> None:
    assert hours([0], [5.0]) == {}
