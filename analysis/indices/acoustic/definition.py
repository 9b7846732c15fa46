"""What an acoustic index is: a name, a profile, and every parameter, hashed into its id.

Two values are comparable only where their ids are equal.  The words beside the numbers live
elsewhere (``analysis/words``): explaining better does not make another index.
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

    ``parameters`` name -> value, units in the name (``_hz``, ``_s``, ``_db``); ``unit`` of the value
    (UCUM, ``1`` where it has none).
    """

    name: str
    profile: str
    parameters: Mapping[str, Parameter]
    unit: str = "1"
    id: str = field(init=False)
    """``NAME@PROFILE#HASH``; the hash is the first 8 hex digits of SHA-256 over all parameters."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.name}@{self.profile}#{self._digest()}")

    @property
    def hash(self) -> str:
        """8 hex digits over name, profile and parameters, written as canonical JSON."""
        return self.id.rpartition("#")[2]

    def _digest(self) -> str:
        content = [self.name, self.profile, dict(self.parameters)]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
