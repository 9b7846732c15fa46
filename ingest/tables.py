"""What the commands of ingest print: tables for people, JSON for programs."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Column, Table

from contract.instant import format_instant
from ingest.ledger import LedgerLine, Silence
from ingest.values import SealedDay, Unreadable

_COLUMNS = ("gateway", "stream", "epoch", "sent", "stored", "missing", "waiting", "dropped")


def print_ledger(lines: Sequence[LedgerLine], quiet: Sequence[Silence], *, as_json: bool) -> None:
    """The streams, the reasons of drops, and the silences before the gateway."""
    if as_json:
        report = {"streams": [asdict(line) for line in lines], "devices": [asdict(one) for one in quiet]}
        print(json.dumps(report))
        return
    console = Console(file=sys.stdout)
    table = Table(*(Column(name, overflow="fold") for name in _COLUMNS), title="Gateway streams")
    for line in lines:
        table.add_row(*(str(getattr(line, column)) for column in _COLUMNS))
    console.print(table)
    for line in lines:
        for first, last in line.gaps:
            console.print(f"missing {line.gateway} {line.stream} {first}-{last}")
        for first, last, reason in line.drops:
            console.print(f"dropped {line.gateway} {line.stream} {first}-{last}: {reason}")
    if quiet:
        before = Table("device", "boot", "highest", "seen", "absent", "no time", title="Before the gateway")
        for one in quiet:
            before.add_row(
                one.device, one.boot, str(one.highest), str(one.seen), str(one.absent), str(one.unplaced)
            )
        console.print(before)


def print_sealed(days: Sequence[SealedDay], *, as_json: bool) -> None:
    """Days that were just sealed."""
    if as_json:
        print(json.dumps([asdict(day) for day in days]))
        return
    for day in days:
        print(f"{day.file}: {day.rows} points, {day.bytes} bytes")
    print(f"{len(days)} days sealed")


def print_unreadable(unreadable: Sequence[Unreadable], *, as_json: bool) -> None:
    """What nobody could read; in JSON with the whole payload, as text or base64."""
    if as_json:
        print(json.dumps([_as_json(kept) for kept in unreadable]))
        return
    console = Console(file=sys.stdout)
    table = Table("id", "received", "topic", "reason", "begins", title=f"{len(unreadable)} unreadable")
    for kept in unreadable:
        begins = kept.payload[:40].decode("utf-8", "backslashreplace")
        table.add_row(str(kept.id), format_instant(kept.received), kept.topic, kept.reason, begins)
    console.print(table)


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
