"""Sealed days: sorted zstd Parquet files, one a UTC day, written once and never changed.

1. ``write_day`` writes, fsyncs, renames and fsyncs the folder.
2. ``Archive.columns`` and ``at`` read one series by where its rows lie in each file, with pyarrow.
3. ``Archive.all_rows`` and ``fault`` ask DuckDB, in memory.

Columns: ``site``, ``device``, ``quantity``, ``qualifier``, ``time`` (timestamp [ns, UTC]),
``value`` (double), ``flags`` (those given at writing), ``boot``, ``seq`` and
``message_id`` (the way back to the message).  Sorted by the first five, which are unique.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from contract.errors import ConfigurationError, StoreError
from contract.instant import DAY, day_of
from ingest.store.sealed.shelf import Shelf, make_private
from ingest.values import Columns

ROW_GROUP = 16_384
"""Rows of each group of a file but the last."""
_AT_HAND = 32
"""Row groups kept in memory, half a megabyte each; a file never changes."""
_NAMES = ("site", "device", "quantity", "qualifier", "time", "value", "flags", "boot", "seq", "message_id")
_MEASURED = ("time", "value", "flags", "message_id")
_FORMATS = {"timestamp[ns, tz=UTC]": "q", "double": "d", "int16": "h", "int64": "q"}
Slice = tuple[str, int, int]
"""(file, row from which on, number of rows)"""
SeriesName = tuple[str, str, str, str]
"""(site, device, quantity, qualifier)"""
ArchivedRow = tuple[str, str, str, str, int, float, int, str, int, int]
"""As the columns."""


@dataclass(frozen=True, slots=True)
class Day:
    """The points of one UTC day as columns, sorted by series and time."""

    series: list[tuple[SeriesName, int]]
    """Each with its number of rows, in the order of the names."""
    time: Sequence[int]
    value: Sequence[float]
    flags: Sequence[int]
    boot: Sequence[str]
    seq: Sequence[int]
    message_id: Sequence[int]


def day_of_rows(rows: Sequence[ArchivedRow]) -> Day:
    """From rows that are sorted already; there is at least one."""
    site, device, quantity, qualifier, *measured = zip(*rows, strict=True)
    names = zip(site, device, quantity, qualifier, strict=True)
    return Day([(name, len(list(same))) for name, same in groupby(names)], *measured)


def write_day(shelf: Shelf, number: int, day: Day) -> tuple[str, str, int]:
    """Write day ``number`` (since 1970).  (file name, SHA-256, bytes)."""
    pyarrow, parquet = _arrow()
    types = {"time": pyarrow.timestamp("ns", tz="UTC"), "value": pyarrow.float64(), "flags": pyarrow.int16()}
    types |= {"boot": pyarrow.dictionary(pyarrow.int32(), pyarrow.string())}
    types |= {"seq": pyarrow.int64(), "message_id": pyarrow.int64()}
    columns = {name: _names(day, at) for at, name in enumerate(_NAMES[:4])}
    columns |= {name: pyarrow.array(getattr(day, name), type_) for name, type_ in types.items()}
    table = pyarrow.table(columns)
    unfinished = shelf.workplace / f".{number}-{os.getpid()}.tmp"
    try:
        make_private(unfinished)
        _write(parquet, table, unfinished)
        digest, size = _sha256(unfinished), unfinished.stat().st_size
        name = f"{day_of(number * DAY).isoformat()}-{digest[:12]}.parquet"
        shelf.put(unfinished, name)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise StoreError(
            f"{day_of(number * DAY)} could not be sealed in {shelf.workplace}: {error}",
            help="Nothing was moved: give that folder room, then seal again",
        ) from error
    return name, digest, size


def _write(parquet: Any, table: Any, unfinished: Path) -> None:
    parquet.write_table(
        table,
        unfinished,
        compression="zstd",
        compression_level=9,
        row_group_size=ROW_GROUP,
        use_dictionary=["site", "device", "quantity", "qualifier", "boot", "value", "flags"],
        column_encoding={
            "time": "DELTA_BINARY_PACKED",
            "seq": "DELTA_BINARY_PACKED",
            "message_id": "DELTA_BINARY_PACKED",
        },
    )


class Archive:
    """The sealed files on ``shelf``; which of them count is the manifest's to say."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._connection: Any = None
        self._at_hand: OrderedDict[tuple[str, int, tuple[str, ...]], Any] = OrderedDict()

    def columns(
        self, slices: Iterable[Slice], start: int, end: int, before: Iterable[Columns] = ()
    ) -> Columns:
        """What was read ``before``, and the rows that lie there within [start, end) [ns UTC]."""
        out = Columns()
        for part in before:
            out.time.extend(part.time)
            out.value.extend(part.value)
            out.flags.extend(part.flags)
            out.message_id.extend(part.message_id)
        for file, first, rows in slices:
            time, value, flags, message_id = self._slice(file, first, rows)
            one, other = bisect_left(time, start), bisect_left(time, end)
            out.time.frombytes(time[one:other].cast("B"))
            out.value.frombytes(value[one:other].cast("B"))
            out.flags.extend(flags[one:other])
            out.message_id.frombytes(message_id[one:other].cast("B"))
        return out

    def at(self, rows: Slice, times: Iterable[int]) -> Iterator[tuple[int, float, int, int]]:
        """(time, value, flags, message id) of those ``times`` [ns UTC] that ``rows``, of one series, hold."""
        (held,) = self._slice(*rows, _MEASURED[:1])
        places = ((bisect_left(held, wanted), wanted) for wanted in times)
        found = [place for place, wanted in places if place < len(held) and held[place] == wanted]
        value, flags, message_id = self._slice(*rows, _MEASURED[1:]) if found else ((), (), ())
        for place in found:
            yield held[place], value[place], flags[place], message_id[place]

    def all_rows(self, file: str) -> Iterator[ArchivedRow]:
        """Every row of one file, as it was written."""
        names = ", ".join("epoch_ns(time) AS time" if name == "time" else name for name in _NAMES)
        yield from _tuples(self._query(f"SELECT {names} FROM read_parquet(?)", [self._paths([file])]))

    def fault(self, file: str, digest: str, rows: int, named: Sequence[tuple[object, ...]]) -> str:
        """What is wrong with a sealed file; empty if nothing is.

        ``named``: (site, device, quantity, qualifier, first row, rows) in the order of the rows.
        """
        path = self.shelf.where(file)
        try:
            if _sha256(self.shelf.check(file)) != digest:
                return f"{path} is not what was written: its SHA-256 differs"
        except FileNotFoundError:
            return f"{path} is missing"
        except StoreError as error:
            return error.message
        found = self._query(
            "SELECT site, device, quantity, qualifier, min(file_row_number) AS first, count(*) AS n,"
            " count(DISTINCT time) AS d, max(file_row_number) AS last"
            " FROM read_parquet(?, file_row_number=true) GROUP BY ALL ORDER BY first",
            [self._paths([file])],
        )
        held = list(_tuples(found))
        distinct = sum(row[6] for row in held)
        if (sum(row[5] for row in held), distinct) != (rows, rows):
            return f"{path} holds {distinct} points, not {rows}"
        whole = all(first + n == last + 1 for *_, first, n, _, last in held)
        return "" if whole and [row[:6] for row in held] == list(named) else f"{path} is not sorted as named"

    def close(self) -> None:
        """Release DuckDB and what is at hand; reading again opens it again."""
        self._at_hand.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _slice(self, file: str, first: int, rows: int, names: tuple[str, ...] = _MEASURED) -> list[Any]:
        """``rows`` rows of the columns ``names``, from row ``first`` on."""
        pyarrow, _ = _arrow()
        try:
            groups = self._groups(file, first, first + rows, names)
        except (OSError, pyarrow.ArrowException) as error:
            raise self._unreadable(error) from error
        if sum(table.num_rows for table in groups) < rows:
            raise self._unreadable(f"{file} has fewer rows than its manifest says")
        table = groups[0] if len(groups) == 1 else pyarrow.concat_tables(groups)
        return [_view(table.column(name).combine_chunks()) for name in names]

    def _groups(self, file: str, first: int, end: int, names: tuple[str, ...]) -> list[Any]:
        """The parts of row groups that hold the rows [first, end); those read last are at hand."""
        _, parquet = _arrow()
        opened, found = None, []
        for group in range(first // ROW_GROUP, -(-end // ROW_GROUP)):
            table = self._at_hand.pop((file, group, names), None)
            if table is None:
                opened = opened or parquet.ParquetFile(self.shelf.local(file), pre_buffer=False)
                table = opened.read_row_group(group, columns=list(names), use_threads=False)
            self._at_hand[file, group, names] = table
            start = group * ROW_GROUP
            found.append(table.slice(max(first - start, 0), end - max(first, start)))
        if opened is not None:
            opened.close()
        while len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        return found

    def _unreadable(self, error: object) -> StoreError:
        return StoreError(
            f"A sealed day at {self.shelf.where('')} cannot be read: {error}",
            help="Run `ecoviv ingest verify`; restore the file from a backup",
        )

    def _paths(self, files: Sequence[str]) -> list[str]:
        return [str(self.shelf.local(file)) for file in files]

    def _open(self) -> Any:
        if self._connection is None:
            try:
                import duckdb
            except ImportError as error:
                raise _missing() from error
            self._connection = duckdb.connect(":memory:", config={"threads": 2})
        return self._connection

    def _query(self, statement: str, values: list[object]) -> Any:
        import duckdb

        try:
            return self._open().sql(statement, params=values).to_arrow_table()
        except duckdb.Error as error:
            raise self._unreadable(error) from error


def _names(day: Day, part: int) -> Any:
    """One column of the names, as a dictionary of those that occur."""
    pyarrow, _ = _arrow()
    words = sorted({name[part] for name, _ in day.series})
    places = {word: place for place, word in enumerate(words)}
    indices = array("i")
    for name, count in day.series:
        indices.extend(array("i", [places[name[part]]]) * count)
    return pyarrow.DictionaryArray.from_arrays(pyarrow.array(indices, pyarrow.int32()), words)


def _view(column: Any) -> Any:
    """A column without nulls, as a memoryview of integers or floats."""
    whole: Any = memoryview(column.buffers()[1]).cast("B")
    return whole.cast(_FORMATS[str(column.type)])[column.offset : column.offset + len(column)]


def _tuples(table: Any) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise _missing() from error
    return pyarrow, parquet


def _missing() -> ConfigurationError:
    return ConfigurationError(
        "Sealed days need pyarrow and duckdb, which are not installed", help="pip install 'ecoviv[ingest]'"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
