"""What hostile speakers say: each a function of chance that gives topics and payloads.

Who speaks here may write

1. the topics of one enrolled sensor, ``s1/d0``;
2. foreign topics, as whoever may send uplinks;
3. sensor topics of places and devices that no territory names;
4. topics of gateways that do not exist.

The topics of the honest are theirs alone: a broker's file sees to that, and nothing behind it can tell a
forger with their credential from them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from contract import topics, wire
from contract.batch import BatchHeader, Drop, Earlier, encode_batch
from contract.reading import MAX_SEQUENCE, AudioPart

HONEST = ("d1", "d2", "d3")
LOUD = "d0"
Said = tuple[str, bytes]
"""(topic, payload)"""
MARKUP = (
    "[/b] hello", "[red]", "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "\u2066x\u2069", "\x00", "\t\r\n",
    "<script>alert(1)</script>", '=cmd|"/c calc"!A1', "+1+1", "@SUM(A1)", "\x85\u2028\x9b31m", "🌲" * 400,
    "a\u0300" * 300, "\ufeff", "%s%n{0}", "../../etc/passwd", "'; DROP TABLE messages; --",
)  # fmt: skip
_TIMES = (
    "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+12026-01-01T00:00:00Z", "-0001-01-01T00:00:00Z",
    "20260501", "1777593600", "1968-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2100-12-31T23:59:59Z",
    "1969-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-01T25:00:00Z", "2026-05-01T12:00:00",
    "2026-05-01T12:00:00+99:00",
)  # fmt: skip
_SEQUENCES = (
    '"7"', "7.5", "7e0", "true", "null", "-1", "0", "[1]", "{}", "NaN", str(2**53), str(2**63), "1" * 400,
    "1" * 5_000,
)  # fmt: skip
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 400, '"nan"', "[NaN]", '{"a":NaN}')


def text(
    device: str, boot: str, seq: object, more: str = "", kind: str = "readings", site: str = "s1"
) -> str:
    """A message of ``kind``; ``seq`` and ``more`` are put in as they are."""
    return (
        f'{{"v":1,"kind":"{kind}","site":"s1","device":"{device}","boot":"{boot}","seq":{seq}{more},'
        '"readings":[{"quantity":"soil_temperature","value":12.5,"depth_m":0.1}]}'
    )


def _own(payload: str | bytes, kind: str = "readings") -> Said:
    return topics.sensor("s1", LOUD, kind), payload.encode(errors="replace") if isinstance(
        payload, str
    ) else payload


def no_numbers(chance: random.Random) -> list[Said]:
    """NaN, infinities and numbers that no float holds, as values, depths and times."""
    said = []
    for number in (
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1" * 400,
        '"nan"',
        "[NaN]",
        '{"a":NaN}',
    ):
        name = chance.choice(("value", "depth_m", "period_s"))
        body = text(LOUD, "n", chance.randint(1, 99))
        said.append(_own(body.replace('"value":12.5', f'"{name}":{number},"value":12.5')))
        said.append(_own(body.replace("12.5", number)))
    return said


def cut(chance: random.Random) -> list[Said]:
    """JSON that ends too early, or goes on afterwards."""
    whole = text(LOUD, "c", chance.randint(1, 9), ',"time":"2026-05-01T12:00:00Z","clock":"gps"').encode()
    return [_own(whole[: chance.randrange(len(whole))]) for _ in range(10)] + [
        _own(whole + whole),
        _own(b"\xff" + whole),
    ]


def strange_sequences(_: random.Random) -> list[Said]:
    """Sequences that are no whole numbers of 53 bits."""
    return [_own(text(LOUD, "s", seq)) for seq in _SEQUENCES]


def strange_times(chance: random.Random) -> list[Said]:
    """Years that cannot be, times without zone, digits, and uptimes without end."""
    said = []
    for time in _TIMES:
        up = chance.choice(("0", str(2**39), str(2**39 + 1), str(2**63), "-1"))
        more = f',"time":{json.dumps(time)},"clock":"gps","uptime_ms":{up}'
        said.append(_own(text(LOUD, f"t{chance.randint(1, 3)}", chance.randint(1, 2**40), more)))
        said.append(_own(text(LOUD, "r", 1).replace('"value"', f'"time":{json.dumps(time)},"value"')))
    return said


def markup(chance: random.Random) -> list[Said]:
    """What a terminal, a page or a spreadsheet would obey, in every field and in topics."""
    said = []
    for mark in MARKUP:
        bare, quoted = mark.replace("\x00", ""), json.dumps(mark, ensure_ascii=chance.random() < 0.5)[1:-1]
        said.append(_own(mark))
        for field in ("site", "device", "boot", "kind", "v"):
            body = json.loads(text(LOUD, "m", chance.randint(1, 99)))
            said.append(_own(json.dumps(body | {field: mark})))
        said.append(_own(text(LOUD, "m", 5, f',"firmware":"{quoted}"')))
        said.append(_own(text(LOUD, "m", 6).replace("soil_temperature", quoted)))
        said.append(_own(text(LOUD, "m", 7).replace('"value"', f'"unit":"{quoted}","value"')))
        level = bare.replace("/", "_").replace("+", "p").replace("#", "h")[:100]
        said += [
            (f"ecoviv/1/{level}/{level}/{level}", b"?"), (f"ecoviv/1/s1/{LOUD}/{level}", mark.encode()),
            (f"application/{level}/device/{level}/event/up", mark.encode()), ("birdnet", mark.encode()),
        ]  # fmt: skip
    return [*said, _own(b'{"v":1,"kind":"\xed\xa0\x80"}'), _own(rb'{"v":1,"kind":"\ud800","boot":"\udfff"}')]


def forged_identities(chance: random.Random) -> list[Said]:
    """Numbers of the honest, said by others: foreign topics, their own topic, places that do not exist."""
    victim, boot = chance.choice(HONEST), chance.choice(("b1", "b2", "b3"))
    seq = chance.choice((MAX_SEQUENCE, MAX_SEQUENCE - 1, 30_000, chance.randint(1, 40)))
    floor = f',"floor":{seq}'
    bodies = [
        text(victim, boot, seq, more, kind) for kind in ("readings", "joy", "health") for more in ("", floor)
    ]
    eui = f"{chance.getrandbits(64):016x}"
    places = [
        f"application/1/device/{eui}/event/up", f"v3/app@ttn/devices/{victim}/up", "birdnet",
        topics.sensor("s1", LOUD, "readings"), topics.sensor("s1", LOUD, "joy"),
        topics.sensor(f"x{chance.randint(1, 9)}", victim, "readings"),
        topics.sensor("s1", f"{victim}-x", "readings"),
    ]  # fmt: skip
    return [(place, body.encode()) for place in places for body in bodies]


def forged_heartbeats(chance: random.Random) -> list[Said]:
    """Gateways that do not exist tell of what they sent, gave up and hold; and batches that are none."""
    said = []
    for stream in ("readings", "health", "findings", "joy\x1b[0m"):
        epoch, other = f"{chance.getrandbits(64):016x}", f"{chance.getrandbits(64):016x}"
        header = BatchHeader(
            epoch=epoch, highest=chance.choice((1, 2**53, 2**62)), records=0, opening=other,
            dropped=(Drop(first=1, last=chance.choice((1, 2**62)), reason=chance.choice(MARKUP)[:80]),),
            floor=chance.choice((1, 2**62)), earlier=(Earlier(epoch=other, highest=2**62, floor=1),),
        )  # fmt: skip
        batch = encode_batch(header, [])
        who = f"ghost-{chance.randint(1, 20)}"
        said += [
            (topics.up(who, stream), batch),
            (topics.up(who, stream), batch[: chance.randrange(len(batch))]),
        ]
        said.append((topics.up(chance.choice(MARKUP[:6]).replace("/", "_"), stream), batch))
    return said


def huge(chance: random.Random) -> list[Said]:
    """Beyond every limit: of bytes, depth, count and digits."""
    size = chance.choice((300_000, 1_100_000))
    many = ",".join(['{"quantity":"soil_temperature","value":1}'] * 5_000)
    return [
        _own(b"?" * size), _own(b"[" * size), _own(b'{"v":' * 20_000), _own(b"9" * size),
        _own(text(LOUD, "h", 1).replace('"readings":[', f'"readings":[{many},')),
        _own(text(LOUD, "h", 2, f',"firmware":"{"x" * size}"')),
        ("birdnet", b'{"a":' + b"1" * size + b"}"), ("application/1/device/00/event/up", b"\x00" * size),
        ("ecoviv/1/" + "y" * 5_000 + "/z/readings", b"?" * 100),
    ]  # fmt: skip


def flood(chance: random.Random) -> list[Said]:
    """Hundreds of unreadable ones, each another; from its own topic, or from a new made-up place each."""
    mark, made_up = chance.getrandbits(64), chance.random() < 0.5
    names = [f"m{number}" if made_up else LOUD for number in range(400)]
    return [(topics.sensor("s1", name, "readings"), b"%x %d" % (mark, n)) for n, name in enumerate(names)]


def stray_sound(chance: random.Random) -> list[Said]:
    """Pieces of clips that nobody announced, and of other clips than their topic names."""
    said = []
    for index in range(10):
        sha = f"{chance.getrandbits(256):064x}"
        part = AudioPart("a", chance.randint(1, MAX_SEQUENCE), sha, index, 9_999, chance.randbytes(2_000))
        told = sha if index % 2 else "0" * 64
        said.append((topics.audio("s1", LOUD, told), wire.encode_part(part)))
    return said


SPEAKERS: dict[str, Callable[[random.Random], list[Said]]] = {
    "no numbers": no_numbers,
    "cut": cut,
    "strange sequences": strange_sequences,
    "strange times": strange_times,
    "markup": markup,
    "forged identities": forged_identities,
    "forged heartbeats": forged_heartbeats,
    "huge": huge,
    "flood": flood,
    "stray sound": stray_sound,
}
"""What is said, by name.  Retained copies and receipts from the past need the road: ``hostile.siege``."""
