"""The door from outside: real sockets, a gateway, and what is on its disk afterwards."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator

import pytest

from contract.instant import SECOND, SystemClock
from gateway.formats.stations.push import StationPush
from gateway.formats.stations.secrets import name_of
from gateway.http.box import MAX_WAITING, Box, Brought
from tests.gateway.ends import Bench, reading
from tests.gateway.http.visitors import TOKEN, House, get, house, post, said

STATION = "a1a2a3a4a5a6a7a8"
"""Address of ``air-1`` in the bench's territory."""
FORM = f"PASSKEY={STATION}&stationtype=GW2000A&dateutc=2026-05-01+11:59:00&tempf=50&humidity=40".encode()
BY_ID = FORM.decode().replace("PASSKEY", "ID")
UNKNOWN = "0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture
def inside(bench: Bench) -> Iterator[House]:
    with house(bench) as one:
        yield one


@pytest.fixture
def guarded(bench: Bench) -> Iterator[House]:
    with house(bench, TOKEN) as one:
        yield one


@pytest.mark.parametrize(
    "request_",
    [
        post("/ecowitt", FORM),
        post("/ambient/", FORM),
        post("/data/report/", FORM, "Content-Type: application/x-www-form-urlencoded"),
        post("/data/report", FORM + b"\r\n"),
        post("/ecowitt", FORM, "Expect: 100-continue"),
        get("/data/report/?" + FORM.decode()),
        get("/data/report/" + FORM.decode()),
        get("/ambient?&" + FORM.decode()),
        get("?&" + FORM.decode()),
        get("/wunderground?" + BY_ID + "&PASSWORD=x"),
        get("/weatherstation/updateweatherstation.php?" + BY_ID),
        get("http://gateway:80/weatherstation/updateweatherstation.php?" + BY_ID),
        get("/ecowitt/air-1?" + FORM.decode().replace(STATION, "")),
    ],
)
def test_a_push_is_on_disk_when_it_is_answered(inside: House, request_: bytes) -> None:
    assert b"HTTP/1.1 200 OK\r\n" in inside.ask(request_)
    ((topic, reason, payload),) = inside.entries()
    message = json.loads(payload)
    assert (topic, reason) == ("ecoviv/1/s1/air-1/readings", "")
    assert (message["time"], message["seq"]) == ("2026-05-01T11:59:00Z", 1)
    assert message["readings"] == [
        {"quantity": "air_temperature", "value": 10.0},
        {"quantity": "relative_humidity", "value": 40.0},
    ]


def test_pushes_of_a_device_are_counted_without_a_gap(inside: House) -> None:
    for request in (FORM, b"PASSKEY=stranger&tempf=1", FORM, b"\x00", FORM):
        assert inside.status(post("/ecowitt", request)) == 200
    numbers = [json.loads(payload)["seq"] for _, reason, payload in inside.entries() if not reason]
    assert numbers == [1, 2, 3]


def test_what_the_disk_does_not_take_is_answered_503_and_comes_no_more(inside: House) -> None:
    inside.works = False
    assert inside.status(post("/ecowitt", FORM)) == 503
    inside.bench.gateway.step(0)
    assert inside.entries() == []


def test_no_200_while_the_disk_refuses(inside: House) -> None:
    other = sqlite3.connect(inside.bench.folder / "spool.db", isolation_level=None)
    inside.bench.gateway.spool.connection.execute("PRAGMA busy_timeout=0")
    other.execute("BEGIN IMMEDIATE")
    assert inside.status(post("/ecowitt", FORM)) == 503
    other.execute("ROLLBACK")
    assert inside.status(post("/ecowitt", FORM)) == 200


