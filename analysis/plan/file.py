"""Plans as files: a first draft, the freezing written into the text, and back.

1. ``draft`` is a commented TOML plan, its sites taken from a territory file where one is given.
2. ``written`` is the TOML of any plan.
3. ``freeze`` appends the hash to the file, whose every other byte stays as its author wrote it.
"""

from __future__ import annotations

import json
import os
from math import log
from pathlib import Path
from typing import Any

from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from contract.errors import ConfigurationError
from contract.places import Territory

_HEAD = """\
# The analysis plan: what is asked, fixed before the answer is known.
# Correct it, then `ecoviv plan freeze PLAN`.  After that, every edit shows in the verdict.
territory = "{territory}"

# How the restored sites were chosen: "random", "matched", "all", "convenience",
# "measured level" or "measured trend" (the last two allow no verdict: SELECTED_SITES).
selection = "convenience"

# What no data can show.  Say what you know; a missing line allows no "recovering".
[declarations]
"""
_PRIMARIES = """
# At most six primary indicators of at least two classes.  margin: the half-width of "stable" on the
# indicator's scale (log 1.25 = 0.2231, for Hill numbers log 1.11 = 0.1044); target: the change that
# the power is printed for; coverage: C* of Hill numbers, frozen from the before data.
"""


def draft(territory: Territory | None = None) -> str:
    """A plan to be corrected, as TOML; it loads as it stands."""
    lines = [_HEAD.format(territory=territory.id if territory else "my-territory")]
    lines += [f'{name} = ""' for name in DECLARATIONS]
    lines.append("\n# One table a label that may count: 100 clips heard by ear, precision at least .95, of")
    lines.append("# detections whose score reaches the threshold; what scores lower does not count.")
    lines.append('[validated."Alauda arvensis"]\nclips = 0\nprecision = 0.0\nthreshold = 0.0')
    lines.append(_PRIMARIES)
    for name, margin in (("hill-q1", log(1.11)), ("species-detection-rate", log(1.25))):
        lines.append(f'[[primaries]]\nid = "{name}"\nmargin = {margin:.6f}\nspecies = ["Alauda arvensis"]\n')
    lines += [_table("seasons", one) for one in _SEASONS]
    lines += [_table("sites", one) for one in (_sites_of(territory) if territory else _SITES)]
    return "\n".join(lines)


_SEASONS: list[dict[str, Any]] = [
    {
        "id": f"y{year}",
        "start": f"{year}-04-01T00:00:00Z",
        "end": f"{year}-07-01T00:00:00Z",
        "period": "before" if year < 2026 else "after",
    }
    for year in range(2024, 2029)
]
_SITES: list[dict[str, Any]] = [
    {
        "id": f"site-{k}",
        "arm": "restored" if k % 2 else "control",
        "land_use": "all",
        "latitude": 45.0 + k / 100,
        "longitude": 5.0,
    }
    for k in range(1, 9)
]


def _sites_of(territory: Territory) -> list[dict[str, Any]]:
    zones = {zone.id: zone for zone in territory.zones}
    return [
        {
            "id": site.id,
            "arm": str(zones[site.zone].arm),
            "land_use": str(zones[site.zone].land_use),
            "latitude": site.latitude,
            "longitude": site.longitude,
        }
        for site in territory.sites
    ]


def written(plan: Plan) -> str:
    """The TOML of ``plan``, which loads as the same plan."""
    content = plan.model_dump(mode="json", exclude_none=True)
    tables = {key: content.pop(key) for key in ("sites", "seasons", "primaries")}
    single = {key: content.pop(key) for key in list(content) if isinstance(content[key], dict)}
    lines = [f"{key} = {_value(value)}" for key, value in content.items()]
    for key, table in single.items():
        plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
        if plain:
            lines.append(f"\n[{key}]\n" + _rows(plain))
        for name, inner in table.items():
            if isinstance(inner, dict):
                lines.append(f"\n[{key}.{_key(name)}]\n" + _rows(inner))
    for key, rows in tables.items():
        lines += [_table(key, row) for row in rows]
    return "\n".join(lines) + "\n"


def _table(name: str, row: dict[str, Any]) -> str:
    return f"\n[[{name}]]\n" + _rows(row)


def _rows(row: dict[str, Any]) -> str:
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in row.items())


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
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
    block = f"\n[frozen]\n{_rows({'sha256': mark.sha256, 'at': mark.at, 'seal': mark.seal})}\n"
    block += f"\n[frozen.sections]\n{_rows(dict(mark.sections))}\n"
    whole_write(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + block)
    return done


def whole_write(path: Path, text: str) -> None:
    """Write all of ``text`` or nothing: a new file takes the old one's place."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(sink.fileno())
    part.replace(path)
