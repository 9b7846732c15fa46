"""What the technician should do next: every check of ``ecoviv gateway doctor`` but the broker's.

1. ``examine`` runs all checks in the order in which a technician would ask.
2. Gateway, clock, disk: is the machine fit?
3. Spool, clips: does what was taken leave again?
4. Sensors: who has fallen silent, who is unknown, who cannot be read?

The broker's checks are in ``gateway.doctor.broker`` and ``gateway.doctor.mosquitto``.
Nothing here changes anything.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from contract.batch import STREAMS
from contract.config import BrokerAddress
from contract.errors import StoreError
from contract.instant import HOUR, MINUTE, SECOND, Clock, format_instant, parse_instant
from contract.places import Territory
from gateway.doctor.broker import check_broker, check_secrets, is_here
from gateway.doctor.finding import Diagnosis, Level, hours
from gateway.doctor.mosquitto import check_mosquitto
from gateway.spool.status import Status, read_status

_EARLIEST = parse_instant("2026-01-01T00:00:00Z")
"""No gateway of this version can live before."""
_TIME_ERROR = 5
_LATE = 3
_LOST = 24
"""Times the expected cadence after which silence is a warning, and a failure."""
_MIB = 2**20
_STRANGERS = 20
"""Named one by one; the others are counted."""
_RECORD_BYTES = 550
"""What a message of four readings (400 bytes) takes in the spool, index included: measured 536."""
_KEEPERS = {
    "chronyd": "chrony",
    "systemd-timesyn": "systemd-timesyncd",
    "ntpd": "ntpd",
    "gpsd": "a GPS receiver by gpsd",
    "ptp4l": "PTP",
}
"""Process names, cut at 15 letters by the kernel."""


def examine(
    gateway: str,
    territory: Territory,
    state: Path,
    address: BrokerAddress,
    clock: Clock,
    broker_config: Path | None = None,
) -> list[Diagnosis]:
    """Every finding, good ones too."""
    findings = [check_running(state), *check_broker(address, gateway, clock), *check_secrets(address)]
    findings += check_mosquitto(broker_config, address.port, is_here(address), territory, clock)
    findings += [
        check_clock(clock.now(), synchronized(), time_keepers()),
        check_disk(state),
        *check_privacy(state),
    ]
    try:
        status = read_status(state)
    except StoreError as error:
        return [*findings, Diagnosis("spool", "fail", error.message, error.help)]
    now = clock.now()
    return [
        *findings,
        *check_spool(status, now, territory, free_bytes(state)),
        *check_clips(status),
        *check_sensors(territory, status, now),
    ]


def check_running(state: Path) -> Diagnosis:
    """Whether a gateway holds the folder's lock."""
    lock = state / "lock"
    if lock.exists():
        with lock.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return Diagnosis("gateway", "ok", f"a gateway works in {state}")
    return Diagnosis("gateway", "fail", f"no gateway works in {state}", "Start `ecoviv gateway run` there")


def check_privacy(state: Path) -> Iterator[Diagnosis]:
    """Sound and readings are for the gateway's user only."""
    if state.exists() and state.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Diagnosis(
            "state folder", "warn", f"other users of this machine can look into {state}, where sound is kept",
            f"chmod 700 {state}",
        )  # fmt: skip


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


def check_clock(now: int, follows: bool | None, keepers: str = "") -> Diagnosis:
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


def check_disk(state: Path) -> Diagnosis:
    folder = state if state.exists() else state.parent
    if not os.access(folder, os.W_OK):
        return Diagnosis(
            "disk",
            "fail",
            f"{folder} is not writable",
            "Correct its rights, or check for a card gone read-only",
        )
    room = os.statvfs(folder)
    free, share = free_bytes(state), room.f_bavail / max(room.f_blocks, 1)
    text = f"{free // _MIB} MiB free ({share:.0%})"
    if free < 100 * _MIB:
        return Diagnosis(
            "disk", "fail", text, "Free room or fit a larger card: messages will soon not be taken"
        )
    if free < 1024 * _MIB or share < 0.05:
        return Diagnosis("disk", "warn", text, "Lower --clips-mb, or fit a larger card")
    return Diagnosis("disk", "ok", text)


def free_bytes(state: Path) -> int:
    """Of the disk under ``state``, for one who is not root."""
    room = os.statvfs(state if state.exists() else state.parent)
    return room.f_bavail * room.f_frsize


