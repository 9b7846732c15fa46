"""Which sequence numbers of one boot of a sensor were received: a prefix and islands above it.

1. ``receive`` takes one number, in any order, any number of times.
2. ``contiguous`` is the highest n such that 1 … n were all received: what a sensor may
   forget.
3. ``skip_gap`` gives up what its sensor evidently does not have (``gateway.spool.patience``).
4. ``dump`` and ``load`` are its text form in the spool.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

MAX_ISLANDS = 256
"""Beyond this the highest island is forgotten: its messages are not confirmed and come again."""


@dataclass(slots=True)
class Sequences:
    """Sequence numbers received from one (site, device, boot)."""

    contiguous: int = 0
    islands: list[tuple[int, int]] = field(default_factory=list)
    """Disjoint [first, last] above the prefix, ascending, never touching."""

    def receive(self, seq: int) -> None:
        """Note the number ``seq`` ≥ 1; a repeat changes nothing."""
        if seq <= self.contiguous:
            return
        if seq == self.contiguous + 1:
            self.contiguous = seq
        else:
            self._insert(seq)
        while self.islands and self.islands[0][0] <= self.contiguous + 1:
            self.contiguous = max(self.contiguous, self.islands.pop(0)[1])

    def _insert(self, seq: int) -> None:
        at = bisect_right(self.islands, (seq, 2**63))
        first = last = seq
        if at and self.islands[at - 1][1] >= seq:
            return
        if at and self.islands[at - 1][1] == seq - 1:
            at -= 1
            first = self.islands.pop(at)[0]
        if at < len(self.islands) and self.islands[at][0] == seq + 1:
            last = self.islands.pop(at)[1]
        self.islands.insert(at, (first, last))
        del self.islands[MAX_ISLANDS:]

    def skip_gap(self) -> int:
        """What lies between the prefix and the first island does not exist; its size."""
        if not self.islands:
            return 0
        first, last = self.islands.pop(0)
        gap, self.contiguous = first - 1 - self.contiguous, last
        return gap

    def copy(self) -> Sequences:
        """One that can be changed and thrown away."""
        return Sequences(self.contiguous, list(self.islands))

    def dump(self) -> str:
        """The islands as text: ``5-7,9-9``."""
        return ",".join(f"{first}-{last}" for first, last in self.islands)

    @classmethod
    def load(cls, contiguous: int, text: str) -> Sequences:
        """From the prefix and what ``dump`` wrote."""
        islands = [piece.split("-") for piece in text.split(",") if piece]
        return cls(contiguous, [(int(first), int(last)) for first, last in islands])
