"""batdetect2: a JSON file a recording, with the probability that anything called and that of the class.

Times are real seconds, also of time-expanded files (``time_exp``).  ``annotated`` false is what the
program found; a person's annotations have no probabilities.
Source: outputs and example data of https://github.com/macaodha/batdetect2.
"""

from __future__ import annotations

import json
from typing import Any

from contract.taxa import is_species
from firmware_sim.replay.readers.detections.listing import LONGEST_S, HeardRow, Listing

MODEL = "batdetect2"


def is_batdetect(head: bytes) -> bool:
    """True for the beginning of such a file: keys may come in any order."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and b'"annotation"' in head


def read_batdetect(text: str, recording: str) -> Listing:
    """Its calls; the length of the recording is stated."""
    listing = Listing()
    try:
        said = json.loads(text)
        calls, length = list(said["annotation"]), float(said["duration"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        listing.problems.append(f"it is no result of batdetect2 ({type(error).__name__}: {error})")
        return listing
    name = said.get("id")
    recording = name if isinstance(name, str) and name and name.isprintable() else recording
    if not 0 < length <= LONGEST_S:
        listing.problems.append(f"its duration of {length} s is none")
        return listing
    listing.lengths[recording] = length
    for place, call in enumerate(calls, 1):
        try:
            listing.rows.append(_call(call, recording))
        except (ValueError, KeyError, TypeError) as error:
            listing.problems.append(f"annotation {place}: {type(error).__name__}: {error}")
    return listing


def _call(call: dict[str, Any], recording: str) -> HeardRow:
    begin, end = float(call["start_time"]), float(call["end_time"])
    score, det_prob = _probability(call.get("class_prob")), _probability(call.get("det_prob"))
    if not 0 <= begin <= end <= LONGEST_S:
        raise ValueError(f"it lasts from {begin} to {end} s")
    name = str(call["class"]).strip()
    name.encode()  # half a letter, which JSON may say, is a ``ValueError``
    scientific, common = (name, "") if is_species(name) else ("", name)
    score = det_prob if score is None else score
    return HeardRow(recording, begin, end - begin, scientific, common, "", score, det_prob=det_prob)


def _probability(value: object) -> float | None:
    if value is None:
        return None
    number = float(str(value))
    if not 0 <= number <= 1:
        raise ValueError(f"{number} is no probability")
    return number
