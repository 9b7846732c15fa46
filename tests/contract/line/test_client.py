"""What is read in gulps is what paho would have read, however the bytes are cut."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.line.client import ENDINGS, Client

Packet = tuple[str, bytes, int, bool, int, bytes]
"""(topic, payload, QoS, retained, packet number, properties)"""

packets = st.tuples(
    st.sampled_from(["a", "ecoviv/1/s1/d1/readings", "ü/" + "x" * 200]),
    st.one_of(st.binary(max_size=20), st.sampled_from([b"", b"y" * 120, b"y" * 127, b"z" * 17_000])),
    st.sampled_from([0, 1, 1, 1]),
    st.booleans(),
    st.integers(1, 65_535),
    st.sampled_from([b"", b"\x01\x01", b"\x02\x00\x00\x00\x05", b"\x26\x00\x01k\x00\x01v" * 20]),
)


def size(count: int) -> bytes:
    out = bytearray()
    while True:
        count, low = divmod(count, 128)
        out.append(low | (128 if count else 0))
        if not count:
            return bytes(out)


def encoded(packet: Packet) -> bytes:
    topic, payload, qos, retained, number, properties = packet
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (number.to_bytes(2, "big") if qos else b"")
    body += size(len(properties)) + properties + payload
    return bytes([0x30 | qos << 1 | retained]) + size(len(body)) + body


def client(found: list[tuple[str, bytes, bool, int]], sock: socket.socket) -> Client:
    made = Client(CallbackAPIVersion.VERSION2, "t", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)

    def slow(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        found.append((message.topic, message.payload, message.retain, message.mid if message.qos else 0))

    def quick(topic: str, payload: bytes, retained: bool, number: int) -> None:
        found.append((topic, payload, retained, number))

    made.on_message, made.on_publish_packet = slow, quick
    made._sock = sock
    return made


@given(st.lists(packets, min_size=1, max_size=8), st.lists(st.integers(1, 3_000), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_however_the_bytes_are_cut_every_publish_is_read_once(sent: list[Packet], cuts: list[int]) -> None:
    stream = b"".join(encoded(packet) for packet in sent)
    ours, theirs = socket.socketpair()
    found: list[tuple[str, bytes, bool, int]] = []
    with ours, theirs:
        ours.setblocking(False)
        reading, at, turn = client(found, ours), 0, 0
        while at < len(stream):
            piece = stream[at : at + cuts[turn % len(cuts)]]
            theirs.sendall(piece)
            at, turn = at + len(piece), turn + 1
            for _ in range(2 * len(sent)):
                assert reading._packet_read() in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_AGAIN)
        reading._sock = None
    expected = [
        (topic, payload, retained, number if qos else 0) for topic, payload, qos, retained, number, _ in sent
    ]
    assert [(t, bytes(p), bool(r), n) for t, p, r, n in found] == expected


def test_acknowledgements_go_in_order_and_together() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        speaking = client([], ours)
        speaking.acknowledge([7, 300, 9])
        speaking.acknowledge([])
        assert theirs.recv(100) == b"\x40\x02\x00\x07\x40\x02\x01\x2c\x40\x02\x00\x09"
        speaking._sock = None


@pytest.mark.parametrize(
    "junk", [b"\x36\x05\x00\x01a\x00\x01", b"\x32\xff\xff\xff\xff\x7f", b"\x30\x02\x00\x09"]
)
def test_what_is_no_publish_of_ours_is_left_to_paho(junk: bytes) -> None:
    ours, theirs = socket.socketpair()
    found: list[tuple[str, bytes, bool, int]] = []
    with ours, theirs:
        ours.setblocking(False)
        reading = client(found, ours)
        theirs.sendall(junk)
        assert not reading._take_publishes()
        reading._sock_recv(1)
        assert not reading._take_publishes()
        assert found == []
        reading._sock = None


def waiting(*sizes: int) -> Client:
    """A client without connection: what it publishes waits to be sent again, packets 1, 2, …"""
    client = Client(CallbackAPIVersion.VERSION2, "c", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
    for length in sizes:
        client.publish("a", b"x" * (length - 1), qos=1)
    return client


def test_what_a_broker_cannot_take_is_not_sent_again() -> None:
    client = waiting(100, 20_000, 20_001)
    assert client.drop_unsendable(20_000) == [(3, "a", 20_001)]
    assert client.drop_unsendable(20_000) == []


def test_the_largest_packet_of_several_connections_that_ended_is_blamed_and_no_small_one() -> None:
    client = waiting(100, 20_000, 30_000)
    dropped = [client.drop_unsendable(0) for _ in range(ENDINGS + 2)]
    assert dropped == [[]] * (ENDINGS - 1) + [[(3, "a", 30_000)], [(2, "a", 20_000)], []]
