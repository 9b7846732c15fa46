"""paho with its receiving side in gulps.

paho asks the socket for single bytes, parses properties that nobody here reads, and sends
each acknowledgement by itself; at thousands of small messages a second that is most of the
work.  ``Client`` keeps all of paho but these things:

1. It reads up to 64 KiB at once and takes every whole PUBLISH at QoS 0 or 1 from there.
2. Anything else (connecting, QoS 2, a packet longer than the buffer) goes paho's own way.
3. ``enter``, ``leave`` and ``ask_for`` say what MQTT 5 says in properties.
4. ``acknowledge`` sends many PUBACKs at once, in the order given.
5. ``drop_unsendable`` keeps it from sending again what a broker does not take.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract.config import BrokerAddress

_GULP = 65_536
_CONNECT_TIMEOUT_S = 5.0
_KEEPALIVE_S = 30
_PUBLISH, _PUBACK = 0x30, 0x40
_LARGE = 16_384
"""Nothing smaller is blamed for the end of a connection [bytes]."""
ENDINGS = 4


class Client(paho.Client):
    """paho's client, its own way but for what comes and goes by the thousand."""

    _ahead, _at = b"", 0
    """What was received, and how much of it has been read."""
    _ended: Mapping[int, int] = MappingProxyType({})
    """Packet → how many connections in a row ended before it was answered."""
    on_publish_packet: Callable[[str, bytes, bool, int], None]
    """Called with topic, payload, retained, packet number (0 at QoS 0)."""

    @property
    def received(self) -> bool:
        """True if something was received that nobody has read."""
        return self._at < len(self._ahead)

    def acknowledge(self, packets: Sequence[int]) -> None:
        """A PUBACK for each packet number, in this order, in one write."""
        if packets:
            together = b"".join(b"\x40\x02" + packet.to_bytes(2, "big") for packet in packets)
            self._packet_queue(_PUBACK, together, packets[-1], 1)

    def enter(self, address: BrokerAddress, session_s: int, window: int) -> None:
        """Connect to the session that waits, which shall wait ``session_s`` again; ``window``: messages
        that the broker may have under way at once."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = session_s
        properties.ReceiveMaximum = window
        self.connect(address.host, address.port, _KEEPALIVE_S, clean_start=False, properties=properties)

    def leave(self, session_s: int | None = None) -> None:
        """Disconnect; ``session_s``: how long the session shall wait, None for what was agreed."""
        properties = None
        if session_s is not None:
            properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = session_s
        self.disconnect(properties=properties)
        self.loop_write()

    def ask_for(self, filters: Sequence[str], *, retained: bool, instead_of: Sequence[str] = ()) -> None:
        """Subscribe at QoS 1; ``retained``: whether the broker's own copies are wanted.

        ``instead_of``: what is subscribed to; of it only what is not among ``filters`` is given up.
        """
        if gone := [name for name in instead_of if name not in filters]:
            self.unsubscribe(gone)
        new = [name for name in filters if name not in instead_of]
        if not new:
            return
        handling = (
            SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        options = SubscribeOptions(qos=1, retainHandling=handling)
        self.subscribe([(name, options) for name in new])

    def drop_unsendable(self, limit: int) -> list[tuple[int, str, int]]:
        """Forget what must not be sent again on a new connection: (packet, topic, size) of each.

        That is what is larger than ``limit`` [bytes of topic and payload, 0 for none], and the largest
        that was under way when each of the last ``ENDINGS`` connections ended: some brokers throw a
        packet away and the connection with it.
        """
        with self._out_message_mutex:
            sizes = {
                packet: len(message.payload) + len(message.topic.encode())
                for packet, message in self._out_messages.items()
            }
            self._ended = {packet: self._ended.get(packet, 0) + 1 for packet in sizes}
            suspects = [
                one for one, times in self._ended.items() if times >= ENDINGS and sizes[one] >= _LARGE
            ]
            doomed = {max(suspects, key=sizes.__getitem__)} if suspects else set()
            doomed |= {packet for packet, size in sizes.items() if 0 < limit < size}
            return [(one, self._out_messages.pop(one).topic, sizes[one]) for one in doomed]

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self.received:
            if bufsize >= _GULP:
                return super()._sock_recv(bufsize)
            self._ahead, self._at = super()._sock_recv(_GULP), 0
        at, self._at = self._at, min(self._at + bufsize, len(self._ahead))
        return self._ahead[at : self._at]

    def _sock_close(self) -> None:
        self._ahead, self._at = b"", 0
        super()._sock_close()

    def _packet_read(self) -> MQTTErrorCode:
        if self._in_packet["command"] == 0 and self._take_publishes():
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._packet_read()

    def _take_publishes(self) -> bool:
        """Every PUBLISH that lies whole at the front of the buffer; False if there is none."""
        ahead, start, size = self._ahead, self._at, len(self._ahead)
        while self._at + 4 < size:
            first, at, length = ahead[self._at], self._at + 1, 0
            for shift in (0, 7, 14, 21):
                length, at = length | (ahead[at] & 127) << shift, at + 1
                if ahead[at - 1] < 128 or at == size:
                    break
            end = at + length
            topic_at = at + 2
            topic_end = topic_at + int.from_bytes(ahead[at:topic_at], "big")
            rest = topic_end + (2 if first & 6 else 0)
            if first & 0xF4 != _PUBLISH or end > size or not topic_at < topic_end <= rest < end:
                break
            payload_at = rest + 1 + ahead[rest]
            if ahead[at - 1] >= 128 or ahead[rest] >= 128 or payload_at > end:
                break
            packet = int.from_bytes(ahead[topic_end:rest], "big")
            self._at = end
            self.on_publish_packet(
                ahead[topic_at:topic_end].decode(errors="replace"),
                ahead[payload_at:end],
                bool(first & 1),
                packet,
            )
        return self._at > start


def client_of(address: BrokerAddress, client_id: str, window: int) -> Client:
    """A client for MQTT 5 that proves who it is as ``address`` says; not connected yet.

    ``window``: messages under way at once.  Raises ``OSError`` where a certificate or key is
    not there or not readable.
    """
    client = Client(
        CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.max_inflight_messages_set(window)
    client.connect_timeout = _CONNECT_TIMEOUT_S
    client.on_socket_open = _send_at_once
    if address.username:
        client.username_pw_set(address.username, address.secret())
    if address.tls:
        client.tls_set(
            str(address.ca_file) if address.ca_file else None,
            str(address.cert_file) if address.cert_file else None,
            str(address.key_file) if address.key_file else None,
            cert_reqs=ssl.CERT_REQUIRED,
        )
    return client


def _send_at_once(_client: object, _data: object, sock: Any) -> None:
    """Small packets must not wait for the answer to the one before (Nagle): 40 ms each way."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
