"""Care of stores: private to their owner, and whole or not there at all."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.errors import StoreError
from ingest.store import open_store, restore_store
from ingest.store.sqlite.care import HOT, SEALED
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import arrival, readings

pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
pytest.importorskip("pyarrow", reason="sealed days need the extra [ingest]")
EVER = 2**62


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    store = open_store(f"local:{tmp_path / 'store'}")
    put(store, [arrival(n, readings(n)) for n in range(1, 4)])
    store.seal(EVER)
    put(store, [arrival(n, readings(n)) for n in range(4, 7)])
    store.backup(tmp_path / "backup")
    store.close()
    return tmp_path / "backup"


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder.parent)): oct(path.stat().st_mode & 0o777)
        for path in [folder, *folder.rglob("*")]
    }


def test_no_store_and_no_backup_is_every_users_to_read(backup: Path, tmp_path: Path) -> None:
    restore_store(backup, f"local:{tmp_path / 'again'}")
    store = SqliteStore(tmp_path / "new" / "one.db")
    put(store, [arrival(1, readings(1))])
    for folder in ("store", "backup", "again", "new"):
        found = modes(tmp_path / folder)
        assert len(found) > 1
        for name, mode in found.items():
            assert mode == ("0o750" if (tmp_path / name).is_dir() else "0o640"), name
    store.close()


def cut(backup: Path) -> None:
    hot = backup / HOT
    hot.write_bytes(hot.read_bytes()[: hot.stat().st_size // 2])


def overwrite(backup: Path) -> None:
    (backup / HOT).write_bytes(b"this is no database, and was never one" * 100)


def lose_a_day(backup: Path) -> None:
    next((backup / SEALED).iterdir()).unlink()


def change_a_day(backup: Path) -> None:
    file = next((backup / SEALED).iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"x")


@pytest.mark.parametrize("harm", [cut, overwrite, lose_a_day, change_a_day])
def test_a_damaged_backup_leaves_nothing_behind(backup: Path, tmp_path: Path, harm: object) -> None:
    harm(backup)  # type: ignore[operator]
    with pytest.raises(StoreError, match="damaged") as caught:
        restore_store(backup, f"local:{tmp_path / 'again'}")
    assert str(backup) in caught.value.message
    assert not (tmp_path / "again").exists()


def test_a_restore_without_room_leaves_nothing_behind(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    with room(1_000), pytest.raises(StoreError, match="could not be restored"):
        restore_store(backup, f"local:{tmp_path / 'again'}")
    assert list((tmp_path / "again").iterdir()) == []


def test_a_seal_without_room_names_its_folder_and_moves_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / HOT, sealed=tmp_path / SEALED)
    put(store, [arrival(n, readings(n)) for n in range(1, 4)])
    with room(1_000), pytest.raises(StoreError, match="2026-05-01 could not be sealed") as caught:
        store.seal(EVER)
    assert str(tmp_path / SEALED) in caught.value.message
    assert HOT not in caught.value.message
    assert list((tmp_path / SEALED).iterdir()) == []
    assert store.counts().points == 3
    assert [day.rows for day in store.seal(EVER)] == [3]
    store.close()


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes: as a full disk, for whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
