"""The MQTT seam: with ``contract.line.client`` the only file that knows paho.

1. A service owns one ``Bus`` in one thread and calls ``poll`` in its loop.
2. ``poll`` reads what has arrived: it returns when the line falls silent, when ``limit``
   messages are there, or after 100 ms under load; so a commit never waits for company.
3. After its commit the service calls ``acknowledge``: in order of arrival, and only on
   the connection that delivered; the broker delivers the rest again.
4. ``publish`` hands over at QoS 1 and says whether there was a connection.  What must
   not be lost is kept by the caller until a receipt, never until the broker's PUBACK.
5. A lost connection is taken up again by ``poll``, with back-off and jitter.
"""

from __future__ import annotations

import random
import select
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract import topics
from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SECOND, Clock, SystemClock
from contract.line.client import Client

_LOAD_WINDOW = SECOND // 10
_KEEPALIVE_S = 30
_HEADER_BYTES = 32
"""Of a PUBLISH beside topic and payload, at most."""
TOO_LARGE = "Packet too large"
"""How a refusal for size begins: the broker's own words, and ours."""
_CONNECT_TIMEOUT_S = 5.0
_MAX_BACKOFF_S = 30.0


class Delivery(NamedTuple):
    """One received message, not yet acknowledged.  A tuple, because thousands a second are made."""

    topic: str
    payload: bytes
    retained: bool
    connection: int
    packet: int
    """The broker's packet number; 0 where nothing is to be acknowledged."""
    place: topics.Topic
    """``topic`` taken apart, once, when it arrived."""


class Bus(Protocol):
    """At least once, in the order of each sender; after ``close`` nothing is delivered."""

    connections: int
    """How often a connection came up; who sees it grow knows that others may have missed things."""
    refusals: list[str]
    """Topics that the broker refused, with its reason; the caller reads and clears it."""
    packet_limit: int
    """The largest packet that the broker takes [bytes]; 0 where it states none."""

    def poll(self, timeout_s: float, limit: int = 50) -> list[Delivery]:
        """What has arrived; empty after ``timeout_s`` of silence or without connection."""

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """The caller has these on disk."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand over at QoS 1; False if there is no connection now."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has answered every publish; False if ``timeout_s`` was too short."""

    def close(self) -> None:
        """Say goodbye to the broker; a second time does nothing."""


