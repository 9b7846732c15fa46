"""Each work that ecological indices and statistics cite by DOI is in the one list of references."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOI = re.compile(r"doi:(10\.\d{4,9}/[^\s,`\"]+)")


def cited() -> dict[str, Path]:
    found = {}
    rooms = (ROOT / "analysis/indices", ROOT / "analysis/stats")
    paths = (path for room in rooms for path in sorted(room.rglob("*.py")))
    for path in (path for path in paths if "acoustic" not in path.parts):
        for match in DOI.findall(path.read_text(encoding="utf-8")):
            doi = match.rstrip(".;:")
            if doi.count("(") < doi.count(")"):
                doi = doi.rstrip(").;")
            found[doi] = path
    return found


def test_each_cited_doi_is_in_the_list_of_references() -> None:
    listed = set(re.findall(r"doi = \{(.+)\}", (ROOT / "docs/references.bib").read_text(encoding="utf-8")))
    works = cited()
    assert len(works) > 40
    missing = {doi: path.name for doi, path in works.items() if doi not in listed}
    assert missing == {}, "add these to docs/references.bib"


def test_no_work_is_listed_twice() -> None:
    text = (ROOT / "docs/references.bib").read_text(encoding="utf-8")
    for pattern in (r"^@\w+\{(\w+),", r"doi = \{(.+)\}"):
        values = re.findall(pattern, text, flags=re.MULTILINE)
        assert len(values) == len(set(values))
