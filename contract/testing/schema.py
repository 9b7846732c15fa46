"""The JSON Schema of wire version 1, generated: what firmware in other languages is checked against.

1. ``json_schema`` is that of every JSON kind, with the device's receipt beside them.
2. It asks for ``v`` and ``kind`` in every message, lets unknown fields pass as the reader does, and
   names for each quantity the spellings of its unit and the range within which a value is plausible.
3. Every field says what it is: in the words of the types' own docstrings, or of ``_WORDS``.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from pydantic import TypeAdapter

from contract import batch, reading
from contract.quantities import QUANTITIES, UNITS

_WORDS = {
    "v": "Version of the wire: 1.",
    "kind": "Which kind of message this is; the topic says the same.",
    "site": "Slug of the site, as in the topic.",
    "device": "Slug of the device, as in the topic.",
    "clock": "How the device knows its time.",
    "firmware": "Name and version of the device's program.",
    "readings": "The measured values.",
    "quantity": "What was measured: one of the table, each with its one unit.",
    "value": "The number, in the unit of its quantity, or of its definition.",
    "method": "How the values of the period became one.",
    "excerpt": "The stretch of sound that was listened to.",
    "start": "Its beginning, ISO 8601 with zone.",
    "duration_s": "How long it lasts [s].",
    "channel": "Of a recording with several, counted from 0.",
    "sample_rate_hz": "Of the sound [Hz].",
    "threshold": "What it was judged by.",
    "flagged": "Whether it was judged to be wrong.",
    "id": "The detector's name.",
    "version": "The detector's version.",
    "model": "Which detector listened.",
    "detections": "What was heard; empty: listened, and heard nothing.",
    "sha256": "Of the whole file, 64 hexadecimal digits.",
    "start_source": "Where the start was read: the file's header, its name, …",
    "text": "Anything else, for people.",
    "boot": "Random or counted, new at each start of the device.",
}


def json_schema() -> dict[str, Any]:
    """JSON Schema of every JSON kind, and of the device's receipt under ``$defs``."""
    schema = TypeAdapter(reading.Message).json_schema()
    kinds = schema["$defs"]
    kinds["DeviceReceipt"] = batch.DeviceReceipt.model_json_schema()
    told = _docstrings(reading) | {("DeviceReceipt", n): t for (_, n), t in _docstrings(batch).items()}
    for name, kind in kinds.items():
        kind["additionalProperties"] = True
        for field, rules in kind["properties"].items():
            envelope = told.get(("Envelope", field), "")
            rules["description"] = told.get((name, field), "") or envelope or _WORDS[field]
        if "kind" in kind["properties"]:
            kind["required"] = ["v", "kind", *kind["required"]]
            for field in ("v", "kind"):
                del kind["properties"][field]["default"]
    _add_quantities(kinds["Reading"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "EcoViv wire v1"} | schema


def _add_quantities(rules: dict[str, Any]) -> None:
    """The closed table; a value outside its range is stored and flagged, another unit is refused."""
    rules["properties"]["quantity"]["enum"] = list(QUANTITIES)
    rules["allOf"] = [
        {
            "if": {"properties": {"quantity": {"const": name}}},
            "then": {
                "description": f"{name} [{row.unit}], plausible from {row.low:g} to {row.high:g}:"
                " beyond it is stored, and flagged.",
                "properties": {"unit": {"enum": [row.unit, *sorted(UNITS[name] - {row.unit}), None]}},
            },
        }
        for name, row in QUANTITIES.items()
    ]


def _docstrings(module: Any) -> dict[tuple[str, str], str]:
    """(class, field) → the text below it."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            for field, text in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    words = ast.literal_eval(text.value)
                    found[node.name, ast.unparse(field.target)] = inspect.cleandoc(words).replace("\n", " ")
    return found
