"""Dates as programs write them, without guessing whether the day or the month comes first.

1. ``Dates`` reads dates of one order; ``dates_of`` finds the order from the rows themselves.
2. A year with four digits in front decides; so does a number above 12; so do rows of which only one
   order makes an even series.  What may still be two dates is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from firmware_sim.replay.readers.loggers.station_file import Unfit

MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
)}  # fmt: skip
"""English, whatever the language of the machine."""
_EVEN = 10
"""How many times rougher a series must be in the other order to be out of the question."""
_TEXT = re.compile(
    r"(?P<a>\d{1,4})[/.-](?P<b>\d{1,2}|[A-Za-z]{3})[/.-](?P<c>\d{1,4})"
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp])?\.?(?:[Mm]\.?)?)?"
)


@dataclass(frozen=True, slots=True)
class Dates:
    """Reads dates in which the year does not come first as day and month, or as month and day."""

    month_first: bool = False

    def read(self, text: str) -> datetime:
        """The local time of ``text``; ``Unfit`` where it is none."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise Unfit(f"{text!r} is not a date and time")
        year, month, day = self._date(found)
        try:
            return datetime(year, month, day) + _time(found)
        except (ValueError, OverflowError) as error:
            raise Unfit(f"{text!r} is not a date and time") from error

    def _date(self, found: re.Match[str]) -> tuple[int, int, int]:
        first, second, third = found["a"], found["b"], found["c"]
        month = MONTHS.get(second.lower(), 0) if second.isalpha() else int(second)
        if len(first) == 4:
            return int(first), month, int(third)
        year = int(third) + (2000 if len(third) <= 2 else 0)
        if second.isalpha() or not self.month_first:
            return year, month, int(first)
        return year, int(first), month


def _time(found: re.Match[str]) -> timedelta:
    """From midnight; 24:00 is the next one."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("an hour of half a day lies between 1 and 12")
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    part = int((found["part"] or "0").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part)


def dates_of(texts: Iterable[str]) -> Dates:
    """The order in which the dates of ``texts``, the rows of one file, are written.

    ``Unfit`` where they may be two dates each, or where no order fits all.
    """
    open_texts = []
    day_first = month_first = False
    for text in texts:
        found = _TEXT.fullmatch(text.strip())
        if found is None or len(found["a"]) == 4 or found["b"].isalpha():
            continue
        day_first |= int(found["a"]) > 12
        month_first |= int(found["b"]) > 12
        open_texts.append(text)
    if day_first and month_first:
        raise Unfit("its dates have the day first in some rows and the month first in others")
    if day_first or month_first or not open_texts:
        return Dates(month_first)
    return _evenest(open_texts)


def _evenest(texts: list[str]) -> Dates:
    """The only order in which the rows follow each other evenly."""
    days, months = (_roughness(texts, Dates(order)) for order in (False, True))
    if days * _EVEN < months:
        return Dates(False)
    if months * _EVEN < days:
        return Dates(True)
    raise Unfit(
        f"dates such as {texts[0]!r} may have the day or the month first, and no row decides;"
        " give a file that goes past the 12th, or a --map with the format"
    )


def _roughness(texts: list[str], dates: Dates) -> float:
    """The largest step between rows [s], either way."""
    times = [dates.read(text) for text in texts]
    return max((abs((later - one).total_seconds()) for one, later in pairwise(times)), default=0.0)
