"""Many rows a statement: half the calls into SQLite for the same rows.

``insert_many`` writes rows of equal width, some thousand values a statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_VALUES = 7_000
"""Bound by one statement, where SQLite takes so many (before 3.32: 999); more is not faster."""


def insert_many(
    connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]], unless: str = ""
) -> int:
    """``into`` (INSERT INTO table VALUES), then ``rows``, then ``unless``; how many were written."""
    if not rows:
        return 0
    width = len(rows[0])
    at_once = min(_VALUES, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)) // width
    one = f"({', '.join('?' * width)})"
    many = f"{into} {', '.join([one] * at_once)} {unless}"
    whole = len(rows) - len(rows) % at_once
    written = 0
    for first in range(0, whole, at_once):
        values = list(chain.from_iterable(rows[first : first + at_once]))
        written += connection.execute(many, values).rowcount
    if whole < len(rows):
        written += connection.executemany(f"{into} {one} {unless}", rows[whole:]).rowcount
    return written
