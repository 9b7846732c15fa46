"""Tables of detections, in the spellings of the programs that write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.replay.readers.detections.detections import detections_reader
from firmware_sim.replay.readers.detections.told import Told, told_of
from tests.firmware_sim.replay.detections.written import CSV, RAVEN, read, sound, text

NAME = "WOO_20260514_050000.wav"
BLACKBIRD = ("Turdus merula", 0.92, "2026-05-14T03:00:03Z", 3.0)
"""Paris is two hours ahead of UTC in May."""
R_TABLE = (
    "filepath,start,end,scientific_name,common_name,confidence,lat,lon,week,overlap,sensitivity,min_conf,"
    "species_list,model\n"
)
BIRDNET_RAVEN = RAVEN + "Common Name\tSpecies Code\tConfidence\tBegin Path\tFile Offset (s)\n"
SPELLINGS = {
    "birdnet-csv": CSV + f"3.0,6.0,Turdus merula,Eurasian Blackbird,0.92,{NAME}\n",
    "birdnet-csv-with-mark-and-folders": "\ufeff"
    + CSV
    + f'"3.0","6.0","Turdus merula","Merle noir, mâle","0.92","C:\\sound\\{NAME}"\n',
    "birdnet-kaleidoscope": "INDIR,FOLDER,IN FILE,OFFSET,DURATION,scientific_name,common_name,confidence\n"
    f"/data,may,{NAME},3.0,3.0,Turdus merula,Merle noir,0.92\n",
    "raven-of-birdnet-in-latin": BIRDNET_RAVEN
    + f"1\tView 1\t1\t3.0\t6.0\t0\t15000\tTurdus merula\tTurdus merula_Turdus merula\t0.92\t/a/{NAME}\t3.0\n",
    "raven-with-decimal-commas": RAVEN
    + "Species\tConfidence\tBegin File\n"
    + f"1\tSpectrogram 1\t1\t3,0\t6,0\t150,5\t8000,0\tTurdus merula\t0,92\t{NAME}\n",
    "french-semicolons": "Début (s);Fin (s);Nom scientifique;Nom commun;Confiance;Fichier\n"
    f"3,0;6,0;Turdus merula;Merle noir;0,92;{NAME}\n",
    "annotations": f"file,start_time,end_time,annotation,score\n{NAME},3,6,Turdus merula,0.92\n",
    "clock-of-the-recording": f"Filename\tBegin Time\tEnd Time\tCall Type\tScore\n"
    f"{NAME}\t00:00:03\t0:06.0\tTurdus merula\t0.92\n",
    "kaleidoscope-id": "INDIR,OUTDIR,FOLDER,IN FILE*,CHANNEL,OFFSET,DURATION,AUTO ID*,MATCH RATIO,MANUAL ID\n"
    f"C:\\cards,,may,{NAME},0,3.0,3.0,Turdus merula,0.92,\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_one_detection_in_every_spelling(tmp_path: Path, spelling: str, encoding: str) -> None:
    sound(tmp_path / "card" / NAME, 60)
    answer = read(text(tmp_path / f"{spelling}.txt", SPELLINGS[spelling], encoding))
    assert answer.brief == [BLACKBIRD]
    assert answer.efforts == [60.0]
    row = answer.rows[0]
    assert (row["device"], row["model"], row["version"], row["threshold"]) == ("woo", "BirdNET", "2.4", 0.1)
    assert row["doubt"] is None
    assert answer.findings.problems == []


def test_an_r_table_states_model_and_threshold_itself(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    model = "BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite"
    line = f"/a/{NAME},3.0,6.0,Turdus merula,Merle noir,0.92,46,6,20,0.0,1.0,0.25,,{model}\n"
    answer = read(text(tmp_path / "r.csv", R_TABLE + line), Told())
    row = answer.rows[0]
    assert (row["model"], row["version"], row["threshold"]) == ("BirdNET", "2.4", 0.25)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("BirdNET_analysis_params.csv", "Model,BirdNET version,Minimum confidence\nbirdnet,2.4,0.3\n"),
        (
            "birdnet.analyze-params.csv",
            "\ufeffParameter,Value\nModel,birdnet\nBirdNET version,2.4\nMinimum confidence,0.3\n",
        ),
    ],
)
def test_the_parameters_beside_the_results_state_model_and_threshold(
    tmp_path: Path, name: str, content: str
) -> None:
    sound(tmp_path / NAME, 60)
    text(tmp_path / name, content)
    path = text(tmp_path / "results.csv", SPELLINGS["birdnet-csv"])
    (row,) = read(path, Told()).rows
    assert (row["model"], row["version"], row["threshold"]) == ("BirdNET", "2.4", 0.3)
    text(tmp_path / name, content.replace("2.4", ""))
    assert "model and version" in read(path, Told()).findings.problems[0]


@pytest.mark.parametrize(
    ("told", "wanting"),
    [
        (Told(), "model and version (--model NAME@VERSION), nor the threshold"),
        (Told(model=("BirdNET", "2.4")), "the threshold below which nothing was reported (--threshold)"),
        (Told(threshold=0.1), "model and version (--model NAME@VERSION)"),
    ],
)
def test_what_the_file_does_not_say_is_asked_for_by_name(tmp_path: Path, told: Told, wanting: str) -> None:
    sound(tmp_path / NAME, 60)
    answer = read(text(tmp_path / "results.csv", SPELLINGS["birdnet-csv"]), told)
    assert answer.messages == ()
    (problem,) = answer.findings.problems
    assert wanting in problem
    assert "results.csv" in problem


def test_begin_time_of_a_combined_table_counts_on_and_file_offset_does_not(tmp_path: Path) -> None:
    """BirdNET-Analyzer adds the lengths of the files before; Raven does so in a table of several files."""
    second = "FAR_20260514_060000.wav"
    for name in (NAME, second):
        sound(tmp_path / name, 60)
    lines = [f"1\tS\t1\t3.0\t6.0\t0\t9\tTurdus merula\tx\t0.92\t{NAME}\t3.0\n",
             f"2\tS\t1\t75.0\t78.0\t0\t9\tParus major\tx\t0.8\t{second}\t15.0\n"]  # fmt: skip
    answer = read(text(tmp_path / "BirdNET_SelectionTable.txt", BIRDNET_RAVEN + "".join(lines)))
    assert answer.brief == [BLACKBIRD, ("Parus major", 0.8, "2026-05-14T06:00:15Z", 3.0)]
    assert [m.device for m in answer.messages] == ["woo", "far"]
    bare = RAVEN + "Species\tConfidence\tBegin File\n"
    two = [
        f"1\tS\t1\t3\t6\t0\t9\tTurdus merula\t0.92\t{NAME}\n",
        f"2\tS\t1\t75\t78\t0\t9\tParus major\t0.8\t{second}\n",
    ]
    refused = read(text(tmp_path / "bare.txt", bare + "".join(two)))
    assert refused.messages == ()
    assert "File Offset" in refused.findings.problems[0]


def test_a_selection_in_two_views_is_one_detection(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    header = RAVEN + "Species\tBegin File\n"
    lines = [f"1\t{view} 1\t1\t3\t6\t0\t9\tTurdus merula\t{NAME}\n" for view in ("Waveform", "Spectrogram")]
    answer = read(text(tmp_path / "a.selections.txt", header + "".join(lines)))
    assert answer.brief == [("Turdus merula", 1.0, "2026-05-14T03:00:03Z", 3.0)]
    assert answer.findings.notes == {
        "the same selection in another view": 1,
        "detections without a score, sent with score 1": 1,
    }


def test_nocall_says_that_nothing_was_heard(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    line = f"1\tSpectrogram 1\t1\t0\t3\t0\t15000\tnocall\tnocall\t1.0\t{NAME}\t0\n"
    answer = read(text(tmp_path / "x.txt", BIRDNET_RAVEN + line))
    assert answer.rows == []
    assert answer.efforts == [60.0]


def test_the_table_s_name_says_the_recording_where_no_column_does(tmp_path: Path) -> None:
    stem = "WOO_20260514_050000"
    sound(tmp_path / f"{stem}.wav", 60)
    header = "Start (s),End (s),Scientific name,Common name,Confidence\n"
    heard = read(text(tmp_path / f"{stem}.BirdNET.results.csv", header + "3,6,Turdus merula,Merle,0.92\n"))
    assert heard.brief == [BLACKBIRD]
    nothing = read(text(tmp_path / f"{stem}.BirdNET.results.csv", header))
    assert (nothing.rows, nothing.efforts) == ([], [60.0])


def test_a_name_in_another_language_stays_and_is_marked(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    header = BIRDNET_RAVEN
    line = f"1\tSpectrogram 1\t1\t3\t6\t0\t15000\tMerle noir\teurbla\t0.92\t{NAME}\t3\n"
    path = text(tmp_path / "x.txt", header + line)
    (row,) = read(path).rows
    assert (row["taxon"], row["doubt"]) == ("Merle noir", "no scientific name")
    for listed in (
        "Turdus merula_Merle noir\n",
        "Scientific name,French\nTurdus merula,Merle noir\n",
        "SPECIES_CODE,PRIMARY_COM_NAME,SCI_NAME\neurbla,Eurasian Blackbird,Turdus merula\n",
    ):
        names = text(tmp_path / "names.csv", listed)
        told = told_of("BirdNET@2.4", 0.1, "", None, names, None)
        (row,) = read(path, told).rows
        assert (row["taxon"], row["doubt"]) == ("Turdus merula", None), listed


def test_what_a_person_called_otherwise_is_doubted(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    rows = SPELLINGS["kaleidoscope-id"]
    other = read(text(tmp_path / "id.csv", rows.replace("0.92,", "0.92,Turdus philomelos")))
    assert other.rows[0]["doubt"] == "a person called it Turdus philomelos"
    same = read(text(tmp_path / "id.csv", rows.replace("0.92,", "0.92,Turdus merula")))
    assert same.rows[0]["doubt"] is None


def test_bad_rows_are_named_and_the_others_sent(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    rows = ["x,6,Turdus merula,M,0.9", "3,1,Turdus merula,M,0.9", "3,6,Turdus merula,M,17", "3,6,,,0.9",
            "-4,6,Turdus merula,M,0.9", "1e300,2e300,Turdus merula,M,0.9", "63,66,Turdus merula,M,0.9",
            "3,6,Turdus merula,M,0.92"]  # fmt: skip
    answer = read(text(tmp_path / "r.csv", CSV + "".join(f"{row},{NAME}\n" for row in rows)))
    assert answer.brief == [BLACKBIRD]
    assert answer.findings.unread == 7
    assert "ends at 60 s" in answer.findings.problems[-1]


def test_a_quote_that_is_never_closed_ends_with_its_line(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    header = RAVEN + "Notes\tSpecies\tConfidence\tBegin File\n"
    lines = [f'{n}\tS\t1\t{n}\t{n + 1}\t0\t9\t{note}\tParus major\t0.9\t{NAME}\n'
             for n, note in enumerate(('5" away', '"', "", '"near"'))]  # fmt: skip
    answer = read(text(tmp_path / "x.txt", header + "".join(lines)))
    assert len(answer.rows) == 4
    broken = f'3,6,"Turdus merula,M,0.9,{NAME}\n3,6,Turdus merula,M,0.92,{NAME}\n'
    answer = read(text(tmp_path / "x.csv", CSV + broken))
    assert answer.brief == [BLACKBIRD]
    assert answer.findings.unread == 1


def test_no_logger_s_table_is_taken_for_detections(tmp_path: Path) -> None:
    for content in (
        "Date Time,Temperature (°C),RH (%)\n2026-05-01 00:00,10,80\n",
        "0;2020.10.06 09:00;4;10.5;10.5;12;1257;202;0\n",
        "start,end,duration\n1,2,3\n",
        "1.0\t2.0\t3.0\n",
        "TIMESTAMP\tRECORD\tlabel\n1\t2\tx\n",
    ):
        assert detections_reader(text(tmp_path / "x.csv", content)) is None, content


def test_more_detections_than_a_message_holds_are_cut_where_one_begins(tmp_path: Path) -> None:
    sound(tmp_path / NAME, 60)
    lines = "".join(f"{n / 20},{n / 20 + 0.05},Parus major,M,0.9,{NAME}\n" for n in range(1_150))
    answer = read(text(tmp_path / "r.csv", CSV + lines))
    assert sum(answer.efforts) == pytest.approx(60)
    assert len(answer.rows) == 1_150
    assert answer.rows[1_149]["time"] == "2026-05-14T03:00:57.45Z"
    assert [m.seq for m in answer.messages] == list(range(1, len(answer.messages) + 1))
