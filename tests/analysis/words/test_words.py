"""What people read: every key in both languages, every key used, every figure in both."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

from analysis.indicators.catalogue import CATALOGUE
from analysis.sound.explain import all_definitions
from analysis.verdict.result import IndicatorClass, TerritoryClass
from analysis.words import Words, keys, notation, words
from analysis.words.absence import absent
from analysis.words.advice import change, explained, table_of_codes
from analysis.words.codes import CODE_OF_ABSENCE, CODES, Reach, stops
from contract.errors import UnknownName
from contract.places import LandUse

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "analysis" / "words"
PLAIN = (ROOT / "analysis").rglob("*.py")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in PLAIN)
PAGE = (ROOT / "analysis" / "report" / "page.html.jinja").read_text(encoding="utf-8")


def leaves(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def read(name: str) -> dict[tuple[str, ...], Any]:
    return dict(leaves(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))))


ENGLISH, FRENCH = read("en"), read("fr")


def figures(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(ENGLISH) == list(FRENCH)


@pytest.mark.parametrize("language", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_nothing_is_empty_and_nothing_but_a_sentence(language: dict[tuple[str, ...], Any]) -> None:
    assert [key for key, text in language.items() if not isinstance(text, str) or not text.strip()] == []
    assert [key for key, text in language.items() if text != text.strip() or "  " in text] == []


def test_both_languages_fill_in_the_same_figures() -> None:
    assert {key for key in ENGLISH if figures(ENGLISH[key]) != figures(FRENCH[key])} == set()


@pytest.mark.parametrize("section", ["indicators", "indices"])
def test_no_meaning_is_left_in_english(section: str) -> None:
    alike = {key for key in ENGLISH if key[0] == section and ENGLISH[key] == FRENCH[key]}
    assert alike == set()


def test_indicators_have_words_and_no_others_have() -> None:
    assert set(keys("indicators")) == set(CATALOGUE)


def test_acoustic_indices_have_words_and_notation_and_no_others_have() -> None:
    defined = {("indices", one.profile, one.name) for one in all_definitions()}
    assert {key[:3] for key in ENGLISH if key[0] == "indices"} == defined
    assert {key[:3] for key in read("notation")} == defined


def test_codes_and_absences_have_sentences_and_no_others_have() -> None:
    assert set(keys("codes")) == set(CODES)
    assert set(keys("next")) == set(CODES)
    assert set(keys("numbers")) <= set(CODES)
    assert set(keys("absences")) == set(CODE_OF_ABSENCE)


def test_every_absence_is_one_that_some_job_gives() -> None:
    given = set(re.findall(r'absent\(\s*"(\w+)"', SOURCE)) | set(re.findall(r'lack="(\w+)"', SOURCE))
    given |= {kind for pair in re.findall(r'absent\(\s*"(\w+)" if .+? else "(\w+)"', SOURCE) for kind in pair}
    assert given == set(CODE_OF_ABSENCE)


def test_each_kind_of_absence_has_one_code() -> None:
    kinds = [kind for one in CODES.values() for kind in one.absences]
    assert len(kinds) == len(set(kinds))


def test_a_code_of_absences_alone_stops_nothing() -> None:
    alone = tuple(code for code, one in CODES.items() if one.reach == "value")
    assert alone
    assert not stops(alone, "note")


def test_the_verdict_s_classes_have_words_and_no_others_have() -> None:
    assert set(keys("classes")) == {*get_args(IndicatorClass), *get_args(TerritoryClass)}
    assert set(get_args(TerritoryClass)) < set(keys("answers"))


@pytest.mark.parametrize("section", ["page", "explain", "answers", "taxa", "groups", "trends"])
def test_every_word_is_said_somewhere(section: str) -> None:
    silent = [
        key
        for key in keys(section)
        if not re.search(rf"[\"']{key}[\"']", SOURCE) and not re.search(rf"e\.say\.{key}\b|\"{key}\"", PAGE)
    ]
    assert silent == []


def test_land_uses_are_those_of_a_territory() -> None:
    assert set(keys("land_uses")) == set(get_args(LandUse))


def test_every_section_is_asked_for() -> None:
    sections = {key[0] for key in ENGLISH}
    assert {
        name for name in sections if not re.search(rf'(words|keys|translated)\("{name}"|\("{name}",', SOURCE)
    } == set()


def test_a_missing_key_is_named_with_its_file() -> None:
    with pytest.raises(UnknownName, match=r"page\.no-such is not in analysis/words/en\.toml"):
        words("page", "no-such")
    with pytest.raises(UnknownName, match=r"indices is not in"):
        words("indices")
    with pytest.raises(UnknownName, match=r"page\.title"):
        keys("page", "title")
    with pytest.raises(UnknownName, match=r"indices\.x is not in analysis/words/notation\.toml"):
        notation("indices", "x")


def test_figures_are_filled_in_and_braces_without_figures_stay() -> None:
    # read in the files by eye
    assert words("absences", "few_sites", n=4, least=5) == Words(
        "4 sites with the species, 5 needed", "4 sites avec l'espèce, 5 requis"
    )
    assert words("answers", "inconclusive_because", codes="A, B").fr.endswith("A, B.")


def test_an_absence_has_its_code_and_its_sentence_in_both_languages() -> None:
    one = absent("few_years", n=3, least=20)
    assert one.code == "SHORT_BASELINE"
    assert one.reason == one.in_("en") == "3 complete years of rain, 20 needed for a drought index"
    assert one.in_("fr").startswith("3 années complètes de pluie")
    with pytest.raises(KeyError, match="no-such"):
        absent("no-such")


def test_a_code_is_explained_with_its_number_and_its_next_step() -> None:
    figures = {"FEW_SITES": {"sites": 21, "change": change(math.log(1.3))}}
    said = explained("FEW_SITES", figures)
    assert "21 sites an arm would show +30 %. Add sites" in said.en  # exp(log 1.3) - 1 = 30 %
    assert "21 sites par modalité montreraient +30 %. Ajoutez des sites" in said.fr
    assert explained("FEW_SITES").en.endswith(words("next", "FEW_SITES").en)


@pytest.mark.parametrize("language", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_next_steps_are_whole_sentences_and_nobody_else_s(language: dict[tuple[str, ...], Any]) -> None:
    steps = [text for key, text in language.items() if key[0] == "next"]
    assert [text for text in steps if not text.endswith(".") or figures(text)] == []
    assert len(set(steps)) >= len(steps) - 1  # positions are asked for by two codes


def test_the_page_s_table_of_codes_is_made_of_the_words() -> None:
    page = (ROOT / "docs" / "ecologist" / "verdict.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- codes: made by `analysis.words.advice.table_of_codes` -->\n\n")[2]
    assert shown.startswith(table_of_codes()), "put what table_of_codes() gives below that line"


def test_every_reach_of_a_code_has_words() -> None:
    assert set(keys("reaches")) == set(get_args(Reach))


def test_every_code_is_said_by_some_file() -> None:
    """A code that nothing raises is a promise on paper."""
    speaking = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "analysis").rglob("*.py"))
        if path.name != "codes.py"
    )
    assert [code for code, one in CODES.items() if f'"{code}"' not in speaking and not one.absences] == []
