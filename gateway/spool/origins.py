"""Who spoke: the rows of the table ``senders``, one for each (site, device, boot).

1. A row says which sequences of one boot were received.  It is needed while the sensor may
   send something of that boot again.
2. ``receipt`` is what its sensor is told.
   ``find`` reads the row, ``OriginRow.values`` with ``SAVE`` writes it, under a checksum:
   ``check_sequences`` finds out a file whose receipts would promise too much.
3. ``forget_old`` keeps the table from growing with every restart of every sensor: it keeps
   what has records waiting here, then the latest boots of each sensor; where these are too
   many, the last boot of each before any other.

A row without a boot stands for what its device said of which no boot is legible; the row 0 for
everything of which not even site and device are known.  Both only bear what is held of them.

A sensor that comes back with a boot forgotten here is new: its messages are taken again and
absorbed by ingest, and ``gateway.spool.watch.patience`` closes the gap before them.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.batch import DeviceReceipt
from gateway.spool.entry import Origin
from gateway.spool.sequences import Sequences

BOOTS_KEPT = 64
"""Of one sensor."""
BOOTS_ALIVE = 3
"""Of one device, at most: its own, its edge worker's, one of a replay."""
ROWS_KEPT = 20_000
"""Of all sensors; about 2 MiB."""
SAVE = (
    "INSERT INTO senders VALUES(?,?,?,?,?,?,?,?,?,?,0) ON CONFLICT(id) DO UPDATE SET"
    " contiguous=excluded.contiguous, islands=excluded.islands, last=excluded.last,"
    " checksum=excluded.checksum, stranger=excluded.stranger"
)
_OLD = """
WITH aged AS (
  SELECT id, site, device, boot, last, bytes,
    row_number() OVER (PARTITION BY site, device ORDER BY last DESC, id DESC) AS age
  FROM senders),
ranked AS (
  SELECT id, site, device, boot, age, bytes, row_number() OVER (ORDER BY age, last DESC, id DESC) AS place
  FROM aged)
SELECT id, site, device, boot FROM ranked
WHERE (age > ? OR place > ?) AND bytes = 0 AND id > 0
"""
_RECENT = """
SELECT site, device, boot FROM (
  SELECT site, device, boot, last,
    row_number() OVER (PARTITION BY site, device ORDER BY last DESC, id DESC) AS age
  FROM senders WHERE last>=? AND boot<>'')
WHERE age<=? ORDER BY last DESC LIMIT ?
"""


@dataclass(slots=True)
class OriginRow:
    """One origin's row."""

    id: int
    sequences: Sequences = field(default_factory=Sequences)
    last: int = 0
    """When it spoke last [ns UTC]."""
    lost: int | None = None
    """Lowest sequence given up at the cap: ``stored`` never passes it."""
    stranger: bool = False
    """A name that the territory does not know: what all of these hold is one share."""

    def copy(self) -> OriginRow:
        """One that can be changed and thrown away."""
        return OriginRow(self.id, self.sequences.copy(), self.last, self.lost, self.stranger)

    def values(self, origin: Origin) -> tuple[int, str, str, str, int, str, int, int | None, int, bool]:
        """For ``SAVE``."""
        contiguous, islands = self.sequences.contiguous, self.sequences.dump()
        check = checksum(contiguous, islands)
        return (self.id, *origin, contiguous, islands, self.last, self.lost, check, self.stranger)


def find(connection: sqlite3.Connection, origin: Origin) -> OriginRow | None:
    """The row of ``origin``; None if it never spoke, or was forgotten."""
    row = connection.execute(
        "SELECT id, contiguous, islands, last, lost, stranger FROM senders"
        " WHERE site=? AND device=? AND boot=?",
        origin,
    ).fetchone()
    return OriginRow(row[0], Sequences.load(row[1], row[2]), row[3], row[4], bool(row[5])) if row else None


def receipt(connection: sqlite3.Connection, origin: Origin, known: OriginRow) -> DeviceReceipt:
    """What ``origin``, whose row is ``known``, may forget, and what is on ingest's disk."""
    waiting = _lowest_waiting(connection, known, 1)
    spooled, skipped = known.sequences.contiguous, known.sequences.skipped
    limits = [spooled, *(bound - 1 for bound in (waiting, known.lost) if bound is not None)]
    if skipped is None:
        return DeviceReceipt(boot=origin.boot, spooled=spooled, stored=max(0, min(limits)))
    return DeviceReceipt(
        boot=origin.boot,
        spooled=spooled,
        stored=max(0, min(*limits, skipped[0] - 1)),
        also_stored=_above(connection, known, skipped[1]),
    )


def _above(connection: sqlite3.Connection, known: OriginRow, last_skipped: int) -> tuple[int, int] | None:
    """What ingest has of ``known`` above the gap that ends at ``last_skipped``, without a further gap."""
    if known.lost is not None and known.lost <= last_skipped:
        return None  # what was lost above it is not noted
    waiting = _lowest_waiting(connection, known, last_skipped + 1)
    bounds = [bound - 1 for bound in (waiting, known.lost) if bound is not None]
    last = min([known.sequences.contiguous, *bounds])
    return (last_skipped + 1, last) if last > last_skipped else None


def _lowest_waiting(connection: sqlite3.Connection, known: OriginRow, least: int) -> int | None:
    """The lowest sequence, from ``least`` on, that ingest has not confirmed."""
    query = "SELECT min(seq) FROM records WHERE sender=? AND seq>=?"
    (waiting,) = connection.execute(query, (known.id, least)).fetchone()
    return None if waiting is None else int(waiting)


def bear(connection: sqlite3.Connection, sizes: Iterable[tuple[int, int]]) -> None:
    """In the caller's transaction: (id of a row, bytes of a record come, or gone where negative)."""
    total: Counter[int] = Counter()
    for sender, size in sizes:
        total[sender] += size
    connection.executemany(
        "UPDATE senders SET bytes=bytes+? WHERE id=?", [(size, sender) for sender, size in total.items()]
    )


def recent(connection: sqlite3.Connection, since: int, limit: int, boots: int) -> list[Origin]:
    """Who spoke since ``since`` [ns UTC], latest first, at most ``limit``, and ``boots`` of one device."""
    rows = connection.execute(_RECENT, (since, boots, limit))
    return [Origin(*row) for row in rows]


def forget_old(
    connection: sqlite3.Connection, *, boots_kept: int = BOOTS_KEPT, rows_kept: int = ROWS_KEPT
) -> set[Origin]:
    """Delete, in the caller's transaction, what is not needed; returns the origins that are gone."""
    old = connection.execute(_OLD, (boots_kept, rows_kept)).fetchall()
    connection.executemany("DELETE FROM senders WHERE id=?", [(row[0],) for row in old])
    return {Origin(site, device, boot) for _, site, device, boot in old}


def checksum(contiguous: object, islands: object) -> int:
    """CRC-32 over the sequences received from an origin; damaged ones may have any type."""
    return zlib.crc32(f"{contiguous}|{islands}".encode(errors="replace"))


def check_sequences(connection: sqlite3.Connection) -> None:
    """``sqlite3.DatabaseError`` if the sequences of any origin do not match their checksum."""
    for contiguous, islands, check in connection.execute("SELECT contiguous, islands, checksum FROM senders"):
        if checksum(contiguous, islands) != check:
            raise sqlite3.DatabaseError("the sequences received from a sensor do not match their checksum")


NOBODY = OriginRow(0).values(Origin("", "", ""))
"""The row 0, for ``SAVE``."""
