"""What every store must do: one suite, subclassed by each engine in a few lines.

A subclass gives the fixture ``url``, where an empty store may be made.  An engine that
``open_store`` does not know yet also gives ``open``:

    class TestMyStore(StoreContract):
        @pytest.fixture
        def url(self, tmp_path: Path) -> str:
            return f"mine:{tmp_path / 'store'}"
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from contract.errors import StoreError
from ingest.store import open_store
from ingest.store.protocol import Store
from ingest.store.testing.acts import difficult_arrivals, put, snapshot
from ingest.store.testing.clocks import ClockContract
from ingest.store.testing.hours import HoursContract
from ingest.store.testing.identity import IdentityContract
from ingest.store.testing.listening import ListeningContract
from ingest.store.testing.messages import arrival, health, readings
from ingest.store.testing.points import PointsContract
from ingest.store.testing.streams import StreamContract
from ingest.store.testing.unreadable import UnreadableContract
from ingest.values import Progress


class StoreContract(
    PointsContract,
    HoursContract,
    ListeningContract,
    IdentityContract,
    ClockContract,
    StreamContract,
    UnreadableContract,
):
    """The promises of ``ingest.store.protocol.Store``."""

    def open(self, url: str, *, read_only: bool = False) -> Store:
        """The store at ``url``."""
        return open_store(url, read_only=read_only)

    def another(self, url: str, name: str) -> str:
        """Where another empty store may be made."""
        return f"{url}-{name}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """An empty store, open for writing."""
        opened = self.open(url)
        yield opened
        opened.close()

    def test_progress_outlives_the_process(self, url: str) -> None:
        first = self.open(url)
        put(first, [arrival(1, readings(1)), arrival(2, readings(2))])
        before = snapshot(first)
        first.close()
        second = self.open(url)
        assert snapshot(second) == before
        assert put(second, [arrival(3, readings(3))]) == Progress(3, ())
        second.close()

    def test_closing_again_does_nothing(self, url: str) -> None:
        for read_only in (False, True):
            store = self.open(url, read_only=read_only)
            store.close()
            store.close()

    def test_a_reader_sees_what_is_committed_and_cannot_write(self, store: Store, url: str) -> None:
        put(store, [arrival(1, readings(1))])
        reader = self.open(url, read_only=True)
        put(store, [arrival(2, readings(2))])
        assert reader.counts().points == 2
        with pytest.raises(StoreError, match="reading only"):
            put(reader, [arrival(3, readings(3))])
        reader.close()

    def test_two_workers_may_share_a_stream(self, store: Store, url: str) -> None:
        other = self.open(url)
        put(store, [arrival(1, readings(1))])
        put(other, [arrival(2, readings(2))])
        put(other, [arrival(1, readings(1)), arrival(3, health(3))])
        assert put(store, [arrival(4, readings(4)), arrival(2, readings(2))]) == Progress(4, ())
        assert (store.counts().messages, store.counts().repeats, store.counts().duplicated) == (4, 2, 0)
        assert snapshot(store) == snapshot(other)
        other.close()

    @pytest.mark.parametrize("seed", range(4))
    def test_the_order_and_number_of_arrivals_changes_nothing(self, url: str, seed: int) -> None:
        chance = random.Random(seed)
        sent = difficult_arrivals(chance)
        stores = []
        for name in ("sorted", "shuffled"):
            store = self.open(self.another(url, name))
            order = sent if name == "sorted" else chance.sample(sent, len(sent))
            step = len(order) if name == "sorted" else 7
            for at in range(0, len(order), step):
                put(store, order[at : at + step])
            stores.append(store)
        assert snapshot(stores[0]) == snapshot(stores[1])
        for store in stores:
            store.close()
