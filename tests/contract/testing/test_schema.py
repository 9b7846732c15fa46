"""The published schema is the reader's: what it lets pass is read, and every field is described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import wire
from contract.batch import DeviceReceipt
from contract.quantities import QUANTITIES, UNITS
from contract.testing.schema import json_schema
from tests import strategies

SCHEMA = json_schema()
READING = '{"v":1,"kind":"readings","site":"s","device":"d","boot":"b","seq":1,"readings":[%s]}'


def rules(schema: dict[str, Any]) -> Any:
    """What an independent validator makes of ``schema``; without one the test is skipped."""
    return pytest.importorskip("jsonschema").Draft202012Validator(schema)


def is_valid(payload: bytes) -> bool:
    return bool(rules(SCHEMA).is_valid(json.loads(payload)))


def test_the_published_schema_is_the_generated_one() -> None:
    published = Path(__file__).parents[3] / "docs" / "firmware" / "wire-v1.schema.json"
    assert json.loads(published.read_text()) == SCHEMA


def test_the_schema_names_every_kind_and_the_receipt() -> None:
    assert set(SCHEMA["discriminator"]["mapping"]) == {"readings", "features", "detections", "clip", "health"}
    assert "DeviceReceipt" in SCHEMA["$defs"]


@pytest.mark.parametrize("name", sorted(SCHEMA["$defs"]))
def test_every_field_says_what_it_is(name: str) -> None:
    fields: dict[str, Any] = SCHEMA["$defs"][name]["properties"]
    assert [field for field, one in fields.items() if not one["description"].strip()] == []


@given(strategies.messages)
@settings(max_examples=150, deadline=None)
def test_what_we_write_is_valid_and_unknown_fields_are_too(message: wire.WireMessage) -> None:
    payload = wire.encode(message)
    assert is_valid(payload)
    assert is_valid(payload[:-1] + b',"mood":{"x":[1]}}')


@pytest.mark.parametrize("field", ["v", "kind", "site", "device", "boot", "seq", "readings"])
def test_what_every_message_must_say_is_asked_for(field: str) -> None:
    said = json.loads(READING.replace("%s", '{"quantity":"soil_ph","value":7}'))
    assert rules(SCHEMA).is_valid(said)
    del said[field]
    assert not rules(SCHEMA).is_valid(said)


@given(
    st.sampled_from([*QUANTITIES, "joy"]),
    st.sampled_from([None, "furlong", *sorted(set().union(*UNITS.values()))]),
)
def test_the_schema_takes_the_quantities_and_units_that_the_reader_takes(name: str, unit: str | None) -> None:
    value = json.dumps({"quantity": name, "value": 1, "unit": unit}, ensure_ascii=False)
    payload = READING.replace("%s", value).encode()
    try:
        wire.decode(payload)
    except wire.UnreadableMessage:
        assert not is_valid(payload)
    else:
        assert is_valid(payload)


def test_a_receipt_is_what_its_schema_says() -> None:
    receipt = DeviceReceipt(boot="b", spooled=2, stored=1, refused=("2: why",), also_stored=(1, 1))
    told = rules(SCHEMA["$defs"]["DeviceReceipt"])
    assert told.is_valid(json.loads(receipt.model_dump_json()))
    assert not told.is_valid({"boot": "b", "spooled": 2})
