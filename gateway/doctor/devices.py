"""One line a device: when it spoke, its battery and how long that lasts, its link, its clock, what failed.

What is said here is read from the spool beside a running gateway; ``doctor`` judges it (``health``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contract.instant import SECOND, SystemClock, format_instant
from contract.terminal import show, show_json
from gateway.doctor.diagnosis import span_text
from gateway.doctor.territory import in_force, lines_of
from gateway.formats.format import SET_A_CODEC, UNDECODED
from gateway.spool.status import Status, read_status
from gateway.spool.watch.health import DeviceHealth

LEAST_DAYS = 3
"""Fewer show no trend."""
_LEVEL_FALL, _VOLTAGE_FALL = 2.0, 0.03
"""What a battery must have lost over the days looked at [%, V]; less may be the weather."""
_LEVEL_RISE, _VOLTAGE_RISE = 15.0, 0.2
"""A rise from one day to the next that is a new battery, or a full one [%, V]."""
_ENDS = ((18.0, 23.0), (9.0, 11.6), (4.4, 3.6), (3.25, 3.2), (0.0, 2.2))
"""(highest voltage seen is above, empty at) [V]: two lead batteries, one, three or four dry cells, one
lithium cell, two dry cells.  Rules of thumb for devices that do not state a level."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """What is known of one device; None where it never said so."""

    site: str
    device: str
    last_heard: int | None
    """[ns UTC]; None where nothing of it could be read."""
    health: DeviceHealth
    days_left: float | None
    """Of its battery, as it fell lately; None where it does not fall, or is not known."""
    not_understood: int
    """Fields that no map reads, each time counted."""
    undecoded: int = 0
    """Frames of which the network server decoded nothing."""

    def as_json(self) -> dict[str, object]:
        """What ``--json`` prints; times as ISO 8601."""
        kept = self.health.values
        ahead = self.health.ahead
        return {
            "site": self.site,
            "device": self.device,
            "last_heard": None if self.last_heard is None else format_instant(self.last_heard),
            "battery_level": kept.get("battery_level"),
            "battery_voltage": kept.get("battery_voltage"),
            "days_left": None if self.days_left is None else round(self.days_left, 1),
            "signal_strength": kept.get("signal_strength"),
            "signal_to_noise_ratio": kept.get("signal_to_noise_ratio"),
            "free_space": kept.get("free_space"),
            "clock_ahead_s": None if ahead is None else round(ahead / SECOND, 3),
            "not_understood": self.not_understood,
            "undecoded": self.undecoded,
            "refused": self.health.refused,
            "refused_reason": self.health.reason,
            "says": self.health.words,
        }

    def as_line(self, now: int) -> str:
        """The same for people; ``now`` [ns UTC]."""
        heard = "never read" if self.last_heard is None else f"{span_text(max(0, now - self.last_heard))} ago"
        parts = [heard, f"battery {self.battery_text()}", f"signal {self._signal_text()}"]
        parts.append(f"clock {_clock_text(self.health.ahead)}")
        parts.append(f"not understood {self.not_understood}, refused {self.health.refused}")
        if self.undecoded:
            parts.append(f"undecoded {self.undecoded}: {SET_A_CODEC}")
        return f"{self.site}/{self.device}: {'; '.join(parts)}"

    def battery_text(self) -> str:
        """``71 %, 3.61 V, 40 days left``, as far as it is known."""
        kept = self.health.values
        known = [
            f"{kept[name]:.{digits}f} {unit}"
            for name, digits, unit in (("battery_level", 0, "%"), ("battery_voltage", 2, "V"))
            if name in kept
        ]
        left = [] if self.days_left is None else [f"{self.days_left:.0f} days left"]
        return ", ".join([*known, *left]) or "?"

    def _signal_text(self) -> str:
        kept = self.health.values
        known = [
            f"{kept[name]:.0f} {unit}"
            for name, unit in (("signal_strength", "dBm"), ("signal_to_noise_ratio", "dB"))
            if name in kept
        ]
        return ", ".join(known) or "?"


def show_status(state: Path, *, devices: bool, as_json: bool) -> None:
    """Print the status of the spool in ``state``; with ``devices`` a line of each instead."""
    status = read_status(state)
    lines = device_lines(status) if devices else []
    told = in_force(state)
    if as_json:
        whole = status.as_json() | {"territory": told or None}
        show_json({"devices": [line.as_json() for line in lines]} if devices else whole)
        return
    now = SystemClock().now()
    whole_lines = [*lines_of(told), *status.as_lines()]
    for text in [line.as_line(now) for line in lines] if devices else whole_lines:
        show(text)


def device_lines(status: Status) -> list[DeviceLine]:
    """Every device that was heard or named here, by site and name."""
    health = {one.names: one for one in status.health}
    missed: dict[str, int] = {}
    undecoded: dict[str, int] = {}
    for miss in status.missed:
        counts = undecoded if miss.name == UNDECODED else missed
        counts[miss.who] = counts.get(miss.who, 0) + miss.times
    return [
        DeviceLine(
            site,
            device,
            status.last_heard.get((site, device)),
            found := health.get((site, device)) or DeviceHealth(site, device),
            days_left(found),
            missed.get(f"{site}/{device}", 0),
            undecoded.get(f"{site}/{device}", 0),
        )
        for site, device in sorted(status.last_heard.keys() | health.keys())
    ]


def days_left(health: DeviceHealth) -> float | None:
    """Days until the battery is empty if it goes on falling as it did since it was last renewed.

    By least squares over the lowest value of each day; of the level where the device states one, else of
    the voltage.  None with fewer than ``LEAST_DAYS`` days, or where it hardly falls.
    """
    for name, fall, rise in (
        ("battery_level", _LEVEL_FALL, _LEVEL_RISE),
        ("battery_voltage", _VOLTAGE_FALL, _VOLTAGE_RISE),
    ):
        lows = _since_renewed(health.lows.get(name, []), rise)
        if len(lows) >= LEAST_DAYS:
            end = 0.0 if name == "battery_level" else empty_at(health)
            return _until(lows, end, fall)
    return None


def empty_at(health: DeviceHealth) -> float:
    """The voltage [V] at which a battery that was seen as high as this one is empty."""
    highest = max((low for _, low in health.lows.get("battery_voltage", [])), default=0.0)
    highest = max(highest, health.values.get("battery_voltage", 0.0))
    return next(end for above, end in _ENDS if highest > above or not above)


def _since_renewed(lows: list[tuple[int, float]], rise: float) -> list[tuple[int, float]]:
    for at in range(len(lows) - 1, 0, -1):
        if lows[at][1] - lows[at - 1][1] > rise:
            return lows[at:]
    return lows


def _until(lows: list[tuple[int, float]], end: float, fall: float) -> float | None:
    days, values = [day for day, _ in lows], [value for _, value in lows]
    middle, mean = sum(days) / len(days), sum(values) / len(values)
    spread = sum((day - middle) ** 2 for day in days)
    slope = sum((day - middle) * (value - mean) for day, value in lows) / spread
    if -slope * (days[-1] - days[0]) < fall:
        return None
    now = mean + slope * (days[-1] - middle)
    return max(0.0, (now - end) / -slope)


def _clock_text(ahead: int | None) -> str:
    if ahead is None:
        return "?"
    if abs(ahead) < SECOND:
        return "right to 1 s"
    return f"{span_text(abs(ahead))} {'ahead' if ahead > 0 else 'behind or late'}"
