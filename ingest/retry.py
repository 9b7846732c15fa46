"""Reading the unreadable again, after the territory or a program was corrected.

1. ``retry`` examines every dead letter anew; what is readable now becomes a message.
2. ``send_again`` publishes the rest on the topics they came from: the gateway knows
   foreign formats, ingest does not.  A letter that stays unreadable comes back as itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.batch import Record
from contract.errors import UnreachableError
from contract.line.bus import MqttBus
from contract.places import Territory
from ingest.rules.check import examine
from ingest.store.protocol import Store
from ingest.values import Arrival, Unreadable

_FLUSH_S = 30.0
PORTION = 500


def retry(store: Store, territory: Territory) -> tuple[int, list[Unreadable]]:
    """(how many became messages, those that did not)."""
    revived: list[tuple[int, Arrival]] = []
    left: list[Unreadable] = []
    for letter in list(store.unreadable()):
        arrival = examine(Record(letter.id, letter.received, letter.topic, "", letter.payload), territory)
        if arrival.message is None:
            left.append(letter)
        else:
            revived.append((letter.id, arrival))
    for start in range(0, len(revived), PORTION):
        store.revive(revived[start : start + PORTION])
    return len(revived), left


def send_again(store: Store, bus: MqttBus, letters: Sequence[Unreadable]) -> None:
    """Publish ``letters`` on their topics; each is listed again if it comes back unread."""
    store.set_retried([letter.id for letter in letters], retried=True)
    handed = all(bus.publish(letter.topic, letter.payload) for letter in letters)
    if not (handed and bus.flush(_FLUSH_S)) or bus.refusals:
        store.set_retried([letter.id for letter in letters], retried=False)
        why = "; ".join(bus.refusals[:1]) or "the connection was lost"
        raise UnreachableError(f"The broker did not take everything ({why})", help="Try again")
