"""Records of the spool -> one batch that the broker takes.

1. ``packed`` takes as many records as ``BatchSize`` allows, packs them, and halves until they fit.
2. A record that alone is larger than the broker takes is set aside beside the spool, told upstream
   as dropped, counted and logged; it blocks nothing.
3. ``batch`` puts the header before them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from contract import topics
from contract.batch import BatchHeader, Earlier, Record, encode_batch
from contract.line.bus import Bus
from gateway.spool.openings import Opening
from gateway.spool.records import ASIDE
from gateway.spool.spool import Spool
from gateway.upstream.batch_size import BatchSize

MAX_RECORDS_A_BATCH = 1_000
_LOG = logging.getLogger("ecoviv.gateway")


@dataclass(slots=True)
class Packing:
    """Of one gateway."""

    gateway: str
    bus: Bus
    spool: Spool
    size: BatchSize = field(default_factory=BatchSize, init=False)

    def packed(self, opening: Opening, first: int, last: int) -> tuple[list[Record], bytes]:
        """As many records from ``first`` to ``last`` as one batch may hold, and the batch.

        A single one that the broker can never take is set aside, and the next ones come.
        """
        base, limit = opening.base, self.bus.packet_limit
        topic = topics.up(self.gateway, opening.stream)
        while True:
            rows = self.spool.batch(
                opening.stream,
                base + first,
                base + last,
                limit=MAX_RECORDS_A_BATCH,
                max_bytes=self.size.max_bytes,
            )
            records = [row._replace(number=row.number - base) for row in rows] if base else rows
            payload = self.batch(opening, records)
            if not records or self.size.fits(len(payload), len(records), topic, limit):
                self.size.took(len(payload), limit)
                return records, payload
            if len(records) > 1:
                self.size.halve(sum(len(record.payload) for record in records))
                continue
            self._set_aside(opening, records[0])

    def _set_aside(self, opening: Opening, record: Record) -> None:
        size = len(record.payload)
        self.spool.set_aside(opening, record.number, f"larger than the broker takes ({size} bytes)")
        _LOG.warning("a message of %d bytes on %s is larger than the broker takes; it was set aside in the"
                     " folder %s: raise the broker's limit", size, record.topic, ASIDE)  # fmt: skip

    def batch(self, opening: Opening, records: list[Record], earlier: tuple[Earlier, ...] = ()) -> bytes:
        """Header and ``records`` as they travel; without records a heartbeat."""
        header = BatchHeader(
            epoch=opening.epoch,
            highest=opening.highest,
            records=len(records),
            dropped=self.spool.drops(opening),
            opening=self.spool.epoch,
            floor=self.spool.floor(opening),
            earlier=earlier,
        )
        return encode_batch(header, records)
