"""When a recording began, how long it is, and what was listened to: stated, or asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, TimeWithoutZone, UsageError
from firmware_sim.replay.readers.detections.detections import detections_reader
from firmware_sim.replay.readers.detections.told import Told, told_of
from firmware_sim.replay.readers.reader import UnknownOwner
from tests.firmware_sim.replay.detections.written import (
    BIRDNET,
    CSV,
    PARIS,
    read,
    sound,
    station_database,
    text,
)

NAME = "WOO_20260514_050000.wav"
ROW = f"0.0,3.0,Turdus merula,Merle noir,0.92,{NAME}\n"
BATS = {
    "annotated": False,
    "annotation": [
        {"class": "Pipistrellus pipistrellus", "class_prob": 0.74, "det_prob": 0.77, "start_time": 0.05,
         "end_time": 0.06, "low_freq": 47000, "high_freq": 60000, "event": "Echolocation", "individual": "-1"}
    ],
    "class_name": "Pipistrellus pipistrellus", "duration": 2.0, "id": "x.wav", "time_exp": 1,
}  # fmt: skip
BAT_TOLD = Told(model=("batdetect2", "1.3.0"), threshold=0.3)


def told(**more: object) -> Told:
    options = {"model": "BirdNET@2.4", "threshold": 0.1, "start": "", "duration_s": None, "names": None}
    return told_of(**{**options, "analysed": None, **more})  # type: ignore[arg-type]


def test_without_a_known_length_the_effort_is_zero_and_that_is_said(tmp_path: Path) -> None:
    answer = read(text(tmp_path / "r.csv", CSV + ROW))
    assert answer.brief == [("Turdus merula", 0.92, "2026-05-14T03:00:00Z", 3.0)]
    assert answer.efforts == [0.0]
    assert list(answer.findings.notes) == [
        "detections without a known effort, sent with effort 0: they enter no rate"
    ]
    known = read(tmp_path / "r.csv", told(duration_s=60))
    assert known.efforts == [60.0]
    assert known.messages[0].boot != answer.messages[0].boot
    assert known.messages[0].excerpt.start != answer.messages[0].excerpt.start, "both have their place"


def test_a_list_of_what_was_analysed_says_where_nothing_was_heard(tmp_path: Path) -> None:
    listed = text(tmp_path / "analysed.txt", f"file;seconds\n{NAME};60\nWOO_20260514_060000.wav;45,5\n")
    answer = read(text(tmp_path / "r.csv", CSV + ROW), told(analysed=listed))
    assert [(len(m.detections), m.excerpt.valid_s) for m in answer.messages] == [(1, 60.0), (0, 45.5)]


def test_a_folder_of_what_was_analysed_is_measured(tmp_path: Path) -> None:
    for hour, seconds in (("05", 60), ("06", 30)):
        sound(tmp_path / "card" / f"WOO_20260514_{hour}0000.wav", seconds)
    (tmp_path / "results").mkdir()
    path = text(tmp_path / "results" / "r.csv", CSV + ROW)
    answer = read(path, told(analysed=tmp_path / "card"))
    assert answer.efforts == [60.0, 30.0]
    assert read(path).efforts == [0.0], "the sound of another folder is not looked for"


def test_two_recordings_of_one_name_are_told_apart_by_their_folders_or_not_at_all(tmp_path: Path) -> None:
    sound(tmp_path / "north" / NAME, 60)
    sound(tmp_path / "south" / NAME, 30)
    path = text(tmp_path / "r.csv", CSV + ROW.replace(NAME, f"D:\\south\\{NAME}"))
    assert read(path).efforts == [30.0]
    unclear = read(text(tmp_path / "r.csv", CSV + ROW))
    assert "it lies at" in unclear.findings.problems[0]


def test_batdetect2_keeps_both_probabilities_and_states_its_effort(tmp_path: Path) -> None:
    path = text(tmp_path / "x.wav.json", json.dumps(BATS))
    refused = read(path, BAT_TOLD, given=("s", "woo"))
    assert refused.messages == ()
    assert "x.wav: neither its header nor its name says when it was recorded" in refused.findings.problems[0]
    answer = read(path, told_of("batdetect2@1.3.0", 0.3, "2026-05-14T22:00:00+02:00", None, None, None),
                  given=("s", "woo"))  # fmt: skip
    (row,) = answer.rows
    assert (row["score"], row["det_prob"], row["effort_s"]) == (0.74, 0.77, 2.0)
    assert (row["time"], row["duration_s"]) == ("2026-05-14T20:00:00.05Z", 0.01)


def test_a_silent_night_of_batdetect2_is_effort(tmp_path: Path) -> None:
    path = text(tmp_path / "a.json", json.dumps(BATS | {"annotation": [], "id": NAME}))
    answer = read(path, BAT_TOLD)
    assert (answer.rows, answer.efforts) == ([], [2.0])


@pytest.mark.parametrize(
    "broken",
    [BATS | {"duration": -1}, BATS | {"duration": "x"}, BATS | {"annotation": 7}, BATS | {"annotation": [7]},
     BATS | {"annotation": [{"class": "x", "start_time": 3, "end_time": 1}]}],
)  # fmt: skip
def test_a_broken_result_of_batdetect2_is_named(tmp_path: Path, broken: dict[str, object]) -> None:
    answer = read(text(tmp_path / "a.json", json.dumps(broken | {"id": NAME})), BAT_TOLD)
    assert answer.rows == []
    assert answer.findings.unread >= 1


def test_audacity_labels_of_birdnet_and_of_people(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    labels = (
        "3.0\t6.0\tTurdus merula, Merle noir\t0.9200\n\\\t1000.0\t3000.0\n"
        "9,5\t10,5\tStrix aluco (0,8)\n20\t21\tchien\n"
    )
    answer = read(text(tmp_path / "WOO_20260514_050000.BirdNET.results.txt", labels))
    assert answer.brief == [
        ("Turdus merula", 0.92, "2026-05-14T03:00:03Z", 3.0),
        ("Strix aluco", 0.8, "2026-05-14T03:00:09.5Z", 1.0),
        ("chien", 1.0, "2026-05-14T03:00:20Z", 1.0),
    ]
    assert [row["doubt"] for row in answer.rows] == [None, None, "no scientific name"]
    assert answer.efforts == [60.0]


def test_a_start_is_said_of_one_recording_only(tmp_path: Path) -> None:
    lines = CSV + "".join(f"0,3,Parus major,M,0.9,{name}.wav\n" for name in ("one", "two"))
    answer = read(text(tmp_path / "r.csv", lines), told(start="2026-05-14T05:00:00Z"), given=("s", "woo"))
    assert answer.messages == ()
    assert answer.findings.unread == 2


PI_HEADER = "Date;Time;Sci_Name;Com_Name;Confidence;Lat;Lon;Cutoff;Week;Sens;Overlap\n"
PI_ROW = "2026-05-14;05:00:03;Turdus merula;Merle noir;0.92;46.6;6.1;0.7;20;1.25;0.0\n"


def test_birdnet_pi_says_when_and_its_threshold_but_not_its_effort(tmp_path: Path) -> None:
    path = text(tmp_path / "BirdDB.txt", PI_HEADER + PI_ROW)
    base = station_database(
        tmp_path / "birds.db",
        (
            "2026-05-14",
            "05:00:03",
            "Turdus merula",
            "Merle noir",
            0.92,
            46.6,
            6.1,
            0.7,
            20,
            1.25,
            0.0,
            "a.mp3",
        ),
    )
    exported = text(tmp_path / "export.csv", (PI_HEADER + PI_ROW).replace(";", ","))
    for one in (path, base, exported):
        answer = read(one, given=("s", "woo"))
        (row,) = answer.rows
        assert answer.brief == [("Turdus merula", 0.92, "2026-05-14T03:00:03Z", 3.0)], one.name
        assert (row["threshold"], row["effort_s"]) == (0.7, 0.0)
    with pytest.raises(UnknownOwner):
        read(path)


def test_birdnet_pi_s_local_times_need_a_zone_and_one_pass_of_the_hour(tmp_path: Path) -> None:
    autumn = PI_ROW.replace("2026-05-14;05:00:03", "2026-10-25;02:30:00")
    path = text(tmp_path / "BirdDB.txt", PI_HEADER + autumn + PI_ROW.replace(";0.92;", ";1.7;"))
    answer = read(path, given=("s", "woo"))
    assert "comes twice" in answer.findings.problems[1]
    with pytest.raises(TimeWithoutZone):
        read(text(tmp_path / "b.txt", PI_HEADER + PI_ROW), territory=None, given=("s", "woo"))
    zoned = read(tmp_path / "b.txt", territory=None, given=("s", "woo"), zone=PARIS)
    assert zoned.rows[0]["time"] == "2026-05-14T03:00:03Z"


def test_a_damaged_station_is_named_and_raises_nothing(tmp_path: Path) -> None:
    torn = PI_HEADER + PI_ROW.replace(";05:00:03;", ";05:00:03 noir;") + PI_ROW
    answer = read(text(tmp_path / "BirdDB.txt", torn), given=("s", "woo"))
    assert len(answer.rows) == 1
    assert "is no time" in answer.findings.problems[0]
    row = ("Parus major", "M", 0.9, 46.6, 6.1, 0.7, 20, 1.2, 0, "a")
    rows = [("2026-05-14", f"05:{n // 60:02d}:{n % 60:02d}", *row) for n in range(3_000)]
    base = station_database(tmp_path / "birds.db", *rows)
    content = base.read_bytes()
    base.write_bytes(content[:16_384] + b"\xff" * 65_536 + content[81_920:])
    answer = read(base, given=("s", "woo"))
    assert answer.findings.unread >= 1
    assert "cannot be read" in answer.findings.problems[-1]
    base.write_bytes(content[:100])
    assert detections_reader(base) is None


def test_options_that_say_nothing_usable_are_refused(tmp_path: Path) -> None:
    for options in ({"model": "BirdNET"}, {"start": "1066-10-14T09:00:00Z"}, {"model": "@2"}):
        with pytest.raises(UsageError):
            told(**options)
    empty = text(tmp_path / "n.txt", "nothing\n")
    for options in ({"names": empty}, {"analysed": empty}, {"names": tmp_path / "absent"}):
        with pytest.raises(ConfigurationError):
            told(**options)
    with pytest.raises(TimeWithoutZone):
        told(start="2026-05-14T05:00:00")
    assert told() == BIRDNET
