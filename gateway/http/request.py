"""Bytes of a connection become a request, or a refusal; pure, and bounded whatever comes.

1. ``read_head`` waits for the end of the head, and refuses what is no HTTP/1 or too large at once.
2. ``RequestHead.length`` says how many bytes of body follow; only a length that is stated counts.
3. ``split_target`` takes path and query apart, also as weather stations write them: without ``?``,
   with a line feed inside, or without any path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

MAX_HEAD = 16_384
MAX_BODY = 65_536
_MAX_HEADERS = 100
_REQUEST = re.compile(rb"([A-Z]{1,16})[ \t]++(.*?)[ \t]HTTP/1\.[01]", re.DOTALL)
_BEGIN = re.compile(rb"[A-Z]{1,16}(?:[ \t]|$)")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,10}", re.ASCII)
_FIRST_FIELD = re.compile(rb"[?&]|(?i:(?:PASSKEY|MAC|ID|stationtype)=)")
_HOST = re.compile(rb"(?i:https?)://[^/?]*")


class Refusal(Exception):
    """What the client is told instead: a status and one sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The head of a request."""

    method: str
    target: bytes
    headers: dict[str, str]
    """By name in lower case."""
    end: int
    """Where the body begins."""
    length: int
    """Bytes of the body."""

    @property
    def waits(self) -> bool:
        """True where the client sends its body only when it is told to."""
        return self.headers.get("expect", "").lower() == "100-continue"


class Target(NamedTuple):
    """What a request asks for."""

    path: bytes
    query: bytes


def read_head(buffer: bytes) -> RequestHead | None:
    """The head that ``buffer`` begins with, None while it is not whole; ``Refusal`` for what is none."""
    start = len(buffer) - len(buffer.lstrip(b"\r\n"))
    if start > 4 or (start < len(buffer) and not _BEGIN.match(buffer[start : start + 17])):
        raise Refusal(400, "this is no HTTP request")
    end, lines = _lines(buffer, start)
    if end > MAX_HEAD or (not end and len(buffer) > MAX_HEAD):
        raise Refusal(413, f"the head is larger than {MAX_HEAD} bytes")
    first, is_whole, _ = buffer[start:].partition(b"\r\n")
    request = _REQUEST.fullmatch(lines[0] if end else first)
    if request is None and (end or is_whole):
        raise Refusal(400, "the request line is none of HTTP/1.0 or HTTP/1.1")
    if not end or request is None:
        return None
    headers = _headers(lines[1:])
    method = request[1].decode()
    return RequestHead(method, request[2].rstrip(b" \t\n"), headers, end, _length(method, headers))


def _lines(buffer: bytes, start: int) -> tuple[int, list[bytes]]:
    """(where the body begins, the lines of the head); 0 while the head has no end."""
    for line_end in (b"\r\n", b"\n"):
        end = buffer.find(2 * line_end, start)
        if end >= 0 and (line_end == b"\r\n" or b"\r\n" not in buffer[start:end]):
            return end + 2 * len(line_end), buffer[start:end].split(line_end)
    return 0, []


def _headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > _MAX_HEADERS:
        raise Refusal(413, f"more than {_MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise Refusal(400, "a header is none")
        key, text = name.decode().lower(), value.decode("latin-1").strip()
        if key in ("content-length", "authorization") and headers.get(key, text) != text:
            raise Refusal(400, f"two headers {key} that differ")
        headers[key] = text
    return headers


def _length(method: str, headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise Refusal(411, "send the body in one piece, with its Content-Length")
    text = headers.get("content-length")
    if text is None:
        if method in ("POST", "PUT"):
            raise Refusal(411, "a body needs its Content-Length")
        return 0
    if not _LENGTH.fullmatch(text):
        raise Refusal(400, "Content-Length is no number of bytes")
    if int(text) > MAX_BODY:
        raise Refusal(413, f"the body is larger than {MAX_BODY} bytes")
    return int(text)


def split_target(target: bytes) -> Target:
    """Path and query of ``target``."""
    local = _HOST.sub(b"", target, count=1) if _HOST.match(target) else target
    mark = local.find(b"?")
    if mark < 0 and b"=" in local and (field := _FIRST_FIELD.search(local)):
        mark = field.start()
    if mark < 0:
        return Target(local, b"")
    return Target(local[:mark], local[mark:].lstrip(b"?"))