@pytest.mark.parametrize(
    "request_",
    [
        post(f"/ecowitt/{TOKEN}", FORM),
        post(f"/data/report/{TOKEN}/", FORM),
        post(f"/{TOKEN}/data/report/", FORM),
        get(f"/weatherstation/updateweatherstation.php/{TOKEN}?" + FORM.decode()),
        get(f"/{TOKEN}/weatherstation/updateweatherstation.php?" + FORM.decode()),
        get(f"/weatherstation/updateweatherstation.php?PASSWORD={TOKEN}&" + FORM.decode()),
        post(f"/ecowitt/{TOKEN}/air-1", FORM),
        post("/ecowitt", FORM, f"Authorization: Bearer {TOKEN}"),
        post("/v1/readings", reading(1), f"Authorization: Bearer {TOKEN}"),
    ],
)
def test_who_has_the_token_is_let_in_and_it_is_kept_nowhere(guarded: House, request_: bytes) -> None:
    assert guarded.status(request_) == 200
    (entry,) = guarded.entries()
    assert entry[1] == ""
    assert TOKEN not in str(entry)


@pytest.mark.parametrize(
    "request_",
    [
        post("/ecowitt", FORM),
        post(f"/ecowitt/{TOKEN}x", FORM),
        post(f"/ecowitt/{TOKEN[:-1]}", FORM),
        post(f"/ecowitt?token={TOKEN}", FORM),
        get("/weatherstation/updateweatherstation.php?PASSWORD=x&" + FORM.decode()),
        post("/v1/readings", reading(1)),
        post("/v1/readings", reading(1), "Authorization: Bearer wrong"),
        post(f"/v1/readings/{TOKEN}x", reading(1)),
        post("/nothing/here", b"x=1"),
    ],
)
def test_who_has_not_gets_401_and_leaves_nothing(guarded: House, request_: bytes) -> None:
    assert guarded.status(request_) == 401
    guarded.bench.gateway.step(0)
    assert guarded.entries() == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/"), 404),
        (get("/robots.txt"), 404),
        (post("/ecowitt/a/b", FORM), 404),
        (get("/v1/readings"), 405),
        (post("/ecowitt", FORM).replace(b"POST", b"PUT"), 405),
        (get("/ecowitt"), 400),
        (post("/v1/readings", b" "), 400),
        (post("/ecowitt", b"x" * 65_537), 413),
        (get("/ecowitt?" + "x" * 20_000), 413),
        (post("/v1/readings", b"[" + b"0," * 600 + b"0]"), 413),
        (b"POST /ecowitt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n", 411),
    ],
)
def test_what_cannot_be_taken_is_told_why(inside: House, request_: bytes, status: int) -> None:
    assert inside.status(request_) == status
    inside.bench.gateway.step(0)
    assert inside.entries() == []


