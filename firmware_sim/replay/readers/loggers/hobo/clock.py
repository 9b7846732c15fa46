"""When a row was logged: in one column or two, in the order of dates and the half days of a language.

1. ``clock_in`` finds the column of the time, or those of date and time, in a line of titles.
2. ``TimeColumns.zone`` is the one that the title states; ``TimeColumns.reading`` reads the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo

from firmware_sim.replay.readers.loggers.hobo.titles import plain
from firmware_sim.replay.readers.loggers.spelling.date_order import Ordered, date_in, numbers_of, order_of
from firmware_sim.replay.readers.loggers.station_file import Cells, Unfit, at

_DAY = r"(date|datum|fecha|data|dato)"
_CLOCK = r"(time|heure|zeit|tiempo|hora|ora|tid|tijd|cas|uhrzeit)"
_BOTH = re.compile(rf"{_DAY} {_CLOCK}( .*)?")
_DATE_ALONE, _TIME_ALONE = re.compile(_DAY), re.compile(rf"{_CLOCK}( .*)?")
_ZONE = re.compile(r"(?:GMT|UTC)\s*(?:(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d))?(?![\w/])")
_NAMED = re.compile(r"\(([A-Z]{3,5})\)")
_HOURS = {"CET": 1, "CEST": 2, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3, "UTC": 0, "GMT": 0}
"""Zones whose letters mean one thing; others (IST, CST, BST …) mean several and are not taken."""
_AFTERNOON = {"pm": True, "am": False, "p m": True, "a m": False, "em": True, "fm": False,
              "odp": True, "dop": False, "nachm": True, "vorm": False}  # fmt: skip
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(.*)", re.ASCII)
_FARTHEST = timedelta(hours=14)
_HOBOWARE = 2005
"""The first year of the program: an earlier date is likely one read in another order."""


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """The columns of the time."""

    day: int
    hour: int | None
    """Where the time of day has a column of its own."""
    title: str
    english: bool

    @property
    def zone(self) -> tzinfo | None:
        """The zone that the title states in a way that means one thing."""
        found = _ZONE.search(self.title)
        if found is not None:
            offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
            if offset > _FARTHEST:
                return None
            return timezone(-offset if found["sign"] == "-" else offset) if offset else UTC
        named = _NAMED.search(self.title)
        hours = _HOURS.get(named[1]) if named else None
        return None if hours is None else timezone(timedelta(hours=hours))

    def split(self, cells: Cells) -> tuple[str, str]:
        """Date and time of day of a row, as they stand."""
        if self.hour is not None:
            return at(cells, self.day), at(cells, self.hour)
        date, _, clock = at(cells, self.day).replace("T", " ", 1).partition(" ")
        return date, clock.strip()

    def order(self, rows: Iterable[Cells]) -> Ordered | None:
        """The order of the rows' dates; None where no order fits all of them."""
        texts = [self.split(cells) for cells in rows]
        return order_of((date for date, _ in texts), self._habits(texts), since=_HOBOWARE)

    def _habits(self, texts: Sequence[tuple[str, str]]) -> tuple[str, str, str]:
        """Orders that the program writes, the most usual first: the month where it counts half days."""
        dates = [date for date, _ in texts if numbers_of(date)]
        if any(_half(clock) is not None for _, clock in texts):
            return "MDY", "DMY", "YMD"
        long_year = any(len(part) == 4 for date in dates for part in numbers_of(date) or ())
        stroke = any("/" in date for date in dates)
        if stroke and self.english:
            return "MDY", "DMY", "YMD"
        return ("YMD", "DMY", "MDY") if self.english and not long_year else ("DMY", "YMD", "MDY")

    def reading(self, order: str) -> Callable[[Cells], datetime]:
        """What reads the local time of a row; ``Unfit`` where it states none."""

        def read(cells: Cells) -> datetime:
            date, clock = self.split(cells)
            numbers = numbers_of(date)
            try:
                if numbers is None:
                    raise ValueError("no date")
                return datetime.combine(date_in(order, numbers), time()) + _since_midnight(clock)
            except (ValueError, OverflowError) as error:
                raise Unfit(f"{date} {clock} is not a date and time") from error

        return read


def clock_in(titles: Sequence[str]) -> TimeColumns | None:
    """The columns of the time in a line of titles; None where it names none."""
    for place, title in enumerate(titles[:3]):
        word = plain(re.split(r"[,(]", title)[0])
        if _BOTH.fullmatch(word):
            return TimeColumns(place, None, title, "time" in word)
        beside = titles[place + 1] if place + 1 < len(titles) else ""
        if _DATE_ALONE.fullmatch(word) and _TIME_ALONE.fullmatch(plain(re.split(r"[,(]", beside)[0])):
            return TimeColumns(place, place + 1, beside, "time" in plain(beside))
    return None


def _half(clock: str) -> bool | None:
    found = _TIME.fullmatch(clock)
    return _AFTERNOON.get(plain(found[4])) if found else None


def _since_midnight(clock: str) -> timedelta:
    """``ValueError`` where it is no time of day; 24:00 is the next midnight."""
    found = _TIME.fullmatch(clock)
    if found is None:
        raise ValueError("no time of day")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        afternoon = _AFTERNOON.get(plain(found[4]))
        if afternoon is None or not 1 <= hour <= 12:
            raise ValueError("no half of a day")
        hour = hour % 12 + (12 if afternoon else 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=second)
