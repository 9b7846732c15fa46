"""What was lost, where, and who is to be asked."""

from __future__ import annotations

from ingest.ledger import is_whole, ledger, silences
from ingest.values import BootState, StreamState


def state(
    highest: int, received: tuple[tuple[int, int], ...], epoch: str = "a", **more: object
) -> StreamState:
    values: dict[str, object] = {
        "dropped": (),
        "floor": 1,
        "named": highest,
        "alive": True,
        "days": (),
    } | more
    return StreamState("gw", "readings", epoch, highest, received, **values)  # type: ignore[arg-type]


def test_sent_is_stored_missing_waiting_or_dropped() -> None:
    (line,) = ledger([state(20, ((1, 5), (8, 10), (12, 15)), dropped=((6, 6, "disk"), (8, 8, "disk")))])
    assert (line.sent, line.stored, line.missing, line.waiting, line.dropped) == (20, 12, 2, 5, 1)
    assert line.sent == line.stored + line.missing + line.waiting + line.dropped
    assert line.gaps == ((7, 7), (11, 11))


def test_a_tail_is_lost_once_its_spool_is_gone() -> None:
    """The gateway's spool, as it was opened last, does not name the older epoch any more."""
    old, new = ledger([state(5, ((1, 3),), "f", alive=False), state(2, ((1, 2),), "a")])
    assert (old.missing, old.waiting) == (2, 0)
    assert (new.missing, new.waiting) == (0, 0)


def test_a_stream_of_which_nothing_arrived_waits() -> None:
    (line,) = ledger([state(5, ())])
    assert (line.stored, line.missing, line.waiting) == (0, 0, 5)


def test_audio_parts_are_no_silence() -> None:
    boots = [
        BootState("d1", "b1", 1, 10, 7, 3, 0),
        BootState("d2", "b1", 1, 10, 7, 1, 0),
        BootState("d3", "b1", 1, 2, 2, 0, 1),
    ]
    assert [(one.device, one.absent, one.unplaced) for one in silences(boots)] == [("d2", 2, 0), ("d3", 0, 1)]


def test_a_dropped_number_is_told_once_however_often_its_range_grew() -> None:
    """Numbers 1-10 and 13-14 are gone; 12 was given up after it had arrived."""
    told = ((1, 5, "disk"), (1, 9, "disk"), (3, 4, "disk"), (8, 10, "again"), (12, 14, "disk"))
    (line,) = ledger([state(20, ((11, 12), (15, 20)), dropped=told)])
    assert line.drops == ((1, 9, "disk"), (10, 10, "again"), (13, 14, "disk"))
    assert line.dropped == sum(last - first + 1 for first, last, _ in line.drops) == 12


def test_what_is_not_held_any_more_is_missing_while_the_rest_of_the_tail_waits() -> None:
    """A spool that came back from the past knows 1-8 of 10 and holds 6-8; 4, 5 were forgotten on receipts."""
    (line,) = ledger([state(10, ((1, 3),), floor=6, named=8)])
    assert (line.missing, line.waiting) == (4, 3)
    assert line.gaps == ((4, 5), (9, 10))


def test_an_epoch_that_is_named_and_held_no_longer_is_missing() -> None:
    """A store that was restored: the gateway forgot 4-10 on the receipts of the store before."""
    (line,) = ledger([state(10, ((1, 3),), floor=11)])
    assert (line.missing, line.waiting, line.gaps) == (7, 0, ((4, 10),))


def test_what_another_network_counts_may_begin_anywhere() -> None:
    """A frame counter that was at 30,000 when we began to listen; three frames are absent since."""
    boots = [BootState("d1", "lora-00a1b2c3", 30_000, 30_009, 7, 0, 0)]
    assert [(one.device, one.absent) for one in silences(boots)] == [("d1", 3)]
    own = [BootState("d1", "b1", 30_000, 30_009, 10, 0, 0)]
    assert [one.absent for one in silences(own)] == [29_999], "a device of ours counts from 1"


def test_a_counter_that_began_again_lost_only_what_it_passed_over() -> None:
    restarted = BootState("d1", "lora-01050303", 1, 65_537, 6, 0, 0, 2)
    assert [one.absent for one in silences([restarted])] == [2]
    hashes = BootState("d1", "map-tasmota", 17, 2**48, 5, 0, 0)
    assert list(silences([hashes])) == [], "what is numbered by a hash has no gaps"


def test_ids_that_a_station_gives_to_more_than_it_publishes_tell_of_no_hole() -> None:
    """BirdNET-Go counts all its sources and what it never publishes; its first id may be 30,000."""
    boots = [BootState("d1", "go-hedge-20260514", 30_000, 30_900, 3, 0, 0)]
    assert list(silences(boots)) == []


def test_what_was_dropped_is_a_loss_too() -> None:
    (dropped,) = ledger([state(3, ((1, 2),), dropped=((3, 3, "spool full"),))])
    (waiting,) = ledger([state(3, ((1, 2),))])
    assert not is_whole([dropped])
    assert is_whole([waiting])
