"""The bytes of messages, exactly as received, compressed together.

1. ``append`` packs payloads into blocks of at most half a megabyte and compresses each.
2. ``read`` gives one payload back by (block, position); recent blocks stay unpacked.
"""

from __future__ import annotations

import sqlite3
import struct
import sys
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from contract.errors import StoreError

BLOCK_BYTES = 512 * 1024
_RECENT = 16


@dataclass(slots=True)
class Blocks:
    """The table ``blocks`` of one connection."""

    connection: sqlite3.Connection
    _recent: OrderedDict[int, list[bytes]] = field(default_factory=OrderedDict)

    def append(self, payloads: Sequence[bytes]) -> list[tuple[int, int]]:
        """(block, position) of each payload."""
        places: list[tuple[int, int]] = []
        for group in _groups(payloads):
            made = self.connection.execute("INSERT INTO blocks (bytes) VALUES (?)", (_pack(group),))
            block_id = int(made.lastrowid or 0)
            places += [(block_id, position) for position in range(len(group))]
        return places

    def read(self, block_id: int, position: int) -> bytes:
        """One payload, byte for byte."""
        block = self._recent.get(block_id)
        if block is None:
            found = self.connection.execute("SELECT bytes FROM blocks WHERE id=?", (block_id,)).fetchone()
            try:
                block = self._recent[block_id] = _unpack(b"" if found is None else found[0])
            except (zstd.ZstdError, struct.error) as error:
                raise StoreError(
                    f"Block {block_id} of the messages' bytes is damaged: {error}",
                    help="Move the store aside and restore a backup; its points can still be exported",
                ) from error
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return block[position]

    def forget(self) -> None:
        """After a rollback: block ids may be given again."""
        self._recent.clear()


def _groups(payloads: Sequence[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for payload in payloads:
        if group and size + len(payload) > BLOCK_BYTES:
            yield group
            group, size = [], 0
        group.append(payload)
        size += len(payload)
    if group:
        yield group


def _pack(payloads: Sequence[bytes]) -> bytes:
    head = struct.pack(f">I{len(payloads)}I", len(payloads), *map(len, payloads))
    return zstd.compress(head + b"".join(payloads), 1)


def _unpack(packed: bytes) -> list[bytes]:
    raw = zstd.decompress(packed)
    (count,) = struct.unpack_from(">I", raw)
    at = 4 + 4 * count
    payloads = []
    for size in struct.unpack_from(f">{count}I", raw, 4):
        payloads.append(raw[at : at + size])
        at += size
    return payloads
