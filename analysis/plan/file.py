"""Plans as files: the TOML of a plan, and the freezing written into the text.

1. ``written`` is the TOML of any plan; ``toml_table`` and ``toml_value`` are its pieces.
2. ``freeze`` appends the hash to the file, whose every other byte stays as its author wrote it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from analysis.plan.plan import Plan
from contract.errors import ConfigurationError


def written(plan: Plan) -> str:
    """The TOML of ``plan``, which loads as the same plan."""
    content = plan.model_dump(mode="json", exclude_none=True)
    tables = {key: content.pop(key) for key in ("sites", "seasons", "primaries")}
    single = {key: content.pop(key) for key in list(content) if isinstance(content[key], dict)}
    lines = [f"{key} = {toml_value(value)}" for key, value in content.items()]
    for key, table in single.items():
        plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
        if plain:
            lines.append(f"\n[{key}]\n" + toml_table(plain))
        for name, inner in table.items():
            if isinstance(inner, dict):
                lines.append(f"\n[{key}.{_key(name)}]\n" + toml_table(inner))
    for key, rows in tables.items():
        lines += [_table(key, row) for row in rows]
    return "\n".join(lines) + "\n"


def _table(name: str, row: dict[str, Any]) -> str:
    return f"\n[[{name}]]\n" + toml_table(row)


def toml_table(row: dict[str, Any]) -> str:
    """Keys and values as lines of TOML."""
    return "\n".join(f"{_key(key)} = {toml_value(value)}" for key, value in row.items())


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def toml_value(value: Any) -> str:
    """A text, number, boolean, list or inline table as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(one) for one in value) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def freeze(path: Path, at: str) -> Plan:
    """Append the hash of the plan in ``path`` to that file; refuses a plan already frozen."""
    plan = Plan.load(path)
    if plan.frozen is not None:
        raise ConfigurationError(
            f"{path}: frozen: this plan was frozen at {plan.frozen.at}",
            help="Copy it to a new file without its [frozen] table; the ledger will show both",
        )
    done = plan.freeze(at)
    assert done.frozen is not None
    mark = done.frozen
    block = f"\n[frozen]\n{toml_table({'sha256': mark.sha256, 'at': mark.at, 'seal': mark.seal})}\n"
    block += f"\n[frozen.sections]\n{toml_table(dict(mark.sections))}\n"
    whole_write(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + block)
    return done


def whole_write(path: Path, content: str | bytes) -> None:
    """Write all of ``content`` or nothing: a new file takes the old one's place."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as sink:
        sink.write(content if isinstance(content, bytes) else content.encode())
        sink.flush()
        os.fsync(sink.fileno())
    part.replace(path)
