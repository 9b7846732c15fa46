"""Recordings of a second's notice, and a list that was drawn of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from analysis.plan.review.drawn import Drawn, DrawnList

RATE = 16_000
AT = "2026-05-01T04:00:00Z"
ROBIN, WREN = "Erithacus rubecula", "Troglodytes troglodytes"


def recording(path: Path, seed: int, *, seconds: float = 8.0, rate: int = RATE, channels: int = 1) -> str:
    """A WAV of 16 bits in which every sample tells seed and place; its SHA-256."""
    samples = np.random.default_rng(seed).integers(-3000, 3000, (round(seconds * rate), channels))
    soundfile.write(path, samples.astype(np.int16), rate, subtype="PCM_16")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drawn(
    clip: str, offset_s: float, taxon: str = ROBIN, duration_s: float = 3.0, score: float = 0.8
) -> Drawn:
    """One detection of the list."""
    return Drawn(
        clip=clip, offset_s=offset_s, duration_s=duration_s, taxon=taxon, score=score, site="meadow",
        device="d1", arm="restored", period="before", start=AT,
    )  # fmt: skip


def listed(found: Iterable[Drawn]) -> DrawnList:
    """A list; who drew it is not asked here."""
    return DrawnList(territory="t", plan="0" * 64, population=(), drawn=tuple(found))


def no_voice(audio: object, start_s: float, end_s: float) -> bool:
    """A gate that lets everything through."""
    return False
