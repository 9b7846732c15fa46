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
from contract.reading import Readings
from gateway.formats import FORMATS
from gateway.formats.maps import read_map
from tests.gateway.ends import Bench

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formats"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/uplink.json") if path.parent.parent.name in FORMATS)
TOPICS = {case.parent.name: (case / "topic.txt").read_text().strip() for case in CASES} | {
    "native": "ecoviv/1/s1/soil-1/readings"
}


def test_there_are_cases_of_every_foreign_format() -> None:
    assert {case.parent.name for case in CASES} == FORMATS.keys() - {"native"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_golden_uplink_becomes_what_is_expected(case: Path, territory: Territory) -> None:
    form = FORMATS[case.parent.name]
    topic, payload = (case / "topic.txt").read_text().strip(), (case / "uplink.json").read_bytes()
    if (case / "expected.err").exists():
        with pytest.raises(UnreadableMessage) as caught:
            form.read(topic, payload, territory)
        assert caught.value.message.startswith((case / "expected.err").read_text().strip())
        return
    expected = json.loads((case / "expected.json").read_text())
    translation = form.read(topic, payload, territory)
    assert translation.topic == expected["topic"]
    assert wire.decode(translation.payload) == translation.message
    wanted = wire.decode(json.dumps(expected["message"]).encode())
    if not isinstance(wanted, Readings):
        assert translation.message == wanted
        return
    assert isinstance(translation.message, Readings)
    assert translation.message.model_copy(update={"readings": ()}) == wanted.model_copy(
        update={"readings": ()}
    )
    values = {reading.quantity: reading.value for reading in translation.message.readings}
    assert values == pytest.approx({reading.quantity: reading.value for reading in wanted.readings})


@given(payload=st.binary(max_size=200), name=st.sampled_from(sorted(FORMATS)))
def test_no_bytes_raise_anything_undeclared(territory: Territory, payload: bytes, name: str) -> None:
    with pytest.raises(UnreadableMessage):
        FORMATS[name].read(TOPICS[name], payload, territory)


def test_every_field_names_one_quantity_for_each_kind_of_sensor() -> None:
    rows = [(row.name, row.sensor) for row in read_map("lorawan")]
    assert len(rows) == len(set(rows))


def test_a_foreign_uplink_travels_as_one_of_ours(bench: Bench) -> None:
    case = GOLDEN / "chirpstack" / "soil-as-numbers"
    topic = (case / "topic.txt").read_text().strip()
    bench.sensor.publish(topic, (case / "uplink.json").read_bytes())
    bench.turn()
    (record,) = [record for _, batch in bench.ingest.batches for record in batch.records]
    assert (record.topic, record.reason) == ("ecoviv/1/s1/soil-1/readings", "")
    assert bench.heard()["lora-00189440"] == (1, 1)


@pytest.mark.parametrize("digits", ['"1777593600"', "1777593600", '"20260501"', "1777593600000"])
@pytest.mark.parametrize(
    "case", [one for one in CASES if (one / "expected.json").exists()], ids=lambda case: case.name
)
def test_a_network_servers_time_of_digits_is_not_guessed(
    case: Path, territory: Territory, digits: str
) -> None:
    """ISO 8601, as the servers write it; a number may be seconds, milliseconds or a date."""
    uplink = (case / "uplink.json").read_text()
    changed = re.sub(r'("(?:time|received_at|Time)"\s*:\s*)"[^"]*"', rf"\g<1>{digits}", uplink)
    assert changed != uplink
    with pytest.raises(UnreadableMessage):
        FORMATS[case.parent.name].read((case / "topic.txt").read_text().strip(), changed.encode(), territory)
