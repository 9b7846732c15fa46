"""The read side of the SQLite store: columns and rows in the order of time.

1. Series, points and hours come from ``PointReader``, which joins what is hot with what is elsewhere.
2. Detections, efforts, messages, boots and what is unreadable come from their tables, ``streams``
   from ``Streams``.
3. ``verify`` and ``backup`` take care of the whole.

Flags that need neighbours (rate, stuck, gap) and those of clashing identities are added
here, on the sorted series, with as much of the past as the judgement needs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from contract.batch import EVICTED_UNHEARD
from contract.instant import Window
from contract.reading import KINDS, ClipManifest, Features, Flag
from contract.wire import WireMessage, decode
from ingest.foreign import Original, UnknownField
from ingest.rules.placing import DETECTION, EFFORT, POINT
from ingest.store.sqlite.blocks import Blocks
from ingest.store.sqlite.care import back_up, faults
from ingest.store.sqlite.elsewhere.protocol import ElsewhereReader
from ingest.store.sqlite.letters import Letters
from ingest.store.sqlite.originals.table import Originals
from ingest.store.sqlite.points import PointReader
from ingest.store.sqlite.rows import TABLES
from ingest.store.sqlite.schema import explained
from ingest.store.sqlite.streams import Streams
from ingest.values import (
    BootState,
    ClipCounts,
    Counts,
    Dismissal,
    Effort,
    Hours,
    Points,
    Series,
    StoredDetection,
    StoredMessage,
    StreamState,
    Unkept,
    Unreadable,
)

_EVER = Window(-(2**63), 2**63 - 1)
_IDENTITY = int(Flag.IDENTITY)
_FLAGS = f"t.flags | CASE WHEN c.message_id IS NULL THEN 0 ELSE {_IDENTITY} END"
_CLIP = KINDS.index("clip")
_CLIPS = f"SELECT block_id, position FROM messages WHERE kind={_CLIP} ORDER BY block_id, position"
_LAST_OF_AN_ANSWER = (
    "SELECT m.block_id, m.position FROM messages m JOIN boots b ON b.id=m.boot_id"
    f" WHERE b.boot GLOB 'edge-*' AND m.kind={KINDS.index('features')}"
    " AND m.seq=(SELECT max(seq) FROM messages WHERE boot_id=m.boot_id) ORDER BY 1, 2"
)
_FRAMES_LOST = 16_384
"""No server takes a frame that is further on than this: MAX_FCNT_GAP, LoRaWAN L2 1.0.3, 4.3.1.5."""
_PASSED = (
    "WITH steps AS (SELECT boot_id, seq - lag(seq) OVER"
    " (PARTITION BY boot_id ORDER BY coalesce(placed, received), seq) AS step FROM messages"
    " WHERE boot_id IN (SELECT id FROM boots WHERE boot GLOB 'lora-*'))"
    f" SELECT b.device, b.boot, sum(iif(step BETWEEN 2 AND {_FRAMES_LOST}, step - 1, 0))"
    " FROM steps JOIN boots b ON b.id=boot_id GROUP BY 1, 2"
)
"""Frames between two that follow each other in time; a counter that falls back or jumps has begun again."""


class SqliteReader:
    """One connection that only reads; each answer is of one moment."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, elsewhere: ElsewhereReader | None = None
    ) -> None:
        self.connection = connection
        self.path = path
        self._from_elsewhere = elsewhere
        self._points = PointReader(connection, elsewhere)
        self._originals = Originals(connection)
        self._blocks = Blocks(connection)
        self._letters = Letters(connection)

    def series(self, *, site: str | None = None, device: str | None = None) -> list[Series]:
        """Every series that has or had a point, sorted."""
        with explained(self.path):
            rows = self.connection.execute(
                "SELECT site, device, name, qualifier FROM series WHERE kind=? AND (?2 IS NULL OR site=?2)"
                " AND (?3 IS NULL OR device=?3) AND (EXISTS (SELECT 1 FROM points WHERE series_id=id)"
                " OR EXISTS (SELECT 1 FROM sealed_series WHERE series_id=id)"
                " OR EXISTS (SELECT 1 FROM carried WHERE series_id=id))"
                " ORDER BY site, device, name, qualifier",
                (POINT, site, device),
            ).fetchall()
        return [Series(*row) for row in rows]

    def points(self, series: Series, window: Window | None = None) -> Points:
        """One series within ``window``; without points where it is unknown."""
        with explained(self.path):
            return self._points.read(series, window or _EVER)

    def hours(self, series: Series, window: Window | None = None) -> Hours:
        """The points of ``points`` by whole hours UTC."""
        with explained(self.path):
            return self._points.hours(series, window or _EVER)

    def detections(
        self, window: Window | None = None, *, site: str | None = None
    ) -> Iterator[StoredDetection]:
        """Sorted by site, time, taxon."""
        rows = self._listened(
            DETECTION, "t.threshold", window, site, "s.site, t.time, s.name, s.device, s.qualifier"
        )
        for where, device, time, taxon, model, score, flags, threshold in rows:
            yield StoredDetection(where, device, time, taxon, score, model, threshold, flags)

    def efforts(self, window: Window | None = None, *, site: str | None = None) -> Iterator[Effort]:
        """Sorted by site, start, method."""
        rows = self._listened(
            EFFORT,
            "t.valid_s, t.threshold, t.firmware",
            window,
            site,
            "s.site, t.time, s.name, s.device, s.qualifier",
        )
        for where, device, start, method, _, duration_s, flags, valid_s, threshold, firmware in rows:
            yield Effort(where, device, start, duration_s, valid_s, method, threshold, firmware, flags)

    def messages(
        self, kind: str, window: Window | None = None, *, site: str | None = None, device: str | None = None
    ) -> Iterator[StoredMessage]:
        """Of one kind, sorted by device, time, boot, sequence; those without a time only without a
        ``window``."""
        within = window or _EVER
        with explained(self.path):
            rows = self.connection.execute(
                "SELECT m.block_id, m.position, m.received, m.placed, m.flags,"
                " EXISTS (SELECT 1 FROM clashes WHERE message_id=m.id)"
                " FROM messages m JOIN boots b ON b.id=m.boot_id"
                " WHERE m.kind=? AND (?2 IS NULL OR b.device=?2)"
                " AND (m.placed BETWEEN ?3 AND ?4 OR (m.placed IS NULL AND ?5))"
                " ORDER BY b.device, m.placed, b.boot, m.seq, m.digest",
                (KINDS.index(kind), device, within.start, within.end - 1, window is None),
            ).fetchall()
            for block_id, position, received, placed, flags, clashes in rows:
                message = decode(self._blocks.read(block_id, position))
                if site is None or message.site == site:
                    yield StoredMessage(message, received, placed, flags | (_IDENTITY if clashes else 0))

    def streams(self) -> Iterator[StreamState]:
        """Sorted by gateway, stream, order of appearance."""
        with explained(self.path):
            yield from Streams(self.connection).states()

    def boots(self) -> Iterator[BootState]:
        """Sorted by device, boot; what is unreadable counts where its identity is legible."""
        with explained(self.path):
            rows = self.connection.execute(
                "WITH seen AS (SELECT b.device, b.boot, m.seq FROM messages m JOIN boots b ON b.id=m.boot_id"
                " UNION SELECT device, boot, seq FROM dead_letters WHERE seq IS NOT NULL)"
                " SELECT device, boot, min(seq), max(seq), count(*) FROM seen"
                " GROUP BY device, boot ORDER BY 1, 2"
            ).fetchall()
            passed = {(one, boot): number for one, boot, number in self.connection.execute(_PASSED)}
            for device, boot, lowest, highest, seen in rows:
                parts, unplaced = self._parts(device, boot)
                over = passed.get((device, boot))
                yield BootState(device, boot, lowest, highest, seen, parts, unplaced, over)

    def clips(self) -> ClipCounts:
        """Audio files by what became of them; reads one message a clip."""
        with explained(self.path):
            announced = {clip.sha256 for clip in self._of(_CLIPS) if isinstance(clip, ClipManifest)}
            last = (answer for answer in self._of(_LAST_OF_AN_ANSWER) if isinstance(answer, Features))
            heard = announced & {answer.excerpt.clip for answer in last}
            rows = self.connection.execute(
                "SELECT payload FROM dead_letters WHERE reason LIKE ?", (f"{EVICTED_UNHEARD}%",)
            )
            evicted = {bytes(payload).decode("ascii", "replace") for (payload,) in rows}
            return ClipCounts(len(announced), len(heard), len((evicted & announced) - heard))

    def unreadable(self, *, after: int = 0, last: int | None = None) -> Iterator[Unreadable]:
        """In order of arrival, those that were sent again or dismissed left out."""
        with explained(self.path):
            yield from self._letters.listed(after, last)

    def count_unreadable(self) -> int:
        """How many ``unreadable`` gives."""
        with explained(self.path):
            return self._letters.count()

    def unkept(self) -> list[Unkept]:
        """What was unreadable and not kept, by sender."""
        with explained(self.path):
            return self._letters.unkept()

    def dismissals(self) -> list[Dismissal]:
        """Who let what go."""
        with explained(self.path):
            return self._letters.dismissals()

    def originals(self, *, device: str | None = None) -> Iterator[Original]:
        """Foreign messages as they came."""
        with explained(self.path):
            yield from self._originals.listed(device)

    def unknown_fields(self) -> list[UnknownField]:
        """What of them nobody understands."""
        with explained(self.path):
            return self._originals.unknown_fields()

    def counts(self) -> Counts:
        """The balance of everything that came in."""
        with explained(self.path):
            one = self._one
            return Counts(
                messages=one("SELECT count(*) FROM (SELECT DISTINCT boot_id, seq FROM messages)"),
                points=self._points.count(),
                detections=one("SELECT count(*) FROM detections"),
                unreadable=self._letters.count(),
                repeats=one("SELECT coalesce(sum(repeats), 0) FROM days"),
                conflicts=self._conflicts(),
                duplicated=self._points.duplicated(),
                flagged=sum(sum(1 for flag in self.points(one_).flags if flag) for one_ in self.series()),
            )

    def verify(self) -> list[str]:
        """What is wrong with the store, a sentence each."""
        with explained(self.path):
            return list(faults(self.connection, self._from_elsewhere))

    def backup(self, folder: Path) -> None:
        """A copy of one moment, in an empty or new ``folder``; of points on a server, the journal only."""
        with explained(self.path):
            back_up(self.connection, self._from_elsewhere, folder)

    def close(self) -> None:
        """Release the connection and what is held elsewhere."""
        self._points.close()
        self.connection.close()

    def _listened(
        self, kind: int, extras: str, window: Window | None, site: str | None, order: str
    ) -> Iterator[tuple]:  # type: ignore[type-arg]
        within = window or _EVER
        with explained(self.path):
            yield from self.connection.execute(
                f"SELECT s.site, s.device, t.time, s.name, s.qualifier, t.value, {_FLAGS}, {extras}"
                f" FROM {TABLES[kind]} t JOIN series s ON s.id=t.series_id"
                " LEFT JOIN clashes c ON c.message_id=t.message_id"
                f" WHERE t.time>=? AND t.time<? AND (?3 IS NULL OR s.site=?3) ORDER BY {order}",
                (within.start, within.end, site),
            ).fetchall()

    def _of(self, query: str) -> Iterator[WireMessage]:
        for place in self.connection.execute(query).fetchall():
            yield decode(self._blocks.read(*place))

    def _parts(self, device: str, boot: str) -> tuple[int, int]:
        """(audio parts announced, messages without a place) of one boot."""
        found = self.connection.execute(
            "SELECT id FROM boots WHERE device=? AND boot=?", (device, boot)
        ).fetchone()
        if found is None:
            return 0, 0
        clips = self.connection.execute(
            "SELECT block_id, position FROM messages WHERE boot_id=? AND kind=?", (found[0], _CLIP)
        ).fetchall()
        parts = sum(getattr(decode(self._blocks.read(*place)), "parts", 0) for place in clips)
        unplaced = self.connection.execute(
            "SELECT count(*) FROM messages WHERE boot_id=? AND placed IS NULL", found
        ).fetchone()[0]
        return parts, unplaced

    def _conflicts(self) -> int:
        """Other values for a taken place, and other contents for a taken identity."""
        values = sum(
            self._one(
                "SELECT count(*) FROM (SELECT DISTINCT a.series_id, a.time, a.value, a.extra FROM aside a"
                f" JOIN {table} t ON t.series_id=a.series_id AND t.time=a.time WHERE a.value<>t.value)"
            )
            for table in TABLES.values()
        )
        identities = self._one(
            "SELECT count(*) - count(DISTINCT m.boot_id || ':' || m.seq) FROM clashes c"
            " JOIN messages m ON m.id=c.message_id"
        )
        return values + identities

    def _one(self, statement: str) -> int:
        return int(self.connection.execute(statement).fetchone()[0])
