"""Hypothesis strategies for the things of the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from contract import reading
from contract.batch import Record
from contract.quantities import QUANTITIES

slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
boots = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
sequences = st.integers(1, reading.MAX_SEQUENCE)
numbers = st.floats(allow_nan=False, allow_infinity=False)
positives = st.floats(0, 1e9)
durations = st.floats(0, 366 * 86_400)
shas = st.binary(min_size=32, max_size=32).map(bytes.hex)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=zones | st.just(UTC))
definition_ids = st.from_regex(r"[A-Z][A-Za-z]{1,8}@[a-z]{2,9}-[0-9]{1,2}#[0-9a-f]{8}", fullmatch=True)
texts = st.text(max_size=80)
labels = st.text(min_size=1, max_size=60)

_envelope = {
    "site": slugs,
    "device": slugs,
    "boot": boots,
    "seq": sequences,
    "time": st.none() | times,
    "clock": st.sampled_from(["gps", "ntp", "rtc", "none"]),
    "uptime_ms": st.none() | st.integers(0, reading.MAX_UPTIME_MS),
    "firmware": st.text(max_size=40),
    "floor": st.none() | st.integers(1, reading.MAX_SEQUENCE),
}
_values = st.builds(
    reading.Reading,
    quantity=st.sampled_from(sorted(QUANTITIES)),
    value=numbers,
    time=st.none() | times,
    depth_m=st.none() | st.floats(-5, 5),
    period_s=st.sampled_from([0.0, 60.0, 3600.0]),
    method=st.sampled_from(["point", "mean", "sum", "min", "max"]),
)
excerpts = st.builds(
    reading.Excerpt,
    start=times,
    duration_s=durations,
    valid_s=durations,
    channel=st.integers(0, 63),
    clip=st.none() | shas,
    sample_rate_hz=st.none() | st.integers(1, 400_000),
)
_detections = st.builds(
    reading.Detection, taxon=labels, score=st.floats(0, 1), offset_s=durations, duration_s=durations
)
readings = st.builds(
    reading.Readings, **_envelope, readings=st.lists(_values, min_size=1, max_size=5).map(tuple)
)
messages = st.one_of(
    readings,
    st.builds(
        reading.Features,
        **_envelope,
        excerpt=excerpts,
        values=st.dictionaries(definition_ids, numbers, max_size=4),
        absent=st.dictionaries(definition_ids, texts, max_size=4),
    ),
    st.builds(
        reading.Detections,
        **_envelope,
        excerpt=excerpts,
        model=st.builds(reading.Model, id=labels, version=labels, threshold=numbers),
        detections=st.lists(_detections, max_size=3).map(tuple),
    ),
    st.builds(reading.Health, **_envelope, battery_voltage=st.none() | positives, text=texts),
)
parts = st.builds(
    reading.AudioPart,
    boot=boots,
    seq=sequences,
    sha256=shas,
    index=st.integers(0, 9),
    count=st.integers(10, 32_768),
    content=st.binary(min_size=1, max_size=500),
)
records = st.builds(
    Record,
    number=st.integers(1, 2**62),
    received=st.integers(0, 2**62),
    topic=texts,
    reason=texts,
    payload=st.binary(max_size=300),
)
