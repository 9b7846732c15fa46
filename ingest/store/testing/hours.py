"""Hours must be what the points come to, whatever a store does to be quick."""

from __future__ import annotations

import math
import random

import pytest

from contract.instant import DAY, HOUR, MINUTE, Window, to_datetime
from contract.reading import Flag, Reading
from ingest.store.protocol import Store
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.messages import NOON, arrival, readings
from ingest.values import Hours, Points, Series

_UNFIT = Flag.RANGE | Flag.RATE | Flag.STUCK | Flag.CLOCK


def by_hand(points: Points) -> list[tuple[int, int, float, int]]:
    """(hour, fit points, their sum, doubted points), from the columns of a point read."""
    found: dict[int, tuple[list[float], list[float]]] = {}
    for time, value, flags in zip(points.time, points.value, points.flags, strict=True):
        found.setdefault(time // HOUR, ([], []))[bool(flags & _UNFIT)].append(value)
    return [(hour, len(fit), math.fsum(fit), len(bad)) for hour, (fit, bad) in sorted(found.items())]


def rows(hours: Hours) -> list[tuple[int, int, float, int]]:
    """(hour since 1970, fit points, their sum, doubted points), as ``by_hand``."""
    return list(zip(hours.hour, hours.n, hours.total, hours.doubted, strict=True))


def at(moment: int, *values: float, quantity: str = "air_temperature") -> tuple[Reading, ...]:
    """A value every 20 minutes from ``moment`` on."""
    return tuple(
        Reading(quantity=quantity, value=value, time=to_datetime(moment + 20 * MINUTE * n))
        for n, value in enumerate(values)
    )


class HoursContract:
    """``Store.hours`` is ``Store.points``, counted by whole hours UTC."""

    def test_hours_count_and_sum_what_is_fit(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, readings=at(NOON, 10.0, 11.0, 99.0, 12.0)))])
        hour = NOON // HOUR
        assert rows(store.hours(TEMPERATURE)) == [(hour, 2, 21.0, 1), (hour + 1, 1, 12.0, 0)]
        assert rows(store.hours(Series("s1", "d9", "air_temperature", ""))) == []

    def test_hours_of_a_window_hold_its_points_only(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, readings=at(NOON, 10.0, 11.0, 12.0, 13.0)))])
        window = Window(NOON + 20 * MINUTE, NOON + HOUR)
        assert rows(store.hours(TEMPERATURE, window)) == [(NOON // HOUR, 2, 23.0, 0)]

    @pytest.mark.parametrize("border", [NOON + HOUR, NOON + 12 * HOUR], ids=["hour", "midnight"])
    def test_an_hour_at_the_border_of_two_windows_is_in_the_second_only(
        self, store: Store, border: int
    ) -> None:
        around = (border - HOUR, border - 1000, border, border + 1000, border + HOUR)
        sent = [Reading(quantity="air_temperature", value=10.0, time=to_datetime(time)) for time in around]
        put(store, [arrival(1, readings(1, readings=tuple(sent)), received=border + HOUR)])
        hour, meet = border // HOUR, [(border - HOUR, border), (border, border + HOUR)]
        found = [rows(store.hours(TEMPERATURE, Window(*one))) for one in meet]
        assert found == [[(hour - 1, 2, 20.0, 0)], [(hour, 2, 20.0, 0)]]
        whole = rows(store.hours(TEMPERATURE, Window(border - HOUR, border + HOUR)))
        assert whole == [*found[0], *found[1]]

    def test_an_hour_of_doubted_points_only_is_there_and_empty(self, store: Store) -> None:
        put(store, [arrival(1, readings(1, readings=at(NOON, 99.0)))])
        assert rows(store.hours(TEMPERATURE)) == [(NOON // HOUR, 0, 0.0, 1)]

    def test_hours_know_what_only_neighbours_tell(self, store: Store) -> None:
        """Ten equal values over 36 hours, a jump of 20 K in a minute: stuck and too fast."""
        for n in range(10):
            moment = NOON + n * 4 * HOUR
            put(store, [arrival(n + 1, readings(n + 1, readings=at(moment, 5.0), time=to_datetime(moment)))])
        jump = (Reading(quantity="air_temperature", value=25.0, time=to_datetime(moment + MINUTE)),)
        put(store, [arrival(11, readings(11, readings=jump))])
        found = rows(store.hours(TEMPERATURE))
        assert found == by_hand(store.points(TEMPERATURE))
        assert [(n, bad) for _, n, _, bad in found] == [(1, 0)] * 4 + [(0, 1)] * 5 + [(0, 2)]

    @pytest.mark.parametrize("seed", range(3))
    def test_hours_are_what_the_points_come_to(self, store: Store, seed: int) -> None:
        """Days apart and out of order, conflicts, corrected clocks, impossible and stuck values."""
        chance = random.Random(seed)
        for number in range(1, 26):
            day, boot = chance.randint(0, 4), chance.choice(("b1", "b2"))
            moment = chance.choice((NOON + day * DAY, day * DAY)) + chance.randint(0, 30) * 20 * MINUTE
            values = [chance.choice((5.0, 5.0, 5.0, 6.0, 12.0, 99.0)) for _ in range(chance.randint(1, 30))]
            message = readings(
                number,
                boot=boot,
                readings=at(moment, *values),
                time=to_datetime(moment),
                uptime_ms=chance.choice((None, (day + 1) * 86_400_000)),
            )
            put(store, [arrival(number, message, received=NOON + 6 * DAY)])
            self._check(store, chance)
        assert sum(bad for *_, bad in rows(store.hours(TEMPERATURE))) > 5, "some are doubted"

    def _check(self, store: Store, chance: random.Random) -> None:
        start = NOON + chance.randint(-2, 4) * DAY + chance.randint(0, 3) * 7 * MINUTE
        for window in (None, Window(start, start + chance.randint(1, 4) * DAY)):
            expected = by_hand(store.points(TEMPERATURE, window))
            assert rows(store.hours(TEMPERATURE, window)) == expected
