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

import logging
import select
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode

from contract import topics
from contract.config import BrokerAddress
from contract.errors import UnreachableError
from contract.instant import SECOND, Clock, SystemClock
from contract.line.backoff import Backoff
from contract.line.client import Client, client_of

_LOAD_WINDOW = SECOND // 10
_TAKEN_OVER = 0x8E
"""MQTT 5, 2.4: session taken over."""
_LOG = logging.getLogger("ecoviv.line")
_PASSING_S = 60
"""How long the broker keeps the session of a passer-by that fell.  Not 0: a session that it entered
by mistake would end with it."""
_HEADER_BYTES = 32
"""Of a PUBLISH beside topic and payload, at most."""
TOO_LARGE = "Packet too large"
"""How a refusal for size begins: the broker's own words, and ours."""


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

    ``client_id`` must be stable for a service: its session waits ``session_s`` for it; a broker
    may put the user's name in its place, so each connection needs a name of its own.
    ``announce``: publish a retained status, with a last will for the day it dies.
    """

    address: BrokerAddress
    client_id: str
    filters: tuple[str, ...] = ()
    session_s: int = 7 * 86_400
    announce: bool = False
    retained: bool = True
    """Whether each connection brings what the broker retains under ``filters``."""
    passing: bool = False
    """Here for a moment, under any id: leaves no session, and refuses to enter one that waits.  A
    broker that takes the user's name for the client id would hand out, and then delete, what
    waits for a service of that name."""
    window: int = 100
    clock: Clock = field(default_factory=SystemClock)
    online: bytes = b'{"online":true}'  # what the status says while connected, where it is announced

    connected: bool = field(default=False, init=False)
    connections: int = field(default=0, init=False)
    refusals: list[str] = field(default_factory=list, init=False)
    packet_limit: int = field(default=0, init=False)
    _client: Client = field(init=False)
    _inbox: list[Delivery] = field(default_factory=list, init=False)
    _outgoing: dict[int, str] = field(default_factory=dict, init=False)
    _failure: str = field(default="", init=False)
    _backoff: Backoff = field(init=False)
    _greeted: bool = field(default=False, init=False)
    _intruding: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._backoff = Backoff(self.clock)
        client = client_of(self.address, self.client_id, self.window)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_publish_packet = self._taken
        client.on_publish = self._published
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

    def listen(self, filters: tuple[str, ...]) -> None:
        """To these alone from now on; to what was listened to before without a gap."""
        before, self.filters = self.filters, filters
        if self.connected:
            self._client.ask_for(filters, retained=self.retained, instead_of=before)

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
            self._client.leave(0 if self.passing else None)
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
        if self._client.received or (hasattr(sock, "pending") and sock.pending()):
            return True
        readable, _, _ = select.select([sock], [sock] if writing else [], [], timeout_s)
        return bool(readable)

    def _read(self) -> None:
        code = self._client.loop_read()
        if self._intruding:  # only here: paho cannot be left from within its own call
            self._intruding = False
            self._client.leave(self.session_s)
            return
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(code)

    def _connect_if_due(self, timeout_s: float) -> None:
        wait = self._backoff.left_s
        if wait > 0:
            self.clock.sleep(min(wait, timeout_s))
            return
        self._backoff.attempt()
        try:
            self._client.enter(self.address, _PASSING_S if self.passing else self.session_s, self.window)
        except (OSError, ValueError) as error:
            self._failure = str(error) or type(error).__name__

    def _connected(self, _client: paho.Client, _data: Any, flags: Any, reason: Any, more: Any) -> None:
        if reason.is_failure:
            self._failure = f"refused: {reason}"
            return
        if self.passing and flags.session_present and not self.connections:
            self._failure = "refused: under this user name the broker hands out the session of another"
            self._intruding = True
            return
        self.connected, self._failure = True, ""
        self._backoff.succeeded()
        self.connections += 1
        self.packet_limit = getattr(more, "MaximumPacketSize", 0)
        for packet, topic, size in self._client.drop_unsendable(max(0, self.packet_limit - _HEADER_BYTES)):
            self.refusals.append(f"{self._outgoing.pop(packet, topic)}: {TOO_LARGE} ({size} bytes)")
        self._client.ask_for(self.filters, retained=self.retained)
        if self.announce:
            self.publish(topics.status(self.client_id), self.online, retain=True)
        self._greeted = True

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        was, self.connected, self._greeted = self.connected, False, False
        self._failure = self._failure or str(reason)
        taken = reason.value == _TAKEN_OVER
        if was and reason.value and self._backoff.ended(taken_over=taken):
            _LOG.warning(
                "%s of %s on %s:%s: give each program an --id and a user name of its own (the doctor on the"
                " broker's machine tells from where)",
                "another program takes over the session"
                if taken
                else "the broker ends each connection within seconds, as if two shared the session",
                self.client_id, self.address.host, self.address.port,
            )  # fmt: skip

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
