"""The life of a service: start, say so, work until told to end.

``Stopper`` turns SIGINT, SIGTERM and SIGHUP into one question, ``stopping``, that a
service's loop asks; ``exit_code`` is 130 if a person interrupted, else 0.
"""

from __future__ import annotations

import signal
from types import FrameType


class Stopper:
    """Installed once, in the main thread, before the loop."""

    def __init__(self) -> None:
        self.signal: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number

    @property
    def stopping(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        return 130 if self.signal == signal.SIGINT else 0
