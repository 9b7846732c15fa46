"""How much one batch may hold: what the broker states that it takes, and what it has refused.

1. ``fits`` judges a packed batch; what does not fit is packed anew with half of it (``halve``).
2. ``refused``: the broker took none of some batches.  One of several records is halved from then
   on; of one record alone it is known that the broker will never take it.
3. Where there is room again, ``took`` lets batches grow; a connection long after a refusal
   (``forget``) may be to another broker, or to one set otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BYTES_A_BATCH = 2**20
"""Of records, before they are compressed."""
_HEADER_BYTES = 32
"""Of a PUBLISH, its topic apart, at most."""
_ANY = 2**62


@dataclass(slots=True)
class BatchSize:
    """Of one gateway."""

    max_bytes: int = field(default=MAX_BYTES_A_BATCH, init=False)
    """Of records, in the next batch."""
    _most: int = field(default=_ANY, init=False)
    """Of a packed batch of several records."""
    _too_large: int = field(default=_ANY, init=False)
    """Size of a single record, packed, that was refused."""

    def fits(self, packed: int, count: int, topic: str, packet_limit: int) -> bool:
        """Whether the broker may take ``count`` records of ``packed`` bytes; a limit of 0 is none."""
        if packet_limit and packed + len(topic.encode()) + _HEADER_BYTES > packet_limit:
            return False
        return packed <= self._most if count > 1 else packed < self._too_large

    def halve(self, raw: int) -> None:
        """Records of ``raw`` bytes together did not fit."""
        self.max_bytes = max(1, min(self.max_bytes, raw) // 2)

    def took(self, packed: int, packet_limit: int) -> None:
        """``packed`` bytes went out; the next batch may be larger where they left room."""
        if self.max_bytes < MAX_BYTES_A_BATCH and packed * 2 < min(self._most, packet_limit or _ANY):
            self.max_bytes = min(MAX_BYTES_A_BATCH, self.max_bytes * 2)

    def refused(self, packed: int, count: int) -> None:
        """The largest of some batches of which one at least was refused."""
        if count > 1:
            self._most = min(self._most, packed // 2)
        else:
            self._too_large = min(self._too_large, packed)

    def forget(self) -> None:
        """What was refused is known no longer."""
        self._most = self._too_large = _ANY
