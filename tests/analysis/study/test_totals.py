"""Rain of counters: the same days as those of a gauge that says amounts."""

from __future__ import annotations

import pytest

from analysis.study.hours import hourly
from analysis.study.query import ask
from analysis.study.series import open_for_reading
from analysis.study.totals import modulus_of
from contract.instant import HOUR, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import Reading, Readings
from tests.analysis.conftest import Shelf, territory

START = parse_instant("2021-05-01T00:00:00Z")
RAIN = "precipitation_amount"
FALLEN = [0.0] * 5 + [2.5, 0.4] + [0.0] * 41
"""[mm] of each of 48 hours."""


def said(seq: int, at: int, value: float, channel: str = "", device: str = "d1") -> Readings:
    one = Reading(quantity=RAIN, value=value, method="total", channel=channel)
    return Readings(
        site=f"s{device[1:]}",
        device=device,
        boot=f"b{channel}",
        seq=seq,
        time=to_datetime(at),
        readings=(one,),
    )


def counted(
    shelf: Shelf, amounts: list[float], *, first: float, channel: str = "", again: int = 10**9
) -> None:
    """A counter read at each hour's end; it begins anew before the hour ``again``."""
    total, seq = first, 1
    shelf.put(said(seq, START, total, channel))
    for number, amount in enumerate(amounts):
        total = amount if number == again else total + amount
        seq += 1
        shelf.put(said(seq, START + (number + 1) * HOUR, round(total, 6), channel))


def days_of(shelf: Shelf, place: Territory) -> list[float]:
    with open_for_reading(shelf.url) as archive:
        return hourly(archive, place, ["s1"], RAIN)["s1"].by_day("sum")[1].tolist()


@pytest.mark.parametrize("again", [10**9, 6, 20])
def test_days_of_a_counter_are_those_of_a_gauge(shelf: Shelf, again: int) -> None:
    """A fall of 57.5 mm in an hour is no doubt about the reading: the counter began anew."""
    counted(shelf, FALLEN, first=55.0, again=again)
    assert days_of(shelf, territory(["control"])) == pytest.approx([2.9, 0.0])


def test_of_several_counters_the_one_that_begins_anew_least_often_counts(shelf: Shelf) -> None:
    counted(shelf, FALLEN, first=55.0, channel="yearlyrainin")
    counted(shelf, [one * 2 for one in FALLEN], first=10.0, channel="dailyrainin", again=24)
    assert days_of(shelf, territory(["control"])) == pytest.approx([2.9, 0.0])


def test_a_gauge_that_says_amounts_goes_first(shelf: Shelf) -> None:
    counted(shelf, [one * 2 for one in FALLEN], first=55.0)
    shelf.put(shelf.hours(1, RAIN, "2021-05-01T00:00:00Z", FALLEN, method="sum", period_s=3600))
    assert days_of(shelf, territory(["control"])) == pytest.approx([2.9, 0.0])


def test_another_instrument_of_the_same_name_adds_nothing(shelf: Shelf) -> None:
    """It was replaced at five: the new one had counted 40 mm elsewhere."""
    place = territory(["control"]).model_dump(mode="json")
    place["devices"][0]["deployment"] = [
        {"site": "s1", "until": "2021-05-01T05:30:00Z"},
        {"site": "s1", "from": "2021-05-01T05:30:00Z", "serial": "new"},
    ]
    counted(shelf, [0.0] * 5 + [40.0] + [0.0] * 42, first=3.0)
    found = days_of(shelf, Territory.model_validate(place))
    assert found == pytest.approx([0.0, 0.0])  # 23 of 24 hours are known


def test_a_query_by_day_adds_up_what_fell_and_not_what_was_shown(shelf: Shelf) -> None:
    counted(shelf, FALLEN, first=55.0)
    with open_for_reading(shelf.url) as archive:
        (answer,) = ask(archive, territory(["control"]), quantity=RAIN, by="day")
        (points,) = ask(archive, territory(["control"]), quantity=RAIN)
    assert [(group.key, group.value) for group in answer.groups] == [
        ("2021-05-01", pytest.approx(2.9)),
        ("2021-05-02", pytest.approx(0.0)),
    ]
    assert points.track.value[:2].tolist() == [55.0, 55.0]


def test_the_modulus_is_that_of_the_map_that_the_device_names(shelf: Shelf) -> None:
    place = territory(["control"]).model_dump(mode="json")
    row = {"path": "rain", "quantity": RAIN, "unit": "in", "method": "total", "modulus": 10}
    place["maps"] = [{"id": "gauge", "fields": [row]}]
    place["devices"][0]["map"] = "gauge"
    table = Territory.model_validate(place)
    assert modulus_of(table.devices[0], RAIN, table) == pytest.approx(254.0)  # 10 in
    counted(shelf, FALLEN, first=253.0)
    assert days_of(shelf, table) == pytest.approx([2.9, 0.0])
    assert modulus_of(territory(["control"]).devices[0], RAIN, table) is None