@dataclass(slots=True)
class MqttBus:
    """A ``Bus`` on a real broker, MQTT 5.

    ``client_id`` must be stable for a service: its session waits ``session_s`` for it.
    ``announce``: publish a retained status, with a last will for the day it dies.
    """

    address: BrokerAddress
    client_id: str
    filters: tuple[str, ...] = ()
    session_s: int = 7 * 86_400
    announce: bool = False
    window: int = 100
    clock: Clock = field(default_factory=SystemClock)

    connected: bool = field(default=False, init=False)
    connections: int = field(default=0, init=False)
    refusals: list[str] = field(default_factory=list, init=False)
    packet_limit: int = field(default=0, init=False)
    _client: Client = field(init=False)
    _inbox: list[Delivery] = field(default_factory=list, init=False)
    _outgoing: dict[int, str] = field(default_factory=dict, init=False)
    _failure: str = field(default="", init=False)
    _attempts: int = field(default=0, init=False)
    _next_attempt: int = field(default=0, init=False)
    _greeted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        client = Client(
            CallbackAPIVersion.VERSION2, self.client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        client.max_inflight_messages_set(self.window)
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.on_socket_open = _send_at_once
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_publish_packet = self._taken
        client.on_publish = self._published
        if self.address.username:
            client.username_pw_set(self.address.username, self.address.secret())
        if self.address.tls:
            client.tls_set(
                str(self.address.ca_file) if self.address.ca_file else None,
                str(self.address.cert_file) if self.address.cert_file else None,
                str(self.address.key_file) if self.address.key_file else None,
                cert_reqs=ssl.CERT_REQUIRED,
            )
        if self.announce:
            client.will_set(topics.status(self.client_id), b'{"online":false}', qos=1, retain=True)
        self._client = client

    @property
    def unconfirmed(self) -> int:
        """Publishes that the broker has not acknowledged yet."""
        return len(self._outgoing)

    def connect(self, wait_s: float = 10.0) -> None:
        """Connect and subscribe, or ``UnreachableError`` after ``wait_s``."""
        deadline = self.clock.monotonic() + int(wait_s * SECOND)
        while not (self.connected and self._greeted):
            self._turn(0.1)
            if self._failure.startswith("refused:") or self.clock.monotonic() > deadline:
                raise UnreachableError(
                    f"No MQTT broker at {self.address.host}:{self.address.port}"
                    f" ({self._failure or 'it does not answer'})",
                    help="Start one with `ecoviv up TERRITORY`, or check --broker, user name and password",
                )

    def poll(self, timeout_s: float, limit: int = 50) -> list[Delivery]:
        """What has arrived, at most ``limit``; connects again where the connection was lost."""
        deadline = self.clock.monotonic() + int(timeout_s * SECOND)
        while not self._inbox:
            left = (deadline - self.clock.monotonic()) / SECOND
            self._turn(max(0.0, min(left, 0.5)))
            if left <= 0:
                break
        load_deadline = self.clock.monotonic() + _LOAD_WINDOW
        while self.connected and len(self._inbox) < limit and self.clock.monotonic() < load_deadline:
            if not self._readable(0):
                break
            self._read()
        taken, self._inbox = self._inbox[:limit], self._inbox[limit:]
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker, for those that this connection delivered; the others come again."""
        if self.connected:
            now = self.connections
            self._client.acknowledge(
                [one.packet for one in deliveries if one.packet and one.connection == now]
            )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand over at QoS 1; False, and nothing is kept, without a connection.

        What is larger than the broker takes is refused here: it would end the connection.
        """
        if not self.connected:
            return False
        size = len(payload) + len(topic.encode()) + _HEADER_BYTES
        if 0 < self.packet_limit < size:
            self.refusals.append(f"{topic}: {TOO_LARGE} ({size} bytes, it takes {self.packet_limit})")
            return True
        ticket = self._client.publish(topic, payload, qos=1, retain=retain)
        self._outgoing.setdefault(ticket.mid, topic)
        if ticket.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            self._lost(ticket.rc)
        return self.connected

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has answered every publish; False after ``timeout_s``."""
        deadline = self.clock.monotonic() + int(timeout_s * SECOND)
        while self._outgoing and self.clock.monotonic() < deadline:
            self._turn(0.05)
        return not self._outgoing

    def close(self) -> None:
        """Take back the status, hand over what waits (at most 1 s), disconnect."""
        if self.connected:
            if self.announce:
                self._client.publish(topics.status(self.client_id), b'{"online":false}', qos=1, retain=True)
            self.flush(1.0)
            self._client.disconnect()
            self._client.loop_write()
        self.connected = False

    def _turn(self, timeout_s: float) -> None:
        """One step of the network: connect if due, wait, read, write, keep alive."""
        if self._client.socket() is None:
            self._connect_if_due(timeout_s)
            return
        if self._readable(timeout_s, writing=self._client.want_write()):
            self._read()
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()
        if self._client.socket() is not None:
            self._client.loop_misc()

    def _readable(self, timeout_s: float, *, writing: bool = False) -> bool:
        sock: Any = self._client.socket()
        if sock is None:
            return False
        if self._client.received:
            return True
        if hasattr(sock, "pending") and sock.pending():
            return True
        readable, _, _ = select.select([sock], [sock] if writing else [], [], timeout_s)
        return bool(readable)

    def _read(self) -> None:
        code = self._client.loop_read()
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(code)

    def _connect_if_due(self, timeout_s: float) -> None:
        wait = (self._next_attempt - self.clock.monotonic()) / SECOND
        if wait > 0:
            self.clock.sleep(min(wait, timeout_s))
            return
        self._attempts += 1
        backoff = min(_MAX_BACKOFF_S, 0.1 * 2 ** min(self._attempts, 9)) * random.uniform(0.5, 1.0)
        self._next_attempt = self.clock.monotonic() + int(backoff * SECOND)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self.session_s
        properties.ReceiveMaximum = self.window
        try:
            self._client.connect(
                self.address.host, self.address.port, _KEEPALIVE_S, clean_start=False, properties=properties
            )
        except (OSError, ValueError) as error:
            self._failure = str(error) or type(error).__name__

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, more: Any) -> None:
        if reason.is_failure:
            self._failure = f"refused: {reason}"
            return
        self.connected, self._attempts, self._failure = True, 0, ""
        self.connections += 1
        self.packet_limit = getattr(more, "MaximumPacketSize", 0)
        for packet, topic, size in self._client.drop_unsendable(max(0, self.packet_limit - _HEADER_BYTES)):
            self.refusals.append(f"{self._outgoing.pop(packet, topic)}: {TOO_LARGE} ({size} bytes)")
        if self.filters:
            client.subscribe([(name, SubscribeOptions(qos=1)) for name in self.filters])
        if self.announce:
            self.publish(topics.status(self.client_id), b'{"online":true}', retain=True)
        self._greeted = True

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self.connected, self._greeted = False, False
        self._failure = self._failure or str(reason)

    def _lost(self, code: MQTTErrorCode) -> None:
        self.connected, self._greeted = False, False
        if not self._failure.startswith("refused:"):
            self._failure = paho.error_string(code)

    def _arrived(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._taken(message.topic, bytes(message.payload), message.retain, message.mid if message.qos else 0)

    def _taken(self, topic: str, payload: bytes, retained: bool, packet: int) -> None:
        place = topics.parse(topic)
        self._inbox.append(Delivery(topic, payload, retained, self.connections, packet, place))

    def _published(self, _client: Any, _data: Any, packet: int, reason: Any, _more: Any) -> None:
        topic = self._outgoing.pop(packet, "")
        if reason.is_failure:
            self.refusals.append(f"{topic}: {reason}")


def _send_at_once(_client: object, _data: object, sock: Any) -> None:
    """Small packets must not wait for the answer to the one before (Nagle): 40 ms each way."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
