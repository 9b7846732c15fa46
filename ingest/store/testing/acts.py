"""What tests do with a store: put things in, take everything out, make things difficult."""

from __future__ import annotations

import random
from collections.abc import Sequence

from contract.instant import MINUTE, to_datetime
from ingest.store.protocol import Store
from ingest.store.testing.messages import (
    ACI,
    NOON,
    arrival,
    clip,
    detections,
    features,
    header,
    health,
    readings,
    unreadable,
)
from ingest.values import Arrival, Progress, Series

TEMPERATURE = Series("s1", "d1", "air_temperature", "")


def put(store: Store, arrivals: Sequence[Arrival], stream: str = "readings") -> Progress:
    """One batch of one gateway."""
    highest = max((a.record.number for a in arrivals), default=0)
    return store.commit("gw", stream, header(highest, len(arrivals)), arrivals)


def snapshot(store: Store) -> object:
    """All that can be read; equal for stores that hold the same."""
    return (
        [(series, store.points(series), store.hours(series)) for series in store.series()],
        list(store.detections()),
        list(store.efforts()),
        [(kind, list(store.messages(kind))) for kind in ("readings", "features", "health", "clip")],
        sorted(kept.payload for kept in store.unreadable()),
        store.counts(),
        list(store.boots()),
    )


def difficult_arrivals(chance: random.Random) -> list[Arrival]:
    """Repeats, conflicts, clashes, doubted and missing clocks, two boots, all kinds."""
    out: list[Arrival] = []
    for number in range(1, 60):
        seq = chance.randint(1, 20)
        minute = chance.choice((seq, seq, seq, chance.randint(1, 20)))
        time = chance.choice((NOON + minute * MINUTE,) * 4 + (None, minute * MINUTE, NOON + 40 * 60 * MINUTE))
        message = readings(
            seq,
            float(chance.randint(10, 12)),
            boot=chance.choice(("b1", "b3")),
            time=None if time is None else to_datetime(time),
            uptime_ms=chance.choice((None, seq * 60_000, seq * 60_000 + 7)),
            clock=chance.choice(("gps", "ntp", "none")),
        )
        out.append(arrival(number, message, received=NOON + 60 * MINUTE))
    out += [
        arrival(60 + n, detections(n % 4 + 1, ("Parus major", chance.choice((0.5, 0.6)), 3.0)))
        for n in range(8)
    ]
    out += [arrival(70 + n, features(n % 4 + 10, {ACI: chance.choice((1.0, 2.0))})) for n in range(8)]
    out += [unreadable(80, b"x"), unreadable(81, b"x"), arrival(82, health(30)), arrival(83, clip(40))]
    return out + chance.sample(out, 30)
