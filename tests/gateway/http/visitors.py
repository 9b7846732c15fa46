"""A gateway's bench with its door open, and clients that speak to it byte by byte."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

from contract.batch import RAW
from contract.instant import SystemClock
from gateway.http.box import Box, DoorBus
from gateway.http.door import HttpDoor
from gateway.http.listening import listen
from gateway.http.visit import Porter
from gateway.spool.records import stream_of
from tests.gateway.ends import Bench

TOKEN = "0123456789abcdef-token"


@dataclass
class House:
    """A bench with an open door; its gateway works while clients are inside, if it ``works``."""

    bench: Bench
    port: int
    works: bool = True

    def ask_all(self, requests: Sequence[bytes]) -> list[bytes]:
        """What each of ``requests``, all at once, is answered."""
        with ThreadPoolExecutor(max(1, len(requests))) as clients:
            asked = [clients.submit(self._ask, request) for request in requests]
            while wait(asked, 0.01).not_done:
                if self.works:
                    self.bench.gateway.step(0)
        return [one.result() for one in asked]

    def ask(self, request: bytes) -> bytes:
        """What ``request`` is answered; empty where the door just closes."""
        return self.ask_all([request])[0]

    def status(self, request: bytes) -> int:
        """The status of the answer."""
        return int(self.ask(request).split()[1])

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            sock.sendall(request)
            return b"".join(iter(lambda: sock.recv(65_536), b""))

    def entries(self) -> list[tuple[str, str, bytes]]:
        """(topic, reason, payload) of all that is on disk, the originals of pushes aside."""
        sql = "SELECT id, topic, reason, payload FROM records ORDER BY id"
        rows = self.bench.gateway.spool.connection.execute(sql).fetchall()
        return [tuple(row[1:]) for row in rows if stream_of(row[0]) != RAW]


@contextmanager
def house(bench: Bench, token: str = "") -> Iterator[House]:
    """The bench of a gateway with an open door."""
    listener, box = listen("127.0.0.1:0", token), Box()
    door = HttpDoor(listener, Porter(bench.territory, token), box, SystemClock())
    bench.gateway.bus = DoorBus(bench.gateway.bus, box)
    door.open()
    try:
        yield House(bench, listener.getsockname()[1])
    finally:
        door.close()


def post(path: str, body: bytes, *more: str) -> bytes:
    """A POST as programs write it."""
    head = [f"POST {path} HTTP/1.1", "Host: gateway", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(target: str) -> bytes:
    """A GET as stations write it."""
    return f"GET {target} HTTP/1.0\r\n\r\n".encode()


def said(answer: bytes) -> dict[str, list[dict[str, object]]]:
    """The JSON of an answer."""
    found: dict[str, list[dict[str, object]]] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found
