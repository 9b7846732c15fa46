"""A message and its place in time -> the rows that follow from it.  Pure.

Readings, features and health become points, detections become detections, and every excerpt
that was listened to becomes an effort.  The rows of a message can be derived again at
any time from its bytes and its placement; that is how a clock is corrected afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from contract.instant import SECOND, from_datetime
from contract.plain import PlainReadings
from contract.quantities import qualifier_of
from contract.reading import Detections, Excerpt, Features, Flag, Health, Readings
from contract.values import health_of
from contract.wire import WireMessage
from ingest.rules.clocks import Placement, doubted
from ingest.rules.quality import value_flags

POINT, DETECTION, EFFORT = 0, 1, 2
Extra = tuple[float | str, ...]
SeriesKey = tuple[int, str, str, str, str]
"""(POINT, DETECTION or EFFORT; site; device; quantity, taxon or method; qualifier)"""
_CLOCK, _RANGE, _DOUBTED = int(Flag.CLOCK), int(Flag.RANGE), int(Flag.DOUBTED)
_TOTAL = "method=total"


Row = tuple[SeriesKey, int, float, int, Extra]
"""(key, time, value, flags, extra): one row to be, unique by series and time.

``value``: the measured value; the score; the duration [s].  ``extra``: of a detection
(threshold,); of an effort (valid_s, threshold, firmware); of a point ().
"""


def rows_of(message: WireMessage | PlainReadings, placement: Placement, received: int) -> list[Row]:
    """Every row of ``message``, received by its gateway at ``received`` [ns UTC]."""
    if isinstance(message, PlainReadings):
        return _plain(message, placement, received)
    if isinstance(message, Readings):
        return _readings(message, placement, received)
    if isinstance(message, Features):
        return list(_features(message, placement, received))
    if isinstance(message, Detections):
        return list(_detections(message, placement, received))
    if isinstance(message, Health):
        return list(_health(message, placement, received))
    return []


def _plain(message: PlainReadings, placement: Placement, received: int) -> list[Row]:
    rows: list[Row] = []
    for reading in message.readings:
        own, depth, period = reading.get("time"), reading.get("depth_m"), reading.get("period_s", 0)
        method, channel = reading.get("method", "point"), reading.get("channel", "")
        qualifier = qualifier_of(depth, period, method, channel)
        key = (POINT, message.site, message.device, reading["quantity"], qualifier)
        rows += _point(key, reading["value"], own, placement, received)
    return rows


def _readings(message: Readings, placement: Placement, received: int) -> list[Row]:
    rows: list[Row] = []
    for reading in message.readings:
        key = (POINT, message.site, message.device, reading.quantity, reading.qualifier)
        rows += _point(key, reading.value, reading.time, placement, received)
    return rows


def _health(message: Health, placement: Placement, received: int) -> Iterator[Row]:
    for name, value in health_of(message):
        key = (POINT, message.site, message.device, name, "")
        yield from _point(key, value, None, placement, received)


def _point(
    key: SeriesKey, value: float, own: datetime | None, placement: Placement, received: int
) -> Iterator[Row]:
    """``own``: the reading's time, if it is not its message's.  No row while nothing tells the time."""
    flags = int(placement.flags) | value_flags(key[3], value)
    if flags & _RANGE and value > 0 and _TOTAL in key[4]:  # a counter has no upper end
        flags &= ~_RANGE
    time = placement.time
    if own is not None:
        time = from_datetime(own) + placement.shift
        flags |= _CLOCK if doubted(time, received) else 0
    if time is not None:
        yield key, time, value, flags, ()


def _features(message: Features, placement: Placement, received: int) -> Iterator[Row]:
    excerpt = message.excerpt
    start, flags = _start(excerpt, placement, received)
    qualifier = f"channel={excerpt.channel}"
    for definition, value in message.values.items():
        yield (POINT, message.site, message.device, definition, qualifier), start, value, flags, ()
    yield _effort(message, excerpt, "features", 0.0, start, flags)


def _detections(message: Detections, placement: Placement, received: int) -> Iterator[Row]:
    excerpt, model = message.excerpt, message.model
    start, flags = _start(excerpt, placement, received)
    method = f"{model.id}@{model.version}"
    for heard in message.detections:
        key = (DETECTION, message.site, message.device, heard.taxon, method)
        time = start + round(heard.offset_s * SECOND)
        yield key, time, heard.score, flags | (_DOUBTED if heard.doubt else 0), (model.threshold,)
    yield _effort(message, excerpt, method, model.threshold, start, flags)


def _start(excerpt: Excerpt, placement: Placement, received: int) -> tuple[int, int]:
    start = from_datetime(excerpt.start) + placement.shift
    return start, int(placement.flags) | (_CLOCK if doubted(start, received) else 0)


def _effort(
    message: Features | Detections, excerpt: Excerpt, method: str, threshold: float, start: int, flags: int
) -> Row:
    key = (EFFORT, message.site, message.device, method, f"channel={excerpt.channel}")
    return key, start, excerpt.duration_s, flags, (excerpt.valid_s, threshold, message.firmware)
