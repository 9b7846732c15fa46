"""What nobody could read is kept whole, and read again when that is possible."""

from __future__ import annotations

from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import NOON, arrival, readings, unreadable


class UnreadableContract:
    """Part of the suite; the fixture ``store`` comes from the whole."""

    def test_the_unreadable_is_kept_whole_and_once(self, store: Store) -> None:
        progress = put(store, [unreadable(1, b"\x00{"), unreadable(2, b"\x00{"), arrival(3, readings(1))])
        assert progress.committed == 3
        (kept,) = store.unreadable()
        assert (kept.payload, kept.reason, kept.topic) == (
            b"\x00{",
            "not JSON",
            "ecoviv/1/s1/d1/readings",
        )
        assert (store.counts().unreadable, store.counts().repeats) == (1, 1)

    def test_bytes_that_are_no_batch_are_kept(self, store: Store) -> None:
        store.keep_unreadable("ecoviv/up/1/gw/readings", b"junk", "it does not begin with EVB 1", NOON)
        (kept,) = store.unreadable()
        assert (kept.payload, kept.received) == (b"junk", NOON)

    def test_what_can_be_read_now_becomes_a_message(self, store: Store) -> None:
        put(store, [unreadable(1, b"{}"), unreadable(2, b"[]")])
        kept = next(iter(store.unreadable()))
        store.resolve_unreadable([(kept.id, arrival(1, readings(1)))])
        assert [one.payload for one in store.unreadable()] == [b"[]"]
        assert (store.counts().messages, store.counts().points) == (1, 1)
