"""The catalogue: complete, bilingual, documented."""

from __future__ import annotations

import pickle
import re
from functools import partial
from pathlib import Path

import pytest

from analysis.indicators.catalogue import CATALOGUE, INDICATORS, MODELS, PRIMARY, by_id, entry, named
from analysis.plan.source import SOURCES
from analysis.report.catalogue import page
from contract.errors import UnknownName

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_indicators_is_the_catalogue() -> None:
    assert (ROOT / "docs" / "ecologist" / "indicators.md").read_text(encoding="utf-8") == page(), (
        "write it again: python -m analysis.report.catalogue > docs/ecologist/indicators.md"
    )


def test_each_class_can_judge() -> None:
    assert {INDICATORS[name].group for name in PRIMARY} == {"acoustic", "community", "soil", "weather"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_detectors_heard_is_one_source_and_an_index_of_the_same_sound_is_another(name: str) -> None:
    one = entry(name)
    assert one.source in SOURCES
    if one.group in ("soil", "weather"):
        assert one.source == one.group
    else:
        assert one.source == ("detections" if "detections" in one.inputs else "soundscape")


def test_no_acoustic_index_can_judge() -> None:
    assert all("detections" in INDICATORS[n].inputs for n in PRIMARY if INDICATORS[n].group == "acoustic")


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_says_what_it_is_and_is_not_in_both_languages(name: str) -> None:
    one = entry(name)
    assert one.id == name
    for words in (one.title, one.meaning, one.not_meaning, one.least):
        assert words.en.strip()
        assert words.fr.strip()
        assert words.en != words.fr
    assert re.search(r"doi:10\.\d{4,}/|FAO-56|WMO-(TD )?No\.", one.citation)
    assert "biodiversity" not in (one.title.en + one.meaning.en).lower()


def job_of(name: str) -> str:
    """The name of the function that computes an indicator."""
    job = MODELS[name].job if name in MODELS else INDICATORS[name].job
    function = job.func if isinstance(job, partial) else job
    return str(function.__name__)


def alike(one: str, other: str) -> bool:
    """The same word, or another form of it: ``replacement`` and ``replaced``."""
    return one == other or (min(len(one), len(other)) >= 5 and one[:5] == other[:5])


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_indicator_s_function_is_called_by_its_id(name: str) -> None:
    assert set(job_of(name).split("_")) <= set(name.split("-"))


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_indicator_s_title_shares_a_word_with_its_id(name: str) -> None:
    title = re.findall(r"[a-z]+", entry(name).title.en.lower())
    idle = {"by", "to", "the", "of", "q", "and", "a"}
    assert any(alike(one, other) for one in set(name.split("-")) - idle for other in title)


def test_ids_that_plans_may_name_never_change() -> None:
    # the primary ids of the first published catalogue
    assert set(PRIMARY) == {
        "species-detection-rate", "hill-q0", "hill-q1", "hill-q2", "likeness-to-reference", "vocal-activity",
        "soil-moisture", "soil-thermal-damping", "microclimate-buffering", "microclimate-offset",
    }  # fmt: skip
    # rates over shared hours of the sun's day (ADR 0078)
    changed = {"species-detection-rate", "vocal-activity", "bat-passes"}
    assert {name for name, one in CATALOGUE.items() if one.version == 2} == changed
    assert {one.version for one in CATALOGUE.values()} == {1, 2}


def test_an_id_is_given_once() -> None:
    one = named("rain")
    with pytest.raises(ValueError, match="rain twice"):
        by_id([one, named("heat-days")], [one])


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_record_can_be_sent_to_another_process(name: str) -> None:
    assert pickle.loads(pickle.dumps(entry(name))).definition == entry(name).definition


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
