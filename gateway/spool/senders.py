"""Senders that are kept no longer: the table would grow with every restart of every sensor.

A row says which sequences of one boot were heard.  It is needed while the sensor may send
something of that boot again.  ``forget_old`` keeps what has records waiting here, then the
latest boots of each sensor; where these are too many, the last boot of each before any
other.  A sensor that comes back with a boot forgotten here is heard as new: its messages
are taken again and absorbed by ingest, and ``gateway.spool.patience`` closes the gap before them.
"""

from __future__ import annotations

import sqlite3

SenderKey = tuple[str, str, str]
"""(site, device, boot)"""
BOOTS_KEPT = 64
"""Of one sensor."""
ROWS_KEPT = 20_000
"""Of all sensors; about 2 MiB."""

_OLD = """
WITH aged AS (
  SELECT id, site, device, boot, last,
    row_number() OVER (PARTITION BY site, device ORDER BY last DESC, id DESC) AS age
  FROM senders),
ranked AS (
  SELECT id, site, device, boot, age, row_number() OVER (ORDER BY age, last DESC, id DESC) AS place
  FROM aged)
SELECT id, site, device, boot FROM ranked
WHERE (age > ? OR place > ?) AND NOT EXISTS (SELECT 1 FROM records WHERE sender = ranked.id)
"""


def forget_old(
    connection: sqlite3.Connection, *, boots_kept: int = BOOTS_KEPT, rows_kept: int = ROWS_KEPT
) -> set[SenderKey]:
    """Delete, in the caller's transaction, what is not needed; returns the senders that are gone."""
    old = connection.execute(_OLD, (boots_kept, rows_kept)).fetchall()
    connection.executemany("DELETE FROM senders WHERE id=?", [(row[0],) for row in old])
    return {(site, device, boot) for _, site, device, boot in old}
