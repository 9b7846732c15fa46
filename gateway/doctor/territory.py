"""The territory: does the gateway work by the file that lies here?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from contract.line.territory import TOLD, version_of
from gateway.doctor.diagnosis import Diagnosis

_KEYS = ("version", "read", "file", "broken")


def in_force(state: Path) -> dict[str, str]:
    """What the gateway of the folder ``state`` works by: version, when read, file, why a newer one is
    broken (empty if none is); without any key where it never said so."""
    try:
        told = json.loads((state / TOLD).read_text(encoding="utf-8"))
        return {key: str(told[key]) for key in _KEYS}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def lines_of(told: dict[str, str]) -> list[str]:
    """The same for people; nothing where nothing was said."""
    return [f"territory version {told['version']} read {told['read']}"] if told else []


def check_territory(state: Path, path: Path) -> Iterator[Diagnosis]:
    """By which version of the territory the gateway works, beside that of the file at ``path``."""
    told = in_force(state)
    if not told:
        return
    text = f"the gateway works by version {told['version']} of {told['file']}, read {told['read']}"
    here = version_of(path.read_bytes())
    if told["broken"]:
        yield Diagnosis(
            "territory", "fail", f"{text}; the newer one is refused: {told['broken']}",
            "Correct the file (`ecoviv territory check`): the gateway reads it again by itself",
        )  # fmt: skip
    elif told["version"] != here:
        yield Diagnosis(
            "territory", "warn", f"{text}; {path} is version {here}",
            "Give both the same file; a gateway reads a changed one within seconds, or when told by SIGHUP",
        )  # fmt: skip
    else:
        yield Diagnosis("territory", "ok", text)
