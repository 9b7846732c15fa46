"""MQTT 3.1.1 on a plain socket, in the shape of MicroPython's ``umqtt.simple``: what a device asks of it.

``connect``, ``set_callback``, ``subscribe``, ``publish`` (at QoS 1 it returns after the broker's answer),
``check_msg``, ``ping``, ``disconnect``.  A lost line is ``OSError``, also one on which nobody answers.
"""

import socket
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = (
    0x10, 0x20, 0x30, 0x40, 0x82, 0x90, 0xC0, 0xD0, 0xE0,
)  # fmt: skip


class MQTTClient:
    """One connection; after an error make another."""

    def __init__(self, client_id, server, port=1883, user=None, password=None, keepalive=30, timeout=5):
        self.client_id, self.server, self.port = client_id, server, port
        self.user, self.password, self.keepalive, self.timeout = user, password, keepalive, timeout
        self.callback = None
        self.packet = 0
        self.ahead = b""
        self.sock = None

    def set_callback(self, callback):
        """``callback(topic, payload)`` for every message."""
        self.callback = callback

    def connect(self, clean_session=True):
        """Open the line."""
        self.sock = socket.socket()
        self.sock.settimeout(self.timeout)
        self.sock.connect(socket.getaddrinfo(self.server, self.port)[0][-1])
        flags = 2 if clean_session else 0
        body = text(self.client_id)
        if self.user is not None:
            flags |= 0xC0
            body += text(self.user) + text(self.password or "")
        self._send(CONNECT, text("MQTT") + bytes([4, flags]) + struct.pack(">H", self.keepalive) + body)
        answer = self._await(CONNACK)
        if answer[1]:
            raise OSError("the broker refused: %d" % answer[1])

    def disconnect(self):
        """Say goodbye."""
        self._send(DISCONNECT, b"")
        self.sock.close()

    def ping(self):
        """Say that the device lives; ``OSError`` if nobody answers."""
        self._send(PINGREQ, b"")
        self._await(PINGRESP)

    def subscribe(self, topic, qos=1):
        """Ask for a topic."""
        self.packet = self.packet % 65535 + 1
        self._send(SUBSCRIBE, struct.pack(">H", self.packet) + text(topic) + bytes([qos]))
        if self._await(SUBACK)[2] > 2:
            raise OSError("the broker gives no receipts")

    def publish(self, topic, payload, retain=False, qos=1):
        """Hand a message over."""
        head = text(topic)
        if qos:
            self.packet = self.packet % 65535 + 1
            head += struct.pack(">H", self.packet)
        self._send(PUBLISH | qos << 1 | (1 if retain else 0), head + payload)
        while qos and struct.unpack(">H", self._await(PUBACK)[:2])[0] != self.packet:
            continue  # of an earlier one

    def check_msg(self, wait_s=0.01):
        """Take what has arrived."""
        self.sock.settimeout(wait_s)
        try:
            self._fill()
        except OSError as error:
            if not is_timeout(error):
                raise
        finally:
            self.sock.settimeout(self.timeout)
        while (packet := self._packet()) is not None:
            self._take(*packet)

    def _await(self, wanted):
        """The body of the next packet of that kind; messages before it go to the callback."""
        while True:
            packet = self._packet()
            if packet is None:
                self._fill()
            elif packet[0] & 0xF0 == wanted & 0xF0:
                return packet[1]
            else:
                self._take(*packet)

    def _take(self, first, body):
        if first & 0xF0 != PUBLISH:
            return
        size = struct.unpack(">H", body[:2])[0]
        topic, payload = body[2 : 2 + size], body[2 + size :]
        if first & 6:
            self._send(PUBACK, payload[:2])
            payload = payload[2:]
        if self.callback is not None:
            self.callback(topic, payload)

    def _fill(self):
        more = self.sock.recv(4096)
        if not more:
            raise OSError("the broker closed the line")
        self.ahead += more

    def _packet(self):
        """(first byte, body) of a packet that is all there, else None."""
        size, at = 0, 1
        while at < len(self.ahead):
            size |= (self.ahead[at] & 127) << 7 * (at - 1)
            at += 1
            if self.ahead[at - 1] < 128:
                if len(self.ahead) < at + size:
                    return None
                first, body = self.ahead[0], self.ahead[at : at + size]
                self.ahead = self.ahead[at + size :]
                return first, body
        return None

    def _send(self, first, body):
        head, size = bytes([first]), len(body)
        while True:
            size, low = size >> 7, size & 127
            head += bytes([low | (128 if size else 0)])
            if not size:
                break
        data = head + body
        while data:
            data = data[self.sock.send(data) :]


def text(value):
    """A length and the letters."""
    letters = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(letters)) + letters


def is_timeout(error):
    """Whether nothing arrived: MicroPython gives a number, CPython a class of its own."""
    return "timed out" in str(error) or (bool(error.args) and error.args[0] in (11, 110, 116, 35))
