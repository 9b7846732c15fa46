"""A definition is part of the value: ids are well formed, unique, stable, and explained."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.maad.definitions import CORE, MAAD, MAAD_ROI
from analysis.sound.explain import all_definitions, as_record, as_text, explanations, words_of
from contract.errors import UnknownName
from contract.quantities import is_definition_id


def test_ids_are_well_formed_and_unique() -> None:
    ids = [one.id for one in all_definitions()]
    assert all(is_definition_id(name) for name in ids)
    assert len(set(ids)) == len(ids) == 8 + 59 + 2 + 7 + 5


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


def test_any_parameter_changes_the_hash_and_words_do_not() -> None:
    one = Definition("ACI", "x-1", {"frame_samples": 512, "band_hz": (0, 1)})
    assert one.hash == Definition("ACI", "x-1", {"band_hz": (0, 1), "frame_samples": 512}, "dB").hash
    assert one.hash != replace(one, parameters={"frame_samples": 512, "band_hz": (0, 2)}).hash
    assert one.hash != replace(one, name="ADI").hash


@pytest.mark.parametrize("definition", all_definitions(), ids=lambda one: one.id)
def test_every_definition_is_explained(definition: Definition) -> None:
    words = words_of(definition)
    assert words.sentence.endswith(".")
    assert words.formula
    assert words.not_meaning
    assert re.search(r"\d{4}.*doi:10\.", words.citation)
    assert set(as_record(definition)["parameters"]) == set(definition.parameters)
    assert all(name in as_text(definition) for name in definition.parameters)


def test_an_index_is_found_by_name_by_profile_and_by_id() -> None:
    assert len(explanations("ACI")) == 4
    assert len(explanations("aci")) == 4
    assert [one.profile for one in explanations("BI@ecoviv-1")] == ["ecoviv-1"]
    with pytest.raises(UnknownName, match="no-such"):
        explanations("no-such")
