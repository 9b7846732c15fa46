"""The page that people read: one HTML file, nothing off-host, French and English."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analysis.plan.plan import Plan
    from analysis.plan.review.checked import Checked
    from analysis.verdict.result import Verdict
    from contract.places import Territory

Language = Literal["en", "fr", "both"]


def write_report(
    territory: Territory,
    store_url: str,
    plan: Plan | None,
    verdict: Verdict | None,
    out: Path,
    language: Language = "both",
    checked: Checked | None = None,
) -> Path:
    """Write the report to ``out`` and return it; an existing file is replaced at once or not at all.

    ``checked`` says which labels count; without it, those that the plan declares.
    Without a plan the seasons are calendar years; without a verdict the page says why there is none.
    Raises ``UnreachableError``/``StoreError`` where the store cannot be opened.
    """
    from analysis.report.page import write

    return write(territory, store_url, plan, verdict, out, language, checked)
