"""A move, written into the territory file: lines are added, none is changed.

1. ``lines_of`` are the tables of the move: where it was until then, if that was not said before, and
   where it is from then on.
2. ``insert`` puts them after the device's own tables, before whatever comments lead to the next.
3. ``moved_text`` reads the new text back: it must say what the old one said and the move, nothing else;
   otherwise the person is shown what to write.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contract.config import load_territory, validated
from contract.errors import ConfigurationError, UnknownName
from contract.places import Device, Territory

_HEADER = re.compile(r"\s*+\[\[?([^\]\[]+)\]\]?\s*+(#.*)?$")
_INHERITED = ("serial", "address", "depth_m", "height_m", "calibration")


@dataclass(frozen=True, slots=True)
class Move:
    """``device`` is at ``site`` from ``since`` on; ``more``: keys of the deployment that change with it."""

    device: str
    site: str
    since: date
    more: tuple[tuple[str, str | float], ...] = ()


def move(path: Path, wanted: Move) -> list[str]:
    """Write ``wanted`` into the file at ``path``; the lines that were added.

    Raises ``UnknownName`` and ``ConfigurationError``; then nothing is written.
    """
    territory = load_territory(path)
    before = path.read_bytes()
    device = territory.device_by_id.get(wanted.device)
    if device is None or wanted.site not in territory.site_by_id:
        what, names = ("device", territory.device_by_id) if device is None else ("site", territory.site_by_id)
        raise UnknownName(
            f"{path} has no {what} {wanted.device if device is None else wanted.site!r}",
            help=f"Use one of: {', '.join(list(names)[:12])}",
        )
    after, added = moved_text(before.removeprefix(BOM_UTF8).decode(), territory, device, wanted, path)
    _replace(path, before[: len(BOM_UTF8)] * before.startswith(BOM_UTF8) + after.encode())
    return added


def moved_text(
    text: str, territory: Territory, device: Device, wanted: Move, path: Path
) -> tuple[str, list[str]]:
    """The whole new text, and the lines that were added."""
    index = territory.devices.index(device)
    table: dict[str, Any] = tomllib.loads(text)
    own = table["devices"][index]
    name = "deployments" if "deployments" in own else "deployment"
    tables = _tables(own.get(name, []), device, wanted)
    own[name] = [*own.get(name, []), *tables]
    validated(Territory, {**table["territory"], **{k: v for k, v in table.items() if k != "territory"}}, path)
    added = lines_of(name, tables)
    after = insert(text, index, added)
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(after) == table:
            return after, added
    raise ConfigurationError(
        f"{path} cannot be added to: {device.id} has no table [[devices]] that lines could follow",
        help="Write by hand: " + "; ".join(line for line in added if line),
    )


def _tables(told: Sequence[Mapping[str, object]], device: Device, wanted: Move) -> list[dict[str, object]]:
    """What is to be added: at the first move also where it was until then."""
    first: list[dict[str, object]] = [] if told else [{"site": device.site, "until": wanted.since}]
    kept = {key: told[-1][key] for key in _INHERITED if told and key in told[-1]}
    return [*first, {"site": wanted.site, "from": wanted.since} | kept | dict(wanted.more)]


def lines_of(name: str, tables: Sequence[Mapping[str, object]]) -> list[str]:
    """TOML of deployments, an empty line before each."""
    lines: list[str] = []
    for table in tables:
        lines += ["", f"[[devices.{name}]]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return lines


def _value(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def insert(text: str, index: int, added: Sequence[str]) -> str:
    """``text`` with ``added`` after all tables of device number ``index``; its line ends are kept."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    headers = [
        (n, "".join(match[1].split())) for n, line in enumerate(lines) if (match := _HEADER.match(line))
    ]
    owned = [n for n, name in headers if name == "devices"]
    if index >= len(owned):
        return text
    place = next(
        (n for n, name in headers if n > owned[index] and not name.startswith("devices.")), len(lines)
    )
    while place > 0 and (not lines[place - 1].strip() or lines[place - 1].lstrip().startswith("#")):
        place -= 1
    if place and not lines[place - 1].endswith(("\n", "\r")):
        lines[place - 1] += end
    return "".join([*lines[:place], *(line + end for line in added), *lines[place:]])


def _replace(path: Path, content: bytes) -> None:
    """As a whole or not at all, with the rights that the file had."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
