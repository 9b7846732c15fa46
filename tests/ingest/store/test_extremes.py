"""What the wire admits at its edges fits the store; what lies beyond is unreadable, and kept."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from contract.errors import UnreadableMessage
from contract.instant import from_datetime
from contract.reading import EARLIEST, LATEST, MAX_UPTIME_MS, Detection, Excerpt, Model, Reading
from contract.wire import decode, encode
from ingest.rules.check import examine
from ingest.store import open_store
from ingest.store.testing.acts import put
from ingest.store.testing.messages import arrival, detections, readings, record, territory

LAST = LATEST - timedelta(microseconds=1)


def test_the_furthest_times_that_the_wire_admits_are_stored(tmp_path: Path) -> None:
    far = Reading(quantity="air_temperature", value=1.0, time=LAST)
    anchor = readings(1, time=LAST, uptime_ms=0, clock="gps")
    moved = readings(2, time=EARLIEST, uptime_ms=MAX_UPTIME_MS, readings=(far,))
    year = 366 * 86_400.0
    heard = detections(3).model_copy(
        update={
            "excerpt": Excerpt(start=LAST, duration_s=year, valid_s=year),
            "model": Model(id="m", version="1", threshold=0.0),
            "detections": (Detection(taxon="wren", score=1.0, offset_s=year, duration_s=year),),
        }
    )
    store = open_store(f"sqlite:{tmp_path / 'store.db'}")
    try:
        received = from_datetime(LAST)
        put(store, [arrival(n, m, received) for n, m in enumerate((anchor, moved, decode(encode(heard))), 1)])
        assert store.counts().messages == 3
    finally:
        store.close()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time", "9999-12-31T23:59:59Z"),
        ("time", "0001-01-01T00:00:00Z"),
        ("time", "2262-04-11T23:47:17Z"),
        ("uptime_ms", 2**53 - 1),
        ("seq", 2**63),
    ],
)
def test_a_number_that_no_store_can_hold_is_unreadable_with_a_reason(key: str, value: object) -> None:
    sent = record(1, readings(1))
    payload = json.dumps({**json.loads(sent.payload), key: value}).encode()
    with pytest.raises(UnreadableMessage, match=key):
        decode(payload)
    seen = examine(type(sent)(1, sent.received, sent.topic, "", payload), territory())
    assert seen.message is None
    assert key in seen.reason
