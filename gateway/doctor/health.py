"""What devices say of themselves, judged: battery, room, their own words, two of one name."""

from __future__ import annotations

from collections.abc import Iterator

from contract.instant import DAY
from contract.places import Territory
from gateway.doctor.devices import DeviceLine, device_lines, empty_at
from gateway.doctor.diagnosis import Diagnosis, Level, span_text
from gateway.spool.status import Status
from gateway.spool.watch.health import DeviceHealth

_LOW, _EMPTY = 20.0, 5.0
"""Of a battery's level [%]: a warning, and a failure."""
_SOON, _AT_ONCE = 14.0, 2.0
"""Days left of a battery: a warning, and a failure."""
_ALMOST = 0.15
"""Above the voltage at which it is empty [V]: a warning."""
_FULL, _ALMOST_FULL = 100.0, 1_000.0
"""Left on the card of a recorder [MB]: a failure, and a warning; a night of sound is several hundred."""
_SHARE = 0.1
"""Of the most that a device ever had free: a warning for those that do not record."""
_TURNS = 3
"""One return may be a program that was started twice by hand."""


def check_health(territory: Territory, status: Status, now: int) -> Iterator[Diagnosis]:
    """Of each device that speaks here; ``now`` [ns UTC]."""
    for line in device_lines(status):
        device = territory.device_by_id.get(line.device)
        if device is None or line.site not in device.sites:
            continue
        yield from _check_battery(line)
        yield from _check_room(line.health, "acoustic" in device.sensors)
        yield from _check_words(line.health)
        yield from _check_turns(line.health, now)


def _check_battery(line: DeviceLine) -> Iterator[Diagnosis]:
    kept, left = line.health.values, line.days_left
    level, volts = kept.get("battery_level"), kept.get("battery_voltage")
    spare = None if volts is None or level is not None else volts - empty_at(line.health)
    verdict: Level = "ok"
    if _below(level, _LOW) or _below(left, _SOON) or _below(spare, _ALMOST):
        verdict = "warn"
    if _below(level, _EMPTY) or _below(left, _AT_ONCE) or _below(spare, 0.0):
        verdict = "fail"
    if verdict != "ok":
        yield Diagnosis(
            f"battery {line.site}/{line.device}", verdict, f"{line.battery_text()}",
            "Take a full battery along at the next visit"
            if verdict == "warn"
            else "Change or charge its battery now: it will fall silent",
        )  # fmt: skip


def _below(value: float | None, bound: float) -> bool:
    return value is not None and value <= bound


def _check_room(health: DeviceHealth, records: bool) -> Iterator[Diagnosis]:
    free = health.values.get("free_space")
    if free is None:
        return
    most = max([free, *(low for _, low in health.lows.get("free_space", []))])
    full = free <= (_FULL if records else 0.0)
    if full or free <= most * _SHARE or (records and free <= _ALMOST_FULL):
        yield Diagnosis(
            f"card {health.site}/{health.device}", "fail" if full else "warn",
            f"{free:g} MB are free on its card",
            "Change its card, or copy it and empty it: it stops to keep what it hears"
            if full
            else "Take an empty card along at the next visit",
        )  # fmt: skip


def _check_words(health: DeviceHealth) -> Iterator[Diagnosis]:
    if health.words:
        yield Diagnosis(
            f"says {health.site}/{health.device}", "warn", f"the device itself says: {health.words}",
            "Look the words up in the manual of its firmware; they go when its next health message has none",
        )  # fmt: skip


def _check_turns(health: DeviceHealth, now: int) -> Iterator[Diagnosis]:
    if health.turns >= _TURNS and now - health.turned_at <= DAY:
        yield Diagnosis(
            f"two of {health.site}/{health.device}", "fail",
            f"two devices speak under this one name: {health.turns} times an earlier boot came back, the last"
            f" {span_text(max(0, now - health.turned_at))} ago",
            "Give one of them a name of its own, in its firmware and in the territory: their values mix",
        )  # fmt: skip
