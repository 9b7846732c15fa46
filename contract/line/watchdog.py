"""What a service tells systemd, where systemd listens: ready, alive, stopping (``sd_notify``)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field

from contract.instant import SECOND, Clock

_ALIVE_EVERY = 10 * SECOND
"""A unit's ``WatchdogSec`` is several times this, so that one slow step is no fault."""


@dataclass(slots=True)
class Watchdog:
    """Speaks to the socket in ``NOTIFY_SOCKET``; without it says nothing."""

    clock: Clock
    _next: int = field(default=0, init=False)

    def ready(self) -> None:
        """The service works from now on."""
        _notify(b"READY=1")

    def alive(self) -> None:
        """To be called often; speaks at most every ten seconds."""
        now = self.clock.monotonic()
        if now >= self._next:
            self._next = now + _ALIVE_EVERY
            _notify(b"WATCHDOG=1")

    def stopping(self) -> None:
        """The service leaves in order."""
        _notify(b"STOPPING=1")


def _notify(message: bytes) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talk:
        talk.connect("\0" + address[1:] if address.startswith("@") else address)
        talk.send(message)
