"""The balance of a road: what was sent against what is in the store.

Everything is counted as distinct message identities (device, boot, sequence):

    sent = stored + unreadable + lost

``sent`` comes from the sender's own list; ``stored`` and ``unreadable`` are looked up in
the store one by one.  Audio parts stay at the gateway and are not messages of this balance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.wire import salvage
from ingest.store.protocol import Store

Identity = tuple[str, str, int]
_KINDS = ("readings", "features", "detections", "clip", "health")


@dataclass(frozen=True, slots=True)
class Balance:
    """Distinct message identities, and points."""

    sent: int
    stored: int
    unreadable: int
    lost: int
    duplicated: int
    """Points stored twice."""
    absorbed: int
    """Deliveries that came again and changed nothing."""
    flagged: int
    """Points with at least one flag."""
    points: int
    detections: int
    conflicts: int
    edge: int
    """Messages of the edge worker, beside what was sent."""


def strike(sent: Iterable[Identity], store: Store) -> Balance:
    """Compare the sender's list with the store."""
    wanted = set(sent)
    stored: set[Identity] = set()
    edge = 0
    for kind in _KINDS:
        for kept in store.messages(kind):
            identity = kept.message.identity
            edge += identity not in wanted
            stored.add(identity)
    unreadable = {salvage(letter.payload) for letter in store.unreadable()} - {None}
    counts = store.counts()
    return Balance(
        sent=len(wanted),
        stored=len(wanted & stored),
        unreadable=len((wanted & unreadable) - stored),
        lost=len(wanted - stored - unreadable),
        duplicated=counts.duplicated,
        absorbed=counts.repeats,
        flagged=counts.flagged,
        points=counts.points,
        detections=counts.detections,
        conflicts=counts.conflicts,
        edge=edge,
    )
