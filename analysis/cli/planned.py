"""What the commands of a plan share: options, and the check of its indicators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contract.errors import ConfigurationError
from contract.instant import SECOND, SystemClock, format_instant

if TYPE_CHECKING:
    from analysis.plan.plan import Plan

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


def now() -> str:
    """The time, to the second, as ISO 8601."""
    clock = SystemClock()
    return format_instant(clock.now() // SECOND * SECOND)
