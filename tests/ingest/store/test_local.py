"""SQLite with sealed days: the conformance suite twice, and what only sealing can do."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.instant import DAY, MINUTE, Window, to_datetime
from contract.reading import Reading, Readings
from ingest.store import open_store, restore_store
from ingest.store.sealed.shelf import Folder
from ingest.store.sqlite.care import HOT, SEALED
from ingest.store.sqlite.elsewhere.sealing import Sealer
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE, put, snapshot
from ingest.store.testing.messages import NOON, arrival, features, readings
from ingest.store.testing.suite import StoreContract
from ingest.values import Portion, Progress, Series, Stray

pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
pytest.importorskip("pyarrow", reason="sealed days need the extra [ingest]")
EVER = 2**62


class SealsAtOnce(SqliteStore):
    """Everything is sealed after every commit: the hardest case for the rest."""

    def commit_all(self, portions: Sequence[Portion], strays: Sequence[Stray] = ()) -> list[Progress]:
        progress = super().commit_all(portions, strays)
        self.seal(EVER)
        return progress


class TestLocalStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"local:{tmp_path / 'store'}"


class TestSealedStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return str(tmp_path / "store")

    def open(self, url: str, *, read_only: bool = False) -> SqliteStore:
        return SealsAtOnce(Path(url) / HOT, sealed=Path(url) / SEALED, read_only=read_only)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def opened(folder: Path, *, read_only: bool = False) -> SqliteStore:
    return SqliteStore(folder / HOT, sealed=folder / SEALED, read_only=read_only)


def three_days(store: SqliteStore) -> None:
    """A value every six hours of three days, and an index each."""
    quarter = 360
    many = [arrival(n, readings(n * quarter + 1, float(n))) for n in range(1, 13)]
    put(store, [*many, arrival(13, features(1, {"ACI@maad-1.5.2#1a2b3c4d": 1.5}))])


def test_sealing_changes_nothing_that_is_read(folder: Path) -> None:
    store = opened(folder)
    three_days(store)
    before = snapshot(store)
    sealed = store.seal(EVER)
    assert [(day.file[:10], day.rows) for day in sealed] == [
        ("2026-05-01", 2), ("2026-05-02", 4), ("2026-05-03", 4), ("2026-05-04", 3),
    ]  # fmt: skip
    assert snapshot(store) == before
    assert store._writing.connection.execute("SELECT count(*) FROM points").fetchone() == (0,)
    assert store.seal(EVER) == [], "nothing is left to seal"
    assert store.verify() == []
    store.close()


def test_only_days_that_ended_are_sealed(folder: Path) -> None:
    store = opened(folder)
    three_days(store)
    second_day = (NOON // DAY + 2) * DAY
    assert [day.file[:10] for day in store.seal(second_day)] == ["2026-05-01", "2026-05-02"]
    window = Window(second_day - DAY, second_day + DAY)
    assert len(store.points(TEMPERATURE, window).time) == 8, "half sealed, half hot"
    store.close()


def test_late_data_joins_its_day_at_the_next_sealing(folder: Path) -> None:
    store = opened(folder)
    three_days(store)
    (first, *_) = store.seal(EVER)
    put(store, [arrival(14, readings(2, 99.0))])
    before = snapshot(store)
    (again,) = store.seal(EVER)
    assert (again.day, again.rows) == (first.day, first.rows + 1)
    assert snapshot(store) == before
    store.seal(EVER)
    assert [path.name for path in sorted((folder / SEALED).glob("2026-05-01*"))] == [again.file]
    store.close()


def test_a_reader_keeps_reading_while_days_are_sealed_and_replaced(folder: Path) -> None:
    store = opened(folder)
    three_days(store)
    reader = opened(folder, read_only=True)
    before = reader.points(TEMPERATURE)
    store.seal(EVER)
    assert reader.points(TEMPERATURE) == before
    put(store, [arrival(14, readings(1, device="d2", boot="b7"))])
    store.seal(EVER)
    store.seal(EVER)
    assert reader.points(TEMPERATURE) == before
    assert len(reader.points(Series("s1", "d2", "air_temperature", "")).time) == 1
    reader.close()
    store.close()


def test_a_conflict_with_a_sealed_point_is_judged_as_if_it_were_hot(folder: Path) -> None:
    store = opened(folder)
    put(store, [arrival(2, readings(2, 20.0, time=to_datetime(NOON + MINUTE)))])
    store.seal(EVER)
    put(store, [arrival(1, readings(1, 10.0))])
    assert list(store.points(TEMPERATURE).value) == [10.0], "the lower sequence is shown"
    assert (store.counts().points, store.counts().conflicts, store.counts().duplicated) == (1, 1, 0)
    store.close()


def test_a_crash_before_the_commit_of_a_sealing_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder)
    three_days(store)
    before = snapshot(store)
    with monkeypatch.context() as patched:
        patched.setattr(Sealer, "forget", lambda _self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store._writer.seal(EVER)  # type: ignore[union-attr]
    store.close()
    store = opened(folder)
    assert len(list((folder / SEALED).iterdir())) == 1, "a file that nobody names"
    assert snapshot(store) == before
    store.seal(EVER)
    assert snapshot(store) == before
    assert len(list((folder / SEALED).iterdir())) == 4
    store.close()


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_verify_names_a_damaged_day(folder: Path, damage: str) -> None:
    store = opened(folder)
    three_days(store)
    name = folder / SEALED / store.seal(EVER)[1].file
    content = name.read_bytes()
    name.unlink()
    if damage == "altered":
        name.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    (fault,) = store.verify()
    assert str(name) in fault
    store.close()


def test_verify_finds_nothing_wrong_with_values_kept_aside(folder: Path) -> None:
    """SQLite 3.40's own check calls their flags NULL."""
    store = opened(folder)
    put(store, [arrival(1, readings(1, 10.0)), arrival(2, readings(1, 11.0, boot="b2"))])
    assert store.counts().conflicts == 1
    assert store.verify() == []
    store.close()


