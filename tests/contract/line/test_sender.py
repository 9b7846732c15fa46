"""The sender: what it keeps, when it forgets, when it speaks again."""

from __future__ import annotations

from contract import topics, wire
from contract.batch import DeviceReceipt
from contract.instant import SECOND
from contract.line.bus import Delivery
from contract.line.sender import Sender
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus

TOPIC = topics.sensor("meadow", "soil-1", "readings")


def _pair(window: int = 1_000) -> tuple[Sender, MemoryBus, FixedClock]:
    """A sender and the gateway's side of the line."""
    broker, clock = MemoryBroker(), FixedClock(0)
    gateway = broker.client("gateway", [topics.SENSOR_FILTER])
    bus = broker.client("device", [topics.SENSOR_RECEIPT_FILTER])
    return Sender(bus, window=window, clock=clock), gateway, clock


def _send(sender: Sender, *sequences: int) -> None:
    for seq in sequences:
        sender.send("meadow", "soil-1", "boot-a", seq, TOPIC, b"message %d" % seq)


def _heard(gateway: MemoryBus) -> list[bytes]:
    return [d.payload for d in gateway.poll(0, 10_000) if not d.topic.endswith("receipt")]


def _answer(gateway: MemoryBus, spooled: int, stored: int = 0) -> None:
    receipt = DeviceReceipt(boot="boot-a", spooled=spooled, stored=stored)
    gateway.publish(topics.sensor_receipt("meadow", "soil-1"), receipt.model_dump_json().encode())


def test_a_message_is_kept_until_spooled_and_counted_until_stored() -> None:
    sender, gateway, _ = _pair()
    _send(sender, 1, 2, 3)
    assert (sender.outstanding, sender.unstored) == (3, 3)
    _answer(gateway, spooled=2)
    sender.step(0)
    assert (sender.outstanding, sender.unstored) == (1, 3)
    _answer(gateway, spooled=3, stored=3)
    sender.step(0)
    assert (sender.outstanding, sender.unstored, sender.unconfirmed()) == (0, 0, [])


def test_silence_sends_again_only_what_has_no_receipt() -> None:
    sender, gateway, clock = _pair()
    _send(sender, 1, 2, 3)
    _heard(gateway)
    _answer(gateway, spooled=1)
    sender.step(0)
    clock.advance(4 * SECOND)
    sender.step(0)
    assert _heard(gateway) == []
    clock.advance(2 * SECOND)
    sender.step(0)
    assert _heard(gateway) == [b"message 2", b"message 3"]
    assert sender.repeats == 2


def test_patience_doubles_while_nobody_answers() -> None:
    sender, gateway, clock = _pair()
    _send(sender, 1)
    heard = 0
    for _ in range(40):
        clock.advance(1 * SECOND)
        sender.step(0)
        heard += len(_heard(gateway))
    # The first one, and again after 5, then 10, then 20 more seconds.
    assert heard == 1 + 3


def test_after_a_reconnection_everything_without_receipt_is_sent_again_at_once_and_once() -> None:
    sender, gateway, _ = _pair()
    _send(sender, 1, 2, 3)
    _answer(gateway, spooled=1)
    sender.step(0)
    assert _heard(gateway) == [b"message 1", b"message 2", b"message 3"]
    sender.bus.reconnect()  # type: ignore[attr-defined]
    sender.step(0)
    sender.step(0)
    assert _heard(gateway) == [b"message 2", b"message 3"]


def test_window_bounds_what_is_under_way() -> None:
    sender, gateway, _ = _pair(window=2)
    _send(sender, 1, 2, 3, 4)
    assert not sender.ready
    assert _heard(gateway) == [b"message 1", b"message 2"]
    _answer(gateway, spooled=1)
    sender.step(0)
    assert _heard(gateway) == [b"message 3"]
    _answer(gateway, spooled=4)
    sender.step(0)
    assert sender.ready


def test_a_late_confirmation_is_asked_for_with_the_last_message() -> None:
    sender, gateway, clock = _pair()
    _send(sender, 1, 2)
    _answer(gateway, spooled=2)
    sender.step(0)
    _heard(gateway)
    clock.advance(6 * SECOND)
    sender.step(0)
    assert _heard(gateway) == [b"message 2"]


