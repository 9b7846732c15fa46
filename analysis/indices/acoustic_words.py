"""The words beside each acoustic index: sentence, formula, limits, citation."""

from __future__ import annotations

from dataclasses import replace

from analysis.indices.acoustic_definition import Definition


def worded(definition: Definition) -> Definition:
    """``definition`` with its words, where they are written; the id does not change."""
    return replace(definition)
