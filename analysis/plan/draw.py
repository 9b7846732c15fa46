"""Arms drawn by lot, so that anybody can draw them again.

1. The candidates, and how many of each land use are restored, are frozen in the ledger first.
2. A public seed that nobody could know then is named later.
3. Of each land use the candidates with the smallest SHA-256 of seed, list and name are restored, the
   others are control.

Whoever may try many seeds can choose the arms: the draw is worth what its seed is, and its source is
printed.
"""

from __future__ import annotations

import hashlib
import json

from analysis.plan.plan import Plan
from analysis.plan.tables import Draw
from contract.errors import ConfigurationError

HOW = "Name each candidate once, and of each land use how many are restored: some, never all"


def candidates_sha256(draw: Draw) -> str:
    """Of what is frozen before the seed is known."""
    listed = {use: sorted(names) for use, names in draw.candidates.items()}
    text = json.dumps([listed, draw.restored], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def drawn_arms(draw: Draw) -> dict[str, str]:
    """Site -> "restored" or "control"; ``ConfigurationError`` for lists that cannot be drawn from."""
    if wrong := draw.fault():
        raise ConfigurationError(wrong, help=HOW)
    base = f"{draw.seed}\x1f{candidates_sha256(draw)}\x1f"
    arms: dict[str, str] = {}
    for use, names in draw.candidates.items():
        ranked = sorted(names, key=lambda name: hashlib.sha256((base + name).encode()).digest())
        chosen = set(ranked[: draw.restored[use]])
        arms |= {name: "restored" if name in chosen else "control" for name in names}
    return arms


def differences(plan: Plan) -> tuple[str, ...]:
    """Where the plan's sites are not those that its draw gives; empty where they are, or none was drawn."""
    if plan.draw is None:
        return ()
    arms = drawn_arms(plan.draw)
    use = {name: one for one, names in plan.draw.candidates.items() for name in names}
    found = []
    sites = {site.id: site for site in plan.sites if site.arm != "reference"}
    for name in sorted(sites.keys() | arms.keys()):
        if name not in arms:
            found.append(f"{name} was no candidate")
        elif name not in sites:
            found.append(f"{name} was drawn {arms[name]} and is not in the plan")
        elif sites[name].arm != arms[name]:
            found.append(f"{name} was drawn {arms[name]}, the plan says {sites[name].arm}")
        elif sites[name].land_use not in (use[name], "all"):
            found.append(f"{name} was drawn as {use[name]}, the plan says {sites[name].land_use}")
    return tuple(found)


def is_drawn(plan: Plan) -> bool:
    """Whether the plan's arms are those of a draw that anybody can repeat."""
    return plan.selection == "random" and plan.draw is not None and not differences(plan)


def draw_codes(plan: Plan) -> set[str]:
    """What the draw earns: RANDOM_UNVERIFIED without one, DRAW_BROKEN where it gives other arms."""
    if differences(plan):
        return {"DRAW_BROKEN"}
    return {"RANDOM_UNVERIFIED"} if plan.selection == "random" and plan.draw is None else set()
