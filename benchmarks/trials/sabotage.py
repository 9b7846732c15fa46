"""Twenty ways to make a territory without any effect say "recovering", and what must catch each.

1. ``SABOTAGE`` names each tampering, the code that must appear, and the function that does it.
2. A tampering gets an honest territory and returns what the tamperer would hand in.
3. Those caught by hash come with the plan that was frozen first; those that no data can show are
   undeclared in the plan, which is the only thing that can be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.plan.ledger import append, frozen_entry, verify
from analysis.plan.panel import Panel, Provenance
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS
from analysis.verdict.outside import BELIEVED, Outside
from benchmarks.trials.world import Family, instruments, panel, plan_for, simulate, values

DOSE = 0.6
_BASE = Family("sabotage", restored=12, control=12)


@dataclass(frozen=True, slots=True)
class Tampered:
    """What is handed in for judgement."""

    plan: Plan
    panels: tuple[Panel, ...]
    known: Outside = BELIEVED


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One tampering and the code that must appear."""

    name: str
    code: str
    make: Callable[[tuple[int, ...]], Tampered]


def _after(panel_: Panel, family: Family = _BASE) -> NDArray[np.bool_]:
    """The cells of the restored arm after restoration."""
    cells = np.zeros(panel_.values.shape, dtype=bool)
    cells[: family.restored, family.before :] = True
    return cells


def _raised(
    seed: tuple[int, ...], source: Callable[[Provenance, NDArray[np.bool_]], Provenance], dose: float = DOSE
) -> Tampered:
    """A changed instrument in the restored arm raises every value, and leaves its trace."""
    honest = simulate(_BASE, seed)
    panels = []
    for one in honest.panels:
        cells = _after(one)
        panels.append(
            replace(one, values=one.values + dose * cells, provenance=source(one.provenance, cells))
        )
    return Tampered(honest.plan, tuple(panels))


def _texts(name: str, new: str) -> Callable[[tuple[int, ...]], Tampered]:
    def source(old: Provenance, cells: NDArray[np.bool_]) -> Provenance:
        return replace(old, **{name: np.where(cells, new, getattr(old, name))})  # type: ignore[arg-type]

    return lambda seed: _raised(seed, source)


def _numbers(name: str, shift: float) -> Callable[[tuple[int, ...]], Tampered]:
    def source(old: Provenance, cells: NDArray[np.bool_]) -> Provenance:
        return replace(old, **{name: getattr(old, name) + shift * cells})  # type: ignore[arg-type]

    return lambda seed: _raised(seed, source)


def _effort(seed: tuple[int, ...]) -> Tampered:
    """Twice the effort in the restored arm afterwards, and totals instead of rates."""
    honest = simulate(_BASE, seed)
    panels = [
        replace(one, values=one.values + np.log(2) * _after(one), effort=one.effort * (1 + _after(one)))
        for one in honest.panels
    ]
    return Tampered(honest.plan, tuple(panels))


def _species(seed: tuple[int, ...]) -> Tampered:
    """A label of poor precision is counted, and it is common where land was restored."""
    return _raised(seed, lambda old, cells: replace(old, species=("skylark", "unheard-of")))


