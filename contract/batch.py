"""What travels between a gateway and ingest: numbered batches up, receipts down.

1. A gateway numbers the records of each stream 1, 2, 3 … within an epoch, which is random and begins
   with the first record of each opening of its spool: no card that comes back from the past, and no
   copy of one, ever gives a number out again.
2. ``encode_batch`` frames records behind a JSON header and compresses the whole (zstd).
   An empty batch is a heartbeat: it tells the highest number assigned and the lowest still held,
   and names earlier epochs, also those of which nothing is held any more.
3. ``decode_batch`` reads it within limits; payloads come out byte for byte as they came in.  A record
   of a time that cannot be is refused alone: it carries that as its reason.
4. ``Receipt`` goes down: everything up to ``committed`` is on disk; ``missing`` is asked again.
5. ``DeviceReceipt`` goes further down, to the sensor.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.errors import UnreadableMessage
from contract.places import Slug
from contract.reading import BootId

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RAW = "raw"
"""The stream of originals: foreign messages as they came, beside what was made of them."""
STREAMS = ("health", "findings", "readings", "audio", RAW)
"""In order of priority; features, detections and clip manifests are findings."""
STREAM_OF_KIND = {
    "health": "health",
    "features": "findings",
    "detections": "findings",
    "clip": "findings",
    "readings": "readings",
    "unreadable": "readings",
}
MAX_BATCH_BYTES = 16 * 2**20
"""Decompressed."""
MAX_RECORDS = 10_000
MAX_HEADER_BYTES = 131_072
"""Five times what a gateway's fullest header takes."""
MAX_MISSING = 1_000
MAX_REASON_BYTES = 60_000
MAX_REFUSED, MAX_REFUSED_LETTERS = 8, 120
"""Entries in a device's receipt, and letters of each."""
MAX_NAMED, MAX_NAMED_LETTERS = 40, 80
"""Fields that an original names as not understood, and letters of each."""
MAX_EARLIER = 1_000
"""Epochs named in one header."""

CLIP_WAITING, CLIP_HEARD, CLIP_EVICTED, CLIP_DAMAGED = "waiting", "heard", "evicted", "damaged"
"""Of a clip: not all there, or nobody has answered yet; its features are spooled; it left the ring
before that; its pieces do not give its hash."""
EVICTED_UNHEARD = "evicted unheard"
"""How the reason of the record begins that tells ingest of an evicted clip; its payload is the SHA-256."""

_HIGHEST = 2**62
"""No gateway numbers beyond it; every store can hold it."""
LATEST = 2**62
"""No record was received later [ns UTC]: February 2116."""
_MAGIC = b"EVB\x01"
_RECORD = struct.Struct(">QqHHI")
_COMPRESSION: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
}
"""With a checksum of what was compressed: a batch that changed on its way is refused, and sent again."""


class Record(NamedTuple):
    """One message on its way up.  A tuple, because thousands a second are made."""

    number: int
    """In its stream and epoch."""
    received: int
    """When the gateway took it [ns UTC]."""
    topic: str
    """As received."""
    reason: str
    """Empty; why the gateway could not read or attribute it (kind ``unreadable``); an original's ``Gave``."""
    payload: bytes
    """Wire v1 bytes; for an unreadable message and for an original the bytes as they came."""


class Gave(NamedTuple):
    """What came of a foreign message; a record of the stream ``RAW`` says it in its ``reason``."""

    site: str
    device: str
    boot: str
    """Of the message that it became; empty where it became none."""
    seq: int
    not_understood: tuple[str, ...]
    """Names of fields that are neither read nor known to be no measurement."""

    def text(self) -> str:
        """As it travels."""
        names = sorted({name[:MAX_NAMED_LETTERS] for name in self.not_understood})[:MAX_NAMED]
        return json.dumps((*self[:4], *names), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Gave | None:
        """From what ``text`` wrote; None for anything else."""
        try:
            site, device, boot, seq, *names = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            return None
        texts = all(isinstance(one, str) for one in (site, device, boot, *names))
        return cls(site, device, boot, seq, tuple(names)) if texts and isinstance(seq, int) else None


class _Json(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


Count = Annotated[int, Field(ge=0, le=_HIGHEST)]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Range = Annotated[list[Count], Field(min_length=2, max_length=2)]


class Drop(_Json):
    """Records that the gateway had to give up, first to last inclusive."""

    first: Count
    last: Count
    reason: Annotated[str, Field(max_length=80)]


class Earlier(_Json):
    """An epoch of the same stream from an earlier opening of the spool."""

    epoch: Epoch
    highest: Count
    """The highest number given out."""
    floor: Count
    """The lowest number still held, or to be told as dropped; ``highest`` + 1 if there is none."""


class BatchHeader(_Json):
    """Epoch and highest number assigned travel with every batch and heartbeat."""

    epoch: Epoch
    highest: Count
    """The highest number that this stream has given in the epoch."""
    records: Annotated[int, Field(ge=0, le=MAX_RECORDS)]
    dropped: tuple[Drop, ...] = ()
    opening: Epoch | Literal[""] = ""
    """Which opening of the spool speaks: its receipts say so again, and confirm nothing to another."""
    floor: Count = 1
    """Numbers below are held no longer and will not come."""
    earlier: Annotated[tuple[Earlier, ...], Field(max_length=MAX_EARLIER)] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded batch."""

    header: BatchHeader
    records: tuple[Record, ...]


class Receipt(_Json):
    """Ingest to gateway.  Numbers up to ``committed`` are on disk and may be forgotten."""

    epoch: Epoch
    committed: Count
    missing: Annotated[tuple[Range, ...], Field(max_length=MAX_MISSING)] = ()
    """[first, last] ranges known to exist and not received."""
    opening: Epoch | Literal[""] = ""
    """Whom it answers."""
    worker: Epoch | Literal[""] = ""
    """Which process of ingest answers, random at its start: behind a new one may be another store."""


class DeviceReceipt(_Json):
    """Gateway to sensor: highest contiguous sequences of one boot, and what it should know besides."""

    boot: BootId | Literal[""]
    """Empty where a message was refused whose boot is not legible: such a receipt confirms nothing."""
    spooled: Count
    """Up to here on the gateway's disk: the sensor may forget them."""
    stored: Count
    """Up to here on ingest's disk, too; it never passes a number that the store may lack."""
    also_stored: tuple[Count, Count] | None = None
    """[first, last] on ingest's disk above numbers that this gateway never had: a device that was told
    ``stored`` up to ``first`` - 1 by another life of the gateway may join the two."""
    refused: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_REFUSED_LETTERS)], ...], Field(max_length=MAX_REFUSED)
    ] = ()
    """What could not be read, whole or in part; all of it is kept.  The sequence, or where none is legible
    ``sha256`` and the first digits of the payload's; a colon; the reason."""
    time: Annotated[str, Field(max_length=32)] | None = None
    """When it was sent, if the gateway's clock is right: ISO 8601.  To be used only if it answers a message
    sent less than 10 s ago; such a clock says ``gateway``."""
    clips: dict[str, str] = Field(default_factory=dict)
    """SHA-256 -> ``CLIP_WAITING`` or what became of it; the boot's clips that changed last."""
    ring_free: Count | None = None
    """Bytes of sound that the ring takes before an unheard clip must go; None where no clip is told of."""


