"""Foreign input, as golden folders: topic, uplink, and what must come of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import wire
from contract.errors import UnreadableMessage
from contract.places import Territory
from contract.reading import Detections, Health, Readings
from contract.wire import WireMessage
from gateway.formats import FORMATS
from gateway.formats.birdnet_go import topics_of
from gateway.formats.format import Format, NoMeasurement, Translation
from gateway.service import filters
from tests.gateway.ends import NOON, Bench

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formats"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/uplink.*") if path.parent.parent.name in FORMATS)
TOPICS = {case.parent.name: (case / "topic.txt").read_text().strip() for case in CASES} | {
    "native": "ecoviv/1/s1/soil-1/readings"
}


def test_there_are_cases_of_every_foreign_format() -> None:
    assert {case.parent.name for case in CASES} == FORMATS.keys() - {"native"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_golden_uplink_becomes_what_is_expected(case: Path, territory: Territory) -> None:
    form = FORMATS[case.parent.name]
    topic, payload = (case / "topic.txt").read_text().strip(), next(case.glob("uplink.*")).read_bytes()
    if (case / "expected.err").exists():
        assert why_not(form, topic, payload, territory).startswith(
            (case / "expected.err").read_text().strip()
        )
        return
    expected = json.loads((case / "expected.json").read_text())
    translation = form.read(topic, payload, territory, NOON)
    assert isinstance(translation, Translation)
    assert (translation.topic, translation.unread) == (expected["topic"], "")
    assert isinstance(translation.message, WireMessage)
    assert wire.decode(translation.payload) == translation.message
    if "seq" not in expected["message"]:  # a hash
        expected["message"]["seq"] = translation.message.seq
    wanted = wire.decode(json.dumps(expected["message"]).encode())
    if not isinstance(wanted, Readings):
        assert translation.message == wanted
        return
    assert isinstance(translation.message, Readings)
    assert translation.message.model_copy(update={"readings": ()}) == wanted.model_copy(
        update={"readings": ()}
    )
    found = {(one.quantity, one.qualifier): one.value for one in translation.message.readings}
    assert len(found) == len(translation.message.readings)
    assert found == pytest.approx({(one.quantity, one.qualifier): one.value for one in wanted.readings})


def why_not(form: Format, topic: str, payload: bytes, territory: Territory) -> str:
    """Why nothing was read of the measurements of a message."""
    try:
        found = form.read(topic, payload, territory, NOON)
    except UnreadableMessage as error:
        return error.message
    if isinstance(found, Translation):
        return found.unread
    return "; ".join(f"{one.field}: {one.reason}" for one in found.not_understood) or "no measurement"


@given(payload=st.binary(max_size=200), name=st.sampled_from(sorted(FORMATS)))
def test_no_bytes_raise_anything_undeclared(territory: Territory, payload: bytes, name: str) -> None:
    try:
        found = FORMATS[name].read(TOPICS[name], payload, territory, NOON)
    except UnreadableMessage:
        return
    assert isinstance(found, Translation | NoMeasurement)


NOTE = GOLDEN / "birdnet-go" / "begin-and-end-with-offset" / "uplink.json"


def test_a_detection_without_an_id_is_known_by_its_content_and_time(territory: Territory) -> None:
    """Builds before 2026 say ID 0 in all of them."""
    note = json.loads(NOTE.read_text()) | {"detectionId": 0, "ID": 0}
    later = note | {"BeginTime": "2026-05-14T05:13:25+02:00"}
    read = FORMATS["birdnet-go"].read
    found = [read("birdnet", json.dumps(said).encode(), territory) for said in (note, note, later)]
    one, again, other = (each.message for each in found if isinstance(each, Translation))
    assert isinstance(one, Detections)
    assert isinstance(other, Detections)
    assert one == again
    assert one.boot == other.boot
    assert one.seq != other.seq


def test_the_topic_of_a_station_is_anything(bench: Bench) -> None:
    """``mic_north`` stands in the territory: the source's name, or the topic that the user chose."""
    note = json.loads(NOTE.read_text())
    bench.sensor.publish("mic_north", json.dumps(note | {"sourceName": "", "sourceId": ""}).encode())
    bench.turn()
    batches = [batch for stream, batch in bench.ingest.batches if stream != "raw"]
    (record,) = [record for batch in batches for record in batch.records]
    assert (record.topic, record.reason) == ("ecoviv/1/s1/mic-1/detections", "")
    assert "mic_north" in filters("north", bench.gateway.territory)