def _mean_change(family: Family, y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(
        (y[:, :, family.before :].mean(axis=2) - y[:, :, : family.before].mean(axis=2)).mean(axis=0)
    )


def _refreeze(plan: Plan, **changes: Any) -> Plan:
    """The tampered plan, frozen again as if it had always been so."""
    content = plan.canonical() | changes
    return Plan.from_content(content, "tampered").freeze("2015-01-01T00:00:00Z")


def _sites(seed: tuple[int, ...]) -> Tampered:
    """Of 24 sites an arm only the 8 that suit are kept, in the plan and in the data."""
    family = Family("sites", restored=24, control=24)
    y, rng = values(family, np.random.default_rng(seed)), np.random.default_rng((*seed, 1))
    change = _mean_change(family, y)
    keep = np.concatenate([np.argsort(-change[:24])[:8], 24 + np.argsort(change[24:])[:8]])
    keep.sort()
    y[:, :, family.before :] += 0.2
    plan = plan_for(family)
    ids = {plan.sites[i].id for i in keep}
    new = _refreeze(plan, sites=[site.model_dump(mode="json") for site in plan.sites if site.id in ids])
    return Tampered(new, _panels(new, y[:, keep], instruments(_BASE, rng), keep), Outside(frozen=plan.frozen))


def _panels(plan: Plan, y: NDArray[np.float64], source: Provenance, keep: Any = None) -> tuple[Panel, ...]:
    shape = y.shape[1:]
    cut = {
        name: getattr(source, name)[: shape[0], : shape[1]]
        for name in (
            "definition",
            "device",
            "firmware",
            "threshold",
            "noise_floor",
            "dawn_offset",
            "schedule",
            "weather",
            "depth",
            "height",
            "calibration",
            "coverage",
        )
    }
    mine = replace(source, **cut)
    return tuple(
        panel(plan, primary.id, one, np.full(shape, 60.0), mine)
        for primary, one in zip(plan.primaries, y, strict=True)
    )


def _seasons(seed: tuple[int, ...]) -> Tampered:
    """Of 6 + 10 seasons with shocks of the arms, the 3 + 3 that suit are kept."""
    family = Family(
        "seasons", restored=12, control=12, before=6, after=10, shocks=0.5, rho=0.0, correlation=0.9
    )
    rng = np.random.default_rng(seed)
    y = values(family, rng)
    gap = (2.0 * y[:, :12].mean(axis=1) - y[:, 12:].mean(axis=1)).mean(axis=0)
    keep = np.concatenate([np.argsort(gap[:6])[:3], 6 + np.argsort(-gap[6:])[:3]])
    keep.sort()
    plan = plan_for(family)
    new = _refreeze(plan, seasons=[plan.seasons[s].model_dump(mode="json") for s in keep])
    return Tampered(new, _panels(new, y[:, :, keep], instruments(family, rng)), Outside(frozen=plan.frozen))


def _reference(seed: tuple[int, ...]) -> Tampered:
    """Declining reference sites are made controls, and the controls references."""
    family = replace(_BASE, name="reference", control=24)
    rng = np.random.default_rng(seed)
    y = values(family, rng)
    y[:, 24:, family.before :] -= DOSE
    y[:, :, family.before :] += DOSE / 2
    rows = [site.model_dump(mode="json") for site in plan_for(family).sites]
    before = [row | ({"arm": "reference"} if k >= 24 else {}) for k, row in enumerate(rows)]
    after = [row | ({"arm": "reference"} if 12 <= k < 24 else {}) for k, row in enumerate(rows)]
    old, new = (_refreeze(plan_for(family), sites=sites) for sites in (before, after))
    chosen = np.r_[0:12, 24:36]
    return Tampered(new, _panels(new, y[:, chosen], instruments(_BASE, rng)), Outside(frozen=old.frozen))


def _plan(seed: tuple[int, ...]) -> Tampered:
    """Of 100 indicators the 4 that suit become the primaries, and alpha becomes .4."""
    family = replace(_BASE, name="plan", primaries=100, correlation=0.0)
    rng = np.random.default_rng(seed)
    y = values(family, rng)
    y[:, :, family.before :] += 0.2
    change = y[:, :, family.before :].mean(axis=2) - y[:, :, : family.before].mean(axis=2)
    best = np.argsort(-(change[:, :12].mean(axis=1) - change[:, 12:].mean(axis=1)))[:4]
    plan = plan_for(_BASE)
    limits = plan.thresholds.model_copy(update={"alpha": 0.4}).model_dump(mode="json")
    new = _refreeze(plan, thresholds=limits)
    return Tampered(new, _panels(new, y[best], instruments(_BASE, rng)), Outside(frozen=plan.frozen))


def _ledger(seed: tuple[int, ...]) -> Tampered:
    """The plan's sites are chosen afterwards and the freezing in the ledger is edited to match."""
    done = _sites(seed)
    honest = plan_for(Family("sites", restored=24, control=24))
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "ledger.jsonl"
        append(book, "freeze", "2015-01-01T00:00:00Z", frozen_entry(honest))
        append(book, "verdict", "2024-01-01T00:00:00Z", {"territory": "simulated", "class": "inconclusive"})
        book.write_bytes(book.read_bytes().replace(honest.sha256.encode(), done.plan.sha256.encode()))
        intact = verify(book).intact
    return replace(done, known=Outside(ledger_intact=intact))


def _duplicates(seed: tuple[int, ...]) -> Tampered:
    """The best restored and the worst control sites are copied over the others."""
    honest = simulate(_BASE, seed)
    y = np.stack([one.values for one in honest.panels])
    y[:, :, _BASE.before :] += 0.2
    change = _mean_change(_BASE, y)
    rows = np.arange(24)
    best, worst = np.argsort(-change[:12]), 12 + np.argsort(change[12:])
    rows[best[4:]] = best[np.arange(8) % 4]
    rows[worst[4:]] = worst[np.arange(8) % 4]
    panels = tuple(replace(one, values=y[k][rows]) for k, one in enumerate(honest.panels))
    return Tampered(honest.plan, panels)


def _selected(seed: tuple[int, ...]) -> Tampered:
    """The worst tenth of 200 parcels is restored: they regress to the mean; the plan says how."""
    small = Family(
        "selected",
        restored=20,
        control=20,
        rho=0.0,
        noise=0.8,
        change=0.05,
        before=2,
        after=4,
        correlation=0.8,
    )
    rng = np.random.default_rng(seed)
    y = values(replace(small, restored=200), rng)
    level = y[:, :200, : small.before].mean(axis=(0, 2))
    keep = np.concatenate([np.argsort(level)[:20], np.arange(200, 220)])
    new = _refreeze(plan_for(small), selection="measured level")
    return Tampered(new, _panels(new, y[:, keep], instruments(small, rng)))


def _clustered(seed: tuple[int, ...]) -> Tampered:
    """All restored sites lie in one valley, whose weather improves."""
    family = replace(_BASE, name="clustered", clustered=True)
    honest = simulate(replace(family, effect=DOSE), seed)
    return Tampered(honest.plan, honest.panels)


def _undeclared(name: str, restored: float, control: float) -> Callable[[tuple[int, ...]], Tampered]:
    """What no data can show: ``restored`` and ``control`` are what it does to each arm afterwards."""

    def make(seed: tuple[int, ...]) -> Tampered:
        honest = simulate(_BASE, seed)
        panels = []
        for one in honest.panels:
            shift = np.zeros(one.values.shape)
            shift[:12, _BASE.before :], shift[12:, _BASE.before :] = restored, control
            panels.append(replace(one, values=one.values + shift))
        said = {key: "looked for and not found" for key in DECLARATIONS if key != name}
        return Tampered(_refreeze(honest.plan, declarations=said), tuple(panels))

    return make


SABOTAGE: tuple[Sabotage, ...] = (
    Sabotage("sites chosen by their result", "SITES_CHANGED", _sites),
    Sabotage("seasons chosen by their result", "SEASONS_CHANGED", _seasons),
    Sabotage("references exchanged with controls", "REFERENCE_CHANGED", _reference),
    Sabotage("primaries and alpha chosen afterwards", "PLAN_CHANGED", _plan),
    Sabotage("ledger edited", "LEDGER_BROKEN", _ledger),
    Sabotage("sites copied", "DUPLICATED_DATA", _duplicates),
    Sabotage("new detector in one arm", "DETECTOR_CHANGED", _texts("definition", "detector-2.0")),
    Sabotage("lower threshold in one arm", "DETECTOR_CHANGED", _numbers("threshold", -0.2)),
    Sabotage("new firmware in one arm", "DEVICE_CONFOUNDED", _texts("firmware", "2.0.0")),
    Sabotage("twice the effort in one arm", "UNEQUAL_EFFORT", _effort),
    Sabotage("clock one hour late in one arm", "CLOCK_DOUBTFUL", _numbers("dawn_offset", 60.0)),
    Sabotage("6 dB more gain in one arm", "DEVICE_CONFOUNDED", _numbers("noise_floor", 6.0)),
    Sabotage("worst parcels restored", "SELECTED_SITES", _selected),
    Sabotage("arms in two valleys", "ARMS_CLUSTERED", _clustered),
    Sabotage("species without validation", "UNVALIDATED_SPECIES", _species),
    Sabotage("hedges mask the controls", "UNVERIFIED_DESIGN", _undeclared("vegetation_masking", 0.3, -0.4)),
    Sabotage(
        "birds move from control to restored", "UNVERIFIED_DESIGN", _undeclared("spill_over", 0.4, -0.3)
    ),
    Sabotage("feeders attract birds", "UNVERIFIED_DESIGN", _undeclared("attraction", DOSE, 0.0)),
    Sabotage(
        "validation by the interested", "UNVERIFIED_DESIGN", _undeclared("biased_validation", DOSE, 0.0)
    ),
    Sabotage("forged metadata", "UNVERIFIED_DESIGN", _undeclared("forged_metadata", DOSE, 0.0)),
)
