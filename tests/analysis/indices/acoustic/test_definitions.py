"""A definition is part of the value: ids are well formed, unique, stable, and explained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.maad.definitions import family
from analysis.sound.explain import all_definitions, as_record, as_text, explanations, words_of
from analysis.sound.measure.maad import CORE, MAAD, MAAD_ROI
from contract.errors import UnknownName
from contract.quantities import is_definition_id

ROOT = Path(__file__).resolve().parents[3]


def test_ids_are_well_formed_and_unique() -> None:
    ids = [one.id for one in all_definitions()]
    assert all(is_definition_id(name) for name in ids)
    assert len(set(ids)) == len(ids) == 8 + 59 + 2 + 7 + 5 + 1


def test_the_peer_s_sets_are_complete() -> None:
    # 16 temporal and 44 spectral scalars of the peer, and H, the product of two of them
    assert len(MAAD) + len(MAAD_ROI) == 16 + 44 + 1
    assert set(MAAD) > CORE


@pytest.mark.parametrize(
    "identity",
    # written down when first published: a change here makes stored series unjoinable on purpose
    [
        "ACI@ecoviv-1#24192107",
        "AEI@ecoviv-1#edccdbda",
        "ACI@maad-1.5.2#76b373cb",
        "ACI@seewave-2.2.4#6790880a",
        "M@seewave-2.2.4#e55d7e7c",
        "TFSD@seewave-2.2.4#31facb15",
    ],
)
def test_published_ids_stay(identity: str) -> None:
    assert explanations(identity)[0].id == identity


def test_every_id_of_the_peer_s_family_and_its_unit_stay() -> None:
    # written down when first published, as above
    published = (ROOT / "golden" / "definitions" / "maad-1.5.2.txt").read_text(encoding="utf-8").splitlines()
    assert [f"{one.id} {one.unit}" for one in (MAAD | MAAD_ROI).values()] == published


def test_a_family_shares_parameters_and_says_what_computes_each() -> None:
    made = family(
        {
            "profile": "x-1",
            "shared": {
                "wave": {"parameters": {"samples": 8}},
                "frames": {"uses": ["wave"], "parameters": {"hop": 4}},
            },
            "index": {
                "A": {"from": "core", "uses": ["frames"], "parameters": {"band_hz": [0, 1], "hop": 2}},
                "B": {"from": "samples", "uses": ["wave"], "unit": "dB"},
            },
        }
    )
    assert made.definitions["A"] == Definition("A", "x-1", {"samples": 8, "hop": 2, "band_hz": (0, 1)})
    assert made.definitions["B"].unit == "dB"
    assert list(made.computed_from("samples")) == ["B"]
    with pytest.raises(KeyError, match="nowhere"):
        family({"profile": "x", "shared": {}, "index": {"A": {"from": "core", "uses": ["nowhere"]}}})


def test_any_parameter_changes_the_hash_and_words_do_not() -> None:
    one = Definition("ACI", "x-1", {"frame_samples": 512, "band_hz": (0, 1)})
    assert one.hash == Definition("ACI", "x-1", {"band_hz": (0, 1), "frame_samples": 512}, "dB").hash
    assert one.hash != replace(one, parameters={"frame_samples": 512, "band_hz": (0, 2)}).hash
    assert one.hash != replace(one, name="ADI").hash


@pytest.mark.parametrize("definition", all_definitions(), ids=lambda one: one.id)
def test_every_definition_is_explained(definition: Definition) -> None:
    words = words_of(definition)
    for tongue in ("en", "fr"):
        assert words.sentence.in_(tongue).endswith(".")
        assert words.not_meaning.in_(tongue).endswith(".")
        assert words.sentence.in_(tongue) in as_text(definition, tongue)
    assert words.formula
    assert re.search(r"\d{4}.*doi:10\.", words.citation)
    assert set(as_record(definition)["parameters"]) == set(definition.parameters)
    assert all(name in as_text(definition) for name in definition.parameters)


def test_an_index_is_found_by_name_by_profile_and_by_id() -> None:
    assert len(explanations("ACI")) == 4
    assert len(explanations("aci")) == 4
    assert [one.profile for one in explanations("BI@ecoviv-1")] == ["ecoviv-1"]
    with pytest.raises(UnknownName, match="no-such"):
        explanations("no-such")
