"""Damaged receipts and notices.  None may raise anything, and none may delete what it does not confirm.

A receipt whose digits were changed into other digits is a receipt: what it confirms may go.
Whether it confirms anything is judged here by another reader, ``json``, and nothing else may
be gone.  How many were believed so is counted.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from pydantic import BaseModel, ValidationError

from analysis.edge.worker import FILTERS, EdgeWorker
from benchmarks.faults.damage.memory import NOW, Lost
from benchmarks.loads.batches import record
from contract import topics, wire
from contract.batch import ClipNotice, DeviceReceipt, Receipt
from contract.instant import SECOND
from contract.line.sender import Sender
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker
from gateway.clips import ClipRing
from gateway.service import Gateway, filters
from gateway.spool.entry import Entry
from gateway.spool.openings import Opening
from gateway.spool.spool import Spool

_KEPT = 20
_EPOCH, _PATH = "0123456789abcdef", "/clips/20260501/040000.wav"
"""Stand in the good messages for what differs from run to run, so that the same seed does the same."""

_EDGE_LOG = logging.getLogger("ecoviv.edge")


class GatewayReceipts:
    """A gateway that waits for ingest's receipts."""

    def __init__(self, folder: Path, places: Territory) -> None:
        self._clock, broker = FixedClock(NOW), MemoryBroker()
        self._spool = Spool.open(folder / "spool.db", self._clock)
        ring = ClipRing(folder / "clips", self._spool, self._clock)
        self._bus = broker.client("gateway", filters("north"))
        self._gateway = Gateway("north", places, self._bus, self._spool, ring, self._clock)
        self._ingest = broker.client("ingest", [topics.UP_FILTER])
        self.believed = 0
        self._fill()

    def good(self) -> bytes:
        opening = self._opening()
        done, highest = opening.committed, opening.highest
        receipt = Receipt(epoch=_EPOCH, committed=done, missing=([done + 1, done + 3], [highest, highest]))
        return receipt.model_dump_json().encode()

    def take(self, payload: bytes) -> bool:
        """Given to the gateway; True if it is a receipt all the same."""
        epoch, before, base = self._spool.epoch, self._numbers(), self._opening().base
        payload = payload.replace(_EPOCH.encode(), epoch.encode())
        told = _fields(payload)
        self._ingest.publish(topics.receipt("north", "readings"), payload)
        self._clock.advance(SECOND // 50)
        self._gateway.step(0.0)
        self._ingest.poll(0.0, 1_000)
        now = self._numbers()
        mine = told.get("epoch") == epoch and told.get("opening", "") in ("", epoch)
        committed = told.get("committed")
        confirmed = committed if mine and type(committed) is int and base + committed <= before[-1] else 0
        kept = [number for number in before if number > base + confirmed]
        if self._spool.epoch == epoch and not set(kept) <= set(now):
            raise Lost("a receipt deleted what it does not confirm")
        if self._spool.epoch != epoch and len(now) != len(before):
            raise Lost("a new epoch began with fewer messages")
        if len(now) < len(before):
            self.believed += 1
            self._fill()
        return _is(Receipt, payload)

    def close(self) -> None:
        self._spool.close()

    def _opening(self) -> Opening:
        return self._spool.openings["readings"][-1]

    def _numbers(self) -> list[int]:
        batch = self._spool.batch("readings", 1, 2**40, limit=10**6, max_bytes=2**30)
        return [one.number for one in batch]

    def _fill(self) -> None:
        first = self._spool.highest["readings"]
        new = [record(number, 4) for number in range(first, first + _KEPT)]
        self._spool.add([Entry("readings", NOW, one.topic, "", one.payload) for one in new])


class DeviceReceipts:
    """A sensor that waits for its gateway's receipts."""

    def __init__(self) -> None:
        self._broker, self._boots, self.believed = MemoryBroker(), 0, 0
        self._topic = topics.sensor_receipt("s1", "d1")
        self._begin()

    def good(self) -> bytes:
        return DeviceReceipt(boot=self._boot, spooled=1, stored=1).model_dump_json().encode()

    def take(self, payload: bytes) -> bool:
        """Given to the sensor; True if it is a receipt all the same."""
        told, before = _fields(payload), self._sender.outstanding
        self._gateway.publish(self._topic, payload)
        self._sender.step(0.0)
        spooled, gone = told.get("spooled"), before - self._sender.outstanding
        mine = told.get("boot") == self._boot and type(spooled) is int
        if gone and not (mine and isinstance(spooled, int) and gone == min(spooled, _KEPT) - 1):
            raise Lost("a receipt deleted what it does not confirm")
        if mine and spooled != 1:
            self.believed += gone > 0
            self._begin()
        return _is(DeviceReceipt, payload)

    def _begin(self) -> None:
        """A new boot, of which the first message is confirmed."""
        self._boots += 1
        self._boot = f"b{self._boots}"
        bus = self._broker.client("d1", [topics.SENSOR_RECEIPT_FILTER])
        self._gateway = self._broker.client("gateway")
        self._sender = Sender(bus, clock=FixedClock(NOW))
        for seq in range(1, _KEPT + 1):
            one = record(seq, 4)
            self._sender.send("s1", "d1", self._boot, seq, one.topic, one.payload)
        self._gateway.publish(self._topic, self.good())
        self._sender.step(0.0)


class _Ear(logging.Handler):
    """Keeps what the edge worker says while it is listened to."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        self.said = []
        _EDGE_LOG.addHandler(self)
        return self.said

    def __exit__(self, *_: object) -> None:
        _EDGE_LOG.removeHandler(self)


class Notices:
    """An edge worker that is told of a clip, which is no sound: it says so, and the clip stays."""

    def __init__(self, folder: Path) -> None:
        broker = MemoryBroker()
        self._clip, self._content = folder / "clip.wav", b"no sound at all"
        self._clip.write_bytes(self._content)
        self._gateway = broker.client("gateway", [topics.SENSOR_FILTER])
        self._worker, self._ear = EdgeWorker(broker.client("edge", FILTERS)), _Ear()

    def good(self) -> bytes:
        notice = ClipNotice(
            site="s1", device="d1", sha256=hashlib.sha256(self._content).hexdigest(), path=_PATH,
            start="2026-05-01T04:00:00Z", start_source="file name", name="clip.wav",
        )  # fmt: skip
        return notice.model_dump_json().encode()

    def take(self, payload: bytes) -> bool:
        """Given to the worker; True if it answered with features, which are confirmed to it."""
        with self._ear as said:
            answered = self._answered(payload)
        if self._clip.read_bytes() != self._content:
            raise Lost("a clip is not what it was")
        if not answered and not said:
            raise Lost("a notice was neither answered nor refused")
        return answered

    def _answered(self, payload: bytes) -> bool:
        payload = payload.replace(_PATH.encode(), str(self._clip).encode())
        self._gateway.publish(topics.LOCAL_CLIP, payload)
        self._worker.step(0.0)
        answers = [one for one in self._gateway.poll(0.0) if one.topic.endswith("/features")]
        for answer in answers:
            message = wire.decode(answer.payload)
            receipt = DeviceReceipt(boot=message.boot, spooled=message.seq, stored=message.seq)
            topic = topics.sensor_receipt(message.site, message.device)
            self._gateway.publish(topic, receipt.model_dump_json().encode())
        self._worker.step(0.0)
        self._gateway.poll(0.0)
        return bool(answers)


def _is(model: type[BaseModel], payload: bytes) -> bool:
    try:
        model.model_validate_json(payload)
    except ValidationError:
        return False
    return True


def _fields(payload: bytes) -> dict[str, object]:
    """What another reader finds; nothing in what is no object."""
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
