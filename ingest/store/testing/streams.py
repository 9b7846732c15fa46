"""What every store must know of its gateways' streams: the numbers behind receipts."""

from __future__ import annotations

from contract.batch import RAW, Drop, Gave
from ingest.foreign import UnknownField
from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import (
    EPOCH,
    NOON,
    arrival,
    header,
    health,
    original,
    readings,
    unreadable,
)
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

    def test_an_original_is_kept_whole_and_once_beside_what_it_gave(self, store: Store) -> None:
        payloads = [b'{"temperature":%d,"voc_index":7}' % value for value in range(20)]
        gave = [Gave("s1", "d1", "map-air", seq + 1, ("voc_index",)) for seq in range(20)]
        sent = [
            original(at + 1, payload, gave[at], received=NOON + at) for at, payload in enumerate(payloads)
        ]
        for _ in range(2):
            assert put(store, sent, RAW) == Progress(20, ())
        kept = list(store.originals())
        assert [(one.payload, one.received, one.seq) for one in kept] == [
            (payload, NOON + at, at + 1) for at, payload in enumerate(payloads)
        ]
        assert {(one.topic, one.boot, one.gateway) for one in kept} == {("zigbee2mqtt/a", "map-air", "gw")}
        assert store.unknown_fields() == [UnknownField("s1", "d1", "voc_index", 20, NOON, NOON + 19)]
        assert list(store.originals(device="d2")) == []
        assert (store.counts().messages, store.counts().unreadable, store.counts().repeats) == (0, 0, 20)
        assert store.verify() == []

    def test_an_original_that_is_read_again_says_what_it_gave_last(self, store: Store) -> None:
        put(store, [original(1, b"{}", Gave("s1", "d1", "", 0, ("voc_index", "x")))], RAW)
        put(store, [original(2, b"{}", Gave("s1", "d1", "map-air", 5, ("x",)))], RAW)
        (kept,) = store.originals()
        assert (kept.boot, kept.seq, kept.not_understood) == ("map-air", 5, ("x",))
        assert [one.field for one in store.unknown_fields()] == ["x"]

    def test_the_same_bytes_at_another_time_are_another_original(self, store: Store) -> None:
        gave = Gave("s1", "d1", "", 0, ())
        put(store, [original(1, b"21.5", gave), original(2, b"21.5", gave, received=NOON + 1)], RAW)
        assert [one.payload for one in store.originals()] == [b"21.5", b"21.5"]

    def test_what_is_no_original_on_their_stream_is_unreadable(self, store: Store) -> None:
        assert put(store, [unreadable(1, b"changed on the disk")], RAW) == Progress(1, ())
        assert [one.payload for one in store.unreadable()] == [b"changed on the disk"]
        assert list(store.originals()) == []
