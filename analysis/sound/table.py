"""Results as a table on disk, one row per value, that a later run completes.

1. While a run lasts, each measured file is one line of JSON in ``OUT.part``; a torn last line
   (a power cut) is dropped, so the file is measured again.
2. At the end the lines become rows of OUT (.parquet or .csv), written beside it and renamed; OUT.jsonl
   holds a whole record a window instead, which ``ecoviv replay --measured`` can send.
3. The next run skips files whose content and settings are already there; other settings
   are refused, because values measured otherwise do not belong in the same table.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from analysis.sound.measure.result import WindowResult, line_of
from contract.errors import ConfigurationError, UsageError
from contract.terminal import cell, uncell

_NAMES = """file sha256 channel start start_source offset_s window_s duration_s sample_rate_hz valid_s
gate flags definition value absent settings"""
COLUMNS = tuple(_NAMES.split())
_NUMBERS = ("offset_s", "window_s", "duration_s", "valid_s", "value")
_WHOLE = ("channel", "sample_rate_hz")


class ResultTable:
    """``OUT`` and its journal ``OUT.part``; a context manager that writes OUT when it closes."""

    def __init__(self, path: Path, settings: str) -> None:
        if path.suffix not in (".parquet", ".csv", ".jsonl"):
            raise UsageError(
                f"{path} is neither .parquet, .csv nor .jsonl", help="Name it x.parquet, x.csv or x.jsonl"
            )
        self._path, self._settings = path, settings
        self._journal = path.with_name(path.name + ".part")
        self._known: set[tuple[str, str]] = set()

    def __enter__(self) -> ResultTable:
        self._check(row["settings"] for row in self._keys(self._stored()))
        self._check(row["settings"] for row in self._keys(self._journalled()))
        self._mend()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._journal.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if kind is None:
            self._write()
            self._journal.unlink()

    def holds(self, file: Path) -> bool:
        """True where this file with this very content is already measured."""
        names = {name for name, _ in self._known}
        return str(file) in names and file.is_file() and (str(file), _hash(file)) in self._known

    def add(self, results: Sequence[WindowResult]) -> None:
        """Keep the rows of one file; on disk when this returns."""
        if not results:
            return
        if self._path.suffix == ".jsonl":
            rows = [result.to_dict() | {"settings": self._settings} for result in results]
        else:
            rows = [row for result in results for row in rows_of(result, self._settings)]
        self._stream.write(json.dumps(rows, ensure_ascii=False) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _check(self, settings: Iterator[str]) -> None:
        for other in settings:
            if other != self._settings:
                raise ConfigurationError(
                    f"{self._path} was measured with {other}, not with {self._settings}",
                    help="Choose another --out, or repeat the earlier settings",
                )

    def _keys(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            self._known.add((row["file"], row["sha256"]))
            yield row

    def _journalled(self) -> Iterator[dict[str, Any]]:
        if not self._journal.exists():
            return
        with self._journal.open(encoding="utf-8") as stream:
            for line in stream:
                if line.endswith("\n"):
                    yield from json.loads(line)

    def _mend(self) -> None:
        """Cut a torn last line off the journal."""
        if self._journal.exists():
            content = self._journal.read_bytes()
            if not content.endswith(b"\n"):
                os.truncate(self._journal, content.rfind(b"\n") + 1)

    def _stored(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        if self._path.suffix == ".csv":
            with self._path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    yield {name: uncell(text) for name, text in row.items()}
            return
        if self._path.suffix == ".jsonl":
            with self._path.open(encoding="utf-8") as stream:
                yield from map(json.loads, stream)
            return
        import pyarrow.parquet as parquet

        with parquet.ParquetFile(self._path) as table:
            for batch in table.iter_batches():
                yield from batch.to_pylist()

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Everything: what was stored, without files measured anew, then the journal."""
        again = {row["file"] for row in self._journalled()}
        yield from (row for row in self._stored() if row["file"] not in again)
        yield from self._journalled()

    def _write(self) -> None:
        beside = self._path.with_name(self._path.name + ".new")
        if self._path.suffix == ".csv":
            with beside.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, COLUMNS)
                writer.writeheader()
                writer.writerows({name: cell(value) for name, value in row.items()} for row in self._rows())
        elif self._path.suffix == ".jsonl":
            with beside.open("w", encoding="utf-8") as stream:
                stream.writelines(line_of(row) + "\n" for row in self._rows())
        else:
            _write_parquet(beside, self._rows())
        os.replace(beside, self._path)


def rows_of(result: WindowResult, settings: str) -> Iterator[dict[str, Any]]:
    """One row per definition: its value, or the reason why there is none."""
    said = result.to_dict()
    shared = {name: said.get(name) for name in COLUMNS}
    quality = result.quality
    shared |= {"valid_s": quality["valid_s"], "gate": quality["gate"], "flags": " ".join(quality["flags"])}
    shared["settings"] = settings
    for definition, value in result.values.items():
        yield shared | {"definition": definition, "value": value, "absent": None}
    for definition, reason in result.absent.items():
        yield shared | {"definition": definition, "value": None, "absent": reason}


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    kinds = {name: arrow.float64() for name in _NUMBERS} | {name: arrow.int64() for name in _WHOLE}
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) >= 50_000:
                writer.write_table(arrow.Table.from_pylist(batch, schema=schema))
                batch = []
        if batch:
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema))


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
