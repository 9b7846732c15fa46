"""Names of a territory that must be unique, or defined elsewhere in it; what contradicts, told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Contradictions(ValueError):
    """What cannot be together; ``reasons`` are ``key: sentence`` each, at least one."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        super().__init__(reasons[0] + more)


def repeated(table: str, names: Iterable[str]) -> Iterator[str]:
    """A reason for each name that two rows of ``table`` have."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{table}: {name!r} appears twice; give each its own"
        seen.add(name)


def undefined(table: str, owner: str, key: str, name: str, defined: Iterable[str]) -> Iterator[str]:
    """A reason where ``name``, under ``key`` of one row of ``table``, is not ``defined``."""
    names = list(defined)
    if name not in names:
        choice = ", ".join(names) or "none"
        yield f"{table}.{owner}.{key}: {name!r} is not defined; use one of {choice}"
