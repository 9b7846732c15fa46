"""The sensors: who has fallen silent, who is unknown, who cannot be read, what of it nobody understands?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contract.instant import MINUTE, SECOND, format_instant
from contract.places import Device, Territory
from gateway.doctor.diagnosis import Diagnosis, Level, span_text
from gateway.formats.format import SET_A_CODEC, UNDECODED
from gateway.missed import Miss
from gateway.spool.status import Status
from gateway.spool.watch.health import DeviceHealth

_LATE = 3
_LOST = 24
"""Times the expected cadence after which silence is a warning, and a failure."""
_REPEATS_NOW = 15 * MINUTE
"""Who has not repeated anything for longer than this has gone on."""
_CAUSES = {
    "ahead": ": local time sent as UTC?",
    "behind": ": a wrong zone, or sent so much late?",
}
"""Of a distance of whole quarters of an hour."""
_ZONE = "Let the device keep UTC, or write its zone into its times (…+02:00)"
_CLOCK = "Set the device's clock: by GPS, by NTP, or by the time in its receipts"
_STRANGERS = 20
"""Named one by one; the others are counted."""
_NAMED = 5
"""Fields of a device that are shown; the others are counted."""


def check_sensors(territory: Territory, status: Status, now: int) -> Iterator[Diagnosis]:
    """Each device of the territory by its cadence, then whoever else speaks here; ``now`` [ns UTC]."""
    health = {one.names: one for one in status.health}
    for device in territory.devices:
        yield _check_device(device, status, health, now)
    yield from _check_others(territory, status)
    yield from _check_repeats(status, now)
    yield from _check_clocks(territory, status)
    if status.counters.get("unreadable"):
        yield Diagnosis(
            "unreadable", "warn", f"{status.counters['unreadable']} messages could not be read; all are kept",
            "Read the reasons with `ecoviv ingest unreadable list`",
        )  # fmt: skip


def _check_device(
    device: Device, status: Status, health: Mapping[tuple[str, str], DeviceHealth], now: int
) -> Diagnosis:
    """A device of the territory, by its cadence."""
    last = max((at for at in map(status.last_heard.get, _names(device)) if at is not None), default=None)
    name = f"sensor {device.site}/{device.id}"
    refused = max((health[at] for at in _names(device) if at in health), key=_refused_at, default=None)
    if last is None and refused is not None and refused.refused:
        return Diagnosis(
            name, "warn", f"heard, but nothing of it can be read: {refused.refused} messages, the last"
            f" {span_text(max(0, now - refused.refused_at))} ago: {refused.reason}",
            "Name its map, or correct its format: `ecoviv gateway map --try`; all are kept, and"
            " `ecoviv ingest unreadable retry` reads them then",
        )  # fmt: skip
    if last is None:
        return Diagnosis(
            name, "warn", "never heard here",
            f"If it belongs to this gateway: check its power, its credential and that it publishes to"
            f" ecoviv/1/{device.site}/{device.id}/…",
        )  # fmt: skip
    silence = max(0, now - last)
    text = f"last heard {span_text(silence)} ago, expected every {span_text(int(device.cadence_s * SECOND))}"
    level = _silence_level(silence, device.cadence_s)
    return Diagnosis(name, level, text, "" if level == "ok" else "Visit it: battery, antenna, clock, card")


def _check_others(territory: Territory, status: Status) -> Iterator[Diagnosis]:
    """Whoever speaks from a site that is not its own, or is not in the territory."""
    known = {name for device in territory.devices for name in _names(device)}
    others = sorted(status.last_heard.keys() - known)
    for site, device_id in others:
        if device_id in territory.device_by_id:
            at = territory.device_by_id[device_id].site
            yield Diagnosis(
                f"wrong site {site}/{device_id}", "warn",
                f"{device_id} says that it stands at {site}; in the territory it stands at {at}",
                f"Write the site {at} into its firmware; or, if it was moved, {site} into the territory; then"
                " `ecoviv ingest unreadable retry`",
            )  # fmt: skip
    strangers = [names for names in others if names[1] not in territory.device_by_id]
    for site, device_id in strangers[:_STRANGERS]:
        yield Diagnosis(
            f"stranger {site}/{device_id}", "warn", "speaks here but is not in the territory",
            "Add it to the territory file, which the gateway reads by itself; then"
            " `ecoviv ingest unreadable retry`",
        )  # fmt: skip
    if len(strangers) > _STRANGERS:
        yield Diagnosis(
            "strangers", "warn", f"{len(strangers) - _STRANGERS} more, not in the territory, speak here",
            "So many made-up names mean that anybody may write: set allow_anonymous false in the broker",
        )  # fmt: skip


def _check_repeats(status: Status, now: int) -> Iterator[Diagnosis]:
    """Devices that say one message again and again."""
    for one in status.repeats:
        if now - one.last <= _REPEATS_NOW:
            yield Diagnosis(
                f"repeats {one.site}/{one.device}", "warn",
                f"says message {one.seq} of boot {one.boot} again and again since"
                f" {format_instant(one.since // SECOND * SECOND)}, {one.times} times",
                "Let it read its receipts: the topic, its rights, its time out; while ingest is away it"
                " asks in this way, too. If it holds nothing older it must say so (`floor`)",
            )  # fmt: skip


def _refused_at(health: DeviceHealth) -> int:
    return health.refused_at


def _names(device: Device) -> list[tuple[str, str]]:
    """(site, device) under which it may be heard: it may still speak from where it was before."""
    return [(site, device.id) for site in device.sites]


def _check_clocks(territory: Territory, status: Status) -> Iterator[Diagnosis]:
    """Devices whose times cannot be right; where all agree it is rather the gateway's clock."""
    wrong = [one for one in status.clocks if not territory.misplaced(one.site, one.device)]
    agree = len(wrong) > 1 and len(wrong) == len(status.last_heard)
    first = "All sensors differ from this gateway: look at its own clock first. " if agree else ""
    for one in wrong:
        side = "ahead" if one.distance > 0 else "behind"
        distance = _hours_text(abs(one.zone or one.distance))
        since = format_instant(one.since // SECOND * SECOND)
        yield Diagnosis(
            f"clock {one.site}/{one.device}", "warn",
            f"{distance} {side}{_CAUSES[side] if one.zone else ''} (since {since})",
            first + (_ZONE if one.zone else _CLOCK)
            + ("; until then its readings are flagged and enter no indicator" if side == "ahead" else ""),
        )  # fmt: skip


def _hours_text(nanoseconds: int) -> str:
    """A distance [ns] in days, hours and minutes: ``5 h 30 min``."""
    minutes = round(nanoseconds / MINUTE)
    parts = (minutes // 1440, "days"), (minutes // 60 % 24, "h"), (minutes % 60, "min")
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _silence_level(silence: int, cadence_s: float) -> Level:
    cadences = silence / (cadence_s * SECOND)
    return "ok" if cadences <= _LATE else "warn" if cadences <= _LOST else "fail"


def check_fields(status: Status) -> Iterator[Diagnosis]:
    """One line a device, and one for the topics that fit nobody."""
    by_device: dict[str, list[Miss]] = {}
    for one in status.missed:
        by_device.setdefault(one.who, []).append(one)
    for who, every in by_device.items():
        misses = [one for one in every if one.name != UNDECODED]
        if frames := sum(one.times for one in every if one.name == UNDECODED):
            yield Diagnosis(
                f"undecoded {who}", "warn", f"{frames} frames of which the network server decoded nothing",
                SET_A_CODEC[0].upper() + SET_A_CODEC[1:],
            )  # fmt: skip
        if not misses:
            continue
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
