"""The rule: a frozen plan and panels in, a verdict out; pure and deterministic.

1. Each primary's panel becomes one number a site (``evidence``).
2. The gates speak before any test (``gates*``).
3. One family of permutations tests what passed; land uses form a second family.
4. Classes by first match; then the territory.

``RULE`` numbers the rule.  A verdict under an older one can be made again, byte for byte: its codes and
words are those that it had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.plan.panel import Panel
from analysis.plan.plan import Frozen, Plan
from analysis.plan.roster import Roster, is_staggered
from analysis.verdict.conclusion import blocked
from analysis.verdict.details import indicator_details, territory_details
from analysis.verdict.evidence import Evidence, gather
from analysis.verdict.gates.copies import copied_pairs, copy_codes
from analysis.verdict.gates.design import design_codes, indicator_codes, integrity_codes
from analysis.verdict.gates.instrument import instrument_codes
from analysis.verdict.gates.provenance import provenance_codes
from analysis.verdict.gates.season import season_shocks
from analysis.verdict.gates.statistic import Pretrend, clustered, pretrend
from analysis.verdict.result import IndicatorVerdict, LandUse, TerritoryClass, Verdict
from analysis.verdict.reversal import was_declining
from analysis.verdict.staggered import tested_staggered
from analysis.verdict.territory import disagree, pooled, sentence
from analysis.verdict.testing import tested_by_land_use, tested_whole
from analysis.words.codes import in_order, said_by, stops
from contract.errors import ConfigurationError

RULE = 2
"""The rule of today; docs/ecologist/verdict.md says what each changed."""


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gates said, before any test."""

    territory: frozenset[str]
    indicators: Mapping[str, frozenset[str]]
    pretrends: Mapping[str, Pretrend]


def judge(
    plan: Plan,
    panels: Sequence[Panel],
    *,
    ledger_intact: bool = True,
    first_frozen: Frozen | None = None,
    with_power: bool = True,
    rule: int = RULE,
) -> Verdict:
    """The verdict on ``panels`` under ``plan``, by the rule of this number.

    ``ledger_intact`` is False when the ledger's chain is broken; ``first_frozen`` is the freezing that
    the ledger remembers.  ``with_power`` False saves the time of the minimum detectable effect, hence
    LOW_POWER is not said; no class changes.
    """
    if not 1 <= rule <= RULE:
        raise ConfigurationError(
            f"There is no rule {rule} here; the newest is {RULE}",
            help="Use a newer EcoViv, or a lower number",
        )
    roster, evidence = _evidence(plan, panels)
    gated = _known_to(rule, gates(plan, panels, roster, evidence, ledger_intact, first_frozen))
    return decide(plan, panels, roster, evidence, gated, with_power=with_power, rule=rule)


def _known_to(rule: int, gated: Gated) -> Gated:
    """What the gates said, without the codes of later rules."""
    own = {name: said_by(codes, rule) for name, codes in gated.indicators.items()}
    return Gated(said_by(gated.territory, rule), own, gated.pretrends)


def judge_ungated(plan: Plan, panels: Sequence[Panel]) -> Verdict:
    """The same tests with every gate open, except that there must be something to test.

    Only to measure what the gates are worth; nothing outside the calibration calls it.
    """
    roster, evidence = _evidence(plan, panels)
    needed = {"FEW_SITES", "MISSING_SEASON", "SHORT_BASELINE", "NO_DATA"}
    kept = {one.primary.id: frozenset(indicator_codes(plan, roster, one) & needed) for one in evidence}
    return decide(plan, panels, roster, evidence, Gated(frozenset(), kept, {}), with_power=False)


def _evidence(plan: Plan, panels: Sequence[Panel]) -> tuple[Roster, list[Evidence]]:
    roster = Roster.of(plan)
    given = {panel.indicator: panel for panel in panels}
    wanted = {site.id for site in roster.sites}
    found = [(primary, given[primary.id]) for primary in plan.primaries if primary.id in given]
    return roster, [
        gather(plan, primary, panel, roster)
        for primary, panel in found
        if wanted <= set(panel.sites) and roster.sites
    ]


def gates(
    plan: Plan,
    panels: Sequence[Panel],
    roster: Roster,
    evidence: Sequence[Evidence],
    ledger_intact: bool,
    first_frozen: Frozen | None,
) -> Gated:
    """All gates, in order: design, integrity, data, instruments, then the statistical ones."""
    limits = plan.thresholds
    territory = design_codes(plan, roster) | integrity_codes(
        plan, panels, ledger_intact=ledger_intact, first_frozen=first_frozen
    )
    own: dict[str, set[str]] = {primary.id: {"NO_DATA"} for primary in plan.primaries}
    for one in evidence:
        codes = indicator_codes(plan, roster, one) | instrument_codes(one, roster.design, limits)
        own[one.primary.id] = codes | provenance_codes(plan, one) | copy_codes(one)
    if copied_pairs(evidence):
        territory.add("COPIED_DATA")
    testable = [one for one in evidence if not own[one.primary.id] & {"FEW_SITES", "MISSING_SEASON"}]
    slopes: dict[str, Pretrend] = {}
    if testable and "FEW_SITES" not in territory:
        slopes = pretrend(testable, roster, limits.gate_alpha)
        for name, slope in slopes.items():
            if slope.p <= limits.gate_alpha:
                own[name].add("PRETREND")
        shocks = season_shocks(testable, roster, limits.gate_alpha, limits.alpha)
        for name in shocks.indicators:
            own[name].add("SEASON_SHOCKS")
        if shocks.territory:
            territory.add("ARMS_CLUSTERED")
        apart = clustered(roster, limits.clustered_ratio, limits.alpha)
        if apart is not False:
            territory.add("POSITIONS_UNKNOWN" if apart is None else "ARMS_CLUSTERED")
    return Gated(frozenset(territory), {name: frozenset(codes) for name, codes in own.items()}, slopes)


