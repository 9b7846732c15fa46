"""What each indicator is called and means, in English and in French.

Explaining better does not make another indicator: these words enter no version.
"""

from __future__ import annotations

from analysis.words import Words
from analysis.words.indicators_ground import GROUND_WORDS
from analysis.words.indicators_heard import HEARD_WORDS

__all__ = ["WORDS", "Words"]

WORDS: dict[str, tuple[Words, Words, Words]] = HEARD_WORDS | GROUND_WORDS
"""Indicator -> title, meaning, and what it does not mean."""
