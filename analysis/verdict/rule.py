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
from functools import partial

from analysis.plan.draw import is_drawn
from analysis.plan.panel import Panel
from analysis.plan.places import merged
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.roster import FEW, Roster, is_staggered
from analysis.verdict.conclusion import blocked, counted
from analysis.verdict.details import indicator_details, known_details, territory_details
from analysis.verdict.doubts.association import with_association
from analysis.verdict.doubts.baseline import with_baseline
from analysis.verdict.doubts.influence import with_influence
from analysis.verdict.doubts.looks import at_level, look_at, look_codes, looked_again, rescaled
from analysis.verdict.doubts.parallel import untested
from analysis.verdict.doubts.reversal import with_reversal
from analysis.verdict.evidence import Evidence, gather
from analysis.verdict.gates.copies import copied_pairs, copy_codes
from analysis.verdict.gates.design import design_codes, indicator_codes, integrity_codes, plan_codes
from analysis.verdict.gates.instrument import instrument_codes
from analysis.verdict.gates.provenance import provenance_codes
from analysis.verdict.gates.schedule import when_codes
from analysis.verdict.gates.season import season_shocks
from analysis.verdict.gates.spacing import spacing_codes
from analysis.verdict.gates.statistic import Pretrend, clustered, pretrend
from analysis.verdict.land_uses import conditional, land_uses
from analysis.verdict.outside import BELIEVED, Outside
from analysis.verdict.result import IndicatorVerdict, LandUse, Parallel, TerritoryClass, Verdict
from analysis.verdict.starts.staggered import tested_staggered
from analysis.verdict.territory import disagree, doubted, pooled, remarks, sentence, why
from analysis.verdict.testing import tested_whole
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
    known: Outside = BELIEVED,
    with_power: bool = True,
    rule: int = RULE,
    drawn: bool | None = None,
) -> Verdict:
    """The verdict on ``panels`` under ``plan``, by the rule of this number.

    ``known`` is what ledger and territory say of the plan; without it the plan is believed.  ``with_power``
    False saves the time of the minimum detectable effect, hence LOW_POWER is not said; no class changes.
    ``drawn``: whether the arms were drawn by lot; None is what the plan itself shows.
    """
    if not 1 <= rule <= RULE:
        raise ConfigurationError(
            f"There is no rule {rule} here; the newest is {RULE}",
            help="Use a newer EcoViv, or a lower number",
        )
    codes, judged, rows, beside = integrity_codes(plan, panels, known), plan, panels, {}
    if rule == 1:
        codes |= design_codes(plan, Roster.of(plan))
    else:
        codes |= plan_codes(plan) | known.codes.keys()
        judged, rows = merged(plan, panels)
        codes |= look_codes(judged, rows)
        beside = {**spacing_codes(plan), **known.codes}
    roster, evidence = _evidence(judged, rows, rule)
    checked = known.checked or Checked.declared(plan)
    gated = _known_to(rule, gates(judged, roster, evidence, codes, checked))
    lot = is_drawn(plan) and "RANDOM_UNVERIFIED" not in known.codes if drawn is None else drawn
    speak = partial(decide, panels=panels, roster=roster, evidence=evidence, with_power=with_power, drawn=lot)
    if rule == 1:
        return replace(speak(plan, gated=gated, rule=rule), plan_hash=plan.sha256)
    open_ = [one for one in evidence if not stops(gated.indicators[one.primary.id], "indicator")]
    look = look_at(judged, rows, roster, open_)
    found = speak(at_level(judged, look.level), gated=gated)
    if looked_again(found, look.after, known.verdicts):
        gated = replace(gated, territory=gated.territory | {"LOOKED_AGAIN"})
        found = speak(at_level(judged, look.level), gated=gated)
    found = rescaled(found, look, plan.thresholds.alpha)
    if any("DETECTOR_DRIFT" in one.codes for one in found.indicators):
        assert checked.found is not None
        beside["DETECTOR_DRIFT"] = {"taxa": list(checked.found.drifted)}
    return replace(found, plan_hash=plan.sha256, details={**known_details(beside), **found.details})


def _known_to(rule: int, gated: Gated) -> Gated:
    """What the gates said, without the codes of later rules."""
    own = {name: said_by(codes, rule) for name, codes in gated.indicators.items()}
    return Gated(said_by(gated.territory, rule), own, gated.pretrends)


def judge_ungated(plan: Plan, panels: Sequence[Panel]) -> Verdict:
    """The same tests with every gate open, as if the arms were drawn; there must be something to test.

    Only to measure what the gates are worth; nothing outside the calibration calls it.
    """
    roster, evidence = _evidence(plan, panels, RULE)
    needed = {"FEW_SITES", "MISSING_SEASON", "SHORT_BASELINE", "NO_DATA"}
    declared = Checked.declared(plan)
    kept = {
        one.primary.id: frozenset(indicator_codes(plan, roster, one, declared) & needed) for one in evidence
    }
    open_gates = Gated(frozenset(), kept, {})
    return decide(plan, panels, roster, evidence, open_gates, with_power=False, drawn=True)


def _evidence(plan: Plan, panels: Sequence[Panel], rule: int) -> tuple[Roster, list[Evidence]]:
    roster = Roster.of(plan, few=FEW if rule > 1 else 0)
    given = {panel.indicator: panel for panel in panels}
    wanted = {site.id for site in roster.sites}
    found = [(primary, given[primary.id]) for primary in plan.primaries if primary.id in given]
    return roster, [
        gather(plan, primary, panel, roster)
        for primary, panel in found
        if wanted <= set(panel.sites) and roster.sites
    ]


