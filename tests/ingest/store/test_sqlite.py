"""The SQLite store: the conformance suite, and what can happen to its file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, StoreError
from ingest.store import open_store
from ingest.store.protocol import StoreBusy
from ingest.store.sqlite.store import SqliteStore
from ingest.store.sqlite.streams import Streams
from ingest.store.testing.acts import put, snapshot
from ingest.store.testing.messages import arrival, header, readings
from ingest.store.testing.suite import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:{tmp_path / 'store.db'}"


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match=r"newer EcoViv: schema 99, this one knows 4\. Update"):
        SqliteStore(path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(path)


@pytest.mark.parametrize(
    "content", [b"not a database, only text" * 100, b"SQLite format 3\x00" + b"\xff" * 8000]
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        SqliteStore(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(tmp_path / "file" / "store.db")


def test_reading_an_absent_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        open_store(f"sqlite:{tmp_path / 'none.db'}", read_only=True)


@pytest.mark.parametrize("url", ["postgres:x", "sqlite:"])
def test_an_unknown_store_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError):
        open_store(url)


def test_a_locked_store_is_busy_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.store.sqlite.schema.BUSY_TIMEOUT_S", 0.1)
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="locked"):
        put(store, [arrival(1, readings(1))])
    assert store.counts().points == 0, "reading does not wait"
    other.execute("ROLLBACK")
    assert put(store, [arrival(1, readings(1))]).committed == 1
    other.close()
    store.close()


def test_a_full_disk_is_busy_until_there_is_space(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    put(store, [arrival(1, readings(1))])
    connection = store._writing.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    many = [arrival(n, readings(n)) for n in range(2, 2000)]
    with pytest.raises(StoreBusy, match="full"):
        put(store, many)
    assert store.counts().points == 1, "all of it or nothing"
    connection.execute("PRAGMA max_page_count=100000")
    assert put(store, many).committed == 1999
    store.close()


def test_a_commit_that_fails_half_way_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Series, boots and messages are written before the stream's numbers: fail there."""
    store = SqliteStore(tmp_path / "store.db")
    put(store, [arrival(1, readings(1))])
    before = snapshot(store)
    with monkeypatch.context() as patched:
        patched.setattr(Streams, "advance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            put(store, [arrival(2, readings(2, boot="b9", uptime_ms=5))])
    assert snapshot(store) == before
    put(store, [arrival(2, readings(2, boot="b9", uptime_ms=5))])
    untroubled = SqliteStore(tmp_path / "untroubled.db")
    put(untroubled, [arrival(1, readings(1))])
    put(untroubled, [arrival(2, readings(2, boot="b9", uptime_ms=5))])
    assert snapshot(store) == snapshot(untroubled)
    untroubled.close()
    store.close()


def test_a_heartbeat_without_news_writes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    put(store, [arrival(1, readings(1))])
    wal = tmp_path / "store.db-wal"
    size = wal.stat().st_size
    store.commit("gw", "readings", header(1, 0), [])
    assert wal.stat().st_size == size
    store.commit("gw", "readings", header(2, 0), [])
    assert wal.stat().st_size > size
    store.close()


@pytest.mark.parametrize("statement", ["UPDATE blocks SET bytes=zeroblob(64)", "DELETE FROM blocks"])
def test_damaged_bytes_of_messages_are_told_in_a_sentence(tmp_path: Path, statement: str) -> None:
    store = SqliteStore(tmp_path / "store.db")
    put(store, [arrival(1, readings(1))])
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as other:
        other.execute(statement)
    other.close()
    store = SqliteStore(tmp_path / "store.db")
    with pytest.raises(StoreError, match="damaged"):
        store.verify()
    store.close()
