"""Points in memory and a journal: the smallest engine passes the whole suite; and what it refuses."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from contract.errors import StoreError
from contract.instant import MINUTE
from ingest.store.elsewhere import PointsElsewhere
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.elsewhere import ElsewhereContract
from ingest.store.testing.memory import MemoryPoints, MemoryServer
from ingest.store.testing.messages import NOON, arrival, readings
from ingest.store.testing.suite import StoreContract


class TestMemoryPoints(ElsewhereContract):
    @pytest.fixture
    def elsewhere(self) -> MemoryPoints:
        return MemoryPoints(MemoryServer())

    def again(self, elsewhere: PointsElsewhere) -> MemoryPoints:
        assert isinstance(elsewhere, MemoryPoints)
        return MemoryPoints(elsewhere.place)


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        self.places: defaultdict[str, MemoryServer] = defaultdict(MemoryServer)
        return str(tmp_path / "journal.db")

    def open(self, url: str, *, read_only: bool = False) -> SqliteStore:
        return SqliteStore(Path(url), elsewhere=MemoryPoints(self.places[url]), read_only=read_only)


def test_points_leave_the_journal_and_a_withdrawn_one_stays_elsewhere(tmp_path: Path) -> None:
    place = MemoryServer()
    store = SqliteStore(tmp_path / "journal.db", elsewhere=MemoryPoints(place))
    put(store, [arrival(1, readings(1, 10.0))])
    assert store.connection.execute("SELECT count(*) FROM points").fetchone() == (0,)
    put(store, [arrival(2, readings(1, 11.0, boot="b0"))])
    assert list(store.points(TEMPERATURE).value) == [11.0], "the boot that sorts first is shown"
    (point,) = place.points[TEMPERATURE].values()
    assert (point.boot, point.seq, point.time) == ("b0", 1, NOON + MINUTE)
    assert (store.counts().points, store.counts().conflicts, store.verify()) == (1, 1, [])
    store.close()


def test_what_is_refused_elsewhere_is_read_from_the_journal(tmp_path: Path) -> None:
    place = MemoryServer()
    store = SqliteStore(tmp_path / "journal.db", elsewhere=MemoryPoints(place, earliest=NOON + 3 * MINUTE))
    put(store, [arrival(n, readings(n, float(n))) for n in range(1, 6)])
    assert [point.seq for point in place.points[TEMPERATURE].values()] == [3, 4, 5]
    assert list(store.points(TEMPERATURE).value) == [1.0, 2.0, 3.0, 4.0, 5.0]
    (fault,) = store.verify()
    assert fault.startswith("2 points stay in the journal")
    store.close()


def test_a_closed_place_takes_and_gives_nothing() -> None:
    points = MemoryPoints(MemoryServer())
    points.close()
    for act in (points.count, lambda: points.write([]), lambda: points.rows(TEMPERATURE, 0, 1)):
        with pytest.raises(StoreError, match="closed"):
            act()
