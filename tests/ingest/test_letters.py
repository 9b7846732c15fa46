"""What nobody could read takes a bounded room of each sender, and no more is lost than is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.batch import EVICTED_UNHEARD, Record
from contract.reading import Flag
from contract.testing.memory_bus import MemoryBroker
from ingest.retry import send_again
from ingest.store.sqlite import letters
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import NOON, arrival, clip, readings
from ingest.values import Arrival, ClipCounts, Stray, Unkept


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.db")
    put(opened, [arrival(1, readings(1))], stream="health")
    yield opened
    opened.close()


def junk(number: int, payload: bytes, topic: str = "ecoviv/1/s1/d1/readings") -> Arrival:
    return Arrival(Record(number, NOON + number, topic, "", payload), None, "not JSON", Flag(0))


def test_one_sender_has_room_for_so_many_and_the_rest_is_counted(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST", 10)
    mine = [junk(n, b"a%d" % n) for n in range(1, 16)]
    assert put(store, mine).committed == 15, "what is counted is answered for"
    put(store, mine)
    put(store, [junk(16, b"b", "ecoviv/1/s1/d2/readings")])
    assert [kept.payload for kept in store.unreadable()] == [*(b"a%d" % n for n in range(1, 11)), b"b"]
    assert store.unkept() == [Unkept("device d1", 5, 15, NOON + 11, NOON + 15)], "once, however often it came"
    (_, state) = store.streams()
    assert sum(day.unreadable for day in state.days) == 16


def test_one_sender_has_room_for_so_many_bytes(store: SqliteStore) -> None:
    """Four foreign topics are one sender; 64 MiB hold 4 of 15 MiB, not 5, and then a small one."""
    big = [junk(n, bytes([n]) * (15 * 2**20), f"application/{n}/up") for n in range(1, 6)]
    for one in big:
        put(store, [one])
    put(store, [junk(6, b"small", "v3/x")])
    assert [len(kept.payload) for kept in store.unreadable()] == [15 * 2**20] * 4 + [5]
    (unkept,) = store.unkept()
    assert (unkept.sender, unkept.messages, unkept.bytes) == ("strangers", 1, 15 * 2**20)


def test_room_is_free_again_once_letters_are_dismissed_or_sent_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST", 2)
    put(store, [junk(1, b"1"), junk(2, b"2")])
    first, second = store.unreadable()
    store.dismiss_unreadable([first.id], NOON, "ranger", "")
    put(store, [junk(3, b"3")])
    store.set_retried([second.id], retried=True)
    put(store, [junk(4, b"4")])
    assert [kept.payload for kept in store.unreadable()] == [b"3", b"4"]
    put(store, [junk(5, b"2"), junk(6, b"6")])
    assert [kept.payload for kept in store.unreadable()] == [b"2", b"3", b"4"], "it came back"
    assert [one.messages for one in store.unkept()] == [1]


def test_what_is_no_batch_is_counted_too(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST", 1)
    store.commit_all([], [Stray("ecoviv/up/1/gw/readings", b"%d" % n, "no batch", NOON) for n in range(3)])
    assert [(one.sender, one.messages) for one in store.unkept()] == [("gateway gw", 2)]


def test_made_up_names_have_one_room_together(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices and gateways of whom nothing was ever readable; what d1 says keeps its own room."""
    monkeypatch.setattr(letters, "MOST", 10)
    put(store, [junk(n, b"x", f"ecoviv/1/x{n}/y{n}/readings") for n in range(1, 21)])
    store.commit_all([], [Stray(f"ecoviv/up/1/gw-{n}/readings", b"x", "no batch", NOON) for n in range(5)])
    put(store, [junk(n, b"mine %d" % n) for n in range(21, 31)])
    assert store.count_unreadable() == 20
    assert [(one.sender, one.messages) for one in store.unkept()] == [("strangers", 15)]


def test_an_evicted_clip_is_counted_though_its_news_was_dismissed(store: SqliteStore) -> None:
    """And the news is not sent again: no device ever said it."""
    sha, why = b"a" * 64, f"{EVICTED_UNHEARD}: the clip 'x' left"
    news = junk(2, sha, f"ecoviv/1/s1/d1/audio/{sha.decode()}")._replace(reason=why)
    put(store, [arrival(1, clip(2).model_copy(update={"sha256": sha.decode()})), news])
    assert store.clips() == ClipCounts(announced=1, heard=0, evicted=1)
    broker = MemoryBroker()
    assert send_again(store, broker.client("retry")) == set()
    store.dismiss_unreadable([kept.id for kept in store.unreadable()], NOON, "ranger", "")
    assert (list(store.unreadable()), store.clips().evicted) == ([], 1)
