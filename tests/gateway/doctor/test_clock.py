"""A clock that nothing keeps right is named before it spoils anything."""

from __future__ import annotations

import pytest

from contract.instant import DAY, parse_instant
from gateway.doctor.clock import check_clock, time_keepers
from tests.gateway.ends import NOON


@pytest.mark.parametrize(
    ("now", "follows", "level"),
    [
        ("1970-01-01T00:01:00Z", True, "fail"),
        ("2026-11-01T00:00:00Z", False, "warn"),
        ("2026-11-01T00:00:00Z", None, "warn"),
        ("2026-11-01T00:00:00Z", True, "ok"),
    ],
)
def test_a_clock_without_source_or_from_1970_is_named(now: str, follows: bool | None, level: str) -> None:
    assert check_clock(parse_instant(now), follows).level == level


def test_the_clock_s_keepers_are_named() -> None:
    diagnosis = check_clock(NOON + DAY, True, "chrony, no battery-backed clock")
    assert diagnosis.text == "the clock follows a time source (chrony, no battery-backed clock)"
    assert time_keepers().endswith("battery-backed clock")
