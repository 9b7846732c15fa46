"""What a code asks of people: what it means here, with its numbers, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.words import Words, keys, words
from analysis.words.codes import CODES

Figures = Mapping[str, Mapping[str, object]]
"""Code -> the numbers of its sentence under ``numbers``."""


def advice(code: str, figures: Figures | None = None) -> Words:
    """The next step, after the code's numbers where they are known."""
    step, known = words("next", code), (figures or {}).get(code)
    if known is None or code not in keys("numbers"):
        return step
    said = words("numbers", code, **known)
    return Words(f"{_opened(said.en)}. {step.en}", f"{_opened(said.fr)}. {step.fr}")


def explained(code: str, figures: Figures | None = None) -> Words:
    """What a code means, its numbers and the next step, in one breath."""
    meaning, step = words("codes", code), advice(code, figures)
    return Words(f"{meaning.en}. {step.en}", f"{meaning.fr}. {step.fr}")


def change(effect: float) -> str:
    """An effect on a log or logit scale as people say it: ``+30 %`` (of odds, on the logit scale)."""
    return f"{math.expm1(effect):+.0%}".replace("%", " %")


def table_of_codes() -> str:
    """Every code, what it stops, what it means and what to do next: the table of the docs, in Markdown."""
    lines = ["| code | stops | what it means | what to do next |", "|---|---|---|---|"]
    for code, one in CODES.items():
        cells = (words("reaches", one.reach), words("codes", code), words("next", code))
        lines.append(f"| {code} | {' | '.join(cell.en for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _opened(text: str) -> str:
    return text[:1].upper() + text[1:]
