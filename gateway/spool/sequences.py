"""Which sequence numbers of one boot of a sensor were received: a prefix and islands above it.

1. ``receive`` takes one number, in any order, any number of times.
2. ``contiguous`` is the highest n such that 1 … n were all received: what a sensor may
   forget.
3. ``skip_gap`` gives up what its sensor evidently does not have (``gateway.spool.watch.patience``),
   ``skip_below`` what it says that it holds no longer; ``skipped`` remembers where.
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
    skipped: tuple[int, int] | None = None
    """The lowest and the highest number given up: within the prefix, and perhaps in nobody's store."""

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

    def has(self, seq: int) -> bool:
        """Whether ``seq``, above the prefix, was received."""
        at = bisect_right(self.islands, (seq, 2**63))
        return at > 0 and self.islands[at - 1][1] >= seq

    def skip_gap(self) -> int:
        """What lies between the prefix and the first island does not exist; its size."""
        if not self.islands:
            return 0
        return self.skip_below(self.islands[0][0])

    def skip_below(self, floor: int) -> int:
        """What lies below ``floor`` and was not received will not come; how much that is."""
        missing, reached = 0, self.contiguous
        for first, last in [*self.islands, (floor, floor)]:
            if (end := min(first, floor) - 1) > reached:
                missing += end - reached
                lowest = self.skipped[0] if self.skipped else reached + 1
                self.skipped = (lowest, end)
            reached = max(reached, last)
            if first >= floor:
                break
        if missing:
            self.contiguous = floor - 1
            while self.islands and self.islands[0][0] <= self.contiguous + 1:
                self.contiguous = max(self.contiguous, self.islands.pop(0)[1])
        return missing

    def copy(self) -> Sequences:
        """One that can be changed and thrown away."""
        return Sequences(self.contiguous, list(self.islands), self.skipped)

    def dump(self) -> str:
        """The islands as text: ``5-7,9-9``; what was given up before them: ``1~3,5-7,9-9``."""
        given_up = [f"{self.skipped[0]}~{self.skipped[1]}"] if self.skipped else []
        return ",".join([*given_up, *(f"{first}-{last}" for first, last in self.islands)])

    @classmethod
    def load(cls, contiguous: int, text: str) -> Sequences:
        """From the prefix and what ``dump`` wrote."""
        skipped, _, rest = text.partition(",") if "~" in text else ("", "", text)
        islands = [piece.split("-") for piece in rest.split(",") if piece]
        given_up = [int(end) for end in skipped.split("~")] if skipped else []
        return cls(
            contiguous,
            [(int(first), int(last)) for first, last in islands],
            (given_up[0], given_up[1]) if given_up else None,
        )
