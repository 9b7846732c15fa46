"""The life of a service: one shape, one loop.

1. A ``Service`` works in steps; gateway, ingest, edge worker and claims desk are services.
2. ``run`` steps it until a ``Stopper`` was told to stop, keeps systemd informed, lets it
   greet after each connection, and names what the broker refuses.
3. Where a step could not write (store locked, disk full) ``run`` waits, longer each time up
   to three seconds, says so once, and says once that it goes on.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from contract.instant import SECOND, Clock
from contract.line.bus import Bus
from contract.line.territory import TerritoryInForce
from contract.line.watchdog import Watchdog
from contract.places import Territory

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 3.0
"""Well below the keep-alive of a connection, and below the patience of who stops a service."""


class Service(Protocol):
    """What works in steps on a bus of its own, in one thread.  Inherit from it."""

    bus: Bus
    waiting_for: str = ""
    """Why the last step could not write all that it should; empty when it could."""

    def step(self) -> object:
        """One turn: take what has arrived, deal with it, answer; soon back when nothing comes.

        What cannot be written now is held and tried again by the next step, and nothing more
        is read meanwhile.  Raises only what ends the service.
        """

    def greet(self) -> None:
        """A connection came up: others may have missed what was said before.

        Here nothing is repeated; enough for who keeps what it says until it is answered.
        """
        return

    def adopt(self, territory: Territory) -> None:
        """Work by ``territory`` from the next step on; nothing for who needs none."""
        return

    def close(self) -> None:
        """Say what is still to be said and leave the line; no step follows."""
        self.bus.close()


class Stopping(Protocol):
    """Who knows whether the service has been told to end."""

    @property
    def stopping(self) -> bool:
        """True from the moment on when the loop should end."""


class Stopper:
    """Turns SIGINT, SIGTERM and SIGHUP into ``stopping``; installed once, in the main thread.

    Once ``reload_by`` was called SIGHUP means "read your files again", as services understand it.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._reload: Callable[[], None] | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP and self._reload is not None:
            self._reload()
        else:
            self.signal = number

    def reload_by(self, reload: Callable[[], None]) -> None:
        """SIGHUP calls ``reload`` from now on.  On a terminal it still stops: the terminal has gone."""
        if not os.isatty(0):
            self._reload = reload

    @property
    def stopping(self) -> bool:
        """True once a signal has come."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """130 if a person interrupted, else 0."""
        return 130 if self.signal == signal.SIGINT else 0


def run(
    service: Service,
    clock: Clock,
    stopper: Stopping,
    log: logging.Logger,
    territory: TerritoryInForce | None = None,
) -> None:
    """Step ``service`` until told to stop, then let it leave in order; it adopts a changed ``territory``."""
    watchdog, patience = Watchdog(clock), _Patience(clock, log)
    greeted = 0
    watchdog.ready()
    while not stopper.stopping:
        if service.bus.connections != greeted:
            greeted = service.bus.connections
            service.greet()
        if territory is not None and (changed := territory.look()) is not None:
            service.adopt(changed)
        service.step()
        watchdog.alive()
        _name_refusals(service.bus, log)
        patience.after(service.waiting_for)
    watchdog.stopping()
    service.close()


def _name_refusals(bus: Bus, log: logging.Logger) -> None:
    """The first of those that came together: the others have the same cause."""
    if bus.refusals:
        log.warning("the broker refuses %s; check the rights of this credential there", bus.refusals[0])
        bus.refusals.clear()


@dataclass(slots=True)
class _Patience:
    """Waits after steps that could not write, and speaks at the first and after the last."""

    clock: Clock
    log: logging.Logger
    _told: str = field(default="", init=False)
    _since: int = field(default=0, init=False)
    _wait_s: float = field(default=_FIRST_WAIT_S, init=False)

    def after(self, reason: str) -> None:
        """A step ended; ``reason`` says why it could not write, or is empty."""
        if not reason:
            if self._told:
                waited = (self.clock.monotonic() - self._since) / SECOND
                self.log.warning("it goes on, after %.1f s", waited)
            self._told, self._wait_s = "", _FIRST_WAIT_S
            return
        if not self._told:
            self._since = self.clock.monotonic()
        if reason != self._told:
            self.log.warning("%s", reason)
            self._told = reason
        self.clock.sleep(self._wait_s)
        self._wait_s = min(_LONGEST_WAIT_S, 2 * self._wait_s)
