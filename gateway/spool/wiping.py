"""No byte of deleted sound stays in the spool's file: a deleted page is still sound.

1. What is deleted within ``wiping`` is overwritten with zeros.
2. ``cut_log`` brings the write-ahead log home and cuts it to nothing: it holds earlier copies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from contract.errors import StoreError

_PATIENCE_MS, _USUAL_MS = 100, 5_000
"""How long others that read the spool are waited for: here, and by everybody else."""


@contextmanager
def wiping(connection: sqlite3.Connection) -> Iterator[None]:
    """What is deleted within is overwritten with zeros in the file: sound may hold a voice.

    Not for records, thousands a second, for which it would cost a page written more.
    """
    connection.execute("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA secure_delete=OFF")


def cut_log(connection: sqlite3.Connection) -> bool:
    """True if there is no piece of sound in the file any more, and no log behind it; ``StoreError``."""
    run = connection.execute
    try:
        (pieces,) = run("SELECT EXISTS(SELECT 1 FROM parts)").fetchone()
        run(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        try:
            (busy, *_) = run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            run(f"PRAGMA busy_timeout={_USUAL_MS}")
    except sqlite3.Error as error:
        raise StoreError(f"The spool's log cannot be cut: {error}", help="Free room on its disk") from error
    return not (busy or pieces)
