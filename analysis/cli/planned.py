"""What the commands of a plan share: options, and the check of its indicators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contract.errors import ConfigurationError
from contract.instant import SECOND, SystemClock, format_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.plan.ledger import Chain
    from analysis.plan.panel import Panel
    from analysis.plan.plan import Plan
    from analysis.plan.review.checked import Checked
    from analysis.verdict.outside import Outside
    from contract.places import Territory

JSON = typer.Option(False, "--json", help="Print JSON.")
EXPECTED = 0.25
"""As ``analysis.plan.power.EXPECTED_SPREAD``, which is not loaded for help."""
SPREAD = typer.Option(
    EXPECTED,
    "--spread",
    min=1e-6,
    help="Expected standard deviation of site changes, on the indicators' scale.",
)


def named_indicators(plan: Plan, path: Path) -> None:
    """Refuse indicators that are neither in the catalogue, with the right to judge, nor imported."""
    from analysis.indicators.catalogue import INDICATORS, PRIMARY

    for primary in plan.primaries:
        if primary.id not in PRIMARY and primary.id not in plan.imported:
            raise ConfigurationError(
                f"{path}: primaries: {primary.id!r} is not a primary indicator",
                help=f"Choose among {', '.join(PRIMARY)}, or describe it under [imported]",
            )
    for name, one in plan.imported.items():
        known = INDICATORS.get(name)
        if known is not None and (known.scale, known.polarity, known.group) != (
            one.scale,
            one.polarity,
            one.group,
        ):
            raise ConfigurationError(
                f"{path}: imported: {name} is in the catalogue, on the {known.scale} scale, polarity "
                f"{known.polarity}, group {known.group}",
                help="Describe it as the catalogue does, or give it a name of its own",
            )


def checked_by(plan: Plan, validation: Path | None, url: str | None) -> Checked:
    """Which labels count: by the validation file, held against the store at ``url`` where there is one."""
    from analysis.plan.review.checked import Checked
    from analysis.plan.review.validation import read_validation

    if validation is None:
        return Checked.of(plan, None)
    found = read_validation(validation, plan)
    if url is not None:
        from analysis.review.sample import differs, sample
        from analysis.study.series import open_for_reading

        with open_for_reading(url) as archive:
            wrong = differs(found.listed, sample(archive, plan))
        if wrong:
            raise ConfigurationError(
                f"{validation}: {wrong}",
                help="Draw by `ecoviv review sample`, then `ecoviv review result` with all answers so far",
            )
    return Checked.of(plan, found)


def known_beside(
    plan: Plan,
    path: Path,
    chain: Chain,
    place: Territory | None,
    checked: Checked,
    panels_of: Callable[[Plan], list[Panel]],
) -> Outside:
    """What ledger, territory, witness and listeners say of the plan in ``path``, with the answer that sites
    left out would give; ``panels_of`` a plan that names them too."""
    from analysis.plan.witness import witness_codes
    from analysis.verdict.doubts.left_out import with_left_out
    from analysis.verdict.outside import outside
    from analysis.verdict.rule import judge

    return with_left_out(
        outside(plan, chain, place, witness_codes(plan, path), checked),
        plan,
        place,
        panels_of,
        lambda wider, rows, held: judge(wider, rows, known=held, with_power=False),
    )


def now() -> str:
    """The time, to the second, as ISO 8601."""
    clock = SystemClock()
    return format_instant(clock.now() // SECOND * SECOND)
