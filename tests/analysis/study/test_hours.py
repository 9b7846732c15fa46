"""Where an hour belongs: to one window, never to two."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from analysis.indicators.compute import study_of
from analysis.indicators.jobs.days import valid_days
from analysis.study.hours import SiteHours, hourly
from analysis.study.series import open_for_reading
from analysis.words.absence import Absent
from contract.instant import HOUR, Window
from contract.places import Territory
from tests.analysis.conftest import Shelf, territory

DAY = "2021-05-01T00:00:00Z"


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


def lively(level: float, hours: int) -> list[float]:
    """A level with a ripple that begins anew each day, since a probe that never moves is doubted."""
    return [round(level + 0.01 * (i % 24 % 7), 4) for i in range(hours)]


def two_loggers(shelf: Shelf, quantity: str, *, replicates: int = 0, **more: float | str) -> SiteHours:
    """Two days of one site's d1, the second of them also of d2; ``replicates`` of them are called that."""
    shelf.put(shelf.hours(1, quantity, DAY, lively(0.2, 48), **more))
    other = shelf.hours(1, quantity, "2021-05-02T00:00:00Z", lively(0.4, 24), **more)
    shelf.put(other.model_copy(update={"device": "d2"}))
    table = territory(["control"]).model_dump(mode="json")
    table["devices"].append(table["devices"][0] | {"id": "d2"})
    for device in table["devices"][:replicates]:
        device["replicate"] = True
    with open_for_reading(shelf.url) as archive:
        return hourly(archive, Territory.model_validate(table), ["s1"], quantity)["s1"]


@pytest.mark.parametrize("replicates", [0, 1])
def test_hours_of_two_loggers_have_no_value_unless_both_are_replicates(shelf: Shelf, replicates: int) -> None:
    found = two_loggers(shelf, "air_temperature", replicates=replicates)
    assert found.value == pytest.approx(lively(0.2, 24))  # the day of d1 alone
    assert (found.contested - found.hour[0]).tolist() == list(range(24, 48))
    assert found.devices == ("d1", "d2")
    rest = found.within(Window(int(found.contested[3]) * HOUR, int(found.contested[5]) * HOUR))
    assert rest.contested.tolist() == found.contested[3:5].tolist()


@pytest.mark.parametrize(
    ("quantity", "more"), [("air_temperature", {}), ("precipitation_amount", {"method": "sum"})]
)
def test_replicates_are_averaged_a_logger_a_vote_and_rain_is_not_doubled(
    shelf: Shelf, quantity: str, more: dict[str, str]
) -> None:
    found = two_loggers(shelf, quantity, replicates=2, **more)
    assert found.value == pytest.approx(lively(0.2, 24) + lively(0.3, 24))  # (0.2 + 0.4) / 2
    assert found.contested.tolist() == []


def test_depths_are_never_averaged_not_even_of_replicates(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "soil_moisture", DAY, lively(0.3, 24), depth_m=0.3))
    found = two_loggers(shelf, "soil_moisture", replicates=2, depth_m=0.1)
    assert found.value == pytest.approx(lively(0.2, 24) + lively(0.3, 24))


def test_a_season_of_two_loggers_is_an_absence_that_names_them(shelf: Shelf) -> None:
    two_loggers(shelf, "air_temperature")
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-03T00:00:00Z", lively(0.3, 240)))
    more = shelf.hours(1, "air_temperature", "2021-05-03T00:00:00Z", lively(0.5, 240))
    shelf.put(more.model_copy(update={"device": "d2"}))
    study = study_of(shelf.url, territory(["control"]), None)
    with study.archive:
        found = valid_days(study, "air_temperature", "s1", study.seasons[0])
    assert isinstance(found, Absent)
    assert found.code == "SEVERAL_LOGGERS"
    assert found.reason.startswith("d1, d2 measured air_temperature together in 264 hours")  # 24 + 240
