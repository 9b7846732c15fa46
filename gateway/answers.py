"""What sensors are told beside the numbers: what was refused, and what time it is.

1. ``hear`` notes of what was committed what was refused, whole or in part.
2. ``complete`` adds to a receipt what of its boot was refused, the latest last, and the time
   while this machine's clock follows a source.

What was refused is remembered for this life of the gateway: who repeats it is told it again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.batch import MAX_REFUSED, MAX_REFUSED_LETTERS, DeviceReceipt
from contract.instant import MINUTE, Clock, format_instant
from gateway.intake import speaker
from gateway.spool.entry import Entry, Origin

_MILLISECOND = 1_000_000
_ASK_EVERY = MINUTE
_MAX_ORIGINS = 1_000
_DIGEST_DIGITS = 16


@dataclass(slots=True)
class Answers:
    """Of one gateway.  ``follows``: whether this machine's clock follows a source; None if unknown."""

    clock: Clock
    follows: Callable[[], bool | None]

    _refused: dict[Origin, deque[str]] = field(default_factory=dict, init=False)
    _synchronized: bool = field(default=False, init=False)
    _ask_at: int | None = field(default=None, init=False)

    def hear(self, entries: Sequence[Entry]) -> set[Origin]:
        """Note what was committed; returns who is to be told, the nameless by an empty boot."""
        told = set()
        for entry in entries:
            refused = entry if entry.reason else entry.beside
            if refused is not None and (origin := refused.origin or speaker(refused.topic)) is not None:
                self._note(origin, refused)
                told.add(origin)
        return told

    def complete(self, receipt: DeviceReceipt, origin: Origin) -> DeviceReceipt:
        """``receipt`` with what ``origin`` is told beside it."""
        refused, now = self._refused.get(origin), self.clock.monotonic()
        if self._ask_at is None or now >= self._ask_at:
            self._synchronized, self._ask_at = self.follows() is True, now + _ASK_EVERY
        if not (refused or self._synchronized):
            return receipt
        time = format_instant(self.clock.now() // _MILLISECOND * _MILLISECOND)
        beside = {"refused": tuple(refused or ()), "time": time if self._synchronized else None}
        return receipt.model_copy(update=beside)

    def _note(self, origin: Origin, entry: Entry) -> None:
        if origin not in self._refused and len(self._refused) >= _MAX_ORIGINS:
            del self._refused[next(iter(self._refused))]
        known = self._refused.setdefault(origin, deque(maxlen=MAX_REFUSED))
        digest = hashlib.sha256(entry.payload).hexdigest()[:_DIGEST_DIGITS]
        name = str(entry.seq) if entry.seq else f"sha256 {digest}"
        text = f"{name}: {entry.reason}"[:MAX_REFUSED_LETTERS]
        if text not in known:
            known.append(text)
