"""Each land use on its own: one family of tests, one class a land use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.plan.plan import Plan
from analysis.plan.roster import Roster
from analysis.verdict.conclusion import blocked
from analysis.verdict.evidence import Evidence
from analysis.verdict.result import LandUse, Parallel, TerritoryClass
from analysis.verdict.territory import doubted, pooled, why
from analysis.verdict.testing import tested_by_land_use
from analysis.words.codes import in_order

UNTESTED = Parallel(False, None, None, False, None, None)
"""Of a part of a territory: nothing was tested."""


def land_uses(
    plan: Plan,
    roster: Roster,
    open_: Sequence[Evidence],
    everything: Mapping[str, frozenset[str]],
    territory: frozenset[str],
    rule: int,
) -> dict[str, LandUse]:
    """Land use -> its class, by the rule of this number; empty where there is but one."""
    if len(roster.land_uses) < 2:
        return {}
    given = {one.primary.id: one for one in open_}
    tests = tested_by_land_use(plan, roster, open_, everything)
    out = {}
    for h, name in enumerate(roster.land_uses):
        part = tuple(
            tests.get((name, primary.id))
            or blocked(
                primary,
                given.get(primary.id),
                roster,
                everything[primary.id] | {"FEW_SITES"} if primary.id in given else everything[primary.id],
                stratum=h,
            )
            for primary in plan.primaries
        )
        verdict, added = pooled(part, territory, rule)
        out[name] = LandUse(verdict, in_order(added | why(verdict, part)), part)
    return out


def conditional(uses: Mapping[str, LandUse], whole: TerritoryClass) -> dict[str, LandUse]:
    """The land uses with their condition: plain is only the word that the whole territory has plainly.

    Their few sites could not show that the arms were parallel where the whole does not.
    """
    out = {}
    for name, use in uses.items():
        if use.verdict in ("recovering", "eroding") and use.verdict != whole:
            word, codes = doubted(use.verdict, UNTESTED)
            use = replace(use, verdict=word, codes=in_order({*use.codes, *codes}))
        out[name] = use
    return out
