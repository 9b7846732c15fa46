"""What the commands of ingest print: tables for people, JSON for programs."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict

from contract.instant import format_instant
from contract.terminal import Column, show, show_json, show_table
from ingest.ledger import LedgerLine, Silence
from ingest.values import ClipCounts, SealedDay, Unreadable

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
_UNREADABLE = (
    Column("id"),
    Column("received", drop=1),
    Column("topic", drop=2),
    Column("reason", prose=True),
    Column("begins", drop=3),
)


def print_ledger(
    lines: Sequence[LedgerLine], quiet: Sequence[Silence], clips: ClipCounts, *, as_json: bool
) -> None:
    """The streams, the reasons of drops, the silences before the gateway, and the clips."""
    if as_json:
        report = {
            "streams": [asdict(line) for line in lines],
            "devices": [asdict(one) for one in quiet],
            "clips": asdict(clips),
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


def print_sealed(days: Sequence[SealedDay], *, as_json: bool) -> None:
    """Days that were just sealed."""
    if as_json:
        show_json([asdict(day) for day in days])
        return
    for day in days:
        show(f"{day.file}: {day.rows} points, {day.bytes} bytes")
    show(f"{len(days)} days sealed")


def print_unreadable(unreadable: Sequence[Unreadable], *, as_json: bool) -> None:
    """What nobody could read; in JSON with the whole payload, as text or base64."""
    if as_json:
        show_json([_as_json(kept) for kept in unreadable])
        return
    rows = [(o.id, format_instant(o.received), o.topic, o.reason, _beginning(o.payload)) for o in unreadable]
    show_table(_UNREADABLE, rows, title=f"{len(unreadable)} unreadable")


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
