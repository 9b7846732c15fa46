"""Hostile requests at the HTTP door by the hundred thousand, each kind from a seed.

Run: ``python -m benchmarks.faults.damage.http [--requests N] [--seed S]``.  Real ways to push (forms of
stations, our own messages) are damaged: bytes, lengths, names, encodings, nesting, secrets in odd
places.  Each goes through reading, letting in and translating, as on a socket, and is spooled.
Printed: how many were let in (at least 10 %, or nothing is tested), undeclared exceptions (none),
let in but not on disk (none), secrets on disk (none), the slowest [s of process time] (at most 0.5).
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from urllib.parse import quote

from contract import topics
from contract.batch import RAW
from contract.instant import parse_instant
from contract.line.bus import Delivery
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from gateway.http.request import MAX_HEAD, Refusal, read_head
from gateway.http.visit import Porter
from gateway.intake import take, take_foreign
from gateway.spool.spool import Spool

NOON = parse_instant("2026-05-01T12:00:00Z")
SECRET, TOKEN, PORTION = "Tr0ub4dor-and-3", "0123456789abcdef-token", 200
SLOWEST_S, LEAST_LET_IN = 0.5, 0.10
_FIELDS = (
    "stationtype=GW2000A_V3.1.0", "dateutc=2026-05-01+11:59:00", "dateutc=now", "dateutc=2026-05- 1+1:2: 3",
    "tempf=50", "tempf=-9999", "humidity=40", "baromabsin=29.9", "soilmoisture1=255", "soilmoisture2=3",
    "windspeedmph=1e400", "winddir=99999999999", "uv=3", "yearlyrainin=1.2", "temp1f=", "tempf=%F0%28%8C%28",
    "dateutc=9999-12-31+23:59:59", "dateutc=0000-00-00+00:00:00", "runtime=1" + "0" * 400, "a" * 300 + "=1",
)  # fmt: skip
_PATHS = (
    f"/ecowitt/{TOKEN}", f"/data/report/{TOKEN}", f"/{TOKEN}/weatherstation/updateweatherstation.php",
    f"/ecowitt/{TOKEN}/air-1", f"/ecowitt/{TOKEN}%2fair-1", f"/%2e%2e/{TOKEN}", "/data/report", "", "/",
    "//" + TOKEN, f"/{TOKEN}" * 50,
)  # fmt: skip
_MESSAGE = (
    '{"v":1,"kind":"readings","site":"s1","device":"air-1","boot":"b","seq":%d,'
    '"readings":[{"quantity":"air_temperature","value":%s}]}'
)
_VALUES = ("1", "1e999", "-0", '"x"', "null", "[" * 40 + "]" * 40, '{"a":1}', "NaN", '12.5,"unit":"\\ud800"')
_HEADERS = (
    "Content-Length: 3",
    "Content-Length: x",
    "Transfer-Encoding: chunked",
    "X: " + "y" * 9_000,
    ": ",
    "\x00",
)


@dataclass(slots=True)
class Tally:
    """What came of the requests so far."""

    requests: int = 0
    let_in: int = 0
    entries: int = 0
    unreadable: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    undeclared: list[str] = field(default_factory=list)
    lost: int = 0
    secrets: int = 0
    slowest_s: float = 0.0


def valley() -> Territory:
    """One site with one station, whose address is the secret of the pushes."""
    return Territory.model_validate(
        {
            "id": "valley",
            "zones": [{"id": "z", "arm": "control", "land_use": "livestock"}],
            "sites": [{"id": "s1", "zone": "z", "latitude": 45.0, "longitude": 5.0}],
            "devices": [{"id": "air-1", "site": "s1", "sensors": ["weather"], "address": SECRET}],
        }
    )


def request(random: Random) -> bytes:
    """One request of any kind, damaged in one of four."""
    kind = random.choices((_push, _own, _noise, _many), weights=(500, 250, 245, 5))[0]
    found = kind(random)
    return _damaged(found, random) if random.random() < 0.25 else found


def _push(random: Random) -> bytes:
    key = random.choice(("PASSKEY", "ID", "MAC", "passkey", "%50ASSKEY", "PASSWORD", "PASSKEY "))
    value = random.choice((SECRET, quote(SECRET), SECRET + "%0A", "%20" + SECRET))
    fields = [f"{key}={value}", *random.choices(_FIELDS, k=random.randrange(12))]
    random.shuffle(fields)
    form, path = random.choice(("&", "&", "&", "&&", ";", "\n")).join(fields), random.choice(_PATHS)
    if random.random() < 0.4:
        target = path + random.choice("?? &/") + form
        return f"GET {target} HTTP/1.{random.randrange(2)}\r\nHost: x\r\n\r\n".encode()
    return _posted(path, form.encode(), random)


def _own(random: Random) -> bytes:
    messages = [
        _MESSAGE % (random.randrange(10**17), random.choice(_VALUES)) for _ in range(random.randrange(6))
    ]
    body = random.choice(("[%s]", "%s", " [ %s , ]", '{"PASSKEY":"x"}%s')) % ",".join(messages)
    return _posted("/v1/readings", body.encode(), random, f"Authorization: Bearer {TOKEN}")


def _noise(random: Random) -> bytes:
    body = random.randbytes(random.randrange(200)) + f"PASSKEY={SECRET}".encode() + random.randbytes(5)
    return _posted(random.choice(_PATHS), body, random)


def _many(random: Random) -> bytes:
    """As large as may be, each field another secret or the same name again."""
    name = random.choice(("id", "passkey", "tempf", "a", "%49D"))
    body = "&".join(f"{name}={100_000 + at}" for at in range(random.choice((900, 4_500))))
    return _posted(random.choice(_PATHS), body.encode(), random)


def _posted(path: str, body: bytes, random: Random, *more: str) -> bytes:
    headers = [f"Content-Length: {len(body)}", *more]
    if random.random() < 0.1:
        headers.append(random.choice(_HEADERS))
    return "\r\n".join([f"POST {path} HTTP/1.1", *headers]).encode("latin-1") + b"\r\n\r\n" + body


def _damaged(found: bytes, random: Random) -> bytes:
    at, far = random.randrange(len(found) + 1), random.randrange(len(found) + 1)
    put = random.choice((b"", b"\x00", b"\r\n", b"%", b"=&", b"\xff" * 9, found[at:far], b"A" * MAX_HEAD))
    return found[:at] + put + found[random.choice((at, far)) :]


def fuzz(number: int, seed: int) -> Tally:
    """The tally of ``number`` requests from ``seed``, each spooled for good."""
    tally, random, porter, territory = Tally(), Random(seed), Porter(valley(), TOKEN), valley()
    with TemporaryDirectory() as folder:
        spool = Spool.open(Path(folder) / "spool.db", FixedClock(NOON), cap_bytes=2**30)
        waiting: list[Delivery] = []
        for _ in range(number):
            before = process_time()
            waiting.extend(_deliveries(request(random), porter, tally))
            tally.slowest_s = max(tally.slowest_s, process_time() - before)
            if len(waiting) >= PORTION:
                _spool(waiting, spool, territory, tally)
        _spool(waiting, spool, territory, tally)
        tally.lost = tally.entries - sum(spool.highest.values())
        spool.close()
        stored = b"".join(path.read_bytes() for path in Path(folder).glob("spool.db*"))
    tally.secrets = stored.count(SECRET.encode()) + stored.count(TOKEN.encode())
    return tally


def _deliveries(sent: bytes, porter: Porter, tally: Tally) -> Iterator[Delivery]:
    tally.requests += 1
    try:
        head = read_head(sent)
        if head is None or len(sent) < head.end + head.length:
            tally.refused[408] = tally.refused.get(408, 0) + 1
            return
        visit = porter.admit(head, sent[head.end : head.end + head.length], NOON)
    except Refusal as refusal:
        tally.refused[refusal.status] = tally.refused.get(refusal.status, 0) + 1
        return
    except Exception as error:  # noqa: BLE001 - what nobody declared is what this looks for
        tally.undeclared.append(f"{type(error).__name__}: {error} at {sent[:200]!r}")
        return
    tally.let_in += 1
    for topic, payload in visit.brought:
        yield Delivery(topic, payload, False, -1, 1, topics.parse(topic))


def _spool(waiting: list[Delivery], spool: Spool, territory: Territory, tally: Tally) -> None:
    entries = []
    for delivery in waiting:
        try:
            if isinstance(delivery.place, topics.SensorTopic):
                entries.append(take(delivery, delivery.place, NOON, territory))
            else:
                entries += take_foreign(delivery, NOON, territory)
        except Exception as error:  # noqa: BLE001 - likewise
            tally.undeclared.append(f"{type(error).__name__}: {error} at {delivery.payload[:200]!r}")
    spool.add(entries)
    tally.entries += sum(2 if entry.beside else 1 for entry in entries)
    tally.unreadable += sum(
        (bool(entry.reason) and entry.stream != RAW) + (entry.beside is not None) for entry in entries
    )
    waiting.clear()


def main() -> None:
    """Print the tally as one JSON object; exit 1 beyond a limit."""
    logging.disable(logging.WARNING)  # what is not understood is named once a field, by the thousand
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tally = fuzz(asked.requests, asked.seed)
    least = LEAST_LET_IN * asked.requests
    limits = {"let_in": least, "undeclared": 0, "lost": 0, "secrets": 0, "slowest_s": SLOWEST_S}
    shown = {name: getattr(tally, name) for name in tally.__slots__} | {"undeclared": tally.undeclared[:5]}
    print(json.dumps({"found": shown, "limits": limits}, indent=1))
    bad = tally.undeclared or tally.lost or tally.secrets or tally.slowest_s > SLOWEST_S
    sys.exit(1 if bad or tally.let_in < least else 0)


if __name__ == "__main__":
    main()
