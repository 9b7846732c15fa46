"""What people listen to, what they answer, and the file that a verdict takes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.review.drawn import Drawn, DrawnList, StratumCount, read_list
from analysis.plan.review.labels import Label, NotHeard, read_labels, settle, written
from analysis.plan.review.sampling import HUNDREDTHS, Sampling, hundredth
from analysis.plan.review.schemas import schemas
from analysis.plan.review.validation import read_validation, validation
from benchmarks.review import coverage, named
from benchmarks.trials.reviewing import TAXON, Planted, plan_of
from contract.errors import ConfigurationError

AT = "2026-07-01T08:00:00Z"
PLAN = plan_of(Planted((0.9,) * 4, detections=100, clips=100), 1)  # every band is drawn at its rate


def plan(**review: Any) -> Plan:
    content = PLAN.model_dump(mode="json", exclude_none=True)
    content["review"] = {**content["review"], **review}
    return Plan.model_validate(content)


def clip(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def listed(asked: Plan, n: int = 40) -> DrawnList:
    """``n`` detections of score .9 in each arm and period, those drawn that the plan draws."""
    sampling = Sampling.of(asked)
    assert sampling is not None
    population, drawn = [], []
    for place, (arm, period) in enumerate(
        (("restored", "before"), ("restored", "after"), ("control", "before"), ("control", "after"))
    ):
        counts = [0] * HUNDREDTHS
        counts[90] = n
        population.append(
            StratumCount.model_validate({"taxon": TAXON, "arm": arm, "period": period, "counts": counts})
        )
        for number in range(place * n, place * n + n):
            if sampling.drawn(clip(number), 3.0, TAXON, 0.9, (arm, period)):
                content = {"clip": clip(number), "offset_s": 3.0, "duration_s": 3.0, "taxon": TAXON}
                site = next(one.id for one in asked.sites if one.arm == arm)
                content |= {"score": 0.9, "site": site, "device": "aru", "arm": arm}
                drawn.append(Drawn.model_validate(content | {"period": period, "start": AT}))
    return DrawnList(
        territory=asked.territory, plan=asked.sha256, population=tuple(population), drawn=tuple(drawn)
    )


def said(one: Drawn, answer: str = "yes", listener: str = "ada") -> Label:
    content = {"clip": one.clip, "offset_s": one.offset_s, "taxon": one.taxon, "at": AT}
    return Label.model_validate(content | {"listener": listener, "answer": answer})


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([], ""),
        (["yes"], "yes"),
        (["yes", "no"], "unsure"),
        (["yes", "no", "no"], "no"),
        (["yes", "unsure"], "yes"),
        (["unsure"], "unsure"),
    ],
)
def test_what_several_say_is_settled_by_those_who_decide(answers: list[Any], outcome: str) -> None:
    assert settle(answers) == outcome


def test_answers_merge_and_a_listener_may_not_say_both(tmp_path: Path) -> None:
    one, *_ = listed(PLAN).drawn
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text(written([said(one), said(one, "no", "bea")]))
    second.write_text("\n" + written([said(one)]))
    labels, unheard = read_labels([first, second, first])
    assert [(label.listener, label.answer) for label in labels] == [("ada", "yes"), ("bea", "no")]
    assert unheard == []
    second.write_text(written([said(one, "no")]))
    with pytest.raises(ConfigurationError, match=r"b.jsonl, line 1: ada answers 'no'.*elsewhere 'yes'"):
        read_labels([first, second])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 1"),
        ("[]", "line 1"),
        ('{"clip": "0", "offset_s": 0, "taxon": "x", "at": "2026", "unheard": "gone"}', "clip"),
        ('{"clip": "%s", "offset_s": -1, "taxon": "x", "at": "%s", "unheard": "gone"}', "offset_s"),
        ('{"clip": "%s", "offset_s": 1, "taxon": "x", "at": "2026-01-01", "unheard": "gone"}', "zone"),
        ('{"clip": "%s", "offset_s": 1, "taxon": "x", "at": "%s", "listener": "a", "answer": "oui"}', "yes"),
    ],
)
def test_a_line_that_is_no_answer_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line.replace("%s", clip(1), 1).replace("%s", AT))
    with pytest.raises(ConfigurationError, match=why):
        read_labels([path])


def test_a_list_is_read_back_and_a_foreign_one_is_named(tmp_path: Path) -> None:
    whole, path = listed(PLAN), tmp_path / "review.json"
    path.write_text(whole.model_dump_json())
    assert read_list(path) == whole
    assert whole.problems(PLAN) == []
    assert "another plan" in whole.problems(plan(seed="another seed"))[0]
    path.write_text(path.read_text()[:-200])
    with pytest.raises(ConfigurationError, match=r"review\.json"):
        read_list(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_list(tmp_path / "absent.json")


def test_a_detection_put_on_the_list_by_hand_is_named() -> None:
    thin = plan(rates=[0.0, 0.0, 0.1])
    whole = listed(thin)
    stranger = next(
        one for one in listed(PLAN).drawn if one.clip not in {drawn.clip for drawn in whole.drawn}
    )
    padded = whole.model_copy(update={"drawn": (*whole.drawn, stranger)})
    assert f"the plan's rule does not draw {TAXON}" in padded.problems(thin)[0]
    moved = whole.drawn[0].model_copy(
        update={"arm": "control" if whole.drawn[0].arm != "control" else "restored"}
    )
    assert whole.model_copy(update={"drawn": (moved,)}).problems(thin)


def file_of(tmp_path: Path, answers: list[Label | NotHeard] | None = None) -> tuple[Path, dict[str, Any]]:
    whole = listed(PLAN)
    given = answers if answers is not None else [said(one) for one in whole.drawn]
    labels = [one for one in given if isinstance(one, Label)]
    assert PLAN.review is not None
    _, text = validation(whole, labels, [one for one in given if isinstance(one, NotHeard)], PLAN.review)
    path = tmp_path / "validation.json"
    path.write_text(text)
    content: dict[str, Any] = json.loads(text)
    return path, content


def test_a_validation_is_read_back_and_counts(tmp_path: Path) -> None:
    path, content = file_of(tmp_path)
    found = read_validation(path, PLAN)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    checked = Checked.of(PLAN, found)
    assert checked.trusted == (TAXON,)
    assert checked.labels[TAXON].precision == 1.0
    assert checked.listened == {TAXON}
    assert Checked.of(PLAN, None).trusted == ()
    total = content["results"]["cells"][0]
    assert (total["detections"], total["drawn"], total["yes"]) == (
        160,
        len(content["answers"]),
        total["drawn"],
    )


def change_answer(content: dict[str, Any]) -> None:
    content["answers"][3]["line"]["answer"] = "no"


def change_answer_and_hash(content: dict[str, Any]) -> None:
    change_answer(content)
    line = json.dumps(
        content["answers"][3]["line"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    content["answers"][3]["sha256"] = hashlib.sha256(line.encode()).hexdigest()


def change_clip(content: dict[str, Any]) -> None:
    content["list"]["drawn"][2]["clip"] = clip(99_999)


def change_precision(content: dict[str, Any]) -> None:
    content["results"]["cells"][0]["precision"] = 0.999


def forget_answers(content: dict[str, Any]) -> None:
    content["answers"] = content["answers"][5:]


def answer_twice(content: dict[str, Any]) -> None:
    content["answers"].append(content["answers"][0])


def enlarge(content: dict[str, Any]) -> None:
    content["list"]["population"][0]["counts"][90] = 0


def unknown_key(content: dict[str, Any]) -> None:
    content["note"] = "trust me"


def newer(content: dict[str, Any]) -> None:
    content["format"] = "ecoviv-validation-2"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (change_answer, "answers: the 4th was changed"),
        (change_answer_and_hash, "results.cells"),
        (change_clip, "does not draw|not on the list|not counted"),
        (change_precision, "results.cells.0.precision is 0.999, its answers give 1.0"),
        (forget_answers, "results"),
        (answer_twice, "second one of the same listener"),
        (enlarge, "not counted in the population"),
        (unknown_key, "note"),
        (newer, "none that this version reads"),
    ],
)
def test_what_was_changed_afterwards_is_named(tmp_path: Path, change: Any, why: str) -> None:
    path, content = file_of(tmp_path)
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=why):
        read_validation(path, PLAN)


def test_cut_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path, _ = file_of(tmp_path)
    whole = path.read_bytes()
    for end in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:end])
        with pytest.raises(ConfigurationError, match=r"validation\.json"):
            read_validation(path, PLAN)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_validation(tmp_path / "absent", PLAN)


def test_an_arm_that_nobody_listened_to_does_not_count(tmp_path: Path) -> None:
    """Whoever listens only where the detector is good has three cells full and one with 19 of 40."""
    whole = listed(PLAN)
    seen = [one for one in whole.drawn if (one.arm, one.period) == ("control", "after")]
    skipped = {one.clip for one in seen[19:]}
    path, content = file_of(tmp_path, [said(one) for one in whole.drawn if one.clip not in skipped])
    checked = Checked.of(PLAN, read_validation(path, PLAN))
    assert content["results"]["thin"] == [TAXON]
    assert checked.trusted == ()


def test_what_could_not_be_heard_is_counted_by_reason(tmp_path: Path) -> None:
    whole = listed(PLAN)
    gone = [
        NotHeard(clip=one.clip, offset_s=3.0, taxon=TAXON, at=AT, unheard="withheld")
        for one in whole.drawn[:2]
    ]
    _, content = file_of(tmp_path, [*gone, *(said(one) for one in whole.drawn[2:-1])])
    assert content["results"]["cells"][0]["unheard"] == {"unanswered": 1, "withheld": 2}


def test_other_programs_find_the_schemas_of_these_files(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[3] / "docs" / "ecologist" / "schemas"
    for name, schema in schemas().items():
        assert json.loads((folder / name).read_text()) == schema, "python -m analysis.plan.review.schemas"
    _, content = file_of(tmp_path)
    found = schemas()
    jsonschema.validate(content, found["validation-1.schema.json"])
    jsonschema.validate(content["list"], found["review-list-1.schema.json"])
    jsonschema.validate(content["answers"][0]["line"], found["review-answer-1.schema.json"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"clip": "x"}, found["review-answer-1.schema.json"])


def test_intervals_hold_the_truth_and_drift_is_named() -> None:
    """Short of ``benchmarks/review.py``, whose bounds are 90 and 95 of 100."""
    seeds = range(500, 506)
    assert coverage(Planted((0.9,) * 4, detections=800), seeds)[0] >= 4 / 6
    assert named(Planted((0.95, 0.80, 0.95, 0.95), detections=800), range(500, 504)) >= 0.75
    assert hundredth(1.0) == 99
