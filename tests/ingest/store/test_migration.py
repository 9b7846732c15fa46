"""A store of schema 1, as EcoViv 0.1 before the hours of sealed days wrote it, is read by today's.

``golden/stores/schema-1.tar.gz``: two thermometers, three sealed days, late and hot points, a
detection, an index, something unreadable; written by that version's own ``SqliteStore``.
"""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import StoreError
from ingest.store import make_store, open_store
from ingest.store.sqlite import migrating
from ingest.store.sqlite.care import HOT
from ingest.store.sqlite.schema import SCHEMA_VERSION
from ingest.store.testing.acts import TEMPERATURE
from ingest.store.testing.hours import by_hand, rows
from ingest.values import Series

pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
pytest.importorskip("pyarrow", reason="sealed days need the extra [ingest]")
EVER = 2**62


@pytest.fixture
def old(tmp_path: Path) -> Path:
    archive = Path(__file__).parents[2] / "golden" / "stores" / "schema-1.tar.gz"
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "store", filter="data")
    return tmp_path / "store"


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_old_store_holds_after_migration_what_it_held(old: Path) -> None:
    store = open_store(f"local:{old}")
    counts = store.counts()
    assert (counts.messages, counts.points, counts.detections, counts.unreadable) == (24, 22, 1, 1)
    assert list(store.points(TEMPERATURE).value)[:3] == [1.0, 99.0, 2.0]
    assert list(store.points(Series("s1", "d2", "air_temperature", "")).value) == [
        n + 0.5 for n in range(1, 9)
    ]
    assert store.verify() == [], "the rows lie in the files where the manifest now says"
    store.seal(EVER)
    for series in store.series():
        assert rows(store.hours(series)) == by_hand(store.points(series))
    store.close()
    assert version(old / HOT) == SCHEMA_VERSION


def test_a_copy_from_before_stays_beside_it(old: Path) -> None:
    make_store(f"local:{old}")
    assert version(old / f"{HOT}.schema-1") == 1


def test_a_reader_does_not_migrate_but_says_what_does(old: Path) -> None:
    with pytest.raises(StoreError, match="earlier EcoViv") as caught:
        open_store(f"local:{old}", read_only=True)
    assert "ecoviv ingest init" in caught.value.help
    assert version(old / HOT) == 1


def test_a_step_that_would_lose_rows_is_rolled_back(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = (*migrating.STEPS[1], "DELETE FROM points WHERE value>90")
    monkeypatch.setitem(migrating.STEPS, 1, lossy)
    with pytest.raises(StoreError, match="would change points"):
        open_store(f"local:{old}")
    with closing(sqlite3.connect(old / HOT)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM points WHERE value>90").fetchone() == (1,)


def test_a_newer_store_is_refused(old: Path) -> None:
    make_store(f"local:{old}")
    with closing(sqlite3.connect(old / HOT)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer EcoViv"):
            open_store(f"local:{old}", read_only=read_only)
