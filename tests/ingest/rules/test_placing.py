"""What rows follow from a message: a doubted detection is stored, and marked."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.instant import from_datetime
from contract.reading import Detection, Detections, Excerpt, Flag, Model
from ingest.rules.clocks import Placement
from ingest.rules.placing import DETECTION, EFFORT, rows_of
from ingest.values import UNFIT

MORNING = datetime(2026, 5, 14, 3, tzinfo=UTC)


def test_a_doubted_detection_is_stored_with_its_score_and_enters_nothing() -> None:
    heard = (
        Detection(taxon="Bubo bubo", score=0.8, offset_s=3, duration_s=3, doubt="unlikely at this site"),
        Detection(taxon="Turdus merula", score=0.9, offset_s=6, duration_s=3),
    )
    message = Detections(
        site="s", device="d", boot="b", seq=1, time=MORNING,
        excerpt=Excerpt(start=MORNING, duration_s=60, valid_s=60),
        model=Model(id="BirdNET", version="2.4", threshold=0.7), detections=heard,
    )  # fmt: skip
    at = from_datetime(MORNING)
    rows = list(rows_of(message, Placement(at, 0, Flag(0)), at))
    told = {key[3]: (value, Flag(flags)) for key, _, value, flags, _ in rows if key[0] == DETECTION}
    assert told == {"Bubo bubo": (0.8, Flag.DOUBTED), "Turdus merula": (0.9, Flag(0))}
    assert [flags for key, _, _, flags, _ in rows if key[0] == EFFORT] == [0]
    assert Flag.DOUBTED in UNFIT
