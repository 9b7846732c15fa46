"""Sealed days on an object store: the conformance suite, and what a folder cannot do wrong.

fsspec's own ``memory://`` and ``file://`` are real implementations of the interface that s3fs
and gcsfs have too; a bucket on a network is not tried here.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, StoreError
from ingest.store import open_store, restore_store
from ingest.store.sealed.shelf import ObjectStore
from ingest.store.sqlite.care import FETCHED, HOT
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE, put, snapshot
from ingest.store.testing.messages import arrival, readings
from ingest.store.testing.suite import StoreContract
from tests.ingest.store.test_local import SealsAtOnce

fsspec = pytest.importorskip("fsspec", reason="object stores need the extra [ingest]")
pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
EVER = 2**62


class TestSealedOnAnObjectStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return str(tmp_path / "store")

    def open(self, url: str, *, read_only: bool = False) -> SqliteStore:
        folder = Path(url)
        shelf = ObjectStore(f"file://{folder / 'bucket'}", folder / FETCHED)
        return SealsAtOnce(folder / HOT, sealed=shelf, read_only=read_only)


@pytest.fixture
def bucket() -> str:
    return f"memory://{uuid.uuid4().hex}/eco"


def filled(folder: Path, bucket: str) -> SqliteStore:
    """A value every six hours of three days, sealed; and what is kept here thrown away."""
    store = open_store(f"local:{folder}?sealed={bucket}")
    assert isinstance(store, SqliteStore)
    put(store, [arrival(n, readings(n * 360 + 1, float(n))) for n in range(1, 13)])
    store.seal(EVER)
    for path in (folder / FETCHED).iterdir():
        path.unlink()
    return store


def objects(bucket: str) -> list[str]:
    files, root = fsspec.url_to_fs(bucket)
    return sorted(files.ls(root, detail=False))


def test_sealed_days_are_fetched_from_the_bucket(tmp_path: Path, bucket: str) -> None:
    store = filled(tmp_path, bucket)
    assert len(objects(bucket)) == 4
    assert list(store.points(TEMPERATURE).value) == [float(n) for n in range(1, 13)]
    assert store.verify() == []
    store.close()


def test_another_programs_objects_stay(tmp_path: Path, bucket: str) -> None:
    store = filled(tmp_path, bucket)
    files, root = fsspec.url_to_fs(bucket)
    files.pipe(f"{root}/notes.txt", b"mine")
    put(store, [arrival(20, readings(2, 99.0))])
    store.seal(EVER)
    store.seal(EVER)
    assert len(objects(bucket)) == 5, "the replaced day is gone, the note is not"
    store.close()


def test_a_damaged_or_missing_object_is_named(tmp_path: Path, bucket: str) -> None:
    store = filled(tmp_path, bucket)
    files, _ = fsspec.url_to_fs(bucket)
    first, second, *_ = objects(bucket)
    files.pipe(first, files.cat(first)[:-1] + b"X")
    files.rm_file(second)
    damaged, missing = store.verify()
    assert "its SHA-256 differs" in damaged
    assert "cannot be reached" in missing
    with pytest.raises(StoreError):
        store.points(TEMPERATURE)
    store.close()


def test_a_bucket_that_does_not_answer_leaves_the_day_hot(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"local:{tmp_path}?sealed={bucket}")
    put(store, [arrival(n, readings(n)) for n in (1, 2)])
    before = snapshot(store)
    files, _ = fsspec.url_to_fs(bucket)
    with monkeypatch.context() as broken:
        broken.setattr(type(files), "put_file", lambda *_args, **_more: 1 / 0)
        with pytest.raises(StoreError, match="cannot be reached"):
            store.seal(EVER)
    assert snapshot(store) == before
    assert [day.rows for day in store.seal(EVER)] == [2]
    store.close()


def test_a_backup_holds_the_days_of_the_bucket(tmp_path: Path, bucket: str) -> None:
    store = filled(tmp_path / "store", bucket)
    before = snapshot(store)
    store.backup(tmp_path / "backup")
    store.close()
    for url in (f"local:{tmp_path / 'again'}", f"local:{tmp_path / 'third'}?sealed={bucket}-copy"):
        restore_store(tmp_path / "backup", url)
        again = open_store(url)
        assert snapshot(again) == before
        again.close()


@pytest.mark.parametrize("url", ["sqlite:x.db?sealed=memory://b", "local:?sealed=memory://b"])
def test_only_a_folder_can_have_its_days_elsewhere(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a store"):
        open_store(url)


def test_an_unknown_kind_of_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be reached from here"):
        open_store(f"local:{tmp_path}?sealed=nowhere://bucket")
