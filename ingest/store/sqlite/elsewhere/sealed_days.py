"""Reading sealed days: where the rows of a series lie, and whether the files are sound."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from contract.instant import DAY, Window
from ingest.rules.quality import NEIGHBOURS
from ingest.store.sealed.archive import Archive, Slice
from ingest.values import Columns, Series

Part = tuple[int, str, int, int, int]
"""(day, file, first row, rows, how many of them no longer count)"""
Located = tuple[int, list[Part]]
"""(where the window begins, parts in the order of the days)"""
_GONE = (
    "(SELECT count(*) FROM superseded u WHERE u.series_id=x.series_id"
    f" AND u.time>=x.day*{DAY} AND u.time<(x.day+1)*{DAY})"
)


class SealedDays:
    """``ElsewhereReader`` of the files that the manifest of ``connection`` names."""

    def __init__(self, connection: sqlite3.Connection, archive: Archive) -> None:
        self.connection = connection
        self.archive = archive

    def locate(self, series_id: int, series: Series, start: int, within: Window) -> tuple[int, Located]:
        """Back by whole days until enough neighbours stand before ``start`` [ns UTC]; where the rows
        of each day lie."""
        since, enough = start, 0
        for day, rows, gone in self.connection.execute(
            f"SELECT day, rows, {_GONE} FROM sealed_series x WHERE series_id=? AND day<? ORDER BY day DESC",
            (series_id, start // DAY + 1),
        ):
            since = min(since, day * DAY)
            enough += rows - gone if day < start // DAY else 0
            if enough >= NEIGHBOURS:
                break
        parts = self.connection.execute(
            f"SELECT x.day, d.file, x.first, x.rows, {_GONE} FROM sealed_series x"
            " JOIN sealed d ON d.day=x.day WHERE x.series_id=? AND x.day>=? AND x.day<? ORDER BY x.day",
            (series_id, since // DAY, -(-within.end // DAY)),
        ).fetchall()
        return since, (within.start, parts)

    def columns(self, located: Located, series: Series, since: int, end: int) -> Columns:
        """Backwards from the end: the last day before the window may make earlier ones needless."""
        begin, parts = located
        slices = [((file, first, rows), day, gone) for day, file, first, rows, gone in parts]
        before = [one for one in slices if (one[1] + 1) * DAY <= begin]
        found: list[Columns] = []
        enough = False
        for one, _, gone in reversed(before):
            found.append(self.archive.columns([one], since, end))
            enough = not gone and _ends_judgement(found[-1])
            if enough:
                break
        found.reverse()
        out = self.archive.columns([one for one, *_ in slices[len(before) :]], since, end, found)
        out.enough = enough
        return out

    def count(self) -> int:
        """Points in the files that are named, superseded ones included."""
        return int(self.connection.execute("SELECT coalesce(sum(rows), 0) FROM sealed").fetchone()[0])

    def duplicated(self) -> int:
        """Points that are hot and sealed, and not superseded: looked up in the files."""
        both = self.connection.execute(
            "SELECT d.file, x.first, x.rows, p.time FROM points p JOIN sealed d ON d.day=p.time / ?"
            " JOIN sealed_series x ON x.series_id=p.series_id AND x.day=d.day"
            " WHERE NOT EXISTS (SELECT 1 FROM superseded u WHERE u.series_id=p.series_id AND u.time=p.time)",
            (DAY,),
        )
        times: defaultdict[Slice, list[int]] = defaultdict(list)
        for file, first, rows, time in both:
            times[file, first, rows].append(time)
        return sum(1 for rows, wanted in times.items() for _ in self.archive.at(rows, wanted))

    def faults(self) -> Iterator[str]:
        """Files that are missing, altered or not sorted as the manifest says."""
        for file, digest, rows in self.connection.execute("SELECT file, digest, rows FROM sealed").fetchall():
            fault = self.archive.fault(file, digest, rows, self._named(file))
            if fault:
                yield fault

    def _named(self, file: str) -> list[tuple[str, str, str, str, int, int]]:
        """(site, device, quantity, qualifier, first row, rows) of a file, as the manifest says."""
        return self.connection.execute(
            "SELECT s.site, s.device, s.name, s.qualifier, x.first, x.rows FROM sealed_series x"
            " JOIN sealed d ON d.day=x.day JOIN series s ON s.id=x.series_id WHERE d.file=? ORDER BY x.first",
            (file,),
        ).fetchall()

    def files(self) -> Iterator[Path]:
        """Every file that the manifest names, fetched if need be."""
        for (file,) in self.connection.execute("SELECT file FROM sealed").fetchall():
            yield self.archive.shelf.local(file)

    def close(self) -> None:
        """Release what reading the files holds."""
        self.archive.close()


def _ends_judgement(columns: Columns) -> bool:
    """True if the value changes within the day, so that no run reaches back beyond it, and enough
    neighbours stand before the change."""
    value = columns.value
    change = next((at for at in range(len(value) - 2, -1, -1) if value[at] != value[-1]), -1)
    return change >= NEIGHBOURS
