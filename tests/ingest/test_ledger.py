"""What was lost, where, and who is to be asked."""

from __future__ import annotations

from ingest.ledger import ledger, silences
from ingest.values import BootState, StreamState


def state(
    highest: int, received: tuple[tuple[int, int], ...], epoch: str = "a", **more: object
) -> StreamState:
    dropped: tuple[tuple[int, int, str], ...] = more.get("dropped", ())  # type: ignore[assignment]
    return StreamState("gw", "readings", epoch, highest, received, dropped, ())


def test_sent_is_stored_missing_waiting_or_dropped() -> None:
    (line,) = ledger([state(20, ((1, 5), (8, 10), (12, 15)), dropped=((6, 6, "disk"), (8, 8, "disk")))])
    assert (line.sent, line.stored, line.missing, line.waiting, line.dropped) == (20, 12, 2, 5, 1)
    assert line.sent == line.stored + line.missing + line.waiting + line.dropped
    assert line.gaps == ((7, 7), (11, 11))


def test_a_tail_is_lost_once_its_spool_is_gone() -> None:
    old, new = ledger([state(5, ((1, 3),), "f"), state(2, ((1, 2),), "a")])
    assert (old.missing, old.waiting) == (2, 0)
    assert (new.missing, new.waiting) == (0, 0)


def test_a_stream_of_which_nothing_arrived_waits() -> None:
    (line,) = ledger([state(5, ())])
    assert (line.stored, line.missing, line.waiting) == (0, 0, 5)


def test_audio_parts_are_no_silence() -> None:
    boots = [
        BootState("d1", "b1", 10, 7, 3, 0),
        BootState("d2", "b1", 10, 7, 1, 0),
        BootState("d3", "b1", 2, 2, 0, 1),
    ]
    assert [(one.device, one.absent, one.unplaced) for one in silences(boots)] == [("d2", 2, 0), ("d3", 0, 1)]


def test_a_dropped_number_is_told_once_however_often_its_range_grew() -> None:
    """Numbers 1-10 and 13-14 are gone; 12 was given up after it had arrived."""
    told = ((1, 5, "disk"), (1, 9, "disk"), (3, 4, "disk"), (8, 10, "again"), (12, 14, "disk"))
    (line,) = ledger([state(20, ((11, 12), (15, 20)), dropped=told)])
    assert line.drops == ((1, 9, "disk"), (10, 10, "again"), (13, 14, "disk"))
    assert line.dropped == sum(last - first + 1 for first, last, _ in line.drops) == 12


def test_a_claim_without_a_record_makes_no_gap_in_the_stream_before() -> None:
    """Anybody who may write there can claim a newer epoch; only a stored record shows one."""
    old, claim = ledger([state(5, ((1, 3),), "f"), state(2**60, (), "a")])
    assert (old.missing, old.waiting) == (0, 2)
    assert (claim.stored, claim.missing, claim.waiting) == (0, 0, 2**60)
    (claim, _) = ledger([state(7, (), "a"), state(5, ((1, 3),), "f")])
    assert claim.missing == 7, "its spool may have existed, and is gone"
