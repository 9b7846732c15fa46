"""The door's thread: a few connections at once, each with a deadline, whatever they do.

1. A connection is read until its request is whole, let in by the ``Porter``, and its deliveries go
   to the ``Box``; it is answered 200 when they are on disk.
2. Who is slower than ``PATIENCE_S`` is told 408; what the disk does not take in that time, 503.
3. Beyond ``MAX_CONNECTIONS``, and while too much waits for the disk, 503 at once.
4. One request a connection.  What comes after it is read and thrown away, so that a client that still
   sends can read its answer.

Sockets never block here, so slow clients cost nothing but their place.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from contract.batch import clamped
from contract.instant import SECOND, Clock
from gateway.http.box import Box, Ticket
from gateway.http.request import Refusal, RequestHead, read_head
from gateway.http.visit import Porter

MAX_CONNECTIONS = 16
PATIENCE_S = 5
_LINGER_S = 1
"""How long a client that was answered may still send before it is cut off."""
_TURN_S = 0.5
_CHUNK = 16_384
_AT_ONCE = 50
_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 411: "Length Required", 413: "Content Too Large", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip
_LOG = logging.getLogger("ecoviv.gateway")


@dataclass(slots=True, eq=False)
class _Guest:
    """One connection: it is read, then waits for the disk, then is answered, then is let go."""

    sock: socket.socket
    deadline: int
    """Of what it does now, by the monotonic clock [ns]."""
    buffer: bytearray = field(default_factory=bytearray)
    head: RequestHead | None = None
    ticket: Ticket | None = None
    answer: bytes = b""
    """What it is told once ``ticket`` is done, then what of that is still to be sent."""
    is_told: bool = False


@dataclass(slots=True)
class HttpDoor:
    """Listens on ``listener`` from ``open`` until ``close``."""

    listener: socket.socket
    porter: Porter
    box: Box
    clock: Clock
    _guests: dict[socket.socket, _Guest] = field(default_factory=dict, init=False)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector, init=False)
    _bell: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair, init=False)
    """(rung by the gateway's thread, heard by this one)"""
    _is_open: bool = field(default=True, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def open(self) -> None:
        """Begin to listen, in a thread of its own."""
        for sock in (self.listener, *self._bell):
            sock.setblocking(False)
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._selector.register(self._bell[1], selectors.EVENT_READ)
        self.box.wake = self._ring
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more and cut off who is inside; a second time does nothing."""
        self._is_open = False
        self._ring()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _ring(self) -> None:
        with suppress(OSError):  # it is full, so it rings already, or the door has closed
            self._bell[0].send(b"!")

    def _serve(self) -> None:
        while self._is_open:
            for key, _ in self._selector.select(_TURN_S):
                if key.fileobj is self.listener:
                    self._welcome()
                elif key.fileobj is self._bell[1]:
                    self._bell[1].recv(_CHUNK)
                elif (guest := self._guests.get(key.fileobj)) is not None:  # type: ignore[call-overload]
                    self._attend(guest)
            for guest in list(self._guests.values()):
                self._look_after(guest)
        for guest in list(self._guests.values()):
            self._let_go(guest)
        self._selector.close()
        for sock in (self.listener, *self._bell):
            sock.close()

    def _welcome(self) -> None:
        """Whoever stands there, some at a time: the others inside have their turn, too."""
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return  # there is nobody any more
            self._show_in(sock)

    def _show_in(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        guest = _Guest(sock, self._in(PATIENCE_S))
        if len(self._guests) >= MAX_CONNECTIONS:
            with suppress(OSError):
                sock.send(_answer(503, b"busy, try again\n"))
            sock.close()
            return
        self._guests[sock] = guest
        self._selector.register(sock, selectors.EVENT_READ)

    def _attend(self, guest: _Guest) -> None:
        """It sends, or can be sent to."""
        try:
            if guest.is_told and guest.answer:
                self._send(guest)
            elif chunk := guest.sock.recv(_CHUNK):
                if not guest.is_told and guest.ticket is None:
                    guest.buffer += chunk
                    self._read(guest)
            elif guest.ticket is None or guest.is_told:
                self._let_go(guest)  # half a request is none
            else:
                self._selector.unregister(guest.sock)  # it has said all, and waits for its answer
        except BlockingIOError:
            return
        except OSError:
            self._let_go(guest)

    def _read(self, guest: _Guest) -> None:
        try:
            if guest.head is None:
                guest.head = read_head(bytes(guest.buffer))
                if guest.head is None:
                    return
                if guest.head.waits and len(guest.buffer) == guest.head.end:
                    guest.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            end = guest.head.end + guest.head.length
            if len(guest.buffer) >= end:
                self._admit(guest, guest.head, bytes(guest.buffer[guest.head.end : end]))
        except Refusal as refusal:
            self._tell(guest, _answer(refusal.status, refusal.text.encode() + b"\n"))

    def _admit(self, guest: _Guest, head: RequestHead, body: bytes) -> None:
        try:
            visit = self.porter.admit(head, body, clamped(self.clock.now()))
        except Refusal:
            raise
        except Exception:  # noqa: BLE001 - a fault of ours must cost one request, not the door
            _LOG.exception("the HTTP door failed at a request")
            raise Refusal(500, "this is a fault of the gateway: see its log") from None
        guest.buffer.clear()
        guest.ticket, guest.deadline = self.box.put(visit.brought), self._in(PATIENCE_S)
        if guest.ticket is None:
            raise Refusal(503, "busy, try again")
        guest.answer = _answer(200, visit.answer, visit.content_type)

    def _look_after(self, guest: _Guest) -> None:
        """After each turn: is its message on disk, is its time over?"""
        if guest.ticket is not None and guest.ticket.done and not guest.is_told:
            self._tell(guest, guest.answer)
        if self.clock.monotonic() < guest.deadline or guest.sock not in self._guests:
            return
        if guest.is_told:
            self._let_go(guest)
        elif guest.ticket is None:
            self._tell(guest, _answer(408, b"too slow\n"))
        else:
            self.box.withdraw(guest.ticket)
            self._tell(guest, _answer(503, b"the disk does not take it now, try again\n"))

    def _tell(self, guest: _Guest, answer: bytes) -> None:
        guest.is_told, guest.answer, guest.deadline = True, answer, self._in(PATIENCE_S)
        try:
            self._send(guest)
        except BlockingIOError:
            return
        except OSError:
            self._let_go(guest)

    def _send(self, guest: _Guest) -> None:
        try:
            guest.answer = guest.answer[guest.sock.send(guest.answer) :]
        finally:
            self._watch(guest, selectors.EVENT_WRITE if guest.answer else selectors.EVENT_READ)
        if not guest.answer:
            guest.deadline = self._in(_LINGER_S)
            guest.sock.shutdown(socket.SHUT_WR)

    def _watch(self, guest: _Guest, events: int) -> None:
        if guest.sock in self._selector.get_map():
            self._selector.modify(guest.sock, events)
        else:
            self._selector.register(guest.sock, events)

    def _let_go(self, guest: _Guest) -> None:
        if self._guests.pop(guest.sock, None) is not None:
            if guest.sock in self._selector.get_map():
                self._selector.unregister(guest.sock)
            guest.sock.close()

    def _in(self, seconds: int) -> int:
        return self.clock.monotonic() + seconds * SECOND


def _answer(status: int, body: bytes, content_type: str = "text/plain") -> bytes:
    more = {401: "WWW-Authenticate: Bearer\r\n", 503: "Retry-After: 5\r\n"}.get(status, "")
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {content_type}; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    )
    return head.encode() + body
