"""Topics are written and parsed in one place."""

from __future__ import annotations

import pytest

from contract import topics


def test_what_is_written_is_parsed() -> None:
    assert topics.parse_sensor(topics.sensor("s1", "d1", "health")) == topics.SensorTopic(
        "s1", "d1", "health"
    )
    assert topics.parse_sensor(topics.audio("s1", "d1", "ab")) == topics.SensorTopic("s1", "d1", "audio")
    assert topics.parse_up(topics.up("gw", "health")) == ("gw", "health")
    assert topics.parse_receipt(topics.receipt("gw", "health")) == ("gw", "health")
    assert topics.parse_sensor(topics.up("gw", "health")) is None
    assert topics.parse_up("ecoviv/up/2/gw/health") is None


@pytest.mark.parametrize(
    ("filter_", "topic", "matched"),
    [
        (topics.SENSOR_FILTER, "ecoviv/1/s/d/readings", True),
        (topics.SENSOR_FILTER, "ecoviv/1/s/d/audio/ab", False),
        (topics.AUDIO_FILTER, "ecoviv/1/s/d/audio/ab", True),
        (topics.shared("ingest", topics.UP_FILTER), "ecoviv/up/1/g/health", True),
        ("a/#", "a/b/c", True),
        ("a/+", "a", False),
    ],
)
def test_filters_match_as_a_broker_would(filter_: str, topic: str, matched: bool) -> None:
    assert topics.matches(filter_, topic) is matched


def test_no_sensor_topic_can_be_a_service_topic() -> None:
    services = (topics.UP_FILTER, topics.LOCAL_CLIP, topics.receipt_filter("g"), topics.STATUS_FILTER)
    for name in services:
        assert topics.parse_sensor(name.replace("+", "x")) is None
