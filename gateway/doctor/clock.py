"""The gateway's own clock: does it make sense, and what keeps it right?"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

from contract.instant import AHEAD, format_instant, parse_instant
from gateway.doctor.diagnosis import Diagnosis, span_text

_EARLIEST = parse_instant("2026-01-01T00:00:00Z")
"""No gateway of this version can live before."""
_TIME_ERROR = 5
"""What adjtimex(2) answers while the clock follows nothing."""
_KEEPERS = {
    "chronyd": "chrony",
    "systemd-timesyn": "systemd-timesyncd",
    "ntpd": "ntpd",
    "gpsd": "a GPS receiver by gpsd",
    "ptp4l": "PTP",
}
"""Process names, cut at 15 letters by the kernel."""


def synchronized() -> bool | None:
    """Whether the kernel's clock follows a time source; None where it cannot be asked."""
    if sys.platform != "linux":
        return None
    answer: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    return None if answer < 0 else answer != _TIME_ERROR


def time_keepers() -> str:
    """What is there to keep the time (Linux): running programs, and a battery-backed clock."""
    running = set()
    for name in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            running.add(name.read_text().strip())
    found = [text for program, text in _KEEPERS.items() if program in running]
    battery = "a battery-backed clock" if Path("/sys/class/rtc/rtc0").exists() else "no battery-backed clock"
    return ", ".join([*found, battery])


def check_past(now: int, newest: int) -> list[Diagnosis]:
    """Whether the clock was set back: ``newest`` [ns UTC] is when the latest message was taken."""
    if newest - now <= AHEAD:
        return []
    return [
        Diagnosis(
            "clock set back", "fail",
            f"messages here were taken {span_text(newest - now)} later than now by this clock: it was wrong"
            " then, or it is now",
            "Set this machine's clock, and fit a battery-backed one (RTC) or a GPS receiver",
        )
    ]  # fmt: skip


def check_clock(now: int, follows: bool | None, keepers: str = "") -> Diagnosis:
    """``now`` [ns UTC]; ``follows`` as ``synchronized`` says, ``keepers`` as ``time_keepers`` does."""
    kept = f" ({keepers})" if keepers else ""
    if now < _EARLIEST:
        return Diagnosis(
            "clock", "fail", f"this machine believes that it is {format_instant(now)}",
            "Set the clock, and fit a battery-backed one (RTC) or a GPS receiver",
        )  # fmt: skip
    if follows:
        return Diagnosis("clock", "ok", f"the clock follows a time source{kept}")
    text = (
        "nothing keeps the clock right"
        if follows is False
        else "this system does not say whether the clock is right"
    )
    return Diagnosis(
        "clock", "warn", f"{text}{kept}", "Switch on systemd-timesyncd or chrony, or fit a GPS receiver"
    )
