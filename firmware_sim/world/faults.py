"""What goes wrong on the territory: planned before anything is drawn, alike in both arms.

1. ``plan_faults`` picks, for each kind, a restored site and the control site of the same
   land use, in the first and in the last spring, on the same days.
2. Values: ``drift`` adds to a probe, ``stuck`` freezes it (both on the deep thermometer).
3. Silence: ``dropout`` of a soil and of a weather device for some hours.
4. ``dead_microphone`` from noon to noon; ``wrong_clock`` after a restart, until it is set.
5. ``unreadable``: messages with a valid envelope and an impossible body, beside the good ones.
6. ``is_repeated`` and ``delay`` decide for single messages: sent twice, sent late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contract.instant import DAY, HOUR, MINUTE, Window, from_datetime
from contract.places import Sensor
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.scenario import WorldSettings

Kind = Literal["drift", "stuck", "dropout", "dead_microphone", "wrong_clock", "unreadable"]

DRIFT_K_PER_DAY = 0.2
SHARE_REPEATED, SHARE_LATE = 0.01, 0.01
_LATE = 7 * HOUR + MINUTE

_PLAN: tuple[tuple[Kind, Sensor, int, int], ...] = (
    ("drift", "soil", 6 * 24, 8 * 24),
    ("stuck", "soil", 5 * 24, 3 * 24),
    ("dropout", "soil", 9 * 24 + 8, 20),
    ("dropout", "weather", 11 * 24 + 6, 12),
    ("dead_microphone", "acoustic", 7 * 24 + 12, 24),
    ("wrong_clock", "weather", 13 * 24 + 3, 10),
    ("unreadable", "soil", 4 * 24 + 1, 2),
    ("unreadable", "acoustic", 8 * 24 + 1, 1),
)
"""Kind, sensor, begin and length [h from the first day of the spring]."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one device for some time."""

    kind: Kind
    device: str
    arm: str
    window: Window


def plan_faults(settings: WorldSettings, parcels: Sequence[Parcel]) -> tuple[Fault, ...]:
    """Every fault of the world; those that would begin after the last day are left out."""
    arms = [[p for p in parcels if p.arm == arm] for arm in ("restored", "control")]
    pairs = list(zip(*arms, strict=False))
    faults = []
    for year in dict.fromkeys((settings.scale.years[0], settings.scale.years[-1])):
        first = settings.scale.first_day(year)
        midnight = from_datetime(datetime(first.year, first.month, first.day, tzinfo=UTC))
        last = midnight + settings.scale.days * DAY
        for index, (kind, sensor, begin, length) in enumerate(_PLAN):
            window = Window(midnight + begin * HOUR, midnight + (begin + length) * HOUR)
            if window.end > last:
                continue
            for parcel in pairs[index % len(pairs)]:
                faults.append(Fault(kind, parcel.device(sensor), parcel.arm, window))
    return tuple(faults)


def bend(values: NDArray[np.float64], hours: NDArray[np.int64], faults: Sequence[Fault]) -> None:
    """Apply drift and stuck values in place; ``hours``: instants of the values [ns UTC]."""
    for fault in faults:
        within = np.flatnonzero((hours >= fault.window.start) & (hours < fault.window.end))
        if len(within) and fault.kind == "drift":
            values[within] += DRIFT_K_PER_DAY * (hours[within] - fault.window.start) / DAY
        elif len(within) and fault.kind == "stuck":
            values[within] = values[within[0]]


def is_repeated(device: str, boot: str, seq: int) -> bool:
    """This message goes out twice."""
    return _chance(device, boot, seq, "twice") < SHARE_REPEATED


def delay(device: str, boot: str, seq: int) -> int:
    """How late this message goes out [ns]."""
    return _LATE if _chance(device, boot, seq, "late") < SHARE_LATE else 0


def _chance(device: str, boot: str, seq: int, what: str) -> float:
    digest = hashlib.blake2b(f"{device}|{boot}|{seq}|{what}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