def gates(
    plan: Plan, roster: Roster, evidence: Sequence[Evidence], earlier: set[str], checked: Checked
) -> Gated:
    """The gates on data and instruments, then the statistical ones, beside what was found ``earlier``."""
    limits, territory = plan.thresholds, set(earlier)
    own: dict[str, set[str]] = {primary.id: {"NO_DATA"} for primary in plan.primaries}
    for one in evidence:
        codes = indicator_codes(plan, roster, one, checked) | instrument_codes(one, roster.design, limits)
        codes |= provenance_codes(plan, one, roster.design) | copy_codes(one) | when_codes(one, roster.design)
        own[one.primary.id] = codes
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
    drawn: bool = False,
) -> Verdict:
    """Tests, classes, land uses and the territory, once the gates have spoken."""
    everything = _reasons(plan, gated)
    open_ = [one for one in evidence if not stops(everything[one.primary.id], "indicator")]
    test = partial(_tested, plan, roster, gated.pretrends, everything, rule, drawn)
    done = test(open_, reach=with_power)
    if rule > 1:
        done = with_influence(done, open_, roster, partial(test, reach=False))
    by_id = {one.id: one for one in done}
    given = {one.primary.id: one for one in evidence}
    indicators = tuple(
        by_id.get(primary.id) or blocked(primary, given.get(primary.id), roster, everything[primary.id])
        for primary in plan.primaries
    )
    indicators = tuple(with_reversal(one, given.get(one.id), roster) for one in indicators)
    if rule > 1:
        indicators = with_association(indicators, evidence, roster, plan)
        indicators = indicators if roster.sites else counted(indicators, plan, panels)
    explained = partial(indicator_details, design=roster.design)
    indicators = tuple(replace(one, details=explained(given.get(one.id), one.codes)) for one in indicators)
    stopping = frozenset(
        code for codes in everything.values() for code in codes if stops(frozenset({code}), "territory")
    )
    stopping |= gated.territory
    uses = land_uses(plan, roster, open_, everything, stopping, rule)
    verdict, added = _whole(indicators, uses, stopping, rule)
    parallel = None
    if rule > 1 and verdict in ("recovering", "eroding"):
        parallel = untested(plan, roster, open_, indicators, verdict, drawn=drawn)
    verdict, more = doubted(verdict, parallel)
    if rule > 1 and not drawn:
        uses = conditional(uses, verdict)
    hashes = plan.sha256, data_hash(panels)
    said = stopping | added | more
    answer = _answer(plan.territory, hashes, verdict, indicators, uses, said, rule, parallel)
    return replace(answer, details=territory_details(evidence, answer.codes))


def _tested(
    plan: Plan,
    roster: Roster,
    slopes: Mapping[str, Pretrend],
    codes: Mapping[str, frozenset[str]],
    rule: int,
    drawn: bool,
    given: Sequence[Evidence],
    *,
    reach: bool,
) -> Sequence[IndicatorVerdict]:
    """The tests of one family, with unequal levels before allowed for."""
    if is_staggered(roster):
        done = tested_staggered(plan, roster, given, slopes, codes, rule)
    else:
        done = tested_whole(plan, roster, given, slopes, codes, with_power=reach)
    return with_baseline(done, given, roster, plan.thresholds.alpha) if rule > 1 and not drawn else done


def _reasons(plan: Plan, gated: Gated) -> dict[str, frozenset[str]]:
    """Every primary's codes: its own, and those of the territory that also stop an indicator."""
    shared = frozenset(code for code in gated.territory if stops(frozenset({code}), "recovering"))
    return {
        primary.id: gated.indicators[primary.id] | shared
        if primary.id in gated.indicators
        else frozenset({"NO_DATA"})
        for primary in plan.primaries
    }


def _whole(
    indicators: tuple[IndicatorVerdict, ...], uses: dict[str, LandUse], stopping: frozenset[str], rule: int
) -> tuple[TerritoryClass, set[str]]:
    """The territory's class and the codes that it adds."""
    if disagree({name: (use.verdict, use.indicators) for name, use in uses.items()}):
        return "inconclusive", {"LAND_USES_DISAGREE"}
    return pooled(indicators, stopping, rule)


def _answer(
    territory: str,
    hashes: tuple[str, str],
    verdict: TerritoryClass,
    indicators: tuple[IndicatorVerdict, ...],
    uses: dict[str, LandUse],
    said: frozenset[str],
    rule: int,
    parallel: Parallel | None,
) -> Verdict:
    """The territory's sentence and its codes."""
    recovering = [one for one in indicators if one.verdict == "recovering"]
    turned = verdict == "recovering" and all(one.reversed for one in recovering)
    if verdict.startswith("recovering") and not turned:
        said |= {"PRIOR_DECLINE_NOT_MEASURED"}
    codes = in_order(said | why(verdict, indicators))
    answer = sentence(verdict, turned, codes, parallel, remarks(indicators, rule)).en
    return Verdict(territory, verdict, answer, turned, uses, indicators, codes, *hashes, rule, parallel)


def data_hash(panels: Sequence[Panel]) -> str:
    """SHA-256 over the panels in the order of their names."""
    total = hashlib.sha256()
    for panel in sorted(panels, key=lambda one: one.indicator):
        total.update(bytes.fromhex(panel.digest()))
    return total.hexdigest()
