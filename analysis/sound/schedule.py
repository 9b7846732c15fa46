"""What an AudioMoth was told to record: CONFIG.TXT, the source of expected effort.

1. ``parse_schedule`` reads periods of the day (UTC), recording and sleep lengths, first and last day.
2. ``Schedule.expected_s`` says how many seconds a window should hold if nothing failed.

Wording of firmware 1.4 to 1.8 (Open Acoustic Devices, AudioMoth-Firmware-Basic).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.errors import ConfigurationError
from contract.instant import DAY, MINUTE, SECOND, Window, parse_instant

_PERIOD = re.compile(r"^Recording period \d+\s*: (\d{2}):(\d{2}) - (\d{2}):(\d{2}) \(UTC\)", re.MULTILINE)
_FIELD = re.compile(r"^([A-Z][^:\n]*): (.*)$", re.MULTILINE)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a recorder should do.

    ``device`` 16 hex digits; ``sample_rate`` [Hz]; ``periods`` (start, end) in minutes of the UTC day, end
    exclusive, 1440 at midnight; ``record_s``/``sleep_s`` [s], ``record_s`` 0 where it records without
    pause; ``earliest``/``latest`` [ns UTC] or None.
    """

    device: str
    sample_rate: int
    periods: tuple[tuple[int, int], ...]
    record_s: float
    sleep_s: float
    earliest: int | None
    latest: int | None

    def expected_s(self, window: Window) -> float:
        """Seconds that should be recorded in ``window``: each period starts with a recording."""
        start = window.start if self.earliest is None else max(window.start, self.earliest)
        end = window.end if self.latest is None else min(window.end, self.latest)
        total = 0.0
        for day in range(start // DAY - 1, end // DAY + 1):
            for first, last in self.periods:
                begin, stop = day * DAY + first * MINUTE, day * DAY + last * MINUTE
                total += self._recorded(begin, stop, end) - self._recorded(begin, stop, start)
        return total

    def _recorded(self, begin: int, stop: int, until: int) -> float:
        """Seconds recorded from ``begin`` to ``until`` in the period [begin, stop)."""
        passed = max(0, min(until, stop) - begin) / SECOND
        if not self.record_s:
            return passed
        cycles, rest = divmod(passed, self.record_s + self.sleep_s)
        return cycles * self.record_s + min(rest, self.record_s)


def parse_schedule(text: str) -> Schedule:
    """The schedule in a CONFIG.TXT; ``ConfigurationError`` where there is none."""
    fields = {name.strip(): fact.strip() for name, fact in _FIELD.findall(text)}
    periods = [_minutes(*map(int, found)) for found in _PERIOD.findall(text)]
    if not periods or "Device ID" not in fields:
        raise ConfigurationError(
            "This CONFIG.TXT states no recording period", help="Take it from the AudioMoth's card, unchanged"
        )
    return Schedule(
        device=fields["Device ID"],
        sample_rate=round(_number(fields.get("Sample rate (Hz)", ""))),
        periods=tuple(periods),
        record_s=_number(fields.get("Recording duration (s)", "")),
        sleep_s=_number(fields.get("Sleep duration (s)", "")),
        earliest=_time(fields.get("Earliest recording time", "")),
        latest=_time(fields.get("Latest recording time", "")),
    )


def _minutes(hour: int, minute: int, end_hour: int, end_minute: int) -> tuple[int, int]:
    first, last = hour * 60 + minute, end_hour * 60 + end_minute
    return (first, last) if last > first else (first, last + 1440)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _time(text: str) -> int | None:
    found = _DATE.search(text)
    return parse_instant(f"{found[1]}T{found[2]}Z") if found else None