def test_sequences_sent_out_of_order_are_forgotten_by_the_contiguous_receipt() -> None:
    sender, gateway, _ = _pair()
    _send(sender, 2, 1, 3)
    _answer(gateway, spooled=1)
    sender.step(0)
    assert sender.outstanding == 2
    _answer(gateway, spooled=3)
    sender.step(0)
    assert sender.outstanding == 0


def test_a_receipt_for_what_was_not_handed_over_yet_keeps_nobody_from_sending_it() -> None:
    """Pieces of sound that are sent again, for the gateway has let them go, are all sent."""
    sender, gateway, _ = _pair(window=2)
    _send(sender, 1, 2, 3, 4)
    assert _heard(gateway) == [b"message 1", b"message 2"]
    _answer(gateway, spooled=4, stored=4)
    for _ in range(3):
        sender.step(0)
    assert _heard(gateway) == [b"message 3", b"message 4"]
    assert (sender.outstanding, sender.unstored, sender.ready) == (0, 0, True)


def test_who_heeds_is_told_of_every_receipt() -> None:
    sender, gateway, _ = _pair()
    told: list[tuple[str, str, int]] = []
    sender.heed = lambda site, device, receipt: told.append((site, device, receipt.spooled))
    _answer(gateway, spooled=7)
    sender.step(0)
    assert told == [("meadow", "soil-1", 7)]


def test_what_is_no_receipt_is_handed_to_the_caller() -> None:
    sender, _, _ = _pair()
    notice = Delivery(topics.LOCAL_CLIP, b"{}", False, 1, 7, topics.parse(topics.LOCAL_CLIP))
    answer = topics.sensor_receipt("meadow", "soil-1")
    damaged = Delivery(answer, b"not json", False, 1, 8, topics.parse(answer))
    assert sender.receive([notice, damaged]) == [notice]


def test_finish_gives_up_after_the_stated_silence() -> None:
    sender, gateway, clock = _pair()
    _send(sender, 1)

    class _Waiting(FixedClock):
        def monotonic(self) -> int:
            clock.advance(SECOND)
            return clock.ticks

    sender.clock = _Waiting(0)
    assert not sender.finish(10)
    assert sender.unconfirmed()[0].sent == 1
    _answer(gateway, spooled=1, stored=1)
    assert sender.finish(10)


def _readings(seq: int) -> bytes:
    return (
        b'{"v":1,"kind":"readings","site":"meadow","device":"soil-1","boot":"boot-a","seq":%d,'
        b'"readings":[{"quantity":"soil_ph","value":7}]}' % seq
    )


def test_to_a_gateway_that_has_forgotten_it_says_what_it_holds_no_longer() -> None:
    """Otherwise the new card waits for 1 and 2 for ever, and the sender keeps all that follows."""
    sender, gateway, clock = _pair()
    for seq in (1, 2, 3):
        sender.send("meadow", "soil-1", "boot-a", seq, TOPIC, _readings(seq))
    _answer(gateway, spooled=2, stored=1)
    sender.step(0)
    assert [wire.decode(payload).floor for payload in _heard(gateway)] == [None] * 3
    _answer(gateway, spooled=0)
    sender.step(0)
    clock.advance(6 * SECOND)
    sender.step(0)
    (again,) = _heard(gateway)
    assert (wire.decode(again).seq, wire.decode(again).floor) == (3, 3)
    assert wire.payload_hash(again) == wire.payload_hash(_readings(3)), "it is still the same message"
    _answer(gateway, spooled=3)
    sender.step(0)
    assert sender.outstanding == 0


def test_what_is_stored_above_a_gap_is_joined_only_to_what_was_stored_below() -> None:
    for stored, left in ((2, 0), (1, 2)):
        sender, gateway, _ = _pair()
        _send(sender, 1, 2, 3)
        _answer(gateway, spooled=2, stored=stored)
        receipt = DeviceReceipt(boot="boot-a", spooled=3, stored=0, also_stored=(3, 3))
        gateway.publish(topics.sensor_receipt("meadow", "soil-1"), receipt.model_dump_json().encode())
        sender.step(0)
        assert sender.unstored == left
