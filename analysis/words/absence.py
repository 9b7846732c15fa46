"""Why a site and season has no value.

Absence is a result: it has a code (``analysis.words.codes``), a sentence and the figures that it
rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.words import Words, words
from analysis.words.codes import CODE_OF_ABSENCE


@dataclass(frozen=True, slots=True)
class Absent:
    """No value, and why."""

    code: str
    words: Words
    """The sentence, with its figures."""

    @property
    def reason(self) -> str:
        """The sentence in English."""
        return self.words.en

    def in_(self, language: str) -> str:
        """The sentence in a language."""
        return self.words.in_(language)


def absent(kind: str, **figures: object) -> Absent:
    """The absence of this kind, its figures filled in; ``KeyError`` for a kind that no code has."""
    return Absent(CODE_OF_ABSENCE[kind], words("absences", kind, **figures))
