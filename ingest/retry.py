"""Reading the unreadable again, after the territory or a program was corrected.

1. ``retry`` examines all that is unreadable anew; what is readable now becomes a message.
2. ``send_again`` publishes the rest on the topics they came from: the gateway knows
   foreign formats, ingest does not.  What stays unreadable comes back as itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.batch import Record
from contract.errors import UnreachableError
from contract.line.bus import MqttBus
from contract.places import Territory
from contract.plain import PlainReadings
from contract.reading import Readings
from contract.wire import WireMessage
from ingest.rules.check import examine
from ingest.store.protocol import Store
from ingest.values import Arrival, Unreadable

_FLUSH_S = 30.0
PORTION = 500
"""Messages of one transaction."""


def retry(store: Store, territory: Territory) -> tuple[int, list[Unreadable]]:
    """(how many became messages, those that did not)."""
    readable: list[tuple[int, Arrival]] = []
    left: list[Unreadable] = []
    for kept in list(store.unreadable()):
        arrival = examine(Record(kept.id, kept.received, kept.topic, "", kept.payload), territory)
        if arrival.message is None or _in_part(arrival.message):
            left.append(kept)  # a message in part goes through the gateway, which keeps the rest of it apart
        else:
            readable.append((kept.id, arrival))
    for start in range(0, len(readable), PORTION):
        store.resolve_unreadable(readable[start : start + PORTION])
    return len(readable), left


def _in_part(message: WireMessage | PlainReadings) -> bool:
    return isinstance(message, Readings) and bool(message.set_aside)


def send_again(store: Store, bus: MqttBus, unreadable: Sequence[Unreadable]) -> None:
    """Publish ``unreadable`` on the topics it came from; each is listed again if it comes back unread.

    Raises ``UnreachableError`` where the broker did not take all of it; then all stays listed.
    """
    store.set_retried([kept.id for kept in unreadable], retried=True)
    handed = all(bus.publish(kept.topic, kept.payload) for kept in unreadable)
    if not (handed and bus.flush(_FLUSH_S)) or bus.refusals:
        store.set_retried([kept.id for kept in unreadable], retried=False)
        why = "; ".join(bus.refusals[:1]) or "the connection was lost"
        raise UnreachableError(f"The broker did not take everything ({why})", help="Try again")
