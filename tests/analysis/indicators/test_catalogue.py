"""The catalogue: complete, bilingual, documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.indicators.catalogue import CATALOGUE, INDICATORS, PRIMARY, entry, named
from analysis.report.catalogue import page
from contract.errors import UnknownName

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_indicators_is_the_catalogue() -> None:
    assert (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8") == page(), (
        "write it again: python -m analysis.report.catalogue > docs/indicators.md"
    )


def test_each_class_can_judge() -> None:
    assert {INDICATORS[name].group for name in PRIMARY} == {"acoustic", "community", "soil", "weather"}


def test_no_acoustic_index_can_judge() -> None:
    assert all("detections" in INDICATORS[n].inputs for n in PRIMARY if INDICATORS[n].group == "acoustic")


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_says_what_it_is_and_is_not_in_both_languages(name: str) -> None:
    one = entry(name)
    assert one.id == name
    for words in (one.title, one.meaning, one.not_meaning):
        assert words.en.strip()
        assert words.fr.strip()
        assert words.en != words.fr
    assert re.search(r"doi:10\.\d{4,}/|FAO-56|WMO-(TD )?No\.", one.citation)
    assert "biodiversity" not in (one.title.en + one.meaning.en).lower()


@pytest.mark.parametrize(
    ("name", "on_scale", "shown"),
    [("species-detection-rate", 0.0, 0.5), ("hill-q0", 0.0, 1.0), ("rain", 2.5, 2.5)],
)
def test_values_are_shown_in_their_unit(name: str, on_scale: float, shown: float) -> None:
    assert named(name).shown(on_scale) == shown


def test_an_unknown_indicator_says_which_there_are() -> None:
    with pytest.raises(UnknownName) as raised:
        named("health")
    assert "soil-moisture" in raised.value.help
