"""Local hours and days of instants, for "at which hour" and "on which day".

1. ``zone_of`` is the zone that a device's territory entry states, UTC where it states none.
2. ``local_hour`` and ``local_day`` follow daylight saving time, as animals do not: a dawn
   chorus is timed against the sun (``analysis.indices.sun``), never against these.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta, tzinfo

import numpy as np

from analysis.arrays import Integers
from contract.instant import DAY, HOUR, MINUTE, SECOND, parse_zone, to_datetime
from contract.places import Territory

_STEP = 30 * MINUTE
"""No zone changes its offset other than at a full half hour UTC."""
_EPOCH_DAY = date(1970, 1, 1)


def zone_of(territory: Territory, device: str) -> tuple[str, tzinfo]:
    """(name, zone) of a device; ``UTC`` where the territory states none."""
    known = territory.device_by_id.get(device)
    name = known.timezone if known is not None and known.timezone else "UTC"
    return name, UTC if name == "UTC" else parse_zone(name)


def local(time: Integers, zone: tzinfo) -> Integers:
    """Instants [ns UTC] as wall-clock nanoseconds since 1970 [shape as ``time``]."""
    if zone is UTC:
        return time
    steps, where = np.unique(time // _STEP, return_inverse=True)
    offsets = [_offset(int(step) * _STEP, zone) for step in steps]
    shifted: Integers = time + np.array(offsets, dtype=np.int64)[where]
    return shifted


def local_hour(time: Integers, zone: tzinfo) -> Integers:
    """0 … 23 [shape as ``time``]."""
    hour: Integers = local(time, zone) // HOUR % 24
    return hour


def local_day(time: Integers, zone: tzinfo) -> Integers:
    """Days since 1970-01-01 by the wall clock [shape as ``time``]."""
    day: Integers = local(time, zone) // DAY
    return day


def day_name(day: int) -> str:
    """ISO date of a day counted from 1970-01-01."""
    return (_EPOCH_DAY + timedelta(days=int(day))).isoformat()


def _offset(instant: int, zone: tzinfo) -> int:
    offset = to_datetime(instant, zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * SECOND