def check_spool(status: Status, now: int, territory: Territory, free: int) -> Iterator[Diagnosis]:
    """``free``: bytes of the disk; the spool grows to its cap or to the end of the disk."""
    left = max(0, min(status.cap_bytes - status.used_bytes, free))
    waiting = sum(stream.waiting for stream in status.streams)
    age = 0 if status.oldest is None else max(0, now - status.oldest)
    text = f"{waiting} messages wait, the oldest for {hours(age)}" if waiting else "nothing waits"
    if waiting and age > HOUR:
        yield Diagnosis(
            "spool", "warn", f"{text}; at this rate there is room for {hours(_lasts(left, status, age))}",
            "Check the link to ingest and that `ecoviv ingest run` works",
        )  # fmt: skip
    else:
        span = hours(int(left / max(_expected(territory), 1e-9) * SECOND))
        yield Diagnosis(
            "spool",
            "ok",
            f"{text}; cut off from ingest there is room for {span} by the cadences"
            " of the territory, sound apart",
        )
    dropped = {name: status.counters.get(f"dropped_{name}", 0) for name in STREAMS}
    if any(dropped.values()):
        lost = ", ".join(f"{count} {name}" for name, count in dropped.items() if count)
        yield Diagnosis(
            "drops",
            "warn",
            f"the spool was full and gave up: {lost}",
            "Raise --spool-mb, or restore the link sooner",
        )
    if status.counters.get("spools_set_aside"):
        yield Diagnosis(
            "damage", "warn", "a damaged spool was set aside beside this one",
            "Replace the card; keep the file named …damaged-… for whoever looks after the store",
        )  # fmt: skip


def _lasts(left: int, status: Status, age: int) -> int:
    """When ``left`` bytes are full if all goes on as since the oldest waiting message [ns]."""
    return int(left * max(age, MINUTE) / max(status.used_bytes, 1))


def _expected(territory: Territory) -> float:
    """Bytes a second that the devices are expected to add."""
    return sum(_RECORD_BYTES / device.cadence_s for device in territory.devices)


def check_clips(status: Status) -> Iterator[Diagnosis]:
    unheard = status.clips.get("whole", 0)
    lost = status.counters.get("clips_evicted_unheard", 0)
    if lost:
        yield Diagnosis(
            "clips", "warn", f"{lost} clips left the ring before anybody heard them",
            "Start `ecoviv edge run`, or raise --clips-mb",
        )  # fmt: skip
    elif unheard > 200:
        yield Diagnosis(
            "clips", "warn", f"{unheard} clips wait to be heard", "Start `ecoviv edge run` beside the gateway"
        )
    else:
        yield Diagnosis("clips", "ok", f"{unheard} clips wait to be heard")
    if status.counters.get("clips_bad"):
        yield Diagnosis(
            "clips", "warn", f"{status.counters['clips_bad']} clips could not be joined from their pieces",
            "Read the reasons with `ecoviv ingest unreadable list`; check the recorder's card",
        )  # fmt: skip


def check_sensors(territory: Territory, status: Status, now: int) -> Iterator[Diagnosis]:
    for device in territory.devices:
        last = status.last_heard.get((device.site, device.id))
        name = f"sensor {device.site}/{device.id}"
        if last is None:
            yield Diagnosis(
                name, "warn", "never heard here",
                f"If it belongs to this gateway: check its power, its credential and that it publishes to"
                f" ecoviv/1/{device.site}/{device.id}/…",
            )  # fmt: skip
            continue
        silence = max(0, now - last)
        text = f"last heard {hours(silence)} ago, expected every {hours(int(device.cadence_s * SECOND))}"
        level = _silence_level(silence, device.cadence_s)
        yield Diagnosis(name, level, text, "" if level == "ok" else "Visit it: battery, antenna, clock, card")
    known = {(device.site, device.id) for device in territory.devices}
    strangers = sorted(status.last_heard.keys() - known)
    for site, device_id in strangers[:_STRANGERS]:
        yield Diagnosis(
            f"stranger {site}/{device_id}", "warn", "speaks here but is not in the territory",
            "Add it to the territory file and restart the gateway; then `ecoviv ingest unreadable retry`",
        )  # fmt: skip
    if len(strangers) > _STRANGERS:
        yield Diagnosis(
            "strangers", "warn", f"{len(strangers) - _STRANGERS} more, not in the territory, speak here",
            "So many made-up names mean that anybody may write: set allow_anonymous false in the broker",
        )  # fmt: skip
    if status.counters.get("unreadable"):
        yield Diagnosis(
            "unreadable", "warn", f"{status.counters['unreadable']} messages could not be read; all are kept",
            "Read the reasons with `ecoviv ingest unreadable list`",
        )  # fmt: skip


def _silence_level(silence: int, cadence_s: float) -> Level:
    cadences = silence / (cadence_s * SECOND)
    return "ok" if cadences <= _LATE else "warn" if cadences <= _LOST else "fail"
