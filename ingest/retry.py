"""Reading the unreadable again, after the territory or a program was corrected.

1. ``retry`` examines all that is unreadable anew, a portion at a time; what is readable now becomes a
   message.
2. ``send_again`` publishes the rest on the topics they came from: the gateway knows
   foreign formats, ingest does not.  What stays unreadable comes back as itself.
3. ``send_originals`` sends what was read once to its gateway, to be read by the maps of today.
4. ``answers`` waits for what comes of it, and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from contract import topics
from contract.batch import EVICTED_UNHEARD, BatchHeader, Record, encode_batch
from contract.errors import UnreachableError
from contract.instant import SECOND, Clock
from contract.line.bus import MqttBus
from contract.places import Territory
from contract.plain import PlainReadings
from contract.reading import Readings
from contract.wire import WireMessage
from ingest.foreign import Original
from ingest.rules.check import examine
from ingest.rules.ranges import size
from ingest.store.protocol import Store
from ingest.values import Unreadable

_FLUSH_S = 30.0
_LOOK_S = 0.5
PORTION = 500
"""Messages of one transaction, and as many in memory."""


ORIGINALS = 200
"""Originals of one batch, at most."""
_ORIGINALS_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Resent:
    """What came of messages that were sent again."""

    read: int
    """Became readable: records of gateways came in for them, and they are not listed again."""
    back: int
    """Came back unreadable; they are listed."""
    open: int
    """Nothing came in for them yet; they are listed again if they come back."""


def retry(store: Store, territory: Territory) -> int:
    """How many became messages."""
    done = 0
    for portion in _portions(store):
        arrivals = [(kept.id, examine(_record(kept), territory)) for kept in portion]
        readable = [one for one in arrivals if _whole(one[1].message)]
        if readable:
            store.resolve_unreadable(readable)
        done += len(readable)
    return done


def _whole(message: WireMessage | PlainReadings | None) -> bool:
    """A message in part goes through the gateway, which keeps the rest of it apart."""
    return message is not None and not (isinstance(message, Readings) and message.set_aside)


def records(store: Store) -> int:
    """Records of all gateways that are on disk."""
    return sum(size(list(state.received)) for state in store.streams())


def send_again(store: Store, bus: MqttBus) -> set[int]:
    """Publish all that is listed on the topics it came from; each is listed again if it comes back unread.

    The ids of what was sent.  Raises ``UnreachableError`` where the broker did not take all of a
    portion; then that portion and what follows stay listed.
    """
    sent: set[int] = set()
    for portion in _portions(store):
        ids = [kept.id for kept in portion]
        store.set_retried(ids, retried=True)
        handed = all(bus.publish(kept.topic, kept.payload) for kept in portion)
        if not (handed and bus.flush(_FLUSH_S)) or bus.refusals:
            store.set_retried(ids, retried=False)
            why = "; ".join(bus.refusals[:1]) or "the connection was lost"
            raise UnreachableError(f"The broker did not take everything ({why})", help="Try again")
        sent.update(ids)
    return sent


def send_originals(store: Store, bus: MqttBus, device: str | None) -> int:
    """Send originals, of all or of one device, to the gateways they came by; how many.

    Raises ``UnreachableError`` where the broker did not take them all.
    """
    sent = 0
    for gateway, portion in _by_gateway(store.originals(device=device)):
        records = [Record(at, one.received, one.topic, "", one.payload) for at, one in enumerate(portion, 1)]
        header = BatchHeader(epoch="0" * 16, highest=len(records), records=len(records))
        if not bus.publish(topics.again(gateway), encode_batch(header, records)):
            raise UnreachableError(f"The broker took {sent} originals, not all", help="Try again")
        sent += len(records)
    if not bus.flush(_FLUSH_S) or bus.refusals:
        why = "; ".join(bus.refusals[:1]) or "the connection was lost"
        raise UnreachableError(f"The broker did not take everything ({why})", help="Try again")
    return sent


def _by_gateway(originals: Iterable[Original]) -> Iterator[tuple[str, list[Original]]]:
    """Those that follow each other by one gateway, in portions that a batch may hold."""
    portion, held = list[Original](), 0
    for one in originals:
        full = len(portion) >= ORIGINALS or held + len(one.payload) > _ORIGINALS_BYTES
        if portion and (full or one.gateway != portion[0].gateway):
            yield portion[0].gateway, portion
            portion, held = [], 0
        portion.append(one)
        held += len(one.payload)
    if portion:
        yield portion[0].gateway, portion


def answers(store: Store, sent: set[int], before: int, clock: Clock, wait_s: float) -> Resent:
    """What came of ``sent`` within ``wait_s`` [s]; ``before``: the records before they were sent.

    Every message that a gateway takes becomes a record, readable or not.  Other messages that come
    in meanwhile count, too: so this ends only when nothing more comes back.
    """
    until = clock.monotonic() + int(wait_s * SECOND)
    back = _back(store, sent)
    while True:
        left, seen = until - clock.monotonic(), back
        if left > 0:
            clock.sleep(min(_LOOK_S, left / SECOND))
        back = _back(store, sent)
        came = min(len(sent), max(back, records(store) - before))
        if left <= 0 or (came == len(sent) and back == seen):
            return Resent(came - back, back, len(sent) - came)


def _back(store: Store, sent: set[int]) -> int:
    return sum(1 for kept in store.unreadable() if kept.id in sent)


def _record(kept: Unreadable) -> Record:
    return Record(kept.id, kept.received, kept.topic, "", kept.payload)


def _portions(store: Store) -> Iterator[list[Unreadable]]:
    """All that is listed, each once, though the list changes meanwhile; news of clips that left unheard
    were never a device's, and are read as they stand."""
    after = 0
    while portion := list(islice(_of_devices(store, after), PORTION)):
        yield portion
        after = portion[-1].id


def _of_devices(store: Store, after: int) -> Iterator[Unreadable]:
    return (kept for kept in store.unreadable(after=after) if not kept.reason.startswith(EVICTED_UNHEARD))
