"""Effort that a person states: stations that say what they heard, and not when they listened.

1. The territory says at which local hours such a device listens (``listens``).
2. Its detections, and its words ``online`` and ``offline``, are signs of life.  Between two of them it
   was alive if it had said that it is online, or if they are not more than three cadences apart;
   after ``offline`` it was not.  Before the first sign and after the last nothing is known.
3. What it was alive of the stated hours is effort, for each model that it reports: no sign, no effort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from analysis.plan.local_time import zone_of
from analysis.study.series import UNFIT, Effort, OpenStore
from contract.instant import SECOND, Window, from_datetime, to_datetime
from contract.places import Device, Territory
from contract.reading import Flag

CADENCES = 3
"""As for gaps of any sensor: a silence of more than so many cadences is one."""
_ONLINE, _OFFLINE = "online", "offline"
_LATE = UNFIT & ~Flag.DOUBTED
"""A doubted name is a sign of life all the same."""
_SOURCE = "stated in the territory"
Sign = tuple[int, str]
"""(time [ns UTC], ``online``, ``offline`` or empty for a detection)"""


def stated_efforts(archive: OpenStore, territory: Territory, site: str, window: Window) -> Iterator[Effort]:
    """Efforts of the stations of ``site`` within ``window``, by device, time and method."""
    for device in territory.devices:
        if device.site == site and device.listens:
            yield from _of_device(archive, device, zone_of(territory, device.id)[1], window)


def _of_device(archive: OpenStore, device: Device, zone: tzinfo, window: Window) -> Iterator[Effort]:
    longest = round(CADENCES * device.cadence_s * SECOND)
    wide = Window(window.start - longest, window.end + longest)
    heard = [
        one
        for one in archive.detections(wide, site=device.site)
        if one.device == device.id and not one.flags & _LATE
    ]
    lowest: dict[str, float] = {}
    for one in heard:
        lowest[one.model] = max(one.threshold, lowest.get(one.model, 0.0))
    signs = sorted({(one.time, "") for one in heard} | set(_status(archive, device)))
    for start, end in _within(_alive(signs, longest), _hours(device, zone, window), window):
        seconds = (end - start) / SECOND
        for method in sorted(lowest):
            yield Effort(device.site, device.id, start, seconds, seconds, method, lowest[method], _SOURCE, 0)


def _status(archive: OpenStore, device: Device) -> Iterator[Sign]:
    for at, text in archive.words(device.id):
        if text in {_ONLINE, _OFFLINE}:
            yield at, text


def _alive(signs: Sequence[Sign], longest: int) -> Iterator[tuple[int, int]]:
    """[start, end) of each time between two signs in which the station was alive."""
    known = ""
    for (start, said), (end, _) in pairwise(signs):
        known = said or (_ONLINE if known == _OFFLINE else known)
        if known == _ONLINE or (known == "" and end - start <= longest):
            yield start, end


def _hours(device: Device, zone: tzinfo, window: Window) -> Iterator[tuple[int, int]]:
    """The stated hours of each local day that touches ``window``."""
    day, last = (to_datetime(at, zone).date() for at in (window.start, window.end))
    while day <= last:
        for span in sorted(device.listens):
            yield _at(day, span[:5], zone), _at(day, span[6:], zone)
        day += timedelta(days=1)


def _at(day: date, clock: str, zone: tzinfo) -> int:
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return from_datetime(datetime.combine(day, time.fromisoformat(clock), tzinfo=zone))


def _within(
    alive: Iterator[tuple[int, int]], hours: Iterator[tuple[int, int]], window: Window
) -> Iterator[tuple[int, int]]:
    """Where both hold, both ascending; alive times that touch are one."""
    spans, joined = list(hours), list[tuple[int, int]]()
    for start, end in alive:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    first = 0
    for start, end in joined:
        while first < len(spans) and spans[first][1] <= start:
            first += 1
        for begin, until in spans[first:]:
            if begin >= end:
                break
            low, high = max(start, begin, window.start), min(end, until, window.end)
            if low < high:
                yield low, high
