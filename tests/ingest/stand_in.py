"""Stands in for a gateway: numbers records, sends batches, forgets only on a receipt."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract import topics
from contract.batch import BatchHeader, Receipt, Record, encode_batch
from contract.line.bus import Bus
from ingest.store.testing.messages import EPOCH


@dataclass(slots=True)
class GatewayStandIn:
    """One stream of one gateway."""

    bus: Bus
    records: list[Record]
    name: str = "gw"
    stream: str = "readings"
    epoch: str = EPOCH
    committed: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.committed >= len(self.records)

    def send(self, first: int, last: int) -> bool:
        """Records ``first`` to ``last`` as one batch."""
        records = self.records[first - 1 : last]
        header = BatchHeader(epoch=self.epoch, highest=len(self.records), records=len(records))
        return self.bus.publish(topics.up(self.name, self.stream), encode_batch(header, records))

    def heartbeat(self) -> None:
        header = BatchHeader(epoch=self.epoch, highest=len(self.records), records=0)
        self.bus.publish(topics.up(self.name, self.stream), encode_batch(header, []))

    def listen(self, timeout_s: float = 0.0) -> bool:
        """Take receipts; True if any came."""
        deliveries = self.bus.poll(timeout_s)
        for delivery in deliveries:
            receipt = Receipt.model_validate_json(delivery.payload)
            if delivery.topic == topics.receipt(self.name, self.stream) and receipt.epoch == self.epoch:
                self.receipts.append(receipt)
                self.committed = max(self.committed, receipt.committed)
                self.missing = tuple((first, last) for first, last in receipt.missing)
        self.bus.acknowledge(deliveries)
        return bool(deliveries)
