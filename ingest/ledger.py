"""The loss ledger: what was sent, stored, missing or dropped, by stream; and before it.

1. ``ledger`` turns the store's streams into lines.  Within one epoch a hole is missing; a tail
   is waiting while the gateway's spool, as it was opened last, names it and says that it holds it.
2. ``silences`` lists what the devices themselves numbered and the gateway never passed
   on.  The parts of clips stay at the gateway and are not counted as lost.  What another network
   counts (LoRaWAN frames) may begin anywhere, and begin again: there only holes
   between are absent; of ids given to more than is
   published (BirdNET-Go), and of what is not counted at all (a hash), nothing is.
3. ``is_whole`` is the one rule of what is a loss: anything missing, dropped or not kept, but for originals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract.batch import RAW
from contract.reading import FOREIGN_BOOTS, UNCOUNTED_BOOTS
from ingest.rules.ranges import Range, gaps, merged, size
from ingest.values import BootState, StreamDay, StreamState, Unkept


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One stream of a gateway within one spool epoch.  Counts of records."""

    gateway: str
    stream: str
    epoch: str
    sent: int
    """Numbers that the gateway says it assigned."""
    stored: int
    """On disk here, unreadable ones included."""
    dropped: int
    """Given up by the gateway for the reasons in ``drops``."""
    missing: int
    """Neither; others after them have arrived, or their spool is gone."""
    waiting: int
    """At the end of the stream: still in the gateway's spool, as far as is known."""
    gaps: tuple[Range, ...]
    drops: tuple[tuple[int, int, str], ...]
    days: tuple[StreamDay, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """Sequences that one boot of a device must have used and that never arrived."""

    device: str
    boot: str
    highest: int
    seen: int
    audio_parts: int
    absent: int
    unplaced: int
    """Stored messages that no clock can place yet."""


def ledger(states: Iterable[StreamState]) -> list[LedgerLine]:
    """A line each, in the order given: by gateway, stream and time of appearance."""
    return [_line(state) for state in states]


def is_whole(lines: Iterable[LedgerLine], unkept: Iterable[Unkept] = ()) -> bool:
    """Nothing measured is missing, no gateway gave any of it up, nothing unreadable was passed over.

    What an original gave stands in another stream: the loss of one is none.
    """
    lost = any(line.missing or line.dropped for line in lines if line.stream != RAW)
    return not lost and not any(unkept)


def silences(boots: Iterable[BootState]) -> Iterator[Silence]:
    """Boots with sequences that cannot be accounted for, or messages without a place."""
    for boot in boots:
        first = boot.lowest if boot.boot.startswith(FOREIGN_BOOTS) else 1
        absent = max(0, boot.highest - first + 1 - boot.seen - boot.audio_parts)
        if boot.passed is not None:
            absent = boot.passed
        if boot.boot.startswith(UNCOUNTED_BOOTS):
            absent = 0
        if absent or boot.unplaced:
            yield Silence(
                boot.device, boot.boot, boot.highest, boot.seen, boot.audio_parts, absent, boot.unplaced
            )


def _line(state: StreamState) -> LedgerLine:
    dropped = merged((first, last) for first, last, _ in state.dropped)
    received = merged(state.received)
    done = merged([*received, *dropped])
    sent = max(state.highest, done[-1][1] if done else 0)
    holes = gaps(done, sent)
    waiting: list[Range] = []
    if state.alive and holes and holes[-1][1] == sent:
        first, _ = holes.pop()
        start, end = max(first, state.floor), max(first - 1, state.named)
        waiting = [(start, end)] if start <= end else []
        holes += gaps(merged([*done, *holes, *waiting]), sent)
        holes = merged(holes)
    return LedgerLine(
        gateway=state.gateway,
        stream=state.stream,
        epoch=state.epoch,
        sent=sent,
        stored=size(received),
        dropped=size(done) - size(received),
        missing=size(holes),
        waiting=size(waiting),
        gaps=tuple(holes),
        drops=_once(state.dropped, received),
        days=state.days,
    )


def _once(dropped: Iterable[tuple[int, int, str]], received: list[Range]) -> tuple[tuple[int, int, str], ...]:
    """Each number that was given up and is not stored, once, with the reason first told.

    A gateway tells a growing range again and again: 1-5, 1-9, 3-4.
    """
    told: list[Range] = []
    out: list[tuple[int, int, str]] = []
    for first, last, reason in sorted(dropped, key=lambda drop: (drop[0], -drop[1])):
        for start, end in gaps(merged([*received, *told]), last):
            start = max(start, first)
            if start > end:
                continue
            if out and out[-1][1] == start - 1 and out[-1][2] == reason:
                out[-1] = (out[-1][0], end, reason)
            else:
                out.append((start, end, reason))
        told.append((first, last))
    return tuple(out)
