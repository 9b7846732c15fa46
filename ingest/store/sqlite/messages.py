"""Messages by identity: repeats absorbed, clashes noted, bytes kept, clocks judged.

1. ``Messages.admit`` gives the arrivals that are not known yet, with an id each.
2. The anchors of their boots are brought up to date, then each is judged in time.
3. ``Messages.store`` writes their rows and their bytes (compressed together).
4. ``Ordinary.split`` turns them into what takes its place among points, detections and efforts.
5. Where an anchor became better, ``Messages.misplaced`` finds the older messages of the
   boot that stand in the wrong place now.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from contract.plain import PlainReadings
from contract.reading import FOREIGN_BOOTS, KINDS, Flag
from contract.wire import WireMessage, decode, payload_hash
from ingest.rules.clocks import SOURCES, Anchor, Placement, judge, offset_of
from ingest.rules.placing import POINT, Row, rows_of
from ingest.rules.quality import SURE, value_flags
from ingest.store.sqlite.blocks import Blocks
from ingest.store.sqlite.rows import Rows, Values, insert_many
from ingest.values import Arrival

_KIND = {kind: position for position, kind in enumerate(KINDS)}
_BySeries = defaultdict[int, list[Values]]
_Known = tuple[int, float, float]
"""(series id, lowest, highest value that needs no look)"""
NOWHERE = Placement(None, 0, Flag(0))


@dataclass(slots=True)
class Boot:
    """One boot of a device, as the store knows it."""

    id: int
    anchor: Anchor | None
    highest: int
    """Highest stored sequence; 0 for none."""
    foreign: bool = False
    """Its numbers are counted by others, who may begin again: the same number twice is no clash."""


@dataclass(slots=True)
class Admitted:
    """A message that was not known before."""

    id: int
    stream_id: int
    portion: int
    """Position of what it came with."""
    number: int
    """Of its record."""
    boot: Boot
    digest: bytes
    message: WireMessage | PlainReadings
    payload: bytes
    received: int
    time: int | None
    doubt: bool
    placement: Placement


@dataclass(frozen=True, slots=True)
class Moved:
    """An older message whose place in time changed."""

    id: int
    message: WireMessage
    received: int
    before: Placement
    after: Placement


@dataclass(slots=True)
class Messages:
    """The tables ``boots``, ``messages``, ``blocks`` and ``clashes`` of one connection."""

    connection: sqlite3.Connection
    blocks: Blocks
    _boots: dict[tuple[str, str], Boot] = field(default_factory=dict)

    def forget(self) -> None:
        """After a rollback, or when another worker has written."""
        self._boots.clear()

    def admit(self, incoming: Iterable[tuple[int, Sequence[Arrival]]]) -> list[Admitted]:
        """The readable ones that are not known, in order; the others are repeats.

        ``incoming``: portions of arrivals, each with the id of its stream.
        """
        admitted: list[Admitted] = []
        batch = _Batch(self.connection, admitted)
        boots, following = self._boots, self._following_id()
        for portion, (stream_id, arrivals) in enumerate(incoming):
            for record, message, _reason, flags, _own in arrivals:
                if message is None:
                    continue
                number, received, _topic, _note, payload = record
                seq = message.seq
                boot = boots.get((message.device, message.boot)) or self._boot(message.device, message.boot)
                digest = payload_hash(payload)
                if seq > boot.highest:
                    boot.highest = seq
                elif not batch.is_new(boot, seq, digest, following):
                    continue
                admitted.append(
                    Admitted(
                        following, stream_id, portion, number, boot, digest, message, payload, received,
                        message.instant, bool(flags), NOWHERE,
                    )
                )  # fmt: skip
                following += 1
        return admitted

    def anchor(self, admitted: Sequence[Admitted]) -> list[Boot]:
        """Bring anchors up to date, judge ``admitted``; the boots whose anchor changed."""
        changed: dict[int, Boot] = {}
        for entry in admitted:
            message, known = entry.message, entry.boot.anchor
            if entry.time is None or message.uptime_ms is None or entry.doubt:
                continue
            source, seq = SOURCES[message.clock], message.seq
            if known is not None and (source, seq.bit_length()) > (known.source, known.seq.bit_length()):
                continue
            offset = offset_of(entry.time, message.uptime_ms)
            candidate = Anchor(source, seq, entry.digest, offset)
            if known is None or candidate < known:
                entry.boot.anchor = candidate
                changed[entry.boot.id] = entry.boot
        for entry in admitted:
            placement = judge(entry.time, entry.message.uptime_ms, entry.doubt, entry.boot.anchor)
            if entry.message.said_time is not None:  # put right by who passed it on
                placement = placement._replace(flags=placement.flags | Flag.REANCHORED)
            entry.placement = placement
        self.connection.executemany(
            "UPDATE boots SET source=?, seq=?, digest=?, offset=? WHERE id=?",
            [
                (b.anchor.source, b.anchor.seq, b.anchor.digest, b.anchor.offset, b.id)
                for b in changed.values()
                if b.anchor
            ],
        )
        return list(changed.values())

    def store(self, admitted: Sequence[Admitted]) -> None:
        """Rows and bytes of new messages."""
        places = self.blocks.append([entry.payload for entry in admitted])
        rows = []
        for entry, (block_id, position) in zip(admitted, places, strict=True):
            message, placed = entry.message, entry.placement
            rows.append(
                (
                    entry.id, entry.boot.id, message.seq, entry.digest, _KIND[message.kind], entry.stream_id,
                    entry.received, entry.time, message.uptime_ms, int(entry.doubt),
                    placed.time, int(placed.flags), block_id, position,
                )
            )  # fmt: skip
        insert_many(self.connection, "INSERT INTO messages VALUES", rows)

    def misplaced(self, boot: Boot, before_id: int) -> Iterator[Moved]:
        """Messages of ``boot`` with ids below ``before_id`` that its anchor now moves."""
        rows = self.connection.execute(
            "SELECT id, received, time, uptime_ms, doubt, placed, flags, block_id, position FROM messages"
            " WHERE boot_id=? AND id<? AND uptime_ms IS NOT NULL",
            (boot.id, before_id),
        ).fetchall()
        for message_id, received, time, uptime_ms, doubt, placed, flags, block_id, position in rows:
            after = judge(time, uptime_ms, bool(doubt), boot.anchor)
            if (after.time, int(after.flags)) != (placed, flags):
                shift = 0 if time is None or placed is None else placed - time
                message = decode(self.blocks.read(block_id, position))
                yield Moved(message_id, message, received, Placement(placed, shift, Flag(flags)), after)

    def move(self, moved: Moved) -> None:
        """Write its new place."""
        self.connection.execute(
            "UPDATE messages SET placed=?, flags=? WHERE id=?",
            (moved.after.time, int(moved.after.flags), moved.id),
        )

    def _boot(self, device: str, name: str) -> Boot:
        boot = self._boots.get((device, name))
        if boot is not None:
            return boot
        row = self.connection.execute(
            "SELECT id, source, seq, digest, offset FROM boots WHERE device=? AND boot=?", (device, name)
        ).fetchone()
        if row is None:
            made = self.connection.execute("INSERT INTO boots (device, boot) VALUES (?, ?)", (device, name))
            boot = Boot(int(made.lastrowid or 0), None, 0, name.startswith(FOREIGN_BOOTS))
        else:
            anchor = None if row[1] is None else Anchor(*row[1:])
            highest = self.connection.execute("SELECT max(seq) FROM messages WHERE boot_id=?", (row[0],))
            boot = Boot(row[0], anchor, highest.fetchone()[0] or 0, name.startswith(FOREIGN_BOOTS))
        self._boots[device, name] = boot
        return boot

    def _following_id(self) -> int:
        return int(self.connection.execute("SELECT coalesce(max(id), 0) + 1 FROM messages").fetchone()[0])


@dataclass(slots=True)
class _Batch:
    """Who shares an identity, in the store or just admitted.  Asked only where sequences do not grow."""

    connection: sqlite3.Connection
    admitted: list[Admitted]
    known: dict[tuple[int, int], list[tuple[int, bytes]]] = field(default_factory=dict)
    """(id, digest) of every message with an identity (boot id, sequence)."""
    indexed: int = 0

    def is_new(self, boot: Boot, seq: int, digest: bytes, following: int) -> bool:
        """False for a repeat.  The id ``following`` is the message's, should it be new; a clash is noted."""
        twins = self._twins((boot.id, seq))
        if any(digest == twin for _, twin in twins):
            return False
        if twins and not boot.foreign:
            ids = [following, *(twin for twin, _ in twins)]
            self.connection.executemany("INSERT OR IGNORE INTO clashes VALUES (?)", [(one,) for one in ids])
        return True

    def _twins(self, identity: tuple[int, int]) -> list[tuple[int, bytes]]:
        for entry in self.admitted[self.indexed :]:
            self.known.setdefault((entry.boot.id, entry.message.seq), []).append((entry.id, entry.digest))
        self.indexed = len(self.admitted)
        twins = self.known.get(identity)
        if twins is None:
            twins = self.known[identity] = self.connection.execute(
                "SELECT id, digest FROM messages WHERE boot_id=? AND seq=?", identity
            ).fetchall()
        return twins


