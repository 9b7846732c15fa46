"""What is said and nobody understands: fields of a device, and topics that fit nobody."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.doctor.diagnosis import Diagnosis
from gateway.missed import Miss
from gateway.spool.status import Status

_NAMED = 5
"""Fields of a device that are shown; the others are counted."""


def check_fields(status: Status) -> Iterator[Diagnosis]:
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
