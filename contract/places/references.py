"""Names of a territory that must be unique, or defined elsewhere in it."""

from __future__ import annotations

from collections.abc import Iterable


def unique(table: str, names: Iterable[str]) -> None:
    """``ValueError`` where two rows of ``table`` have the same name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{table}: {name!r} appears twice; give each its own")
        seen.add(name)


def known(table: str, owner: str, key: str, name: str, defined: Iterable[str]) -> None:
    """``ValueError`` where ``name``, under ``key`` of one row of ``table``, is not ``defined``."""
    names = list(defined)
    if name not in names:
        choice = ", ".join(names) or "none"
        raise ValueError(f"{table}.{owner}.{key}: {name!r} is not defined; use one of {choice}")
