"""Expected effort from CONFIG.TXT: read from real cards, counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.sound.schedule import parse_schedule
from contract.errors import ConfigurationError
from contract.instant import DAY, HOUR, Window, parse_instant

MAY_1 = parse_instant("2024-05-01T00:00:00Z")


def test_a_card_of_firmware_1_4_records_three_hours_a_day_without_pause(
    shared_data: Callable[[str], Path],
) -> None:
    schedule = parse_schedule(shared_data("payloads/audiomoth_CONFIG_1.4.4.TXT").read_text())
    assert (schedule.device, schedule.sample_rate) == ("243B1F075C7A37BE", 32_000)
    assert schedule.periods == ((480, 660),)
    assert schedule.expected_s(Window(MAY_1, MAY_1 + DAY)) == 3 * 3600
    assert schedule.expected_s(Window(MAY_1 + 9 * HOUR, MAY_1 + 10 * HOUR)) == 3600
    assert schedule.expected_s(Window(MAY_1 + 12 * HOUR, MAY_1 + 20 * HOUR)) == 0


def test_a_card_of_firmware_1_8_records_thirty_seconds_in_five_minutes(
    shared_data: Callable[[str], Path],
) -> None:
    schedule = parse_schedule(shared_data("payloads/audiomoth_CONFIG_1.8.0.TXT").read_text())
    assert (schedule.record_s, schedule.sleep_s, schedule.periods) == (30, 270, ((0, 1440),))
    # 288 recordings of 30 s
    assert schedule.expected_s(Window(MAY_1, MAY_1 + DAY)) == 288 * 30
    assert schedule.expected_s(Window(MAY_1, MAY_1 + 30 * 10**9)) == 30
    assert schedule.expected_s(Window(MAY_1 + 30 * 10**9, MAY_1 + 300 * 10**9)) == 0


def test_a_period_may_cross_midnight_and_days_may_be_bounded() -> None:
    text = (
        "Device ID                       : 0123456789ABCDEF\n"
        "Recording period 1              : 22:00 - 02:00 (UTC)\n"
        "Sleep duration (s)              : -\nRecording duration (s)          : -\n"
        "Earliest recording time         : 2024-05-01 00:00:00 (UTC)\n"
        "Latest recording time           : 2024-05-02 00:00:00 (UTC)\n"
    )
    schedule = parse_schedule(text)
    # 00:00-02:00 and 22:00-24:00 of the first of May; nothing after
    assert schedule.expected_s(Window(MAY_1 - DAY, MAY_1 + 5 * DAY)) == 4 * 3600


def test_another_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no recording period"):
        parse_schedule("Device ID : 0\n")
