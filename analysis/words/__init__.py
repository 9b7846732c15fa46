"""The same in English and in French."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same in English and in French."""

    en: str
    fr: str

    def in_(self, language: str) -> str:
        return self.fr if language == "fr" else self.en