class ClipNotice(_Json):
    """Gateway to edge worker: a complete clip waits for its features."""

    site: Slug
    device: Slug
    sha256: str
    path: str
    """Of the file in the gateway's ring."""
    start: str
    """ISO 8601 with zone."""
    start_source: str
    name: str


def encode_batch(header: BatchHeader, records: Sequence[Record]) -> bytes:
    """Magic, then zstd of: header line, framed records.

    ``header.records`` must be ``len(records)``.  A reason is cut at ``MAX_REASON_BYTES``.
    """
    parts = [header.model_dump_json(exclude_defaults=True).encode(), b"\n"]
    for record in records:
        topic, reason = record.topic.encode(), _shortened(record.reason.encode())
        size = _RECORD.pack(record.number, record.received, len(topic), len(reason), len(record.payload))
        parts += [size, topic, reason, record.payload]
    return _MAGIC + zstd.compress(b"".join(parts), options=_COMPRESSION)


def clamped(received: int) -> int:
    """``received`` [ns UTC], or the nearest time that a record can have: a clock may say anything."""
    return min(max(received, 0), LATEST)


def _shortened(reason: bytes) -> bytes:
    """At most ``MAX_REASON_BYTES`` of it, cut between two letters, never within one."""
    if len(reason) <= MAX_REASON_BYTES:
        return reason
    return reason[:MAX_REASON_BYTES].decode(errors="ignore").encode()


def decode_batch(payload: bytes) -> Batch:
    """The batch in ``payload``; ``UnreadableMessage`` if it is none or exceeds the limits."""
    if payload[:4] != _MAGIC:
        raise _unreadable("it does not begin with EVB 1")
    try:
        decompressor = zstd.ZstdDecompressor()
        body = decompressor.decompress(payload[4:], MAX_BATCH_BYTES + 1)
    except zstd.ZstdError as error:
        raise _unreadable(f"zstd: {error}") from error
    if len(body) > MAX_BATCH_BYTES or not decompressor.eof:
        raise _unreadable(f"it is cut short or expands beyond {MAX_BATCH_BYTES} bytes")
    line, _, frames = body.partition(b"\n")
    if len(line) > MAX_HEADER_BYTES:
        raise _unreadable(f"its header has {len(line)} bytes, more than {MAX_HEADER_BYTES}")
    try:
        header = BatchHeader.model_validate_json(line)
        records = _read_records(frames, header.records)
    except (ValidationError, struct.error, UnicodeDecodeError) as error:
        raise _unreadable("its header or frames are damaged") from error
    return Batch(header, records)


def _read_records(frames: bytes, count: int) -> tuple[Record, ...]:
    records: list[Record] = []
    at = 0
    for _ in range(count):
        number, received, topic_size, reason_size, payload_size = _RECORD.unpack_from(frames, at)
        if not 1 <= number <= _HIGHEST:
            raise struct.error("no such number")
        topic_at = at + _RECORD.size
        reason_at = topic_at + topic_size
        payload_at = reason_at + reason_size
        at = payload_at + payload_size
        if at > len(frames):
            raise struct.error("cut short")
        topic = frames[topic_at:reason_at].decode()
        reason = frames[reason_at:payload_at].decode() if reason_size else ""
        if not 0 <= received <= LATEST:
            reason = f"its gateway's clock was wrong, {received} ns after 1970{reason and f'; {reason}'}"
            received = clamped(received)
        records.append(Record(number, received, topic, reason, frames[payload_at:at]))
    if at != len(frames):
        raise struct.error("bytes left over")
    return tuple(records)


def _unreadable(reason: str) -> UnreadableMessage:
    return UnreadableMessage(
        f"A batch could not be read: {reason}",
        help="It stays in the gateway's spool; check that both ends run the same version",
    )
