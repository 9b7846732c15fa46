"""What an acoustic index is: a name, a profile, and every parameter, hashed into its id.

Two values are comparable only where their ids are equal.  The words beside the numbers
(sentence, formula, what it does not mean, citation) do not enter the hash: explaining
better does not make another index.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Parameter = str | int | float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """One index under one profile.

    ``parameters`` name -> value, units in the name (``_hz``, ``_s``, ``_db``) or stated in
    ``units``; ``unit`` of the value (UCUM, ``1`` where it has none); ``reference`` published or
    independently computed values, with their origin.
    """

    name: str
    profile: str
    parameters: Mapping[str, Parameter]
    unit: str = "1"
    sentence: str = ""
    formula: str = ""
    not_meaning: str = ""
    citation: str = ""
    reference: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        """``NAME@PROFILE#HASH``; the hash is the first 8 hex digits of SHA-256 over all parameters."""
        return f"{self.name}@{self.profile}#{self.hash}"

    @property
    def hash(self) -> str:
        """8 hex digits over name, profile and parameters, written as canonical JSON."""
        content = [self.name, self.profile, dict(self.parameters)]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
