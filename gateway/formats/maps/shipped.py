"""The maps that are shipped: every ``*.toml`` beside this file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from contract.maps import Map


@cache
def shipped_maps() -> tuple[Map, ...]:
    """All of them, by the names of their files; ``ValidationError`` is a fault of ours that a test finds."""
    folder = files("gateway.formats.maps")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    tables = [
        table
        for name in names
        for table in tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))["maps"]
    ]
    return TypeAdapter(tuple[Map, ...]).validate_python(tables)
