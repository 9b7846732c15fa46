"""Hostile speakers beside honest sensors: what must hold after a siege (``faults.hostile.siege``).

1. Nothing that was said raised an exception in gateway or ingest.
2. Every honest message is in the store once, byte for byte, its reading once at its own time without a
   flag; its sensor was told ``spooled`` and ``stored`` up to its last number, and never beyond.
3. No loss is invented: nothing is absent before the gateway for an honest device, nothing of the real
   gateway is missing, waiting or dropped, and no honest sensor was told that a message was refused.
4. The ledger adds up: in each line what was sent is stored, missing, waiting or dropped; what the real
   gateway numbered is stored; the store finds nothing wrong with itself.
5. What the commands print of it holds no control, direction or invisible character, and JSON is JSON.

Shared with what it proves: one process, a broker that loses nothing, ``contract.batch`` and its receipts.
"""

from __future__ import annotations

import io
import json
import random
import tempfile
import traceback
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import typer

from benchmarks.faults.hostile.siege import GATEWAY, Siege
from benchmarks.faults.hostile.speakers import HONEST
from contract.wire import decode, encode
from ingest.cli import register
from ingest.ledger import ledger, silences

_COMMANDS = (
    ("ledger",), ("ledger", "--json"), ("unreadable", "list"), ("unreadable", "list", "--all"),
    ("unreadable", "list", "--all", "--json"),
)  # fmt: skip
_APP = typer.Typer()
register(_APP)


def stored_once(siege: Siege) -> Iterator[str]:
    """Law 2: every message of the honest, every reading, every receipt."""
    kept: Counter[tuple[str, str, int, bytes]] = Counter()
    for one in siege.store.messages("readings"):
        if one.message.device in HONEST:
            kept[one.message.device, one.message.boot, one.message.seq, encode(one.message)] += 1
    wanted = Counter((*name, encode(decode(payload))) for name, (_, payload) in siege.said.items())
    if kept != wanted:
        yield f"{(wanted - kept).total()} honest messages are absent, {(kept - wanted).total()} are too many"
    for series in siege.store.series():
        if series.device in HONEST:
            points, times = siege.store.points(series), siege.times[series.device]
            if list(points.time) != times or set(points.value) != {12.5} or any(points.flags):
                yield f"{series}: {len(points.time)} points for {len(times)} readings, or moved, or flagged"
    for key, last in siege.wanted().items():
        if (siege.spooled[key], siege.stored[key]) != (last, last):
            yield f"{key} said {last}, was told spooled {siege.spooled[key]}, stored {siege.stored[key]}"
    if more := (set(siege.spooled) | set(siege.stored)) - set(siege.wanted()):
        yield f"receipts for boots that nobody had: {sorted(more)[:3]}"


def invented(siege: Siege) -> Iterator[str]:
    """Laws 3 and 4: the ledger, before the gateway and behind it, and the store's view of itself."""
    for silence in silences(siege.store.boots()):
        if silence.device in HONEST:
            yield f"{silence.absent} of {silence.device} {silence.boot} are said to be absent"
    numbered = 0
    for line in ledger(siege.store.streams()):
        if line.sent != line.stored + line.missing + line.waiting + line.dropped:
            yield f"{line.gateway} {line.stream}: {line.sent} sent do not add up"
        if line.gateway == GATEWAY:
            numbered += line.stored
            if line.missing or line.waiting or line.dropped:
                yield f"{line.missing} missing, {line.waiting} waiting, {line.dropped} dropped of {GATEWAY}"
    if numbered != sum(siege.gateway.spool.highest.values()):
        yield f"{numbered} records stored of {siege.gateway.spool.highest}"
    if siege.refused:
        yield f"honest ones were told of refusals: {siege.refused[:3]}"
    if siege.store.counts().duplicated:
        yield "points stand twice"
    yield from siege.store.verify()


def obeyed(siege: Siege) -> Iterator[str]:
    """Law 5: what people's terminals are given."""
    for command in _COMMANDS:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            _APP(["ingest", *command, "--store", siege.store_url], standalone_mode=False)
        text = out.getvalue() + err.getvalue()
        if bad := {char for char in text if char != "\n" and _is_obeyed(char)}:
            yield f"{' '.join(command)} prints {sorted(bad)[:5]!r}"
        if "--json" in command:
            json.loads(out.getvalue())


def _is_obeyed(char: str) -> bool:
    """A character that a terminal acts upon, or does not show: controls, directions, line ends, halves."""
    return unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs")


def one_siege(seed: int) -> tuple[list[str], Counter[str]]:
    """(what broke a law, how much each speaker and the honest said) of one siege."""
    with tempfile.TemporaryDirectory() as folder:
        siege = Siege(Path(folder), random.Random(seed))
        found: list[str] = []
        try:
            siege.run()
            for law in (stored_once, invented, obeyed):
                found += law(siege)
        except Exception:  # noqa: BLE001 - whatever it is, is what was looked for
            found.append(traceback.format_exc(limit=-6))
        finally:
            siege.close()
        return found, siege.hostile + Counter(honest=len(siege.said))


def hostile(sieges: int, seed: int) -> Iterator[dict[str, Any]]:
    """Many sieges; each that breaks a law by itself, and their sum."""
    total: Counter[str] = Counter()
    broken = 0
    for number in range(seed, seed + sieges):
        found, counts = one_siege(number)
        total += counts
        if found:
            broken += 1
            yield {"seed": number, "broken": found}
    yield {"sieges": sieges, "seed": seed, "broken": broken, **total}