@pytest.mark.parametrize(
    "body",
    [b"\x00\xff" * 50, b"{}", b"tempf=50", FORM.replace(b"tempf=50&humidity=40", b"nothing=1"),
     FORM.replace(b"2026-05-01", b"yesterday"), FORM.replace(STATION.encode(), UNKNOWN.encode())],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_as_unreadable_without_its_secrets(inside: House, body: bytes) -> None:
    assert inside.status(post("/ecowitt", body)) == 200
    ((topic, reason, payload),) = inside.entries()
    assert reason
    assert topic.startswith("push/")
    for secret in (STATION, UNKNOWN):
        assert secret not in str((topic, reason, payload))


def test_an_unreadable_push_is_read_again_once_its_station_is_known(inside: House) -> None:
    """As ``ecoviv ingest unreadable retry`` does: the same bytes on the same topic."""
    stranger = FORM.replace(STATION.encode(), UNKNOWN.encode())
    inside.ask(post("/ecowitt", stranger))
    ((topic, _, payload),) = inside.entries()
    devices = [one.model_dump() for one in inside.bench.territory.devices]
    devices[2]["address"] = name_of(UNKNOWN.lower())
    known = inside.bench.territory.model_validate(inside.bench.territory.model_dump() | {"devices": devices})
    translation = StationPush().read(topic, payload, known)
    assert translation.device == "air-1"
    assert b'"2026-05-01T11:59:00Z"' in translation.payload


def test_our_own_readings_are_answered_one_by_one(inside: House) -> None:
    good, bad_place, half = reading(1), reading(2, site="s2"), json.loads(reading(3))
    half["readings"].append({"quantity": "happiness", "value": 3})
    body = b"[" + good + b" ,\n" + bad_place + b"," + json.dumps(half).encode() + b', 7, {"seq": 1}]'
    answer = said(inside.ask(post("/v1/readings", body)))
    assert [(one["at"], one["seq"]) for one in answer["kept"]] == [(0, 1), (2, 3)]
    assert [one["at"] for one in answer["refused"]] == [1, 2, 3, 4]
    assert "not 's2'" in str(answer["refused"][0]["reason"])
    assert "happiness" in str(answer["refused"][1]["reason"])
    payloads = [payload for _, _, payload in inside.entries()]
    assert good in payloads  # byte for byte, so that the same message over MQTT is a repeat
    assert bad_place in payloads


@pytest.mark.parametrize("body", [b"{", b"[", b"\xff", b"[]", b"[" * 5_000, b'["\xed\xa0\x80"]', b"nonsense"])
def test_readings_that_are_none_are_kept_and_named(inside: House, body: bytes) -> None:
    answer = said(inside.ask(post("/v1/readings", body)))
    assert answer["kept"] == []
    assert [payload for _, _, payload in inside.entries()] == [body]
    assert len(answer["refused"]) == 1


def test_one_answer_a_connection_and_what_follows_is_not_taken(inside: House) -> None:
    answer = inside.ask(post("/ecowitt", FORM) * 3)
    assert answer.count(b"HTTP/1.1 200") == 1
    inside.bench.gateway.step(0)
    assert len(inside.entries()) == 1


def test_half_a_request_is_none(inside: House) -> None:
    for request in (post("/ecowitt", FORM)[:-5], b"POST /eco", b""):
        with socket.create_connection(("127.0.0.1", inside.port), timeout=10) as sock:
            sock.sendall(request)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(100) == b""
    inside.bench.gateway.step(0)
    assert inside.entries() == []


def test_who_is_too_slow_is_told_so_after_five_seconds(inside: House) -> None:
    clock = SystemClock()
    before = clock.monotonic()
    with socket.create_connection(("127.0.0.1", inside.port), timeout=10) as sock:
        sock.sendall(b"GET /ecowitt HTTP/1.1\r\nX: ")
        assert sock.recv(1_000).startswith(b"HTTP/1.1 408 ")
    assert 4.5 < (clock.monotonic() - before) / SECOND < 7


def test_the_seventeenth_is_told_that_it_is_busy(inside: House) -> None:
    slow = [socket.create_connection(("127.0.0.1", inside.port)) for _ in range(16)]
    for sock in slow:
        sock.sendall(b"POST /ecowitt HTTP/1.1\r\n")
    assert inside.ask(b"").startswith(b"HTTP/1.1 503 ")
    for sock in slow:
        sock.close()
    assert inside.status(post("/ecowitt", FORM)) == 200


def test_sixteen_at_once_are_all_served(inside: House) -> None:
    answers = inside.ask_all([post("/ecowitt", FORM) for _ in range(16)])
    assert [answer.split()[1] for answer in answers] == [b"200"] * 16
    assert sorted(json.loads(payload)["seq"] for _, _, payload in inside.entries()) == list(range(1, 17))


def test_the_box_takes_no_more_than_it_may() -> None:
    box = Box()
    tickets = [box.put([Brought("a", b"1"), Brought("a", b"2")]) for _ in range(MAX_WAITING)]
    assert box.put([Brought("a", b"3")]) is None
    first, second = tickets[:2]
    assert first is not None
    assert second is not None
    box.on_disk(box.take(1))
    assert not first.done
    box.on_disk(box.take(1))
    assert first.done
    box.withdraw(second)
    assert [one.packet for one in box.take(2)] == [5, 6]
    assert box.put([Brought("a", b"3")]) is not None
