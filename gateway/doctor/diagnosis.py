"""One thing that the doctor found, and the next thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``ok`` needs nothing; ``warn`` should be looked at; ``fail`` means that data are at risk;
    ``unknown`` could not be asked, and is neither good nor bad."""

    name: str
    level: Level
    text: str
    next: str = ""
    """The next thing to do; empty where nothing is."""

    def as_json(self) -> dict[str, str]:
        """What ``--json`` prints of it."""
        return {"name": self.name, "level": self.level, "text": self.text, "next": self.next}


def span_text(nanoseconds: int) -> str:
    """A span [ns] in the unit that a person would use."""
    seconds = nanoseconds / 1e9
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
