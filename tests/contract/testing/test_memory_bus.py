"""The fake bus keeps the promises of the real one."""

from __future__ import annotations

from contract.testing.memory_bus import MemoryBroker


def test_after_a_lost_connection_what_was_not_acknowledged_comes_again_and_first() -> None:
    broker = MemoryBroker()
    bus, other = broker.client("a", ["x/+"]), broker.client("b")
    for number in range(4):
        other.publish(f"x/{number}", b"")
    taken = bus.poll(0, 3)
    bus.acknowledge(taken[:1])
    bus.reconnect()
    assert bus.connections == 2
    assert [one.topic for one in bus.poll(0)] == ["x/1", "x/2", "x/3"]


def test_an_acknowledgement_of_an_earlier_connection_counts_no_more() -> None:
    broker = MemoryBroker()
    bus = broker.client("a", ["x"])
    broker.client("b").publish("x", b"")
    early = bus.poll(0)
    bus.reconnect()
    (again,) = bus.poll(0)
    bus.acknowledge(early)
    bus.reconnect()
    assert [one.packet for one in bus.poll(0)] == [again.packet]
