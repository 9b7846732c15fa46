"""What the licences of published models allow: one table, read by detectors and by the report.

A message names its detector by id and version alone.  Here stands what was published with the
weights of that name; of any other name nothing is known, and that is said.

BirdNET: the LICENSE beside its model files.  Perch 2.0: van Merriënboer et al. 2025,
doi:10.48550/arXiv.2508.04665.  BatDetect2: Mac Aodha et al. 2022, doi:10.1101/2022.12.14.520490.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.sound.detect.detector import ModelFile


@dataclass(frozen=True, slots=True)
class Terms:
    """Licence of a model's weights, and whether it allows commercial use."""

    licence: str
    commercial: bool


_PUBLISHED = {
    ("birdnet", "2.4"): Terms("CC BY-NC-SA 4.0", False),
    ("perch", "2.0"): Terms("Apache-2.0", True),
    ("batdetect2", "1"): Terms("CC BY-NC 4.0", False),
    ("fake", "1"): Terms("Apache-2.0", True),
}
"""(id, version or the beginning of one) -> terms."""


def terms_of(id: str, version: str) -> Terms | None:  # noqa: A002 - the word of the message
    """The terms of a model by its name, in any case; ``version`` may go on after ``.``, ``+`` or ``#``.

    None where nothing is known: nobody may conclude from that that anything is allowed.
    """
    said = version.lower().removeprefix("v")
    for (name, known), terms in _PUBLISHED.items():
        rest = said.removeprefix(known)
        if id.lower() == name and (said == known or (rest != said and rest[0] in ".+#")):
            return terms
    return None


def published(id: str, version: str, digest: str, classes: int) -> ModelFile:  # noqa: A002
    """The ``ModelFile`` of a model in the table; ``digest`` the first 16 hex digits of its weights' hash."""
    terms = terms_of(id, version)
    if terms is None:
        raise KeyError(f"{id} {version}")
    return ModelFile(id, version, digest, terms.licence, terms.commercial, classes)
