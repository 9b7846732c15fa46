"""Clock against the sun, gain against the quietest recordings."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.indicators.instruments import after_sunrise, dawn_offset, noise_floors
from analysis.indices.sun import sunrise_and_sunset
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import DAY, HOUR, MINUTE, Window, format_instant, parse_instant
from contract.places import Site
from tests.analysis.conftest import Shelf, territory

MIDNIGHT = parse_instant("2021-05-01T00:00:00Z")
YEAR = StudySeason(
    "2021", Window(parse_instant("2021-01-01T00:00:00Z"), parse_instant("2022-01-01T00:00:00Z"))
)


def study(shelf: Shelf) -> Study:
    return Study(open_for_reading(shelf.url), territory(["control"]), ("s1",), {"s1": "control"}, (YEAR,))


@pytest.mark.parametrize("longitude", [-170.0, -75.0, 0.0, 1.0, 120.0, 175.0])
def test_minutes_are_counted_from_the_sunrise_of_the_same_solar_day(longitude: float) -> None:
    place = Site(id="s1", zone="z", latitude=45.0, longitude=longitude)
    rise = float(sunrise_and_sunset(MIDNIGHT, place.latitude, place.longitude)[0])
    time = MIDNIGHT + round(rise * MINUTE) + np.array([-90, 0, 100], dtype=np.int64) * MINUTE
    assert after_sunrise(time, place) == pytest.approx([-90, 0, 100], abs=2)


def sing(shelf: Shelf, shift: int) -> None:
    """Twelve days of a loud hour from sunrise on, recorded every half hour; ``shift`` [min] of the clock."""
    place = territory(["control"]).site_by_id["s1"]
    said = []
    for day in range(12):
        rise = float(sunrise_and_sunset(MIDNIGHT + day * DAY, place.latitude, place.longitude)[0])
        for step in range(-4, 6):
            start = MIDNIGHT + day * DAY + round((rise + 30 * step + 1 + shift) * MINUTE)
            taxa = ["A"] * 6 if step in (0, 1) else ["A"]
            said.append(shelf.heard(1, format_instant(start), *taxa[:1], minutes=10))
            said += [
                shelf.heard(1, format_instant(start + i * MINUTE), "A", minutes=1)
                for i in range(2, len(taxa))
            ]
    shelf.put(*said)


def test_a_clock_that_is_wrong_moves_the_dawn(shelf: Shelf) -> None:
    sing(shelf, 0)
    one = study(shelf)
    place = one.territory.site_by_id["s1"]
    right = dawn_offset(one.listening("s1", YEAR), place, ("A",))
    assert 0 < right < 60


def test_the_shift_of_the_clock_is_the_shift_of_the_dawn(shelf: Shelf) -> None:
    sing(shelf, 30)
    one = study(shelf)
    place = one.territory.site_by_id["s1"]
    late = dawn_offset(one.listening("s1", YEAR), place, ("A",))
    assert 30 < late < 90


def test_few_calls_at_any_hour_need_no_dawn(shelf: Shelf) -> None:
    shelf.put(*(shelf.heard(1, f"2021-05-{d + 1:02d}T05:00:00Z", "A") for d in range(12)))
    one = study(shelf)
    assert np.isposinf(dawn_offset(one.listening("s1", YEAR), one.territory.site_by_id["s1"], ("A",)))


def test_few_calls_around_sunrise_and_many_at_noon_are_a_doubt(shelf: Shelf) -> None:
    """A clock that is wrong by hours does that; only a blank may come of it."""
    shelf.put(*(shelf.heard(1, f"2021-05-{d + 1:02d}T05:00:00Z", "A") for d in range(12)))
    noon = (f"2021-05-{d + 1:02d}T12:{m:02d}:00Z" for d in range(12) for m in range(0, 60, 6))
    shelf.put(*(shelf.heard(1, at, "A", minutes=1) for at in noon))
    one = study(shelf)
    assert np.isnan(dawn_offset(one.listening("s1", YEAR), one.territory.site_by_id["s1"], ("A",)))


def test_the_noise_floor_is_that_of_the_quietest_tenth(shelf: Shelf) -> None:
    name = "BGNt@maad-1.5.2#00000001"
    levels = [-60.0] * 5 + [-40.0] * 25  # the tenth percentile of thirty lies among the first five
    first = parse_instant("2021-05-01T00:00:00Z")
    shelf.put(*(shelf.measured(1, format_instant(first + i * HOUR), {name: v}) for i, v in enumerate(levels)))
    assert noise_floors(study(shelf))[0, 0] == -60.0


def test_too_few_recordings_have_no_floor(shelf: Shelf) -> None:
    shelf.put(shelf.measured(1, "2021-05-01T00:00:00Z", {"BGNt@maad-1.5.2#00000001": -50.0}))
    assert np.isnan(noise_floors(study(shelf))).all()
