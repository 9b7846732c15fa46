"""Three rules that nobody should trust; each must break a bound of the table.

A table that a mute rule passes proves nothing.  Each control turns the records of the honest rule
into those that a worse one would have left:

1. *always inconclusive* never gives a class;
2. *mute below 12 sites* gives none where an arm has fewer than 12;
3. *never the plain word* says "recovering-if-parallel" wherever the rule says "recovering".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.trials.table import Line, table
from benchmarks.trials.trials import Record

Records = Mapping[tuple[str, str], Sequence[Record]]
_SIZES = re.compile(r"(\d+) v (\d+)")


def _mute(record: Record) -> Record:
    silent: dict[str, Any] = {"territory": "inconclusive"} if "territory" in record else {}
    if "classes" in record:
        silent["classes"] = ["inconclusive"] * len(record["classes"])
    for found in ("better", "recovering"):
        if found in record:
            silent[found] = False
    return record | silent


def always_inconclusive(family: str, record: Record) -> Record:
    """No class, whatever the data."""
    return _mute(record)


def mute_below_twelve(family: str, record: Record) -> Record:
    """No class where an arm of ``family`` has fewer than 12 sites."""
    sizes = _SIZES.search(family)
    return _mute(record) if sizes and min(map(int, sizes.groups())) < 12 else record


def never_plain(family: str, record: Record) -> Record:
    """The conditional word in place of the plain one."""
    if record.get("territory") != "recovering":
        return record
    return record | {"territory": "recovering-if-parallel"}


CONTROLS: dict[str, Callable[[str, Record], Record]] = {
    "always inconclusive": always_inconclusive,
    "mute below 12 sites": mute_below_twelve,
    "never the plain word": never_plain,
}


def controlled(records: Records) -> list[Line]:
    """One line a control: how many bounds of the table it breaks that the honest rule holds."""
    held = {(one.section, one.family, one.figure) for one in table(records) if one.holds}
    lines = []
    for name, worse in CONTROLS.items():
        turned = {key: [worse(key[1], one) for one in rows] for key, rows in records.items()}
        broken = [
            one
            for one in table(turned)
            if one.holds is False and (one.section, one.family, one.figure) in held
        ]
        value = f"{len(broken)} bounds broken"
        lines.append(Line("control", name, "is found out", value, "≥ 1", bool(broken)))
    return lines
