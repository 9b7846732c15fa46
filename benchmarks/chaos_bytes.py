"""Bytes that no sensor should send: random, and valid messages cut and changed.

Every one must become an entry of the spool: read, or kept with its reason.  *undeclared*
counts exceptions of any kind, *slow* what took longer than a second; both must be 0.
"""

from __future__ import annotations

import random
import time
from collections import Counter

from benchmarks.ingest_load import record, territory
from contract import topics, wire
from contract.bus import Delivery
from contract.places import Territory
from contract.reading import AudioPart
from gateway.intake import take

_UPLINK = (
    b'{"time":"2026-05-01T04:00:07Z","deviceInfo":{"devEui":"0102030405060708"},"devAddr":"00189440",'
    b'"fCnt":41,"object":{"temp_SOIL":23.44,"water_SOIL":"45.6 %"}}'
)
_PART = wire.encode_part(AudioPart("b1", 1, "ab" * 32, 0, 2, bytes(range(256))))


def fuzz(payloads: int, seed: int) -> Counter[str]:
    """What became of ``payloads`` payloads."""
    chance = random.Random(seed)
    places = Territory.model_validate(territory(4))
    good = [record(number, 4) for number in range(8)]
    sources = [(one.topic, one.payload) for one in good]
    sources += [(topics.audio("s1", "d1", "ab" * 32), _PART)] * 3
    sources += [("application/a/device/b/event/up", _UPLINK), ("v3/a/devices/b/up", _UPLINK)] * 2
    found: Counter[str] = Counter()
    for _ in range(payloads):
        topic, payload = chance.choice(sources)
        changed = _changed(payload, chance)
        began = time.perf_counter()
        try:
            entry = take(Delivery(topic, changed, False, 1, 1), 1, places)
        except Exception as error:  # noqa: BLE001 - what must never come is what is counted
            found[f"undeclared: {type(error).__name__}"] += 1
            continue
        found["kept as unreadable" if entry.reason else "readable all the same"] += 1
        found["slow"] += time.perf_counter() - began > 1.0
    return found


def _changed(payload: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(200))
    changed = bytearray(payload)
    if kind == 1:
        return bytes(changed[: chance.randrange(len(changed))])
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    if kind == 3:
        at = chance.randrange(len(changed))
        changed[at:at] = chance.choice([b"[" * 40, b'"' * 3, b"1e999", b"NaN", b"\xff\xfe", b"null", b"{}"])
    return bytes(changed)
