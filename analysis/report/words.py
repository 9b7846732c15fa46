"""The page's words in one language, set as that language wants them."""

from __future__ import annotations

from analysis.verdict.result import Verdict
from analysis.verdict.territory import remarks, sentence
from analysis.words import Tongue, keys, typeset, words
from analysis.words.advice import explained


def phrase(key: str, tongue: Tongue) -> str:
    """One title, column or note of the page."""
    return typeset(words("page", key).in_(tongue), tongue)


def phrases(tongue: Tongue) -> dict[str, str]:
    """Key -> phrase of everything that the page may say."""
    return {key: phrase(key, tongue) for key in keys("page")}


def translated(section: str, name: str, tongue: Tongue) -> str:
    """A word that a plan or a territory may bring along: translated where it is known, else itself."""
    return words(section, name).in_(tongue) if name in keys(section) else name


def answer(verdict: Verdict, tongue: Tongue) -> str:
    """The verdict in one sentence."""
    remarked = remarks(verdict.indicators, verdict.rule)
    said = sentence(verdict.territory, verdict.reversed, verdict.codes, verdict.parallel, remarked)
    return typeset(said.in_(tongue), tongue)


def reason(code: str, tongue: Tongue) -> str:
    """The sentence of a code, and what to do next."""
    return typeset(explained(code).in_(tongue), tongue)
