"""What follows from a message: one row a value, health as well as measurements."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.instant import DAY, from_datetime, to_datetime
from contract.reading import Flag, Health
from ingest.rules.clocks import Placement
from ingest.rules.placing import POINT, rows_of

NOON = from_datetime(datetime(2026, 5, 1, 12, tzinfo=UTC))
FINE = Placement(NOON, 0, Flag(0))


def health(**more: object) -> Health:
    """A message of noon that says ``more``."""
    head = {"site": "woods", "device": "d1", "boot": "b", "seq": 1, "time": to_datetime(NOON)}
    return Health.model_validate(head | more)


def test_what_a_device_says_of_itself_becomes_series() -> None:
    """90,500 ms of uptime are 90.5 s; messages waiting and the gain are no quantities."""
    message = health(
        battery_voltage=3.6, battery_level=71.0, temperature=12.25, free_mb=812.0, uptime_ms=90_500,
        signal_strength=-107.0, signal_to_noise_ratio=-4.5, queued=3, gain_db=30.0,
    )  # fmt: skip
    rows = rows_of(message, FINE, NOON)
    assert {key[3]: value for key, _, value, _, _ in rows} == {
        "battery_voltage": 3.6, "battery_level": 71.0, "case_temperature": 12.25, "free_space": 812.0,
        "uptime": 90.5, "signal_strength": -107.0, "signal_to_noise_ratio": -4.5,
    }  # fmt: skip
    assert {(key[0], key[1], key[2], key[4], time, flags) for key, time, _, flags, _ in rows} == {
        (POINT, "woods", "d1", "", NOON, 0)
    }


def test_health_keeps_the_flags_of_its_clock_and_of_its_value() -> None:
    """A battery of 3.6 V told in mV lies out of every range, and fits another unit far better."""
    (row,) = rows_of(health(battery_voltage=3_600.0), Placement(NOON, DAY, Flag.CLOCK), NOON)
    assert Flag(row[3]) == Flag.CLOCK | Flag.RANGE | Flag.UNIT
    assert rows_of(health(battery_voltage=3.6), Placement(None, 0, Flag(0)), NOON) == []