def test_verify_names_a_flag_that_is_not_there(folder: Path) -> None:
    store = opened(folder)
    put(store, [arrival(1, readings(1, 10.0))])
    for change, statement in (
        (("flags INTEGER NOT NULL", "flags INTEGER"), "UPDATE points SET flags=NULL"),
        (("flags INTEGER", "flags INTEGER NOT NULL"), "SELECT 1"),
    ):
        with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema=ON")
            connection.execute("UPDATE sqlite_master SET sql=replace(sql, ?, ?) WHERE name='points'", change)
            connection.execute("PRAGMA writable_schema=RESET")
            connection.execute(statement)
    assert store.verify() == ["SQLite finds: NULL value in points.flags"]
    store.close()


def test_verify_notices_altered_bytes_of_messages(folder: Path) -> None:
    store = opened(folder)
    put(store, [arrival(1, readings(1, 10.0)), arrival(2, readings(2, 11.0))])
    store._writing.connection.execute("UPDATE messages SET position=1-position")
    assert store.verify() == ["2 messages are not what was received: their SHA-256 differs"]
    store.close()


def test_a_backup_restores_to_the_same_reading(folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    three_days(store)
    store.seal((NOON // DAY + 2) * DAY)
    before = snapshot(store)
    store.backup(tmp_path / "backup")
    put(store, [arrival(20, readings(9999))])
    store.close()
    url = f"local:{tmp_path / 'again'}"
    restore_store(tmp_path / "backup", url)
    again = open_store(url)
    assert snapshot(again) == before
    assert again.verify() == []
    again.close()


def test_a_backup_overwrites_nothing_and_neither_does_a_restore(folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    store.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="not empty"):
        store.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="already"):
        restore_store(tmp_path / "backup", f"local:{folder}")
    with pytest.raises(StoreError, match="no backup"):
        restore_store(tmp_path, f"local:{tmp_path / 'new'}")
    store.close()


def test_a_single_file_has_no_sealed_days(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    with pytest.raises(StoreError, match="local:FOLDER"):
        store.seal(EVER)
    store.close()


def test_sealed_days_are_never_silently_left_out(folder: Path) -> None:
    store = opened(folder)
    three_days(store)
    store.seal(EVER)
    store.close()
    with pytest.raises(StoreError, match="local:FOLDER"):
        open_store(f"sqlite:{folder / HOT}", read_only=True).points(TEMPERATURE)


def late(seq: int, minute: int, device: str = "d1", days: int = 5) -> Readings:
    """A message of another boot with one value on each of ``days``, at ``minute`` after noon."""
    times = (to_datetime(NOON + day * DAY + minute * MINUTE) for day in range(days))
    sent = tuple(Reading(quantity="air_temperature", value=1.0, time=time) for time in times)
    return readings(seq, boot="late", device=device, readings=sent)


@pytest.mark.parametrize(
    ("minute", "device", "most"),
    [(3, "d2", 0), (200, "d1", 0), (3, "d1", 5), (2, "d1", 10)],
    ids=["series not sealed", "hour without points", "time between points", "times of points"],
)
def test_a_late_message_opens_only_files_that_may_hold_its_points(
    folder: Path, minute: int, device: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the manifest: at most once a day to look for a time, and once more where it is there."""
    store = opened(folder)
    put(
        store,
        [arrival(n + 1, readings(n + 1, time=to_datetime(NOON + n * DAY + 2 * MINUTE))) for n in range(5)],
    )
    assert len(store.seal(EVER)) == 5
    files: list[str] = []
    local = Folder.local
    monkeypatch.setattr(Folder, "local", lambda self, name: (files.append(name), local(self, name))[1])
    put(store, [arrival(9, late(9, minute, device))])
    assert len(files) <= most
    assert (len(files) == 0) == (most == 0)
    counts = store.counts()
    assert (counts.points, counts.conflicts, counts.duplicated) == ((5, 5, 0) if most == 10 else (10, 0, 0))
    store.close()
