"""GUANO: lines ``key: value`` in a chunk of their own.

Source: Reichert et al., "GUANO Metadata Specification" 1.0, https://guano-md.org.  Keys of
vendors are ``Name space|Key``; a value's ``\\n`` stands for a line break.
"""

from __future__ import annotations

_SHOWN = 60


def parse_guano(text: str) -> tuple[dict[str, str], list[str]]:
    """(every field that has a value, lines that are none, shortened), in the order of the text."""
    fields: dict[str, str] = {}
    unreadable: list[str] = []
    for line in text.replace("\0", "").lstrip("\ufeff").splitlines():
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not key.strip("|"):
            unreadable.append(line.strip()[:_SHOWN])
        elif value:
            fields[key] = value.replace("\\n", "\n")
    return fields, unreadable


def field_of(fields: dict[str, str], name: str) -> str:
    """The value under ``name`` however it is capitalised; empty where there is none."""
    if name in fields:
        return fields[name]
    wanted = name.casefold()
    return next((value for key, value in fields.items() if key.casefold() == wanted), "")
