"""What the commands of ingest print: tables for people, JSON for programs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from contract.instant import format_instant
from contract.terminal import Column, say, show, show_json, show_json_list, show_table
from ingest.foreign import UnknownField
from ingest.ledger import LedgerLine, Silence
from ingest.values import ClipCounts, Dismissal, SealedDay, Unkept, Unreadable

_STREAMS = (
    Column("gateway"),
    Column("stream"),
    Column("epoch", drop=3),
    Column("sent", drop=2),
    Column("stored", drop=1),
    Column("missing"),
    Column("waiting", drop=2),
    Column("dropped", drop=1),
)
_SILENCES = (
    Column("device"),
    Column("boot", drop=2),
    Column("highest", drop=1),
    Column("seen", drop=1),
    Column("absent"),
    Column("no time", drop=1),
)
_FIELDS = (
    Column("site", drop=2),
    Column("device"),
    Column("field"),
    Column("times"),
    Column("first", drop=3),
    Column("last", drop=1),
)
_UNREADABLE = (
    Column("id"),
    Column("received", drop=1),
    Column("topic", drop=2),
    Column("reason", prose=True),
    Column("begins", drop=3),
)


def print_ledger(
    lines: Sequence[LedgerLine],
    quiet: Sequence[Silence],
    clips: ClipCounts,
    unkept: Sequence[Unkept],
    dismissed: Sequence[Dismissal],
    *,
    as_json: bool,
) -> None:
    """The streams, the reasons of drops, the silences before the gateway, the clips, and what of the
    unreadable went."""
    if as_json:
        report = {
            "streams": [asdict(line) for line in lines],
            "devices": [asdict(one) for one in quiet],
            "clips": asdict(clips),
            "unkept": [asdict(one) for one in unkept],
            "dismissed": [asdict(one) for one in dismissed],
        }
        show_json(report)
        return
    rows = [[getattr(line, column.name) for column in _STREAMS] for line in lines]
    show_table(_STREAMS, rows, title="Gateway streams")
    for line in lines:
        for first, last in line.gaps:
            show(f"missing {line.gateway} {line.stream} {first}-{last}")
        for first, last, reason in line.drops:
            show(f"dropped {line.gateway} {line.stream} {first}-{last}: {reason}")
    if quiet:
        silent = [(o.device, o.boot, o.highest, o.seen, o.absent, o.unplaced) for o in quiet]
        show_table(_SILENCES, silent, title="Before the gateway")
    if clips.announced:
        show(f"clips: {clips.announced} announced, {clips.heard} heard, {clips.evicted} evicted unheard")
    for gone in unkept:
        until = format_instant(gone.last)
        show(f"not kept {gone.sender}: {gone.messages} unreadable, {gone.bytes} bytes, the last at {until}")
    for done in dismissed:
        when, why = format_instant(done.at), f": {done.why}" if done.why else ""
        show(f"dismissed {done.messages} unreadable, {done.bytes} bytes, by {done.who} at {when}{why}")


def print_sealed(days: Sequence[SealedDay], *, as_json: bool) -> None:
    """Days that were just sealed."""
    if as_json:
        show_json([asdict(day) for day in days])
        return
    for day in days:
        show(f"{day.file}: {day.rows} points, {day.bytes} bytes")
    show(f"{len(days)} days sealed")


def print_unreadable(
    unreadable: Iterable[Unreadable], total: int, last: int | None, *, as_json: bool
) -> None:
    """What nobody could read; in JSON with the whole payload, as text or base64.

    The ``last`` of ``total`` as a table; all of them, where ``last`` is None, as lines, one after the other.
    """
    if as_json:
        show_json_list(_as_json(kept) for kept in unreadable)
    elif last is None:
        for row in map(_row, unreadable):
            show("  ".join(map(str, row)))
        show(f"{total} unreadable")
    else:
        show_table(_UNREADABLE, [_row(kept) for kept in unreadable], title=f"{total} unreadable")
    if last is not None and total > last:
        say(f"These are the last {last} of {total}; --all shows all")


def print_fields(fields: Sequence[UnknownField], *, as_json: bool) -> None:
    """What of foreign messages nobody understands, by device."""
    rows = [(o.site, o.device, o.field, o.times, *map(format_instant, (o.first, o.last))) for o in fields]
    if as_json:
        names = [column.name for column in _FIELDS]
        show_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        show_table(_FIELDS, rows, title=f"{len(rows)} fields not understood")


def _row(kept: Unreadable) -> tuple[object, ...]:
    return kept.id, format_instant(kept.received), kept.topic, kept.reason, _beginning(kept.payload)


def _beginning(payload: bytes) -> str:
    return payload[:40].decode("utf-8", "backslashreplace")


def _as_json(kept: Unreadable) -> dict[str, object]:
    head: dict[str, object] = {
        "id": kept.id,
        "received": format_instant(kept.received),
        "topic": kept.topic,
        "reason": kept.reason,
    }
    try:
        return head | {"payload": kept.payload.decode("utf-8")}
    except UnicodeDecodeError:
        return head | {"payload_base64": base64.b64encode(kept.payload).decode("ascii")}
