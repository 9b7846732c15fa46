"""What every store must know of its gateways' streams: the numbers behind receipts."""

from __future__ import annotations

from contract.batch import Drop
from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import EPOCH, arrival, header, health, readings
from ingest.values import Progress


class StreamContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

    def test_a_receipt_reaches_to_the_first_hole(self, store: Store) -> None:
        progress = store.commit("gw", "readings", header(9, 3), [arrival(n, readings(n)) for n in (1, 2, 5)])
        assert progress == Progress(2, ((3, 4),))

    def test_a_heartbeat_asks_for_the_tail(self, store: Store) -> None:
        put(store, [arrival(1, readings(1))])
        assert store.commit("gw", "readings", header(4, 0), []) == Progress(1, ((2, 4),))

    def test_what_the_gateway_dropped_is_not_waited_for(self, store: Store) -> None:
        put(store, [arrival(1, readings(1)), arrival(4, readings(4))])
        dropped = (Drop(first=2, last=3, reason="disk"),)
        assert store.commit("gw", "readings", header(4, 0, dropped=dropped), []) == Progress(4, ())
        (state,) = store.streams()
        assert (state.received, state.dropped) == (((1, 1), (4, 4)), ((2, 3, "disk"),))

    def test_a_drop_that_grows_is_kept_once(self, store: Store) -> None:
        for last in range(2, 200):
            dropped = (Drop(first=1, last=last, reason="disk"), Drop(first=2, last=2, reason="disk"))
            store.commit("gw", "readings", header(300, 0, dropped=dropped), [])
        store.commit("gw", "readings", header(300, 0, dropped=(Drop(first=5, last=7, reason="disk"),)), [])
        (state,) = store.streams()
        assert state.dropped == ((1, 199, "disk"),)

    def test_gateways_streams_and_epochs_are_numbered_apart(self, store: Store) -> None:
        put(store, [arrival(1, readings(1)), arrival(2, readings(2))])
        other = header(1, 1, epoch="f" * 16)
        assert store.commit("gw", "readings", other, [arrival(1, readings(3))]) == Progress(1, ())
        assert store.commit("gw2", "readings", header(1), [arrival(1, readings(4))]) == Progress(1, ())
        assert put(store, [arrival(1, health(5))], "health") == Progress(1, ())
        assert [(s.gateway, s.stream, s.epoch) for s in store.streams()] == [
            ("gw", "health", EPOCH), ("gw", "readings", EPOCH), ("gw", "readings", "f" * 16),
            ("gw2", "readings", EPOCH),
        ]  # fmt: skip
