"""Species behind a protocol: samples, place and week in, detections out.

1. A ``Detector`` says which model it is and hears one channel at its own sampling rate.
2. ``listen`` feeds it a file chunk by chunk, resampled where needed, and lets no dead channel through.
3. A person's validation (``Validated``) gives each species its threshold and precision; species
   without it are marked unvalidated, all the way to the verdict.
4. ``FakeDetector`` is the one for tests and for trying out: it names loud stretches by pitch.

A score is not a probability, and a new model version is a new instrument.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from contract.errors import ConfigurationError

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when: latitude and longitude [deg], week 1 to 48 (four to a month)."""

    latitude: float
    longitude: float
    week: int


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Which instrument heard it, and who may use what it says.

    ``hash`` the first 16 hex digits of SHA-256 over its weights; ``licence`` of the weights, and
    whether it allows ``commercial`` use; ``classes`` how many it tells apart.
    """

    id: str
    version: str
    hash: str
    licence: str
    commercial: bool
    classes: int

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "id": self.id,
            "version": self.version,
            "hash": self.hash,
            "licence": self.licence,
            "commercial_use": self.commercial,
        }


@dataclass(frozen=True, slots=True)
class Named:
    """One species in one chunk, score in [0, 1], by scientific and common name.

    ``calling``: that anything called at all, where a detector scores that apart from the species.
    """

    species: str
    common: str
    score: float
    calling: float | None = None


class Detector(Protocol):
    """Hears species in chunks of fixed length.

    ``hear`` takes one chunk [shape=(sample_rate * chunk_s,), full scale 1, float32] and yields every
    species it would name at all, best first; it keeps nothing between chunks.  ``place`` None means
    that no filter of place and season is applied; one that is not ``placed`` has no such filter.
    """

    model: ModelFile
    sample_rate: int
    chunk_s: float
    placed: bool

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        """The species in one chunk."""


@runtime_checkable
class Embedder(Detector, Protocol):
    """A detector that can also give what it made of a chunk before it named anything."""

    def embed(self, chunk: Samples) -> tuple[list[Named], Samples]:
        """As ``hear`` without a place, and the embedding [shape=(dimensions,), float32]."""


def described(detector: Detector) -> str:
    """A detector in one line: model, version, classes, window, rate, licence, commercial use."""
    model = detector.model
    use = "commercial use allowed" if model.commercial else "no commercial use"
    return (
        f"{model.id} {model.version}: {model.classes} classes, windows of {detector.chunk_s:g} s"
        f" at {detector.sample_rate} Hz; licence: {model.licence}, {use}"
    )


@dataclass(frozen=True, slots=True)
class Validation:
    """What people found out about one species: the score from which a detection counts,
    the share of checked clips that were right, and how many were checked."""

    threshold: float
    precision: float
    clips: int


def read_validations(path: Path) -> dict[str, Validation]:
    """The table of validated species, columns species, threshold, precision, clips."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return {row["species"]: _validation(row) for row in rows}
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise ConfigurationError(
            f"{path} is not a table of validated species: {error}",
            help="Write CSV with the columns species,threshold,precision,clips",
        ) from error


def _validation(row: Mapping[str, str]) -> Validation:
    found = Validation(float(row["threshold"]), float(row["precision"]), int(row["clips"]))
    if not (0 <= found.threshold <= 1 and 0 <= found.precision <= 1 and found.clips >= 0):
        raise ValueError(f"{row['species']}: threshold and precision lie in 0 to 1, clips are counted")
    return found


@dataclass(frozen=True, slots=True)
class Hit:
    """One species in one chunk of one file, with everything needed to judge it later.

    ``start_s``/``end_s`` in the file [s]; ``filter`` of place and season as applied; ``resampler`` as
    applied; ``validation`` None where nobody checked this species.
    """

    species: str
    common: str
    score: float
    channel: int
    start_s: float
    end_s: float
    model: ModelFile
    filter: str
    resampler: str
    validation: Validation | None
    calling: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        checked = self.validation
        apart = {} if self.calling is None else {"det_prob": self.calling}
        return apart | {
            "species": self.species,
            "common": self.common,
            "score": self.score,
            "channel": self.channel,
            "offset_s": self.start_s,
            "window_s": self.end_s - self.start_s,
            "model": self.model.to_dict(),
            "filter": self.filter,
            "resampler": self.resampler,
            "validated": checked is not None,
            "threshold": checked.threshold if checked else None,
            "precision": checked.precision if checked else None,
            "clips": checked.clips if checked else None,
        }


def described_filter(place: Place | None) -> str:
    """How place and season narrowed the list of species."""
    if place is None:
        return "none"
    return f"geo {place.latitude:g} {place.longitude:g} week {place.week}"


def detections(
    heard: list[Named],
    *,
    channel: int,
    start_s: float,
    end_s: float,
    model: ModelFile,
    place: Place | None,
    resampler: str,
    least: float,
    validations: Mapping[str, Validation],
) -> Iterator[Hit]:
    """What of ``heard`` counts: at least ``least``, or the species' own threshold where it has one."""
    for one in heard:
        checked = validations.get(one.species)
        if one.score >= (checked.threshold if checked else least):
            yield Hit(
                one.species,
                one.common,
                one.score,
                channel,
                start_s,
                end_s,
                model,
                described_filter(place),
                resampler,
                checked,
                one.calling,
            )


class FakeDetector:
    """Names the loudest pitch of a chunk: deterministic, for tests and demonstrations only.

    Species are called ``Sonus 2 kHz`` after the kilohertz in which the most power lies; the score is
    that kilohertz's share of all power.
    """

    sample_rate = 24_000
    chunk_s = 3.0
    placed = True
    model = ModelFile(
        "fake", "1", hashlib.sha256(b"fake detector 1").hexdigest()[:16], "Apache-2.0", True, 12
    )

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        """The loudest kilohertz; nothing in silence.  ``place`` changes nothing."""
        power = np.abs(np.fft.rfft(np.asarray(chunk, dtype=np.float64))) ** 2
        per_band = power[1:].reshape(12, -1).sum(axis=1)
        total = float(per_band.sum())
        if not total > 0:
            return []
        loudest = int(per_band.argmax())
        return [Named(f"Sonus {loudest} kHz", f"{loudest} kHz sound", float(per_band[loudest] / total))]
