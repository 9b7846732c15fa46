"""A clock that stands still until it is moved: the fake of ``contract.instant.Clock``."""

from __future__ import annotations

from dataclasses import dataclass

from contract.instant import SECOND


@dataclass(slots=True)
class FixedClock:
    """Moved by ``advance``, and by whoever sleeps on it: waiting costs a test no time."""

    instant: int
    """What ``now`` says [ns UTC]."""
    ticks: int = 0
    """What ``monotonic`` says [ns]."""

    def now(self) -> int:
        """Nanoseconds UTC."""
        return self.instant

    def monotonic(self) -> int:
        """Nanoseconds since this clock was made."""
        return self.ticks

    def advance(self, nanoseconds: int) -> None:
        """Move both readings by ``nanoseconds``."""
        self.instant += nanoseconds
        self.ticks += nanoseconds

    def sleep(self, seconds: float) -> None:
        """Move by ``seconds`` [s], at once; not back."""
        self.advance(max(0, round(seconds * SECOND)))