@dataclass(slots=True)
class Ordinary:
    """Ordinary readings -> values of points, without a row object each.

    A reading that says a quantity and a value, and no more, belongs to a series that its device
    and quantity name: their numbers in ``rows`` and the bounds of their values are remembered.
    Every other message goes through ``ingest.rules.placing``, with the same result.
    """

    rows: Rows
    _known: dict[tuple[str, str], dict[str, _Known]] = field(default_factory=dict)
    """By (site, device), then quantity."""

    def forget(self) -> None:
        """When the numbers of series may have changed."""
        self._known.clear()

    def split(self, admitted: Sequence[Admitted]) -> tuple[list[Values], list[tuple[int, list[Row]]]]:
        """The points of ordinary readings by series, and (message id, rows) of everything else."""
        points = _BySeries(list)
        others: list[tuple[int, list[Row]]] = []
        for entry in admitted:
            if not (isinstance(entry.message, PlainReadings) and self._take(entry, entry.message, points)):
                others.append((entry.id, rows_of(entry.message, entry.placement, entry.received)))
        return list(chain.from_iterable(points[series] for series in sorted(points))), others

    def _take(self, entry: Admitted, message: PlainReadings, points: _BySeries) -> bool:
        time, _shift, flags = entry.placement
        if time is None or max(map(len, message.readings)) > 2:
            return False
        place = (message.site, message.device)
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = {}
        common, message_id = int(flags), entry.id
        for reading in message.readings:
            quantity, value = reading["quantity"], reading["value"]
            series_id, low, high = known.get(quantity) or self._learn(known, place, quantity)
            said = common if low <= value <= high else common | value_flags(quantity, value)
            points[series_id].append((series_id, time, value, said, message_id))
        return True

    def _learn(self, known: dict[str, _Known], place: tuple[str, str], quantity: str) -> _Known:
        known[quantity] = (self.rows.series_id((POINT, *place, quantity, "")), *SURE[quantity])
        return known[quantity]
