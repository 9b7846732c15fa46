"""Checksums of what the spool holds: SQLite notices a broken page, not a changed byte in a value."""

from __future__ import annotations

import zlib

_DAMAGED = "the gateway's disk gave back other bytes than were written"


def of_record(received: object, topic: object, reason: object, payload: object) -> int:
    """CRC-32 over a record's values; damaged ones may have any type."""
    body = payload if isinstance(payload, bytes) else repr(payload).encode()
    return zlib.crc32(body, zlib.crc32(f"{received}|{topic}|{reason}".encode(errors="replace")))


def of_sender(contiguous: object, islands: object) -> int:
    """CRC-32 over the sequences heard from a sender."""
    return zlib.crc32(f"{contiguous}|{islands}".encode(errors="replace"))


def damage(reason: object) -> str:
    """Why a changed record is unreadable."""
    return f"{_DAMAGED} ({reason})" if isinstance(reason, str) and reason else _DAMAGED


def legible(received: object, topic: object, payload: object) -> tuple[int, str, bytes]:
    """Values of a record that may have any type, so that it can travel."""
    return (
        received if isinstance(received, int) and abs(received) < 2**63 else 0,
        topic if isinstance(topic, str) else "",
        payload if isinstance(payload, bytes) else repr(payload).encode(),
    )
