"""Points out of a store, for any other tool: CSV or Parquet, sorted, with units and flags.

One row a point: site, device, quantity, qualifier, time (ISO 8601 UTC), value, unit,
flags (names joined by ``|``).  Chosen series, chosen window; the same store gives the
same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from contract.errors import ConfigurationError, UsageError
from contract.instant import Window, format_instant
from contract.quantities import QUANTITIES
from contract.reading import Flag
from contract.terminal import CsvWriter
from ingest.store.protocol import Store
from ingest.values import Points, Series

COLUMNS = ("site", "device", "quantity", "qualifier", "time", "value", "unit", "flags")
Line = tuple[str, str, str, str, str, float, str, str]
"""As ``COLUMNS``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which points: all of them by default."""

    window: Window | None = None
    site: str | None = None
    quantity: str | None = None

    def series(self, store: Store) -> list[Series]:
        """Those of ``store`` that are meant, sorted."""
        found = store.series(site=self.site)
        return [series for series in found if self.quantity in (None, series.quantity)]


ALL = Choice()


def export_csv(store: Store, out: TextIO, choice: Choice = ALL) -> int:
    """Write CSV with a header to ``out``.  The number of points."""
    writer = CsvWriter(out)
    writer.row(COLUMNS)
    count = 0
    for series in choice.series(store):
        points = store.points(series, choice.window)
        writer.rows(_lines(series, points))
        count += len(points.time)
    return count


def export_parquet(store: Store, path: Path, choice: Choice = ALL) -> int:
    """Write zstd Parquet with ``time`` as a timestamp [ns, UTC].  The number of points."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigurationError(
            "Parquet needs pyarrow, which is not installed", help="pip install 'ecoviv[ingest]'"
        ) from error
    kinds = dict.fromkeys(COLUMNS, pyarrow.dictionary(pyarrow.int32(), pyarrow.string()))
    kinds |= {"time": pyarrow.timestamp("ns", tz="UTC"), "value": pyarrow.float64()}
    schema = pyarrow.schema(list(kinds.items()))
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for series in choice.series(store):
            points = store.points(series, choice.window)
            if points.time:
                columns = dict(zip(COLUMNS, zip(*_lines(series, points), strict=True), strict=True))
                arrays = columns | {"time": points.time.tolist(), "value": points.value.tolist()}
                writer.write_table(
                    pyarrow.table([pyarrow.array(arrays[name], kinds[name]) for name in COLUMNS], schema)
                )
            count += len(points.time)
    return count


def export_file(store: Store, path: Path | None, choice: Choice = ALL) -> int:
    """Write to ``path`` by its ending; CSV to stdout without one.  The number of points."""
    if path is None:
        return export_csv(store, sys.stdout, choice)
    if path.suffix == ".parquet":
        return export_parquet(store, path, choice)
    if path.suffix != ".csv":
        raise UsageError(f"{path} ends in neither .csv nor .parquet", help="Give one of these endings")
    try:
        with path.open("w", encoding="utf-8", newline="") as out:
            return export_csv(store, out, choice)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}", help="Choose another place") from error


def _lines(series: Series, points: Points) -> Iterator[Line]:
    row = QUANTITIES.get(series.quantity)
    unit = row.unit if row is not None else ""
    head = (series.site, series.device, series.quantity, series.qualifier)
    for time, value, flags in zip(points.time, points.value, points.flags, strict=True):
        names = "|".join(flag.name or "" for flag in Flag(flags))
        yield *head, format_instant(time), value, unit, names
