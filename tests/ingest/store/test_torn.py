"""A power cut tears the write-ahead log: what is left is a prefix, whole and consistent."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import arrival, readings

COMMITS, EACH = 20, 10


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Database and log as they lie on the disk while the writer lives."""
    folder = tmp_path_factory.mktemp("torn")
    store = SqliteStore(folder / "store.db")
    for commit in range(COMMITS):
        numbers = range(commit * EACH + 1, (commit + 1) * EACH + 1)
        put(store, [arrival(n, readings(n, float(n % 20), uptime_ms=n * 60_000)) for n in numbers])
    for name in ("store.db", "store.db-wal"):
        shutil.copy(folder / name, folder / f"copy-{name}")
    store.close()
    return folder / "copy-store.db", folder / "copy-store.db-wal"


def damaged(log: bytes, chance: random.Random) -> bytes:
    """Cut short, or a stretch of it zeroed."""
    at = chance.randrange(len(log))
    return (
        log[:at] if chance.random() < 0.5 else log[:at] + bytes(min(4096, len(log) - at)) + log[at + 4096 :]
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_torn_log_leaves_a_prefix(image: tuple[Path, Path], tmp_path: Path, seed: int) -> None:
    database, log = image
    shutil.copy(database, tmp_path / "store.db")
    (tmp_path / "store.db-wal").write_bytes(damaged(log.read_bytes(), random.Random(seed)))
    store = SqliteStore(tmp_path / "store.db")
    (state,) = [*store.streams()] or [None]
    kept = state.received[0][1] if state is not None else 0
    counts = store.counts()
    assert kept % EACH == 0, "whole commits only"
    assert (counts.messages, counts.points) == (kept, kept), "numbers, messages and points agree"
    assert store.verify() == []
    everything = [arrival(n, readings(n, float(n % 20), uptime_ms=n * 60_000)) for n in range(1, 201)]
    assert put(store, everything).committed == COMMITS * EACH, "what was lost comes again"
    assert (store.counts().points, store.counts().repeats) == (COMMITS * EACH, kept)
    store.close()
