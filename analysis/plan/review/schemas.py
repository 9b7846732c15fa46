"""JSON Schemas of the files of a review, for whoever reads or writes them with another program.

``python -m analysis.plan.review.schemas docs/ecologist/schemas`` writes them; a test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from analysis.plan.review.drawn import DrawnList
from analysis.plan.review.labels import LINE
from analysis.plan.review.validation import ValidationContent

_DRAFT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def schemas() -> dict[str, dict[str, Any]]:
    """File name -> schema: the list, one line of answers, the validation file."""
    return {
        "review-list-1.schema.json": _DRAFT | DrawnList.model_json_schema(),
        "review-answer-1.schema.json": _DRAFT | LINE.json_schema(),
        "validation-1.schema.json": _DRAFT | ValidationContent.model_json_schema(),
    }


if __name__ == "__main__":
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
