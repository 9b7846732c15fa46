"""What was lost, where, and who is to be asked."""

from __future__ import annotations

from ingest.ledger import ledger, silences
from ingest.store.face import BootState, StreamState


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
