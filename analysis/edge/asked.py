"""What a station has switched on that hears people: asked of its edge workers, over the broker.

Each says it in its retained status; a worker that is not there says nothing, and nothing is made up for it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import topics
from contract.config import BrokerAddress
from contract.instant import SECOND, Clock, SystemClock
from contract.line.bus import MqttBus

_QUIET = SECOND
"""After which no more statuses are waited for."""


@dataclass(frozen=True, slots=True)
class SwitchedOn:
    """One edge worker that is there.

    ``voices`` the definition by which the gate counts, empty without a model; ``kept_days`` 0 where no sound
    is kept; ``detector`` empty where no species are named.
    """

    client: str
    voices: str
    kept_days: float
    detector: str


def ask(address: BrokerAddress, clock: Clock | None = None) -> list[SwitchedOn]:
    """The edge workers at a broker, by name; ``UnreachableError`` where it does not answer."""
    clock = clock or SystemClock()
    name = f"privacy-{secrets.token_hex(3)}"
    bus = MqttBus(address, name, (topics.STATUS_FILTER,), passing=True, clock=clock)
    bus.connect(5.0)
    found: dict[str, SwitchedOn] = {}
    until = clock.monotonic() + _QUIET
    try:
        while clock.monotonic() < until:
            deliveries = bus.poll(0.1)
            bus.acknowledge(deliveries)
            for one in deliveries:
                if worker := of_status(one.topic.rpartition("/")[2], one.payload):
                    found[worker.client] = worker
    finally:
        bus.close()
    return [found[client] for client in sorted(found)]


def of_status(client: str, payload: bytes) -> SwitchedOn | None:
    """What a status says; None where it is not that of an edge worker that is there."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, Mapping) or said.get("online") is not True or "voices" not in said:
        return None
    days: Any = said.get("kept_days", 0)
    stays = float(days) if isinstance(days, int | float) and 0 < days <= 366 else 0.0
    return SwitchedOn(client, str(said["voices"])[:80], stays, str(said.get("detector", ""))[:80])
