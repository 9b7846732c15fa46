"""When a taxon that people listened to counts, and the ways to make it count that do not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.plan.review.checked import Checked
from analysis.plan.review.findings import findings
from analysis.plan.review.labels import Label, NotHeard
from analysis.plan.review.validation import read_validation
from benchmarks.trials.reviewing import TAXON
from tests.analysis.plan.test_review import AT, PLAN, file_of, listed, plan, said


def taken(tmp_path: Path, answers: list[Label | NotHeard]) -> Checked:
    path, _ = file_of(tmp_path, answers)
    return Checked.of(PLAN, read_validation(path, PLAN))


def test_unsure_is_no_way_to_keep_a_no_from_counting(tmp_path: Path) -> None:
    """8 of 160 wrong are .95; 9 are fewer, said by "no" or by "unsure"."""
    drawn = listed(PLAN).drawn
    for word in ("no", "unsure"):
        for wrong, counts in ((8, True), (9, False)):
            answers = [said(one, word if place % 18 == 0 else "yes") for place, one in enumerate(drawn)]
            bad = [place for place in range(len(drawn)) if place % 18 == 0]
            for place in bad[wrong:]:
                answers[place] = said(drawn[place])
            found = taken(tmp_path, list(answers))
            assert len(drawn) == 160
            assert found.labels[TAXON].precision == pytest.approx(1 - wrong / 160)
            assert (TAXON in found.trusted) is counts


def test_a_drawn_detection_without_an_answer_stops_its_taxon(tmp_path: Path) -> None:
    drawn = listed(PLAN).drawn
    assert taken(tmp_path, [said(one) for one in drawn[1:]]).trusted == ()
    gone = {"clip": drawn[0].clip, "offset_s": 3.0, "taxon": TAXON, "at": AT, "unheard": "gone"}
    assert taken(tmp_path, [NotHeard(**gone), *(said(one) for one in drawn[1:])]).trusted == (TAXON,)


def test_a_silent_band_and_unknown_recordings_stop_their_taxon() -> None:
    asked = plan(rates=[0.0, 1.0, 1.0], taxa={TAXON: 0.1})
    whole = listed(asked)
    labels = [said(one) for one in whole.drawn]
    assert asked.review is not None
    assert findings(whole, labels, [], asked.review).thin == ()
    first, *others = whole.population
    low = first.model_copy(update={"counts": (*first.counts[:30], 500, *first.counts[31:])})
    silent = whole.model_copy(update={"population": (low, *others)})
    assert findings(silent, labels, [], asked.review).thin == (TAXON,)
    deaf = first.model_copy(update={"without_clip": 5})  # 5 of 45 are more than a tenth
    assert findings(
        whole.model_copy(update={"population": (deaf, *others)}), labels, [], asked.review
    ).thin == (TAXON,)


def test_one_detection_twice_on_the_list_is_named() -> None:
    whole = listed(PLAN)
    twice = whole.model_copy(update={"drawn": (*whole.drawn, whole.drawn[0])})
    assert "lists one detection twice" in twice.problems(PLAN)[0]


def test_what_is_gone_in_one_arm_alone_stops_its_taxon(tmp_path: Path) -> None:
    """7 of 40 gone where nothing is gone elsewhere: nobody knows what would have been said of them."""
    drawn = listed(PLAN).drawn
    lost = [one for one in drawn if (one.arm, one.period) == ("restored", "after")][:7]
    missing = [NotHeard(clip=one.clip, offset_s=3.0, taxon=TAXON, at=AT, unheard="gone") for one in lost]
    answers = [said(one) for one in drawn if one not in lost]
    assert taken(tmp_path, [*missing, *answers]).trusted == ()
    spread = [*drawn[0:2], *drawn[40:42], *drawn[80:82], *drawn[120:122]]
    missing = [NotHeard(clip=one.clip, offset_s=3.0, taxon=TAXON, at=AT, unheard="gone") for one in spread]
    answers = [said(one) for one in drawn if one not in spread]
    assert taken(tmp_path, [*missing, *answers]).trusted == (TAXON,)
