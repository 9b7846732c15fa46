"""Secrets never reach the disk; every other byte stays as it came."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.secrets import NAMES, blanked, is_secret

S = "Tr0ub4dor-and.3"
WORDS = ("key", "token", "secret", "password")


def spelt(name: str) -> list[str]:
    """As people write it: in any case, with something between its words."""
    apart = [name.replace(word, f"{sign}{word}") for word in WORDS for sign in "_-. "]
    return [*apart, name.upper(), name.title()]


SPELLINGS = st.sampled_from(sorted(NAMES)).flatmap(lambda name: st.sampled_from(spelt(name)))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # a push of an Ecowitt gateway, its documented order of fields; and with stray spaces
        (f"PASSKEY={S}&stationtype=GW1000&tempf=70.3", "PASSKEY=&stationtype=GW1000&tempf=70.3"),
        (f" PASSKEY = {S} &tempf=70.3", " PASSKEY = &tempf=70.3"),
        (f"tempf=70.3&pass%77ord={S}", "tempf=70.3&pass%77ord="),
        # Weather Underground: a query string with the request around it
        (
            f"GET /update.php?ID=KX1&PASSWORD={S}&tempf=1 HTTP/1.1",
            "GET /update.php?ID=KX1&PASSWORD=&tempf=1 HTTP/1.1",
        ),
        (f"note: password={S}", "note: password="),
        (f"Authorization: Bearer {S}\r\nHost: a", "Authorization: \r\nHost: a"),
        (f"weather,token={S} temp=21 5", "weather,token= temp=21 5"),
        (f"mqtt://field:{S}@broker:1883/x", "mqtt://broker:1883/x"),
        ("{'password': '" + S + "', 'a': 1}", "{'password': '', 'a': 1}"),
    ],
)
def test_forms_queries_headers_and_plain_text_lose_their_secrets(sent: str, kept: str) -> None:
    assert blanked(sent.encode()) == kept.encode()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('{"AppKey": "%s","t":1.50}', '{"AppKey": "","t":1.50}'),
        ('{"t" : 1.50,  "wifi_password":"%s"}', '{"t" : 1.50,  "wifi_password":""}'),
        ('{"app_s_key":{"key":"%s","kek":"a"},"t":1}', '{"app_s_key":"","t":1}'),
        ('{"pass\\u0077ord":"%s","t":1}', '{"pass\\u0077ord":"","t":1}'),
        ('{"token":["%s",{"a":2}],"t":1}', '{"token":"","t":1}'),
        ('{"token":"%s","token":"%s"}', '{"token":"","token":""}'),
        ('{"t":1,"password":"%s', '{"t":1,"password":""'),
        ('{"t":1,password:"%s"}', '{"t":1,password:""}'),
        ('{"url":"http://h/?token=%s&a=1"}', '{"url": "http://h/?token=&a=1"}'),
        ('{"key":"%s","t":1}', '{"key":"","t":1}'),
        ('{"config.token":"%s"}', '{"config.token":""}'),
    ],
)
def test_json_loses_its_secrets_and_no_other_byte(sent: str, kept: str) -> None:
    done = blanked(sent.replace("%s", S).encode())
    assert done.replace(b" ", b"") == kept.encode().replace(b" ", b"")
    assert blanked(done) == done


def test_json_inside_json_is_looked_into() -> None:
    inner = json.dumps({"temp": 21.5, "password": S, "o": "é\u2603"}, ensure_ascii=False)
    done = blanked(json.dumps({"objectJSON": inner, "x": 1}, ensure_ascii=False).encode())
    assert json.loads(json.loads(done)["objectJSON"]) == {"temp": 21.5, "password": "", "o": "é\u2603"}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"key": "temperature", "value": 21.5}',
        b'{"value": 21.5, "ts": 5, "key": "temperature"}',
        b'{"session_key_id": "AXBHq", "monkey": 2, "compass": 270, "keyboard": "fr"}',
        b'{"description": "JS error: Error: unexpected token: if (x)"}',
        b'{"basic": "Basic Station 2.0", "bypass": true}',
        b"\xff\xfe\x00 no text \x80",
    ],
)
def test_what_is_no_secret_stays_byte_for_byte(payload: bytes) -> None:
    assert blanked(payload) == payload


@given(SPELLINGS, st.text(min_size=8, max_size=20), st.integers(0, 3))
def test_no_spelling_of_a_name_lets_its_value_through(name: str, value: str, depth: int) -> None:
    secret = f"S3CR{value}ET"
    message: object = {"temperature": 21.5, name: secret}
    for _ in range(depth):
        message = {"list": [message]}
    assert is_secret(name)
    done = blanked(json.dumps(message).encode())
    assert b"S3CR" not in done
    assert b'"temperature": 21.5' in done


@given(st.binary(max_size=300))
def test_any_bytes_go_through_and_a_second_time_nothing_changes(payload: bytes) -> None:
    done = blanked(b"%PASSKEY" + payload)
    assert blanked(done) == done


def test_hostile_bytes_take_no_time() -> None:
    """Half a megabyte of quotes, names or brackets; what were quadratic would take hours."""
    for piece in (b'\\"', b'"', b"a ", b"token=", b'"key":', b'{"token":', b"[", b"a=", b"://a", b" "):
        payload = b"%" + piece * (2**19 // len(piece)) + b"\\"
        began = time.process_time()
        blanked(payload)
        assert time.process_time() - began < 5, piece
