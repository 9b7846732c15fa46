"""Both sides of any ``PointsElsewhere``: hot points leave before each commit.

1. ``Mover.bring_back``: before points are contested, those that may be elsewhere already are
   read and made hot, by the identity of the message that said them.
2. ``Mover.before_commit``: the hot points that won are written elsewhere; after its success
   they are deleted here, in the transaction that then commits (a copy stays where other
   candidates stand aside).  A crash between the two leaves points elsewhere that the same
   messages, sent again, write again.
3. What is refused elsewhere stays here, with its reason, and is read from here.
4. ``MovedPoints`` gives them back when reading.  A withdrawn point is superseded, not deleted.

Tables: ``carried``, the latest time of each series that was moved; ``refused``, with the reason.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from contract.instant import Window
from ingest.rules.quality import NEIGHBOURS
from ingest.store.elsewhere import ElsewherePoint, PointsElsewhere
from ingest.values import Columns, Series

Key = tuple[int, int]
"""(series id, time [ns UTC]): what the journal knows a point by."""
_DIGEST = 8
"""Bytes of a content hash that go elsewhere: they tell messages of one identity apart."""

_HOT = (
    "SELECT p.series_id, s.site, s.device, s.name, s.qualifier, p.time, p.value, p.flags, b.boot, m.seq,"
    " m.digest, EXISTS (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)"
    " FROM points p JOIN series s ON s.id=p.series_id JOIN messages m ON m.id=p.message_id"
    " JOIN boots b ON b.id=m.boot_id WHERE NOT EXISTS"
    " (SELECT 1 FROM refused r WHERE r.series_id=p.series_id AND r.time=p.time)"
)
Located = tuple[int, dict[tuple[str, int], int]]
"""(rows wanted before, message ids of clashing (boot, sequence))"""


class Mover:
    """``ElsewhereWriter`` of a place where points live."""

    def __init__(self, connection: sqlite3.Connection, elsewhere: PointsElsewhere) -> None:
        self.connection = connection
        self.elsewhere = elsewhere
        self._touched: set[Key] = set()

    @property
    def holds_any(self) -> bool:
        """Always: a point may have been moved by any commit before."""
        return True

    def forget(self) -> None:
        """Forget which keys this transaction has touched."""
        self._touched.clear()

    def bring_back(self, keys: Iterable[Key]) -> None:
        """Read those not later than the latest that was moved; no other can be elsewhere."""
        wanted: defaultdict[int, set[int]] = defaultdict(set)
        latest = dict(self.connection.execute("SELECT series_id, latest FROM carried").fetchall())
        for series_id, time in keys:
            self._touched.add((series_id, time))
            if time <= latest.get(series_id, time - 1):
                wanted[series_id].add(time)
        for series_id, times in wanted.items():
            times -= self._known(series_id, times)
            if times:
                self._bring_back_series(series_id, times)

    def before_commit(self) -> None:
        """Write the hot points that are not elsewhere as they are here, then let them go."""
        keys: list[Key] = []
        points: list[tuple[Series, ElsewherePoint]] = []
        for series_id, *name, time, value, flags, boot, seq, digest, there in self.connection.execute(_HOT):
            if not there or (series_id, time) in self._touched:
                keys.append((series_id, time))
                point = ElsewherePoint(time, value, flags, boot, seq, digest[:_DIGEST].hex())
                points.append((Series(*name), point))
        self._touched.clear()
        if points:
            self._let_go(keys, self.elsewhere.write(points))

    def _let_go(self, keys: Sequence[Key], refused: Mapping[int, str]) -> None:
        """What was written goes from here; where others stand aside, a copy stays."""
        taken = [key for at, key in enumerate(keys) if at not in refused]
        execute = self.connection.executemany
        execute("INSERT INTO refused VALUES (?, ?, ?)", [(*keys[at], why) for at, why in refused.items()])
        execute("DELETE FROM superseded WHERE series_id=? AND time=?", taken)
        execute(
            "INSERT OR IGNORE INTO superseded SELECT series_id, time FROM aside WHERE series_id=? AND time=?",
            taken,
        )
        execute(
            "DELETE FROM points AS p WHERE series_id=? AND time=? AND NOT EXISTS"
            " (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)",
            taken,
        )
        execute(
            "INSERT INTO carried VALUES (?, ?) ON CONFLICT DO UPDATE SET latest=max(latest, excluded.latest)",
            taken,
        )

    def _known(self, series_id: int, times: set[int]) -> set[int]:
        """Those whose copy elsewhere does not count already."""
        return {
            time
            for time in times
            if self.connection.execute(
                "SELECT 1 FROM superseded WHERE series_id=? AND time=?", (series_id, time)
            ).fetchone()
        }

    def _bring_back_series(self, series_id: int, times: set[int]) -> None:
        name = self.connection.execute(
            "SELECT site, device, name, qualifier FROM series WHERE id=?", (series_id,)
        ).fetchone()
        series = Series(*name)
        for point in self.elsewhere.rows(series, min(times), max(times) + 1):
            if point.time not in times:
                continue
            message = self.connection.execute(
                "SELECT m.id FROM messages m JOIN boots b ON b.id=m.boot_id WHERE b.device=? AND b.boot=?"
                " AND m.seq=? AND substr(m.digest, 1, ?)=?",
                (series.device, point.boot, point.seq, _DIGEST, bytes.fromhex(point.digest)),
            ).fetchone()
            if message is not None:
                key = (series_id, point.time)
                self.connection.execute("INSERT INTO superseded VALUES (?, ?)", key)
                self.connection.execute(
                    "INSERT INTO points VALUES (?, ?, ?, ?, ?)", (*key, point.value, point.flags, message[0])
                )


class MovedPoints:
    """``ElsewhereReader`` of a place where points live."""

    def __init__(self, connection: sqlite3.Connection, elsewhere: PointsElsewhere) -> None:
        self.connection = connection
        self.elsewhere = elsewhere

    def locate(self, series_id: int, series: Series, start: int, within: Window) -> tuple[int, Located]:
        """How many rows before ``start`` are needed, and the messages whose identity clashes."""
        gone = self.connection.execute(
            "SELECT count(*) FROM superseded WHERE series_id=? AND time<?", (series_id, start)
        ).fetchone()[0]
        clashing = self.connection.execute(
            "SELECT b.boot, m.seq, m.id FROM clashes c JOIN messages m ON m.id=c.message_id"
            " JOIN boots b ON b.id=m.boot_id WHERE b.device=?",
            (series.device,),
        )
        return start, (NEIGHBOURS + gone, {(boot, seq): one for boot, seq, one in clashing})

    def columns(self, located: Located, series: Series, since: int, end: int) -> Columns:
        """Rows within [since, end) [ns UTC] and those before that a judgement needs.  A row's message
        id is 0 unless that message's identity clashes: only then does anybody ask."""
        before, clashing = located
        out = Columns()
        for point in self.elsewhere.rows(series, since, end, before):
            out.time.append(point.time)
            out.value.append(point.value)
            out.flags.append(point.flags)
            out.message_id.append(clashing.get((point.boot, point.seq), 0))
        return out

    def count(self) -> int:
        """Points elsewhere, superseded ones included."""
        return self.elsewhere.count()

    def duplicated(self) -> int:
        """None: a key is elsewhere once, and what is hot beside it was refused or is superseded."""
        return 0

    def faults(self) -> Iterator[str]:
        """How many points were refused, by reason."""
        for count, reason in self.connection.execute("SELECT count(*), reason FROM refused GROUP BY reason"):
            yield f"{count} points stay in the journal because the server refuses them: {reason}"

    def files(self) -> Iterator[Path]:
        """None: whoever holds the points has means of its own to copy them."""
        return iter(())

    def close(self) -> None:
        """Release its connections."""
        self.elsewhere.close()
