"""How a valid message is damaged, by a seeded generator.

Every way takes bytes and gives bytes; one that finds nothing to take hold of turns bytes over.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_DIGITS = re.compile(rb"-?\d[\d.]*")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d|Z(?=\")")
_TEXT = re.compile(rb'"([^"\\]{1,80})"')
_NUMBERS = (
    b"1e999", b"-1e999", b"1e-999", b"NaN", b"Infinity", b"-0", b"007", b"0.1e", b"-1", b"true", b"null",
    b"9007199254740993", b"9223372036854775808", b"18446744073709551616", b"9" * 400, b"9" * 5_000,
)  # fmt: skip
_TIMES = (
    b"0001-01-01", b"0000-00-00", b"1900-01-01", b"1969-12-31", b"2100-12-31", b"2426-05-14", b"9999-12-31",
    b"2026-02-30", b"+14:00", b"-14:00", b"Z",
)  # fmt: skip
_BROKEN_TEXT = (
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\xaf",
    b"\x00",
    b"\xef\xbb\xbf",
)
_SURROGATES = (rb"\ud800", rb"\udfff", rb"\udc00\ud800", rb"\ud83d", rb"\u0000", rb"\uD83D\uDE00")
_STRAYS = (b'"' * 3, b"{}", b"[]", b"null", b",", b":", b"\\", b"\n", b"/*", b"'", b"{" * 40)
_DEPTHS = (17, 40, 300, 5_000)
_LONG = 45_000
"""Letters of two bytes in the longest text: more than a record's reason may have."""


def changed(payload: bytes, chance: random.Random) -> bytes:
    """``payload`` damaged in one way or, one time in three, in two."""
    out = _one(payload, chance)
    return _one(out, chance) if chance.random() < 1 / 3 else out


def _one(payload: bytes, chance: random.Random) -> bytes:
    (way,) = chance.choices(_WAYS, _WEIGHTS)
    return way(payload, chance)


def _noise(_: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(300))


def _flip(payload: bytes, chance: random.Random) -> bytes:
    out = bytearray(payload or b"\0")
    for _ in range(chance.randint(1, 6)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def _cut(payload: bytes, chance: random.Random) -> bytes:
    first, last = _span(payload, chance)
    return payload[:first] if chance.random() < 0.5 else payload[:first] + payload[last:]


def _duplicate(payload: bytes, chance: random.Random) -> bytes:
    first, last = _span(payload, chance)
    return payload[:last] + payload[first:last] * chance.choice((1, 1, 2, 20)) + payload[last:]


def _insert(payload: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(payload))
    return payload[:at] + chance.choice((*_STRAYS, chance.randbytes(8))) + payload[at:]


def _broken_text(payload: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(payload))
    return payload[:at] + chance.choice(_BROKEN_TEXT) + payload[at:]


def _number(payload: bytes, chance: random.Random) -> bytes:
    new = chance.choice(
        (*_NUMBERS, str(chance.randrange(-(2**70), 2**70)).encode(), b"%d" % chance.randrange(99))
    )
    return _replaced(_DIGITS, payload, new, chance)


def _time(payload: bytes, chance: random.Random) -> bytes:
    """Another day or zone, also such as no calendar has."""
    return _replaced(_TIME, payload, chance.choice(_TIMES), chance)


def _surrogate(payload: bytes, chance: random.Random) -> bytes:
    return _replaced(_TEXT, payload, b'"x' + chance.choice(_SURROGATES) + b'"', chance)


def _escaped(payload: bytes, chance: random.Random) -> bytes:
    """The same text, its letters written as escapes: another spelling of the same key or value."""
    found = _pick(_TEXT, payload, chance)
    if found is None:
        return _flip(payload, chance)
    letters = b"".join(b"\\u%04x" % letter for letter in found[1])
    return payload[: found.start()] + b'"' + letters + b'"' + payload[found.end() :]


def _long_text(payload: bytes, chance: random.Random) -> bytes:
    text = "x" * chance.randrange(3) + "ü" * _LONG
    return _replaced(_TEXT, payload, b'"' + text.encode() + b'"', chance)


def _nested(payload: bytes, chance: random.Random) -> bytes:
    depth = chance.choice(_DEPTHS)
    deep = b"[" * depth + b"]" * depth if chance.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth
    if chance.random() < 0.5:
        return _replaced(_DIGITS, payload, deep, chance)
    at = payload.find(b"{") + 1
    return payload[:at] + b'"deep":' + deep + b"," + payload[at:]


def _span(payload: bytes, chance: random.Random) -> tuple[int, int]:
    first = chance.randint(0, len(payload))
    return first, min(len(payload), first + chance.choice((1, 4, 30, 200)))


def _replaced(pattern: re.Pattern[bytes], payload: bytes, new: bytes, chance: random.Random) -> bytes:
    found = _pick(pattern, payload, chance)
    return (
        _flip(payload, chance) if found is None else payload[: found.start()] + new + payload[found.end() :]
    )


def _pick(pattern: re.Pattern[bytes], payload: bytes, chance: random.Random) -> re.Match[bytes] | None:
    found = list(pattern.finditer(payload[:20_000]))
    return chance.choice(found) if found else None


_Way = Callable[[bytes, random.Random], bytes]
_WAYS: tuple[_Way, ...] = (
    _noise, _flip, _cut, _duplicate, _insert, _broken_text,
    _number, _time, _surrogate, _escaped, _nested, _long_text,
)  # fmt: skip
_WEIGHTS = (5, 23, 12, 9, 11, 7, 14, 5, 5, 6, 2, 1)
