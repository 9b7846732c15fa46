"""The page ``docs/ecologist/indicators.md``, written from the catalogue: it cannot drift.

``python -m analysis.report.catalogue > docs/ecologist/indicators.md``
"""

from __future__ import annotations

import sys

from analysis.indicators.catalogue import CATALOGUE

_HEAD = """# Indicators

Written by `python -m analysis.report.catalogue > docs/ecologist/indicators.md`; do not edit by hand.

Each value belongs to one site and one season, with its effort and its provenance; those of models
(`species-…`, `multi-species-index`) belong to a species, an arm or a season. Below the least data there
is no value but an absence with its reason, never a zero. Points flagged for range, rate of change,
stillness or clock stay in the store and enter no indicator; a gap before a point, a repaired time and a
repeated message number do not exclude it. A day of listening is valid when its valid minutes reach half
of the network's median day.

*Primary* indicators may stand in an analysis plan; *supporting* ones are shown beside a verdict
and never enter it. A changed definition gets a new version, and versions are never mixed.

`ecoviv indicators explain ID` prints one entry; `ecoviv indicators compute` computes them.

| id | class | role | unit | title |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| [{one.id}](#{one.id}) | {one.group} | {one.role} | {one.unit} | {one.title.en} |"
        for one in CATALOGUE.values()
    ]
    parts = [
        f"\n## {one.id}\n\n"
        f"**{one.title.en}** · *{one.title.fr}*, version {one.version}\n\n"
        f"{one.meaning.en}\n\n"
        f"It does not mean: {one.not_meaning.en}\n\n"
        f"- unit `{one.unit}`; statistics on the {one.scale} scale; better is"
        f" {'higher' if one.polarity > 0 else 'lower'}"
        f"{' (by convention: it judges nothing)' if one.role == 'supporting' else ''}\n"
        f"- from {', '.join(f'`{name}`' for name in one.inputs)}\n"
        f"- least data: {one.least.en}\n"
        f"- taxa: {one.taxa_said.en}\n"
        f"- after {one.citation}\n"
        for one in CATALOGUE.values()
    ]
    return _HEAD + "\n".join(rows) + "\n" + "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
