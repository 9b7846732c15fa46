"""At the cap whoever holds most gives first, the oldest of its lowest priority, and it is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.reading import AudioPart, ClipManifest
from contract.testing.fixed_clock import FixedClock
from gateway.spool.entry import Entry, Origin
from gateway.spool.room import excess
from gateway.spool.spool import Spool
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say
from tests.gateway.spool.test_spool import ME, entry, numbers


def test_at_the_cap_the_oldest_of_the_lowest_priority_goes_and_every_one_is_counted(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    other = Origin("s1", "soil-1", "b2")
    spool.add([entry(seq, stream="health", size=500) for seq in range(1, 101)])
    for start in range(1, 5_001, 50):
        spool.add([entry(seq, size=500, origin=other) for seq in range(start, start + 50)])
    left = numbers(spool)
    gone = spool.highest["readings"] - len(left)
    assert gone > 0
    assert len(numbers(spool, "health")) == 100
    assert left == list(range(gone + 1, 5_001))
    assert [(drop.first, drop.last) for drop in spool.drops(spool.openings["readings"][0])] == [(1, gone)]
    assert read_status(tmp_path).counters["dropped_readings"] == gone
    assert (tmp_path / "spool.db").stat().st_size <= 2**20
    spool.close()


def test_a_flood_from_one_device_costs_the_others_nothing(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    quiet = Origin("s2", "soil-2", "b1")
    for start in range(1, 8_001, 50):
        flood = [entry(seq, size=500) for seq in range(start, start + 50)]
        spool.add([*flood, entry(start // 50 + 1, size=500, origin=quiet)])
    spool.add([], {("readings", spool.epoch): 0})
    (left,) = spool.connection.execute(
        "SELECT count(*) FROM records JOIN senders ON senders.id=sender WHERE site='s2'"
    ).fetchone()
    gone = {
        n
        for drop in spool.drops(spool.openings["readings"][0], 10_000)
        for n in range(drop.first, drop.last + 1)
    }
    assert left == 160
    assert spool.receipt(quiet).spooled == 160
    assert len(gone) == 8_160 - len(numbers(spool)) == read_status(tmp_path).counters["dropped_readings"]
    assert gone.isdisjoint(numbers(spool))
    spool.close()


@given(
    held=st.dictionaries(st.tuples(st.text(max_size=3), st.text(max_size=3)), st.integers(1, 10**6)),
    wanted=st.integers(1, 10**7),
)
def test_whoever_holds_no_more_than_an_equal_share_gives_nothing(
    held: dict[tuple[str, str], int], wanted: int
) -> None:
    given_up = dict(excess(held, wanted))
    left = {sender: size - given_up[sender] for sender, size in held.items()}
    total = sum(held.values())
    assert all(0 <= given_up[sender] <= size for sender, size in held.items())
    assert min(wanted, total) - len(held) <= sum(given_up.values()) <= min(wanted, total)
    for sender, size in held.items():
        if size * len(held) <= total - wanted:
            assert given_up[sender] == 0
        if given_up[sender]:
            assert left[sender] == max(left.values())


LOUD = Origin("s2", "soil-2", "b1")
SOUND = b"s" * 60_000


def foreign(seq: int) -> Entry:
    """Of a network server that nobody configured."""
    return Entry("readings", NOON, f"application/{seq}/event/up", "not ours", b"x" * 40_000)


def stray(seq: int) -> Entry:
    """A piece of a clip that nobody announced."""
    part = AudioPart("b1", seq, f"{seq:064x}", 0, 9, SOUND)
    return Entry("", NOON, f"ecoviv/1/s2/soil-2/audio/{seq:064x}", "", b"", LOUD, seq, part=part)


def silent(seq: int) -> Entry:
    """A clip that is announced and never sent."""
    said = ClipManifest(
        site="s2", device="soil-2", boot="b1", seq=seq, kind="clip", v=1, sha256=f"{seq:064x}", size=9,
        parts=1, name="x" * 60, start=datetime(2026, 5, 1, tzinfo=UTC), start_source="name",
    )  # fmt: skip
    return Entry("findings", NOON, "ecoviv/1/s2/soil-2/clip", "", b"x" * 300, LOUD, seq, manifest=said)


FLOODS: dict[str, Callable[[int], Entry]] = {
    "few large": lambda seq: entry(seq, size=60_000, origin=LOUD),
    "health": lambda seq: entry(seq, stream="health", size=60_000, origin=LOUD),
    "findings": lambda seq: entry(seq, stream="findings", size=60_000, origin=LOUD),
    "unreadable": lambda seq: Entry("readings", NOON, "ecoviv/1/s2/soil-2/x", "no", b"x" * 60_000),
    "long reasons": lambda seq: Entry("readings", NOON, "ecoviv/1/s2/soil-2/x", "n" * 1_000, b""),
    "foreign": foreign,
    "stray pieces": stray,
    "clips without pieces": silent,
    "names made up": lambda seq: entry(seq, size=60_000, origin=Origin(f"x{seq}", "soil-2", "b1"))._replace(
        stranger=True
    ),
    "a boot each": lambda seq: entry(1, size=60_000, origin=Origin("s2", "soil-2", f"b{seq}")),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_no_flood_of_one_sender_costs_another_below_its_share_anything(tmp_path: Path, kind: str) -> None:
    """300 messages of 200 bytes, readings of all, are far below a third of 2 MiB."""
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2 * 2**20)
    small = kind in {"long reasons", "clips without pieces"}
    for turn in range(30):
        spool.add([entry(seq, size=200) for seq in range(10 * turn + 1, 10 * turn + 11)])
        spool.add([FLOODS[kind](seq) for seq in range(250 * turn + 1, 250 * turn + (251 if small else 5))])
    kept = spool.connection.execute("SELECT count(*) FROM records JOIN senders ON senders.id=sender"
                                    " WHERE site='s1'").fetchone()  # fmt: skip
    assert kept == (300,)
    counters = read_status(tmp_path).counters
    assert sum(value for name, value in counters.items() if name.startswith("dropped")) > 0
    assert held(spool) == counted(spool)
    spool.add([], {("readings", spool.epoch): spool.highest["readings"] - 1})
    assert held(spool) == counted(spool)
    spool.close()


def counted(spool: Spool) -> dict[int, int]:
    """Bytes of each row of ``senders``, as the spool keeps them."""
    return dict(spool.connection.execute("SELECT id, bytes FROM senders WHERE bytes<>0").fetchall())


def held(spool: Spool) -> dict[int, int]:
    """The same, counted by hand from what is there."""
    found: Counter[int] = Counter()
    run = spool.connection.execute
    for sender, topic, reason, payload in run("SELECT sender, topic, reason, payload FROM records"):
        found[sender or 0] += len(payload) + len(topic.encode()) + len(reason.encode()) + 100
    for sender, content in run("SELECT sender, content FROM parts"):
        found[sender] += len(content) + 200
    for (sender,) in run("SELECT sender FROM clips"):
        found[sender] += 400
    return dict(found)


def test_within_its_share_a_sender_loses_sound_then_readings_then_findings(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=4 * 2**20)
    spool.add([entry(1, stream="health", size=5_000, origin=LOUD)])
    spool.add([entry(2, stream="findings", size=5_000, origin=LOUD), entry(3, size=5_000, origin=LOUD)])
    spool.add([entry(4, size=5_000, origin=LOUD), stray(5), entry(1, size=900)])
    order = []
    while spool.room.give_up(1, set()):
        left = (len(numbers(spool, "health")), len(numbers(spool, "findings")), len(numbers(spool)))
        order.append((*left, spool.connection.execute("SELECT count(*) FROM parts").fetchone()[0]))
    assert order[:4] == [(1, 1, 3, 0), (1, 1, 2, 0), (1, 1, 1, 0), (1, 0, 1, 0)]
    assert sorted(order[4:], reverse=True) == [(0, 0, 1, 0), (0, 0, 0, 0)], "then the other's, the smallest"
    spool.close()


def test_a_full_file_of_an_earlier_version_is_taken_over_and_counted(tmp_path: Path) -> None:
    """Made as version 2 made it: without the columns and what counts, an unreadable one of nobody."""
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    for start in range(1, 4_001, 50):
        spool.add([entry(seq, size=100) for seq in range(start, start + 50)])
    spool.add([stray(1), silent(2), Entry("readings", NOON, "ecoviv/1/s2/soil-2/x", "no", b"abc")])
    run = spool.connection.execute
    for (trigger,) in run("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
        run(f"DROP TRIGGER {trigger}")
    run("UPDATE records SET sender=NULL WHERE payload=?", (b"abc",))
    run("DELETE FROM senders WHERE id=0 OR boot=''")
    run("DROP INDEX parts_of_sender")
    run("DROP INDEX clips_of_sender")
    for table, column in (
        ("senders", "stranger"),
        ("senders", "bytes"),
        ("parts", "sender"),
        ("clips", "sender"),
    ):
        run(f"ALTER TABLE {table} DROP COLUMN {column}")
    run("DELETE FROM streams WHERE stream='raw'")
    run("PRAGMA user_version=2")
    spool.close()
    again = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    assert not list(tmp_path.glob("*damaged*"))
    assert held(again) == counted(again)
    assert counted(again)[0] == 60_200 + 400 + (3 + 20 + 2 + 100)
    before = len(numbers(again))
    while again.room.give_up(10**6, set()):
        pass
    assert before > 0
    assert (numbers(again), counted(again)) == ([], {})
    again.close()


def test_what_was_given_up_is_never_called_stored(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", FixedClock(NOON), cap_bytes=2**20)
    for start in range(1, 5_001, 50):
        spool.add([entry(seq, size=500) for seq in range(start, start + 50)])
    spool.add([], {("readings", spool.epoch): 5_000})
    assert spool.receipt(ME).model_dump(exclude_defaults=True) == {
        "boot": "b1",
        "spooled": 5_000,
        "stored": 0,
    }
    assert spool.drops(spool.openings["readings"][0]) == ()
    spool.close()


def test_the_road_goes_on_over_what_was_dropped(small_bench: Bench) -> None:
    bench = small_bench
    bench.ingest.mute = True
    for seq in range(1, 5_001):
        say(bench.sensor, reading(seq, value=seq / 7))
        if seq % 50 == 0:
            bench.gateway.step(0)
            bench.ingest.step()
    bench.ingest.mute = False
    for _ in range(40):
        bench.clock.advance(2 * 10**9)
        bench.turn(3)
    dropped = sum(len(gone) for gone in bench.ingest.dropped.values())
    counted = read_status(bench.folder).counters["dropped_readings"]
    kept = set(bench.ingest.payloads())
    assert dropped == counted > 0
    assert len(kept) >= 5_000 - dropped
    assert [s.waiting for s in read_status(bench.folder).streams] == [0, 0, 0, 0, 0]
