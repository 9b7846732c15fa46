"""Topics are written and parsed in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics


@pytest.mark.parametrize(
    ("topic", "place"),
    [
        (topics.sensor("s1", "d1", "health"), topics.SensorTopic("s1", "d1", "health")),
        (topics.sensor_receipt("s1", "d1"), topics.SensorTopic("s1", "d1", "receipt")),
        (topics.audio("s1", "d1", "ab"), topics.SensorTopic("s1", "d1", "audio", "ab")),
        (topics.up("gw", "health"), topics.UpTopic("gw", "health")),
        (topics.receipt("gw", "health"), topics.ReceiptTopic("gw", "health")),
        (topics.claim("d1"), topics.ClaimTopic("d1")),
    ],
)
def test_what_is_written_is_parsed(topic: str, place: topics.Topic) -> None:
    assert topics.parse(topic) == place


@pytest.mark.parametrize(
    "topic",
    [
        "ecoviv/up/2/gw/health",
        "ecoviv/1/s1/d1/readings/more",
        "ecoviv/1/s1/d1/audio/ab/cd",
        "application/7/device/70b3d5/event/up",
        topics.LOCAL_CLIP,
        topics.status("gw"),
        topics.claim_answer("d1"),
        "",
    ],
)
def test_what_names_nobody_is_another_topic_and_no_error(topic: str) -> None:
    assert topics.parse(topic) == topics.OtherTopic()


@given(st.text(max_size=80), st.text(alphabet="/ecoviv1upreceiptclaim+#", max_size=80))
def test_every_text_is_a_topic_of_some_kind(one: str, other: str) -> None:
    for text in (one, other, f"ecoviv/1/{one}", f"ecoviv/{other}"):
        assert isinstance(topics.parse(text), topics.Topic)


def test_a_topic_beyond_all_measure_is_cut_so_that_it_fills_no_memory() -> None:
    # a broker takes topics of 65,535 bytes, and thousands of them are remembered
    longest = "ecoviv/1/s1/d1/audio/" + "a" * 60_000
    place = topics.parse(longest)
    assert isinstance(place, topics.SensorTopic)
    assert (place.kind, len(place.sha256)) == ("audio", topics.MAX_TOPIC - len("ecoviv/1/s1/d1/audio/"))


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
        assert not isinstance(topics.parse(name.replace("+", "x")), topics.SensorTopic)
