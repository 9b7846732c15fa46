"""Where an hour belongs: to one window, never to two."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analysis.study.hours import SiteHours
from contract.instant import HOUR, Window


def hours(*numbers: int, doubted: tuple[int, ...] = ()) -> SiteHours:
    """Hourly values of one device, each the number of its hour."""
    hour = np.array(numbers, dtype=np.int64)
    bad = np.array(doubted, dtype=np.int64)
    return SiteHours(hour, hour // 24, hour.astype(np.float64), bad, ("d1",), "", 1.0)


def test_an_hour_at_the_border_of_two_windows_belongs_to_the_later() -> None:
    whole = hours(8, 9, 10, 11, doubted=(7, 10, 12))
    earlier, later = Window(8 * HOUR, 10 * HOUR), Window(10 * HOUR, 12 * HOUR)
    assert whole.within(earlier).hour.tolist() == [8, 9]
    assert whole.within(later).hour.tolist() == [10, 11]
    assert whole.within(later).value.tolist() == [10.0, 11.0]
    # a doubted hour likewise: 7 lies before both windows, 12 after both
    assert whole.within(earlier).doubted.tolist() == []
    assert whole.within(later).doubted.tolist() == [10]


def test_adjoining_windows_share_nothing_and_lose_nothing() -> None:
    whole = hours(*range(48), doubted=tuple(range(0, 48, 5)))
    borders = [0, 7, 24, 25, 48]
    parts = [whole.within(Window(a * HOUR, b * HOUR)) for a, b in pairwise(borders)]
    assert np.concatenate([part.hour for part in parts]).tolist() == list(range(48))
    assert np.concatenate([part.doubted for part in parts]).tolist() == list(range(0, 48, 5))
