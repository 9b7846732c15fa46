"""Detections on disk as JSON lines, which a later run completes: ``ecoviv detect --out heard.jsonl``.

1. Each file is one line of effort (for how long, under which settings, how many detections) and then
   its detections.  All of it is on disk before the next file begins.
2. Where fewer lines follow than the effort counts (a power cut), they are cut off and heard again.
3. Files whose content is already there are skipped; other settings are refused, because detections
   of different instruments do not belong in one file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from analysis.sound.measure.result import line_of
from contract.errors import ConfigurationError, UsageError

EFFORT = "heard_s"
"""The key that only a line of effort has: seconds in which the detector listened."""


class HeardFile:
    """``OUT.jsonl``, appended to; a context manager."""

    def __init__(self, path: Path, settings: str) -> None:
        if path.suffix != ".jsonl":
            raise UsageError(f"{path} is not .jsonl", help="Name the file x.jsonl")
        self._path, self._settings = path, settings
        self._known: set[tuple[str, str]] = set()

    def __enter__(self) -> HeardFile:
        if self._path.exists():
            with self._path.open("rb") as stream:
                kept = self._read(stream)
            os.truncate(self._path, kept)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def holds(self, file: Path) -> bool:
        """True where this file with this very content was already heard to its end."""
        if str(file) not in {name for name, _ in self._known} or not file.is_file():
            return False
        with file.open("rb") as stream:
            return (str(file), hashlib.file_digest(stream, "sha256").hexdigest()) in self._known

    def add(self, effort: Mapping[str, Any], detections: Iterable[Mapping[str, Any]]) -> None:
        """Keep one file, whose effort counts its ``detections``; on disk when this returns."""
        rows = [dict(effort) | {"settings": self._settings}, *detections]
        self._stream.write("".join(line_of(row) + "\n" for row in rows))
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _read(self, stream: BinaryIO) -> int:
        """Note what is whole; how many bytes that is.  ``ConfigurationError`` where it is not ours."""
        whole = 0
        while effort := self._effort(stream.readline()):
            lines = [stream.readline() for _ in range(effort["detections"])]
            if not all(line.endswith(b"\n") for line in lines):
                break
            self._known.add((effort["file"], effort["sha256"]))
            whole = stream.tell()
        return whole

    def _effort(self, line: bytes) -> dict[str, Any] | None:
        """A whole line of effort; None at the end or where the line is torn."""
        if not line.endswith(b"\n"):
            return None
        try:
            row = json.loads(line)
            known = {"file": str, "sha256": str, "settings": str, "detections": int, EFFORT: float}
            if not all(isinstance(row[key], kind) for key, kind in known.items()):
                raise ValueError("not an effort")
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{self._path} was not written by ecoviv detect --out", help="Choose another --out"
            ) from error
        if row["settings"] != self._settings:
            raise ConfigurationError(
                f"{self._path} was heard with {row['settings']}, not with {self._settings}",
                help="Choose another --out, or repeat the earlier settings",
            )
        found: dict[str, Any] = row
        return found


def detections_in(path: Path) -> Iterator[dict[str, Any]]:
    """The detections of a file of ``ecoviv detect --json`` or ``--out``, lines of effort left out.

    ``ConfigurationError`` names the line that is none.
    """
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not a record")
            except ValueError as error:
                raise ConfigurationError(
                    f"Line {number} of {path} is not a detection", help="Write it with ecoviv detect --json"
                ) from error
            if EFFORT not in row:
                yield row
