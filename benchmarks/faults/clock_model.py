"""What every message's place in time must be, by the published rules, without a store.

1. Of all messages of one boot the one with the best clock (then the lowest sequence) that
   knows both time and uptime, and whose time is possible, ties the boot to UTC.
2. A message without a time, or with an impossible one, or with one apart from its uptime by
   more than 60 s + 500 ppm, is placed by that; without it a doubted time stays and is flagged.
3. Of several values for one time the best is shown: undoubted, then boot, then sequence.

Written without looking at ``ingest``, and all at once, so that it can be its oracle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from contract.instant import MINUTE, SECOND, parse_instant
from contract.reading import Flag

SOURCES = ("gps", "ntp", "rtc", "none")
WRONG = Flag.CLOCK | Flag.REANCHORED
_YEAR_2000 = parse_instant("2000-01-01T00:00:00Z")
_MS = SECOND // 1000


@dataclass(frozen=True, slots=True)
class Said:
    """One message, as the model knows it."""

    device: int
    boot: str
    seq: int
    true: int
    """When it was said [ns UTC]."""
    time: int | None
    uptime_ms: int | None
    source: str
    own: int | None
    """The reading's own time, by the same clock."""
    received: int
    value: float
    payload: bytes = b""
    """As it is sent."""

    @property
    def doubted(self) -> bool:
        return self.time is not None and impossible(self.time, self.received)

    @property
    def zero(self) -> int:
        """UTC of uptime zero, for a message that can be an anchor."""
        assert self.time is not None
        assert self.uptime_ms is not None
        return self.time - self.uptime_ms * _MS


def impossible(time: int, received: int) -> bool:
    return time < _YEAR_2000 or time > received + 2 * MINUTE


def model(said: Iterable[Said]) -> dict[int, dict[int, tuple[float, Flag]]]:
    """Device → time → (value shown, clock flags), after all of ``said``, whatever its order."""
    boots: dict[tuple[int, str], list[Said]] = {}
    for one in said:
        boots.setdefault((one.device, one.boot), []).append(one)
    shown: dict[int, dict[int, tuple[tuple[bool, str, int], float, Flag]]] = {}
    for (device, _), messages in boots.items():
        anchor = best_clock(messages)
        for one in messages:
            time, flags = placed(one, anchor)
            if time is None:
                continue
            rank = (bool(flags & WRONG), one.boot, one.seq)
            places = shown.setdefault(device, {})
            if time not in places or rank < places[time][0]:
                places[time] = (rank, one.value, flags)
    return {
        device: {time: (value, flags) for time, (_, value, flags) in places.items()}
        for device, places in shown.items()
    }


def best_clock(messages: Iterable[Said]) -> Said | None:
    """The message of one boot that ties it to UTC, if any."""
    able = [one for one in messages if one.time is not None and one.uptime_ms is not None and not one.doubted]
    return min(able, key=_worse, default=None)


def _worse(one: Said) -> tuple[int, int, bytes]:
    """Better clocks first, then the earlier octave of sequences, then a draw that all can repeat."""
    octave = next(n for n in range(64) if one.seq < 2**n)
    return SOURCES.index(one.source), octave, hashlib.sha256(one.payload).digest()[:16]


def placed(one: Said, anchor: Said | None) -> tuple[int | None, Flag]:
    """Where ``one`` stands [ns UTC], None for nowhere yet, and what is to be said of its clock."""
    time, flags = one.time, Flag.CLOCK if one.doubted else Flag(0)
    if anchor is not None and one.uptime_ms is not None:
        by_uptime = anchor.zero + one.uptime_ms * _MS
        apart = 0 if time is None else abs(time - by_uptime)
        if time is None or one.doubted or apart > 60 * SECOND + 500e-6 * one.uptime_ms * _MS:
            time, flags = by_uptime, Flag.REANCHORED
    if one.own is None or time is None:
        return time, flags
    moved = one.own + (0 if one.time is None else time - one.time)
    return moved, flags | (Flag.CLOCK if impossible(moved, one.received) else Flag(0))
