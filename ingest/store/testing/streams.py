"""What every store must know of its gateways' streams: the numbers behind receipts."""

from __future__ import annotations

from contract.batch import Drop
from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import EPOCH, arrival, header, health, readings
from ingest.values import Portion, Progress


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

    def test_many_streams_are_written_at_once_as_one_by_one(self, store: Store) -> None:
        """Two gateways, two openings of one spool, a heartbeat; one message comes by both gateways."""
        first = Portion("gw", "readings", header(3, 2), [arrival(1, readings(1)), arrival(3, readings(3))])
        again = Portion(
            "gw", "readings", header(3, 2, opening="f" * 16), [arrival(n, readings(n)) for n in (2, 3)]
        )
        other = Portion("gw2", "readings", header(2), [arrival(1, readings(1))])
        beat = Portion("gw3", "health", header(4, 0), [])
        told = store.commit_all([first, again, other, beat])
        assert told == [Progress(1, ((2, 2),)), Progress(3, ()), Progress(1, ()), Progress(0, ((1, 4),))]
        counts = store.counts()
        assert (counts.messages, counts.points, counts.repeats, counts.duplicated) == (3, 3, 2, 0)
        days = [
            (state.gateway, *((day.stored, day.repeats) for day in state.days)) for state in store.streams()
        ]
        assert days == [("gw", (3, 1)), ("gw2", (0, 1)), ("gw3",)]
