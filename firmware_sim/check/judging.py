"""What the messages of a device say of themselves: (whether it is right, what was found)."""

from __future__ import annotations

from collections.abc import Sequence

from contract.instant import SECOND
from contract.reading import AudioPart
from firmware_sim.check.player import Heard

_CLOCKS_AGREE = 15 * SECOND


def readable(heard: Sequence[Heard]) -> tuple[bool, str]:
    """Every message, whole, and in its place."""
    wrong = [one.problem for one in heard if one.problem]
    return not wrong, f"{len(wrong)} of {len(heard)}: {wrong[0]}" if wrong else f"all {len(heard)}"


def moments(heard: Sequence[Heard]) -> tuple[bool, str]:
    """Each can be placed in time."""
    messages = [one.message for one in heard if not isinstance(one.message, AudioPart | None)]
    lost = sum(one.instant is None and one.uptime_ms is None for one in messages)
    return not lost, f"{lost} say neither" if lost else "all do"


def numbers(heard: Sequence[Heard]) -> tuple[bool, str]:
    """Each boot 1, 2, 3 …, each number with its bytes."""
    first: dict[tuple[str, int], bytes] = {}
    for one in heard:
        if one.seq and first.setdefault(one.name, one.digest) != one.digest:
            return False, f"number {one.seq} came with other bytes"
    for boot in {boot for boot, _ in first}:
        found = {seq for of, seq in first if of == boot}
        if found != set(range(1, max(found) + 1)):
            return False, f"boot {boot} has a gap, or does not begin with 1"
    return True, "without a gap"


def clocks(heard: Sequence[Heard], ahead: int) -> tuple[bool, str]:
    """What was said by the gateway's clock, which is ``ahead`` [ns] of that of ``Heard.received``.

    By first hearings alone: a repeat says when it was queued.
    """
    apart: dict[tuple[str, int], int] = {}
    for one in heard:
        message = one.message
        if isinstance(message, AudioPart | None) or message.clock != "gateway" or message.instant is None:
            continue
        apart.setdefault(one.name, abs(message.instant - one.received - ahead))
    if not apart:
        return True, "it does not use the gateway's time"
    worst = max(apart.values())
    return worst < _CLOCKS_AGREE, f"{len(apart)} by the gateway's clock, {worst / SECOND:.1f} s off at most"
