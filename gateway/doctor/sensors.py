"""The sensors: who has fallen silent, who is unknown, who cannot be read?"""

from __future__ import annotations

from collections.abc import Iterator

from contract.instant import MINUTE, SECOND, format_instant
from contract.places import Territory
from gateway.doctor.diagnosis import Diagnosis, Level, span_text
from gateway.missed import Miss
from gateway.spool.status import Status

_LATE = 3
_LOST = 24
"""Times the expected cadence after which silence is a warning, and a failure."""
_REPEATS_NOW = 15 * MINUTE
"""Who has not repeated anything for longer than this has gone on."""
_NAMED = 5
"""Fields of a device that are shown; the others are counted."""
_STRANGERS = 20
"""Named one by one; the others are counted."""


def check_sensors(territory: Territory, status: Status, now: int) -> Iterator[Diagnosis]:
    """Each device of the territory by its cadence, then whoever else speaks here; ``now`` [ns UTC]."""
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
        text = (
            f"last heard {span_text(silence)} ago, expected every {span_text(int(device.cadence_s * SECOND))}"
        )
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
    for one in status.repeats:
        if now - one.last <= _REPEATS_NOW:
            yield Diagnosis(
                f"repeats {one.site}/{one.device}", "warn",
                f"says message {one.seq} of boot {one.boot} again and again since"
                f" {format_instant(one.since // SECOND * SECOND)}, {one.times} times",
                "Let it read its receipts: the topic, its rights, its time out; while ingest is away it"
                " asks in this way, too. If it holds nothing older it must say so (`floor`)",
            )  # fmt: skip
    yield from _missed(status)
    if status.counters.get("unreadable"):
        yield Diagnosis(
            "unreadable", "warn", f"{status.counters['unreadable']} messages could not be read; all are kept",
            "Read the reasons with `ecoviv ingest unreadable list`",
        )  # fmt: skip


def _missed(status: Status) -> Iterator[Diagnosis]:
    """One line a device, and one for the topics that fit nobody."""
    by_device: dict[str, list[Miss]] = {}
    for one in status.missed:
        by_device.setdefault(one.who, []).append(one)
    for who, misses in by_device.items():
        most = sorted(misses, key=lambda one: -one.times)
        named = "; ".join(f"{one.name} ({one.times} times, {one.reason})" for one in most[:_NAMED])
        more = f"; and {len(most) - _NAMED} more" if len(most) > _NAMED else ""
        if who:
            yield Diagnosis(
                f"not understood {who}", "warn", f"fields that no map reads: {named}{more}",
                "Name the device's map, or write one: try it with `ecoviv gateway map --try`",
            )  # fmt: skip
        else:
            yield Diagnosis(
                "topics", "warn", f"messages that fit no device: {named}{more}",
                "Give the device its address in the territory, or leave it: nothing else is disturbed",
            )  # fmt: skip


def _silence_level(silence: int, cadence_s: float) -> Level:
    cadences = silence / (cadence_s * SECOND)
    return "ok" if cadences <= _LATE else "warn" if cadences <= _LOST else "fail"
