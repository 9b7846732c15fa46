"""A spool from the past: two laws over random histories of cards and stores.

After a history (``faults.past.history``) everything is given time, and two laws must hold:

1. No message that its sensor was told is ``stored`` is absent from the store; after a restore of
   the store the ledger names at least as many numbers as are absent, of those that some card still
   knows to have given out.  (Of numbers that stood only on a card that was destroyed, and in a store
   that was put back to before them, nobody knows any more.)
2. A message that its sensor was told is ``spooled`` is in the store, in a counted drop, on a card,
   or was only on a card that was destroyed; then the ledger names its number, if that had been told.

Shared with what it proves: one process, a broker that loses nothing, SQLite that keeps its promises.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.faults.past.history import WEIGHTS, History
from ingest.ledger import LedgerLine, ledger


def faults_of(history: History) -> list[str]:
    """What breaks a law, a sentence each."""
    lines = ledger(history.store.streams())
    have, held = history.in_store(), history.held()
    named = sum(line.missing + line.dropped for line in lines)
    dropped = sum(line.dropped for line in lines)
    found = []
    unsafe = history.sensors.names(history.sensors.stored) - have
    if unsafe and not history.restored:
        found.append(f"{len(unsafe)} were told stored and are absent: {sorted(unsafe)[:3]}")
    known = history.given_out()
    unsafe = {name for name in unsafe if _is_known(history.sent.get(name), known)}
    if len(unsafe) > named:
        found.append(f"{len(unsafe)} were told stored and are absent, the ledger names {named}")
    nowhere = history.sensors.names(history.sensors.spooled) - have - held
    unnamed = {name for name in nowhere if not _is_named(history.gone.get(name), lines)}
    if not history.restored and len(unnamed) > dropped:
        found.append(
            f"{len(unnamed)} were told spooled and are nowhere, {dropped} drops: {sorted(unnamed)[:3]}"
        )
    return found


def _is_known(where: tuple[str, str, int] | None, known: dict[tuple[str, str], int]) -> bool:
    """Whether some card knows that this number was given out."""
    return where is not None and where[2] <= known.get(where[:2], 0)


def _is_named(where: tuple[str, str, int] | None, lines: list[LedgerLine]) -> bool:
    """True for a message of a destroyed card whose number was never told, or stands in the ledger."""
    if where is None:
        return False
    epoch, stream, number = where
    for line in lines:
        if (line.epoch, line.stream) == (epoch, stream) and number <= line.sent:
            spans = [*line.gaps, *((first, last) for first, last, _ in line.drops)]
            return any(first <= number <= last for first, last in spans)
    return True


def one_history(seed: int, steps: int = 40) -> tuple[list[str], Counter[str]]:
    """(what broke a law, how often each act was done) of one history."""
    chance = random.Random(seed)
    acts = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=steps)
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), chance)
        try:
            for name in acts:
                history.act(name)
            history.settle()
            return faults_of(history), Counter(acts)
        finally:
            history.close()


def past(histories: int, seed: int) -> Iterator[dict[str, Any]]:
    """Many histories; each that breaks a law by itself, and their sum."""
    total: Counter[str] = Counter()
    broken = 0
    for number in range(histories):
        found, acts = one_history(seed + number)
        total += acts
        if found:
            broken += 1
            yield {"seed": seed + number, "broken": found}
    yield {"histories": histories, "seed": seed, "steps": total.total(), "broken": broken, **total}
