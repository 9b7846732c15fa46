"""A first plan: made of what the territory file knows, with comments on what only people know.

1. Sites, arms, land uses and positions are the territory's.
2. Seasons are springs: those before end before the first ``restored_on``, those after begin on or after it;
   where zones were restored in different years each restored site has its start.
3. Primaries come from two sources where the territory has the sensors: living beings heard, and soil or air.
4. Species are those that a table of precision shows to be checked; nobody's ear is replaced by a default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import log
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from analysis.plan.file import toml_table, toml_value
from analysis.plan.tables import DECLARATIONS, Validated
from contract.errors import ConfigurationError
from contract.places import Territory

SEASONS_BEFORE = 3
SEASONS_AFTER = 5
FIRST_LOOK = 3
_SPRING = ((4, 1), (7, 1))
_UNKNOWN_START = date(2026, 1, 1)

_HEAD = """\
# The analysis plan: what is asked, fixed before the answer is known.
# Correct it, look at `ecoviv plan check PLAN`, then `ecoviv plan freeze PLAN` before the first season after
# restoration begins.  After that, every edit shows in the verdict.
territory = {territory}

# How the restored sites were chosen: "random", "matched", "all", "convenience",
# "measured level" or "measured trend" (the last two allow no verdict: SELECTED_SITES).
selection = "convenience"