def decide(
    plan: Plan,
    panels: Sequence[Panel],
    roster: Roster,
    evidence: Sequence[Evidence],
    gated: Gated,
    *,
    with_power: bool,
    rule: int = RULE,
) -> Verdict:
    """Tests, classes, land uses and the territory, once the gates have spoken."""
    everything = _reasons(plan, gated)
    open_ = [one for one in evidence if not stops(everything[one.primary.id], "indicator")]
    if is_staggered(roster):
        done = tested_staggered(plan, roster, open_, gated.pretrends, everything)
    else:
        done = tested_whole(plan, roster, open_, gated.pretrends, everything, with_power=with_power)
    by_id = {one.id: one for one in done}
    given = {one.primary.id: one for one in evidence}
    indicators = tuple(
        by_id.get(primary.id) or blocked(primary, given.get(primary.id), roster, everything[primary.id])
        for primary in plan.primaries
    )
    indicators = tuple(_reversed(one, given.get(one.id), roster) for one in indicators)
    indicators = tuple(
        replace(one, details=indicator_details(given.get(one.id), one.codes)) for one in indicators
    )
    stopping = frozenset(
        code for codes in everything.values() for code in codes if stops(frozenset({code}), "territory")
    )
    uses = _land_uses(plan, roster, open_, everything, gated.territory | stopping)
    answer = _answer(plan, data_hash(panels), indicators, uses, gated.territory | stopping, rule)
    return replace(answer, details=territory_details(evidence, answer.codes))


def _reasons(plan: Plan, gated: Gated) -> dict[str, frozenset[str]]:
    """Every primary's codes: its own, and those of the territory that also stop an indicator."""
    shared = frozenset(code for code in gated.territory if stops(frozenset({code}), "recovering"))
    return {
        primary.id: gated.indicators[primary.id] | shared
        if primary.id in gated.indicators
        else frozenset({"NO_DATA"})
        for primary in plan.primaries
    }


def _answer(
    plan: Plan,
    data: str,
    indicators: tuple[IndicatorVerdict, ...],
    uses: dict[str, LandUse],
    stopping: frozenset[str],
    rule: int,
) -> Verdict:
    """The territory's class, its sentence and its codes."""
    verdict, added = pooled(indicators, stopping)
    if disagree({name: (use.verdict, use.indicators) for name, use in uses.items()}):
        verdict, added = "inconclusive", {"LAND_USES_DISAGREE"}
    recovering = [one for one in indicators if one.verdict == "recovering"]
    turned = verdict == "recovering" and all(one.reversed for one in recovering)
    if verdict == "recovering" and not turned:
        added = {*added, "PRIOR_DECLINE_NOT_MEASURED"}
    codes = in_order(stopping | added | _why(verdict, indicators))
    answer = sentence(verdict, turned, codes).en
    return Verdict(plan.territory, verdict, answer, turned, uses, indicators, codes, plan.sha256, data, rule)


def _why(verdict: TerritoryClass, indicators: Sequence[IndicatorVerdict]) -> set[str]:
    """Where nothing can be said, every indicator's reasons are the territory's."""
    if verdict != "inconclusive":
        return set()
    reasons = {code for one in indicators if one.verdict == "inconclusive" for code in one.codes}
    return reasons or {"NO_CLEAR_CHANGE"}


def _reversed(one: IndicatorVerdict, evidence: Evidence | None, roster: Roster) -> IndicatorVerdict:
    if one.verdict != "recovering" or evidence is None:
        return one
    declining = was_declining(evidence, roster.design)
    codes = one.codes if declining else in_order({*one.codes, "PRIOR_DECLINE_NOT_MEASURED"})
    return replace(one, reversed=declining, codes=codes)


def _land_uses(
    plan: Plan,
    roster: Roster,
    open_: Sequence[Evidence],
    everything: Mapping[str, frozenset[str]],
    territory: frozenset[str],
) -> dict[str, LandUse]:
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
        verdict, added = pooled(part, territory)
        out[name] = LandUse(verdict, in_order(added | _why(verdict, part)), part)
    return out


def data_hash(panels: Sequence[Panel]) -> str:
    """SHA-256 over the panels in the order of their names."""
    total = hashlib.sha256()
    for panel in sorted(panels, key=lambda one: one.indicator):
        total.update(bytes.fromhex(panel.digest()))
    return total.hexdigest()
