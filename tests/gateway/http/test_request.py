"""Bytes of a connection: what is a request, what is refused, and that nothing else ever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.request import MAX_BODY, MAX_HEAD, Refusal, RequestHead, read_head, split_target

GET = b"GET /data/report/?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("buffer", "status"),
    [
        (b"GET /\r\n", 400),  # HTTP/0.9
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # a TLS greeting
        (b"\x00" * 20, 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad name : x\r\n\r\n", 400),
        (b"\r\n" * 50 + GET, 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", 400),  # a superscript 2 is a digit to some
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        (b"GET /" + b"a" * MAX_HEAD, 413),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n", 413),
        (b"GET / HTTP/1.1\r\na: " + b"b" * MAX_HEAD, 413),
    ],
)
def test_what_is_no_request_is_refused_with_its_status(buffer: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        read_head(buffer)
    assert caught.value.status == status


@pytest.mark.parametrize("upto", range(len(GET)))
def test_a_request_that_is_not_whole_yet_is_waited_for(upto: int) -> None:
    assert read_head(GET[:upto]) is None


@pytest.mark.parametrize(
    ("buffer", "target"),
    [
        (GET, b"/data/report/?a=1"),
        (b"\r\n" + GET, b"/data/report/?a=1"),
        (GET.replace(b"\r\n", b"\n"), b"/data/report/?a=1"),
        (GET.replace(b"1.1", b"1.0"), b"/data/report/?a=1"),
        (b"GET /a?dateutc=2026-05-01 12:00:00 HTTP/1.1\r\n\r\n", b"/a?dateutc=2026-05-01 12:00:00"),
        # an OBSERVERIP2 puts a line feed behind its MAC address
        (b"GET /data/?MAC=94:3C\n&tempf=50 HTTP/1.1\r\nHost: x\r\n\r\n", b"/data/?MAC=94:3C\n&tempf=50"),
        (b"GET ?&PASSKEY=1 HTTP/1.1\r\n\r\n", b"?&PASSKEY=1"),
    ],
)
def test_a_request_is_read_as_stations_write_it(buffer: bytes, target: bytes) -> None:
    head = read_head(buffer)
    assert head is not None
    assert (head.target, head.end, head.length) == (target, len(buffer), 0)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/data/report/", b"/data/report/", b""),
        (b"/data/report/?tempf=1", b"/data/report/", b"tempf=1"),
        (b"http://10.0.0.2:8090/data/?tempf=1", b"/data/", b"tempf=1"),
        (b"?&PASSKEY=1", b"", b"&PASSKEY=1"),
        (b"/?&PASSKEY=1", b"/", b"&PASSKEY=1"),
        (b"/data/report/PASSKEY=1&tempf=2", b"/data/report/", b"PASSKEY=1&tempf=2"),
        (b"/data/reportPASSKEY=1&tempf=2", b"/data/report", b"PASSKEY=1&tempf=2"),
        (b"/data/report&stationtype=AMB&tempf=2", b"/data/report", b"&stationtype=AMB&tempf=2"),
        (b"/data/report/stationtype=AMB&PASSKEY=1", b"/data/report/", b"stationtype=AMB&PASSKEY=1"),
        (b"", b"", b""),
    ],
)
def test_path_and_query_are_told_apart_also_without_a_question_mark(
    target: bytes, path: bytes, query: bytes
) -> None:
    assert split_target(target) == (path, query)


def read_or_refuse(buffer: bytes) -> RequestHead | int | None:
    """The head, None while it is not whole, or the status of the refusal."""
    try:
        return read_head(buffer)
    except Refusal as refusal:
        return refusal.status


@given(st.binary(max_size=400))
def test_any_bytes_are_a_head_a_refusal_or_the_beginning_of_one(buffer: bytes) -> None:
    match read_or_refuse(buffer):
        case RequestHead() as head:
            assert head.end <= len(buffer)
        case status:
            assert status in (None, 400, 411, 413)


@given(st.integers(0, len(GET)), st.integers(0, len(GET)), st.binary(max_size=12))
def test_any_mutation_of_a_request_is_a_head_a_refusal_or_the_beginning_of_one(
    start: int, end: int, put: bytes
) -> None:
    match read_or_refuse(GET[:start] + put + GET[end:]):
        case RequestHead() as head:
            assert sum(map(len, split_target(head.target))) <= len(head.target)
        case status:
            assert status in (None, 400, 411, 413)