# What no data can show.  MISSING: say in a few words what you know of each; an empty one allows no
# "recovering".
[declarations]
{declarations}
"""
_DECLARED = {
    "vegetation_masking": "does new vegetation hide or carry sound at restored sites?",
    "spill_over": "do animals of restored sites use the control sites?",
    "attraction": "could animals have gathered at restored sites without being more?",
    "biased_validation": "were clips of both arms and periods checked alike, blind to where they are from?",
    "forged_metadata": "who could have altered files or their dates, and who could not?",
    "noise_floor_unknown": "where recordings have no noise floor: why can no microphone have aged?",
}
_SPECIES = """
# One table a label that may count: at least 100 clips heard by ear, precision at least .95, of detections
# whose score reaches the threshold; what scores lower does not count.
"""
_NO_SPECIES = """\
# MISSING: species.  Give a file with [validated] tables by --species, or write them here.  Example:
# [validated."Alauda arvensis"]
# clips = 120
# precision = 0.97
# threshold = 0.5
#
# Or let people listen to clips that are drawn (docs/ecologist/review.md), and count what they hear:
# [review]
# seed = "a text that everybody may know"
# bands = [0.5, 0.8]
# rates = [0.02, 0.05, 0.1]
# precision = 0.95
# taxa = { "Alauda arvensis" = 0.5 }
"""
_PRIMARIES = """
# At most six primary indicators of at least two classes and two sources of data, one of them living.
# margin: the half-width of "stable" on the indicator's scale (log 1.25 = 0.2231); target: the change that
# the power is printed for (log 1.3 = 0.2624).
"""
_LOOKS = """
# After how many seasons after restoration you will judge.  All looks share p = .05, the early ones little of
# it; a verdict at any other time has numbers and no class.
[looks]
after = [{first}, {last}]
"""
_SEASONS = """
# At least two seasons before and two after, three and five are better.  A season before must end before
# restoration begins, and be measured like those after.
"""


def read_validated(path: Path) -> dict[str, Validated]:
    """The ``[validated]`` tables of a plan or of any TOML file; errors name the file and the key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return TypeAdapter(dict[str, Validated]).validate_python(content.get("validated", {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{path}: validated.{key}: {first['msg']}", help="Give clips, precision and threshold of a label"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path} cannot be read as TOML: {error}", help="Give a file with [validated] tables"
        ) from error


def draft(territory: Territory | None = None, validated: Mapping[str, Validated] | None = None) -> str:
    """A plan to be corrected, as TOML; it loads as it stands."""
    name = toml_value(territory.id if territory else "my-territory")
    declared = "\n".join(
        f'{key} = ""  # {_DECLARED.get(key, "what do you know of it?")}' for key in DECLARATIONS
    )
    lines = [_HEAD.format(territory=name, declarations=declared), _SPECIES]
    for label, checked in (validated or {}).items():
        row = checked.model_dump(mode="json")
        lines.append(f"[validated.{toml_value(label)}]\n" + toml_table(row))
    lines += [] if validated else [_NO_SPECIES]
    lines.append(_PRIMARIES)
    lines += [_listed("primaries", {"id": one, "margin": log(1.25)}) for one in _primaries(territory)]
    restored = _restored(territory)
    seasons = _seasons(restored.values())
    last = sum(one["period"] == "after" for one in seasons)
    lines.append(_LOOKS.format(first=FIRST_LOOK, last=last))
    lines.append(_SEASONS)
    lines += [_listed("seasons", one) for one in seasons]
    sites = _SITES if territory is None else _sites_of(territory, restored)
    lines += [_listed("sites", one) for one in sites]
    return "\n".join(lines) + "\n"


def _listed(name: str, row: dict[str, Any]) -> str:
    return f"[[{name}]]\n{toml_table(row)}\n"


def _primaries(territory: Territory | None) -> list[str]:
    sensors = {sensor for one in (territory.devices if territory else ()) for sensor in one.sensors}
    if not sensors:
        sensors = {"acoustic", "soil"}
    ground = ["soil-moisture"] if "soil" in sensors else []
    air = ["microclimate-offset"] if "weather" in sensors and not ground else []
    living = ["species-detection-rate", "vocal-activity"] if "acoustic" in sensors else []
    return [*living, *ground, *air] or ["species-detection-rate"]


def _restored(territory: Territory | None) -> dict[str, date]:
    """Restored zone -> its first day of restoration."""
    known = {} if territory is None else {zone.id: zone.restored_on for zone in territory.zones}
    return {zone: day for zone, day in known.items() if day is not None}


def _first_spring(restored_on: date) -> int:
    """The year of the first spring that begins on or after a day."""
    return restored_on.year + (restored_on > date(restored_on.year, *_SPRING[0]))


def _last_spring(restored_on: date) -> int:
    """The year of the last spring that ends on or before a day."""
    return restored_on.year - (restored_on < date(restored_on.year, *_SPRING[1]))


def _seasons(restored: Collection[date]) -> list[dict[str, Any]]:
    begun, done = min(restored, default=_UNKNOWN_START), max(restored, default=_UNKNOWN_START)
    last, first = _last_spring(begun), _first_spring(begun)
    before = range(last - SEASONS_BEFORE + 1, last + 1)
    after = range(first, _first_spring(done) + SEASONS_AFTER)
    return [*(_spring(year, "before") for year in before), *(_spring(year, "after") for year in after)]


def _spring(year: int, period: str) -> dict[str, Any]:
    begin, end = (f"{year}-{month:02d}-{day:02d}T00:00:00Z" for month, day in _SPRING)
    return {"id": f"y{year}", "start": begin, "end": end, "period": period}


def _sites_of(territory: Territory, restored: Mapping[str, date]) -> list[dict[str, Any]]:
    starts = {zone: _first_spring(day) for zone, day in restored.items()}
    zones = {zone.id: zone for zone in territory.zones}
    staggered = len(set(starts.values())) > 1
    return [
        {
            "id": site.id,
            "arm": zones[site.zone].arm,
            "land_use": zones[site.zone].land_use,
            "latitude": site.latitude,
            "longitude": site.longitude,
        }
        | ({"start": f"y{starts[site.zone]}"} if staggered and site.zone in starts else {})
        for site in territory.sites
    ]


_SITES: Sequence[dict[str, Any]] = [
    {
        "id": f"site-{k}",
        "arm": "restored" if k % 2 else "control",
        "land_use": "all",
        "latitude": 45.0 + k / 100,
        "longitude": 5.0,
    }
    for k in range(1, 9)
]
