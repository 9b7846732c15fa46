"""What nobody could read, kept whole up to a bound for each sender; what is beyond is counted.

1. ``Letters.keep`` keeps bytes once a topic, while their sender has room.
2. ``Letters.listed`` gives them back; those that were sent again or dismissed are not listed.
3. ``Letters.dismiss`` lets the bytes go and keeps who did it, when and why; the number that such a
   message used up stays, and the same bytes, coming again, stay dismissed.

A sender is the device or gateway whose topic it is, once something of it could be read; all others, and
all foreign topics, are one sender, or made-up names would have room without end.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from contract import topics
from contract.batch import EVICTED_UNHEARD
from contract.wire import salvage
from ingest.values import Dismissal, Stray, Unkept, Unreadable

MOST = 100_000
"""Messages kept of one sender: more than two months of one a minute."""
MOST_BYTES = 64 * 2**20
"""Of their payloads."""
STRANGERS = "strangers"
_HEARD = {
    "device": "SELECT 1 FROM boots WHERE device=? LIMIT 1",
    "gateway": "SELECT 1 FROM streams WHERE gateway=? LIMIT 1",
}
_LISTED = "NOT retried AND dismissed IS NULL"


class Kept(Enum):
    """What came of bytes that nobody could read."""

    NEW = "new"
    KNOWN = "known"
    """Kept, or dismissed, before."""
    FULL = "full"
    """Not kept: their sender has no room."""


def sender_of(topic: str) -> str:
    """Who answers for the room that a message on ``topic`` takes, if it was ever heard."""
    match topics.parse(topic):
        case topics.SensorTopic(_, device):
            return f"device {device}"
        case topics.UpTopic(gateway, _):
            return f"gateway {gateway}"
    return STRANGERS


@dataclass(slots=True)
class Letters:
    """The tables ``dead_letters``, ``letter_room`` and ``dismissals`` of one connection."""

    connection: sqlite3.Connection

    def keep(self, stream_id: int | None, letter: Stray, *, own: bool) -> Kept:
        """Keep it, unless it is known or its sender has no room; ``own`` as in ``Arrival``."""
        topic, payload, reason, received = letter
        digest = hashlib.sha256(topic.encode() + b"\0" + payload).digest()[:16]
        known = self.connection.execute(
            "SELECT id, retried, length(payload), sender FROM dead_letters WHERE digest=?", (digest,)
        ).fetchone()
        if known is not None:
            if known[1]:
                self.connection.execute(
                    "UPDATE dead_letters SET retried=0, reason=? WHERE id=?", (reason, known[0])
                )
                self._take_room(known[3], 1, known[2])
            return Kept.KNOWN
        sender = self._heard(topic)
        if not self._has_room(sender, len(payload)):
            return Kept.FULL
        device, boot, seq = _numbered(topic, payload) if own else (None, None, None)
        self.connection.execute(
            "INSERT INTO dead_letters"
            " (digest, received, stream_id, topic, reason, device, boot, seq, payload, sender)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (digest, received, stream_id, topic, reason, device, boot, seq, payload, sender),
        )
        self._take_room(sender, 1, len(payload))
        return Kept.NEW

    def pass_over(self, letter: Stray) -> None:
        """Count what was not kept for want of room."""
        self.connection.execute(
            "INSERT INTO letter_room VALUES (?, 0, 0, 1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET"
            " unkept=unkept+1, unkept_bytes=unkept_bytes+?2, first=min(coalesce(first, ?3), ?3),"
            " last=max(coalesce(last, ?3), ?3)",
            (self._heard(letter.topic), len(letter.payload), letter.received),
        )

    def forget(self, letter_id: int) -> int | None:
        """It is a message now: the id of its stream, 0 for none; None where there is no such letter."""
        row = self.connection.execute(
            "SELECT coalesce(stream_id, 0), sender, length(payload) FROM dead_letters"
            f" WHERE id=? AND {_LISTED}",
            (letter_id,),
        ).fetchone()
        if row is None:
            return None
        self.connection.execute("DELETE FROM dead_letters WHERE id=?", (letter_id,))
        self._take_room(row[1], -1, -row[2])
        return int(row[0])

    def set_retried(self, ids: Iterable[int], *, retried: bool) -> None:
        """Whether they were sent again; what was takes no room."""
        for letter_id in ids:
            changed = self.connection.execute(
                "UPDATE dead_letters SET retried=?1 WHERE id=?2 AND retried<>?1 AND dismissed IS NULL"
                " RETURNING sender, length(payload)",
                (int(retried), letter_id),
            ).fetchall()
            for sender, size in changed:
                sign = -1 if retried else 1
                self._take_room(sender, sign, sign * size)

    def dismiss(self, ids: Sequence[int], at: int, who: str, why: str) -> Dismissal:
        """Let the bytes of those that are listed go, and note it: by ``who``, ``at`` [ns UTC]."""
        made = self.connection.execute(
            "INSERT INTO dismissals (at, who, why, messages, bytes) VALUES (?, ?, ?, 0, 0)", (at, who, why)
        )
        number, messages, total = int(made.lastrowid or 0), 0, 0
        for letter_id in ids:
            row = self.connection.execute(
                f"SELECT sender, length(payload) FROM dead_letters WHERE id=? AND {_LISTED}", (letter_id,)
            ).fetchone()
            if row is not None:
                self.connection.execute(
                    "UPDATE dead_letters SET payload=iif(reason GLOB ?, payload, x''), dismissed=?"
                    " WHERE id=?",
                    (f"{EVICTED_UNHEARD}*", number, letter_id),  # a hash, by which clips are counted
                )
                self._take_room(row[0], -1, -row[1])
                messages, total = messages + 1, total + row[1]
        self.connection.execute(
            "UPDATE dismissals SET messages=?, bytes=? WHERE id=?", (messages, total, number)
        )
        return Dismissal(at, who, why, messages, total)

    def listed(self, after: int, last: int | None) -> Iterator[Unreadable]:
        """In order of arrival: those with ids above ``after``, or the ``last`` of them."""
        first = after
        if last is not None:
            row = self.connection.execute(
                f"SELECT min(id) FROM (SELECT id FROM dead_letters WHERE id>? AND {_LISTED}"
                " ORDER BY id DESC LIMIT ?)",
                (after, last),
            ).fetchone()
            first = after if row[0] is None else row[0] - 1
        rows = self.connection.execute(
            "SELECT id, received, topic, reason, payload FROM dead_letters"
            f" WHERE id>? AND {_LISTED} ORDER BY id",
            (first,),
        )
        for one in rows:
            yield Unreadable(*one)

    def count(self) -> int:
        """How many are listed."""
        found = self.connection.execute(f"SELECT count(*) FROM dead_letters WHERE {_LISTED}").fetchone()
        return int(found[0])

    def unkept(self) -> list[Unkept]:
        """By sender, sorted."""
        rows = self.connection.execute(
            "SELECT sender, unkept, unkept_bytes, first, last FROM letter_room WHERE unkept ORDER BY sender"
        )
        return [Unkept(*row) for row in rows]

    def dismissals(self) -> list[Dismissal]:
        """In the order in which they were made."""
        rows = self.connection.execute("SELECT at, who, why, messages, bytes FROM dismissals ORDER BY id")
        return [Dismissal(*row) for row in rows]

    def _heard(self, topic: str) -> str:
        """The sender of ``topic``; one of whom nothing was ever readable is any stranger."""
        sender = sender_of(topic)
        kind, _, name = sender.partition(" ")
        heard = kind in _HEARD and self.connection.execute(_HEARD[kind], (name,)).fetchone()
        return sender if heard else STRANGERS

    def _has_room(self, sender: str, size: int) -> bool:
        row = self.connection.execute(
            "SELECT kept, kept_bytes FROM letter_room WHERE sender=?", (sender,)
        ).fetchone()
        return row is None or (row[0] < MOST and row[1] + size <= MOST_BYTES)

    def _take_room(self, sender: str, messages: int, size: int) -> None:
        self.connection.execute(
            "INSERT INTO letter_room VALUES (?1, ?2, ?3, 0, 0, NULL, NULL)"
            " ON CONFLICT DO UPDATE SET kept=kept+?2, kept_bytes=kept_bytes+?3",
            (sender, messages, size),
        )


def _numbered(topic: str, payload: bytes) -> tuple[str, str, int] | tuple[None, None, None]:
    """(device, boot, sequence) that an unreadable message used up.

    The device is the one whose topic it is, not whom the bytes name; and on a foreign topic, where
    anybody's uplinks come, it is nobody: no one makes gaps for another.
    """
    spoke = topics.parse(topic)
    said = salvage(payload) if isinstance(spoke, topics.SensorTopic) else None
    if said is None or not isinstance(spoke, topics.SensorTopic):
        return None, None, None
    return spoke.device, said[1], said[2]
