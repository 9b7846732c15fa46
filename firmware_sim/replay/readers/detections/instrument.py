"""Which detector found it: model, version and threshold, as stated or as told; nothing is guessed.

1. A row may state model and threshold (``r`` tables, BirdNET-Pi's ``Cutoff``).
2. BirdNET-Analyzer writes both into a file of parameters beside its results.
3. Else ``--model`` and ``--threshold`` say it; without, ``Unstated`` says what is wanting.

Source: ``BirdNET_analysis_params.csv`` and ``birdnet.analyze-params.csv`` of
https://github.com/birdnet-team/BirdNET-Analyzer.
"""

from __future__ import annotations

import re
from pathlib import Path

from contract.reading import Model
from firmware_sim.replay.readers.detections.listing import cells_of, decoded, file_name, number, plain
from firmware_sim.replay.readers.detections.told import Told

PARAMETERS = re.compile(r"(?:.*\.)?(?:BirdNET_analysis_params|analyze-params)\.csv", re.IGNORECASE)
_VERSION = re.compile(r"(?<!\d)(\d++(?:\.\d++)+)")


class Unstated(Exception):
    """Neither the file nor the caller says something that must be known."""


def instrument(model: str, threshold: float | None, beside: dict[str, str], told: Told) -> Model:
    """Of a row that states ``model`` and ``threshold``; raises ``Unstated``."""
    named = named_model(model) or _of_parameters(beside) or told.model
    lowest = threshold if threshold is not None else number(beside.get("minimum confidence", ""))
    lowest = told.threshold if lowest is None else lowest
    wanting = [] if named else ["model and version (--model NAME@VERSION)"]
    wanting += [] if lowest is not None else ["the threshold below which nothing was reported (--threshold)"]
    if named is None or lowest is None:
        raise Unstated("it does not say " + ", nor ".join(wanting))
    return Model(id=named[0], version=named[1], threshold=lowest)


def named_model(text: str) -> tuple[str, str] | None:
    """(name, version) of ``BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite`` or ``Perch@2.0``; None without both."""
    name = re.sub(r"\.(?:tflite|onnx|pb|pth?|h5)$", "", file_name(text))
    found = _VERSION.search(name)
    said = name[: found.start()].removesuffix("V").removesuffix("v").rstrip("_ @-") if found else ""
    if not found or not said:
        return None
    return ("BirdNET" if said.casefold().startswith("birdnet") else said)[:120], found[1]


def _of_parameters(beside: dict[str, str]) -> tuple[str, str] | None:
    """A custom classifier has a version that the parameters do not say."""
    model, version = beside.get("model", ""), beside.get("birdnet version", "")
    if not model or not version or beside.get("custom classifier path", ""):
        return None
    return ("BirdNET" if model.casefold() == "birdnet" else model)[:120], version[:120]


def parameters_beside(table: Path) -> dict[str, str]:
    """What BirdNET-Analyzer wrote about its analysis into that folder; empty where it wrote nothing."""
    for path in sorted(table.parent.glob("*.csv")):
        if PARAMETERS.fullmatch(path.name):
            rows = [cells_of(line, ",") for line in decoded(path.read_bytes()).splitlines() if line.strip()]
            if rows and [plain(cell) for cell in rows[0]] == ["parameter", "value"]:
                return {plain(row[0]): row[1].strip() for row in rows[1:] if len(row) > 1}
            if len(rows) > 1:
                return {plain(k): v.strip() for k, v in zip(rows[0], rows[1], strict=False) if v.strip()}
    return {}
