"""What nobody could read is kept whole, and read again when that is possible."""

from __future__ import annotations

from contract.batch import EVICTED_UNHEARD
from contract.reading import Excerpt, Features
from ingest.store.protocol import Store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import ACI, NOON, arrival, clip, features, readings, unreadable
from ingest.values import ClipCounts, Dismissal, Stray


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
        junk = Stray("ecoviv/up/1/gw/readings", b"junk", "it does not begin with EVB 1", NOON)
        assert store.commit_all([], [junk, junk]) == []
        (kept,) = store.unreadable()
        assert (kept.payload, kept.received) == (b"junk", NOON)

    def test_what_can_be_read_now_becomes_a_message(self, store: Store) -> None:
        put(store, [unreadable(1, b"{}"), unreadable(2, b"[]")])
        kept = next(iter(store.unreadable()))
        store.resolve_unreadable([(kept.id, arrival(1, readings(1)))])
        assert [one.payload for one in store.unreadable()] == [b"[]"]
        assert (store.counts().messages, store.counts().points) == (1, 1)

    def test_each_clip_is_counted_once_as_heard_or_as_evicted(self, store: Store) -> None:
        """Heard counts before evicted; an answer that is not an edge worker's, or not its last, is none."""
        shas = [f"{index:064x}" for index in range(4)]
        manifests = [
            arrival(number, clip(number).model_copy(update={"sha256": sha}))
            for number, sha in enumerate(shas, 1)
        ]
        gone = [
            unreadable(5 + index, shas[index].encode(), f"{EVICTED_UNHEARD}: the clip left")
            for index in (0, 0, 1)
        ]
        gone += [unreadable(8, b"f" * 64, f"{EVICTED_UNHEARD}: one of which nothing is known")]
        answers = [
            arrival(9, _answer(1, "edge-1", "")),
            arrival(10, _answer(2, "edge-1", shas[1])),
            arrival(11, _answer(1, "edge-2", shas[2])),
            arrival(12, _answer(1, "b9", shas[3])),
        ]
        put(store, [*manifests, *gone, *answers])
        assert store.clips() == ClipCounts(announced=4, heard=2, evicted=1)

    def test_the_last_are_given_in_order(self, store: Store) -> None:
        put(store, [unreadable(n, b"junk %d" % n) for n in range(1, 8)])
        everything = list(store.unreadable())
        assert [kept.payload for kept in everything] == [b"junk %d" % n for n in range(1, 8)]
        assert list(store.unreadable(last=3)) == everything[-3:]
        assert list(store.unreadable(last=9)) == everything
        assert list(store.unreadable(after=everything[4].id)) == everything[5:]

    def test_what_is_dismissed_is_gone_but_not_forgotten(self, store: Store) -> None:
        """Its number stays used up, the same bytes stay away, and it is known who did it."""
        numbered = b'{"v":1,"kind":"joy","site":"s1","device":"d1","boot":"b1","seq":3}'
        put(store, [unreadable(1, numbered), unreadable(2, b"{}"), unreadable(3, b"[]")])
        before = list(store.boots())
        ids = [kept.id for kept in store.unreadable() if kept.payload != b"[]"]
        done = store.dismiss_unreadable(ids, NOON, "ranger", "a test rig")
        assert done == Dismissal(NOON, "ranger", "a test rig", 2, len(numbered) + 2)
        assert store.dismissals() == [done]
        put(store, [unreadable(4, numbered), unreadable(5, b"{}")])
        assert [kept.payload for kept in store.unreadable()] == [b"[]"]
        assert (store.counts().unreadable, list(store.boots())) == (1, before)
        assert store.dismiss_unreadable(ids, NOON, "ranger", "again").messages == 0


def _answer(seq: int, boot: str, sha256: str) -> Features:
    message = features(seq, {ACI: 1.0}, boot=boot)
    if not sha256:
        return message
    excerpt = Excerpt(**(message.excerpt.model_dump() | {"clip": sha256}))
    return message.model_copy(update={"excerpt": excerpt})
