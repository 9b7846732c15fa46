"""A gateway put together from its parts: lock, territory, spool, clips, bus."""

from __future__ import annotations

import fcntl
import logging
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from contract.config import BrokerAddress, broker_address, load_territory
from contract.errors import ConfigurationError, StoreError
from contract.instant import SystemClock
from contract.line.bus import MqttBus
from contract.line.territory import TOLD, TerritoryInForce
from contract.places import SLUG_PATTERN
from contract.terminal import say
from gateway.clips import ClipRing
from gateway.doctor.disk import CLIPS_FOLDER
from gateway.leaving import HEARD_STAYS_S
from gateway.service import POLL_LIMIT, Gateway, filters
from gateway.spool.spool import Spool

SPOOL_FILE = "spool.db"


@contextmanager
def assembled(
    gateway: str,
    territory_file: Path,
    state: Path,
    broker: str,
    *,
    spool_mb: int,
    clips_mb: int,
    daily_mb: float,
    wait_s: float,
    heard_stays_s: float = HEARD_STAYS_S,
    http: str = "",
    http_token_file: Path | None = None,
) -> Iterator[tuple[Gateway, BrokerAddress, TerritoryInForce]]:
    """A connected gateway, or the error that says what to correct first; released at the end.

    ``http``: where its door listens; empty for none.
    """
    if not re.match(SLUG_PATTERN, gateway):
        raise ConfigurationError(
            f"{gateway!r} is not a name for a gateway",
            help="Use lower-case letters, digits and hyphens: north-1",
        )
    load_territory(territory_file)  # what is wrong with it is said first
    address = broker_address(broker)
    clock = SystemClock()
    with _lock(state), closing(Spool.open(state / SPOOL_FILE, clock, cap_bytes=spool_mb * 2**20)) as spool:
        in_force = TerritoryInForce(territory_file, clock, logging.getLogger("ecoviv.gateway"), state / TOLD)
        territory = in_force.territory
        clips = ClipRing(state / CLIPS_FOLDER, spool, clock, cap_bytes=clips_mb * 2**20)
        wanted = filters(gateway, territory)
        bus = MqttBus(
            address,
            f"gateway-{gateway}",
            wanted,
            announce=True,
            retained=False,
            window=POLL_LIMIT,
            clock=clock,
        )
        with closing(bus):
            service = Gateway(
                gateway, territory, bus, spool, clips, clock, int(daily_mb * 2**20), heard_stays_s
            )
            service.followers.append(lambda changed: bus.listen(filters(gateway, changed)))
            with _door(service, http, http_token_file) if http else nullcontext():
                bus.connect(wait_s)
                yield service, address, in_force


@contextmanager
def _door(service: Gateway, address: str, token_file: Path | None) -> Iterator[None]:
    """The HTTP door of ``service``, open until the end.  Loaded only where it is asked for."""
    from gateway.http.box import Box, DoorBus
    from gateway.http.door import HttpDoor
    from gateway.http.listening import listen, read_token, shown
    from gateway.http.visit import Porter

    token = read_token(token_file) if token_file else ""
    listener, box = listen(address, token), Box()
    porter = Porter(service.territory, token)
    service.followers.append(porter.adopt)
    door = HttpDoor(listener, porter, box, service.clock)
    service.bus = DoorBus(service.bus, box)
    door.open()
    say(f"http door open on {shown(listener)}")
    try:
        yield
    finally:
        door.close()


def _lock(state: Path) -> IO[str]:
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (state / "lock").open("w")
    except OSError as error:
        raise StoreError(
            f"The folder {state} cannot be written: {error}",
            help="Choose another with --state, or correct its rights",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreError(
            f"Another gateway uses {state}", help="Stop it, or give this one a folder of its own with --state"
        ) from error
    return lock
