"""One stream of one opening on its way up, and its batches that ingest has not confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract.instant import MINUTE
from gateway.spool.openings import Opening

COMPANY = 50
"""Originals that are worth a batch: what repeats is compressed together."""
COMPANY_WAIT = 10 * MINUTE
"""How long fewer of them wait for others."""


@dataclass(slots=True)
class Flight:
    """A batch that is not confirmed."""

    first: int
    last: int
    sent_at: int
    size: int
    """As packed [bytes]."""
    records: int


@dataclass(slots=True)
class Leg:
    """One stream of one opening on its way up; all numbers are those of its epoch."""

    opening: Opening
    sent: int
    """Everything up to here has been sent at least once."""
    most: int = 0  # the highest that ``sent`` ever was
    confirmed: int = 0
    """The highest number that a receipt has confirmed, be it saved or not: an older receipt that comes
    late, as after a connection was lost, takes nothing back."""
    flights: list[Flight] = field(default_factory=list)
    wanted: list[tuple[int, int]] = field(default_factory=list)
    """Asked for again."""
    sent_at: int = 0

    @property
    def unsent(self) -> bool:
        """Something is to be sent, for the first time or again."""
        return bool(self.wanted) or self.sent < self.opening.highest

    def has_company(self, now: int) -> bool:
        """Originals wait for others, but not for ever; ``now`` [ns, monotonic]."""
        many = self.opening.highest - self.sent >= COMPANY
        return bool(self.wanted) or many or not self.sent or now - self.sent_at >= COMPANY_WAIT