@pytest.mark.parametrize("said", [b"online", b"offline", b'"Online"'])
def test_a_station_s_status_is_a_sign_of_life_of_the_time_of_its_receipt(bench: Bench, said: bytes) -> None:
    bench.sensor.publish("mic_north/status", said)
    bench.turn()
    batches = [batch for stream, batch in bench.ingest.batches if stream != "raw"]
    (record,) = [record for batch in batches for record in batch.records]
    message = wire.decode(record.payload)
    assert isinstance(message, Health)
    assert (record.topic, message.text) == ("ecoviv/1/s1/mic-1/health", said.decode().strip('"').lower())
    assert message.instant == record.received // 1_000 * 1_000


def test_the_status_of_nobody_is_kept_as_unreadable(bench: Bench) -> None:
    bench.sensor.publish("birdnet/status", b"online")
    bench.turn()
    batches = [batch for stream, batch in bench.ingest.batches if stream != "raw"]
    (record,) = [record for batch in batches for record in batch.records]
    assert record.reason.startswith("no detection of BirdNET-Go")


def test_addresses_that_are_no_topic_are_not_listened_to(territory: Territory) -> None:
    def with_address(text: str) -> Territory:
        device = territory.device_by_id["mic-1"].model_copy(update={"address": text})
        return territory.model_copy(update={"devices": (device,)})

    for text in (
        "#",
        "a/+/b",
        "$SYS/x",
        "/x",
        "x/",
        "x\ntopic #",
        "ecoviv",
        "ecoviv/up/1/north/readings",
        "",
    ):
        assert topics_of(with_address(text)) == ()
    assert topics_of(with_address("birds/Haie nord")) == ("birds/Haie nord", "birds/Haie nord/status")


def test_a_foreign_uplink_travels_as_one_of_ours(bench: Bench) -> None:
    case = GOLDEN / "chirpstack" / "soil-as-numbers"
    topic = (case / "topic.txt").read_text().strip()
    bench.sensor.publish(topic, (case / "uplink.json").read_bytes())
    bench.turn()
    batches = [batch for stream, batch in bench.ingest.batches if stream != "raw"]
    (record,) = [record for batch in batches for record in batch.records]
    assert (record.topic, record.reason) == ("ecoviv/1/s1/soil-1/readings", "")
    assert bench.heard()["lora-00189440"] == (1, 1)


_NETWORK_SERVER = [one for one in CASES if one.parent.name == "ttn" and (one / "expected.json").exists()]


@pytest.mark.parametrize("digits", ['"1777593600"', "1777593600", '"20260501"', "1777593600000"])
@pytest.mark.parametrize("case", _NETWORK_SERVER, ids=lambda case: case.name)
def test_a_network_server_s_time_of_digits_is_not_guessed(
    case: Path, territory: Territory, digits: str
) -> None:
    """ISO 8601, as the server writes it; a number may be seconds, milliseconds or a date."""
    uplink = (case / "uplink.json").read_text()
    changed = re.sub(r'("received_at"\s*:\s*)"[^"]*"', rf"\g<1>{digits}", uplink)
    assert changed != uplink
    with pytest.raises(UnreadableMessage):
        FORMATS[case.parent.name].read((case / "topic.txt").read_text().strip(), changed.encode(), territory)
