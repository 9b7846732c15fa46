"""The commands: what they print, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import analysis.cli.query
from contract.batch import BatchHeader, Record
from contract.errors import EcoVivError, TimeWithoutZone, UnknownName, UsageError
from contract.reading import Flag
from ecoviv.station.broker import start_broker
from ingest.store import open_store
from ingest.values import Arrival
from tests.analysis.conftest import RECEIVED, Shelf

ROOT = Path(__file__).resolve().parents[3]
TERRITORY = """\
[territory]
id = "farm"
[[zones]]
id = "meadow"
arm = "control"
land_use = "livestock"
[[sites]]
id = "s1"
zone = "meadow"
latitude = 46.6
longitude = 1.1
[[devices]]
id = "d1"
site = "s1"
sensors = ["weather"]
timezone = "Europe/Paris"
"""

Run = Callable[..., str]


@pytest.fixture
def run(shelf: Shelf, tmp_path: Path) -> Run:
    """Run a command with store and territory; what it prints, or the error that it raises."""
    (tmp_path / "farm.toml").write_text(TERRITORY)
    shelf.put(shelf.hours(1, "air_temperature", "2021-05-01T00:00:00Z", [8.0, 9.0, 99.0]))
    app = typer.Typer()
    analysis.cli.query.register(app)

    def call(*words: str, place: bool = True) -> str:
        where = ["--store", shelf.url, "--territory", str(tmp_path / "farm.toml")] if place else []
        done = CliRunner().invoke(app, [*words, *where])
        if isinstance(done.exception, EcoVivError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return call


def test_query_prints_points_as_json(run: Run) -> None:
    said = json.loads(run("query", "--quantity", "air_temperature", "--json"))
    [series] = said["series"]
    assert (said["territory"], said["by"], series["unit"]) == ("farm", "none", "Cel")
    assert [point["value"] for point in series["points"]] == [8.0, 9.0, 99.0]
    assert series["points"][2]["flags"] == ["range"]


def test_query_groups_by_the_local_hour(run: Run) -> None:
    [series] = json.loads(run("query", "--by", "hour", "--json"))["series"]
    assert {h["hour"]: h["value"] for h in series["hours"] if h["n"]} == {2: 8.0, 3: 9.0}
    assert series["timezone"] == "Europe/Paris"


def test_query_prints_csv_with_a_header(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("query", "--csv"))))
    assert [row["value"] for row in rows] == ["8.0", "9.0", "99.0"]
    days = list(csv.DictReader(io.StringIO(run("query", "--by", "day", "--csv"))))
    assert [(row["day"], row["value"], row["n"]) for row in days] == [("2021-05-01", "8.5", "2")]


def test_query_prints_tables_for_people(run: Run) -> None:
    assert {"s1", "d1"} <= set(run("query").split())
    assert "air_temperature" in run("query")
    assert "█" in run("query", "--by", "hour")


def test_an_empty_answer_is_said_and_is_no_failure(run: Run) -> None:
    assert json.loads(run("query", "--quantity", "soil_ph", "--json"))["series"] == []


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (["--site", "elsewhere"], UnknownName, 3),
        (["--quantity", "moonlight"], UnknownName, 3),
        (["--from", "2021-05-01T00:00:00"], TimeWithoutZone, 3),
        (["--json", "--csv"], UsageError, 2),
    ],
)
def test_what_cannot_be_asked_gets_a_clear_answer(
    run: Run, words: list[str], error: type[EcoVivError], code: int
) -> None:
    with pytest.raises(error) as raised:
        run("query", *words)
    assert raised.value.exit_code == code


def test_indicators_are_listed_and_explained(run: Run) -> None:
    listed = json.loads(run("indicators", "list", "--json", place=False))
    assert {"id", "version", "class", "unit", "polarity", "least", "citation", "not_meaning_fr"} <= set(
        listed[0]
    )
    assert "soil-moisture" in run("indicators", "list", place=False)
    assert "cicada" in run("indicators", "explain", "acoustic-activity", place=False)
    assert "cigale" in run("indicators", "explain", "acoustic-activity", "--language", "fr", place=False)
    with pytest.raises(UnknownName):
        run("indicators", "explain", "happiness", place=False)


def test_indicators_are_computed_or_their_absence_explained(run: Run) -> None:
    [row] = json.loads(run("indicators", "compute", "--indicator", "soil-moisture", "--json"))
    assert (row["value"], row["code"], row["reason"]) == (
        None,
        "NO_DATA",
        "no soil_moisture of the depth and period that most sites share",
    )
    assert "that most sites share" in run("indicators", "compute", "--indicator", "soil-moisture", "--csv")


def test_report_prints_where_it_was_written(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert run("report", "--out", str(out), "--language", "fr").strip() == str(out)
    assert '<html lang="fr">' in out.read_text()


def test_help_needs_no_numerics() -> None:
    program = (
        "import sys, typer, analysis.cli.query\n"
        "app = typer.Typer(); analysis.cli.query.register(app)\n"
        "print(*{'numpy', 'scipy', 'pandas', 'matplotlib', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_the_edge_worker_says_ready_and_ends_when_told(tmp_path: Path) -> None:
    program = "import typer, analysis.cli.query; app = typer.Typer(); analysis.cli.query.register(app); app()"
    with start_broker(tmp_path / "broker") as broker:
        worker = subprocess.Popen(
            [sys.executable, "-c", program, "edge", "run", "--broker", broker.address.url],
            cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        guard = threading.Timer(30, worker.kill)
        guard.start()
        assert worker.stderr is not None
        assert worker.stderr.readline().strip() == f"edge edge ready on {broker.address.url}"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        guard.cancel()
        worker.stderr.close()


def test_the_edge_worker_without_a_broker_says_where_it_looked() -> None:
    app = typer.Typer()
    analysis.cli.query.register(app)
    done = CliRunner().invoke(app, ["edge", "run", "--broker", "http://x"])
    assert isinstance(done.exception, EcoVivError)
    assert done.exception.exit_code == 3


def test_query_shows_what_was_heard_beside_the_series(run: Run, shelf: Shelf) -> None:
    shelf.put(
        shelf.heard(1, "2021-05-01T04:00:00Z", "Turdus merula", "Parus major"),
        shelf.heard(1, "2021-05-01T05:00:00Z", "Turdus merula"),
        shelf.heard(1, "2021-05-02T05:00:00Z", "Turdus merula", version="2"),
    )
    said = json.loads(run("query", "--json"))
    assert len(said["series"]) == 1
    told = [(one["taxon"], one["model"], one["n"], one["doubted"]) for one in said["detections"]]
    assert told == [
        ("Parus major", "net@1", 1, 0),
        ("Turdus merula", "net@1", 2, 0),
        ("Turdus merula", "net@2", 1, 0),
    ]
    merle = said["detections"][1]
    assert (merle["first"], merle["last"]) == ("2021-05-01T04:00:01Z", "2021-05-01T05:00:01Z")  # offset 1 s
    shown = run("query")
    assert "air_temperature" in shown
    assert "Turdus merula" in shown


def test_query_of_detections_alone_gives_no_series_and_a_quantity_no_detections(
    run: Run, shelf: Shelf
) -> None:
    shelf.put(shelf.heard(1, "2021-05-01T04:00:00Z", "Turdus merula"))
    alone = json.loads(run("query", "--quantity", "detections", "--json"))
    assert (len(alone["series"]), len(alone["detections"])) == (0, 1)
    other = json.loads(run("query", "--quantity", "air_temperature", "--json"))
    assert (len(other["series"]), len(other["detections"])) == (1, 0)
    before = ("--quantity", "detections", "--to", "2021-05-01T00:00:00Z", "--json")
    assert json.loads(run("query", *before))["detections"] == []
    [row] = csv.DictReader(io.StringIO(run("query", "--quantity", "detections", "--csv")))
    assert (row["taxon"], row["n"], row["best_score"]) == ("Turdus merula", "1", "0.9")


def test_query_without_an_answer_points_to_what_could_not_be_read(
    run: Run, shelf: Shelf, tmp_path: Path
) -> None:
    app = typer.Typer()
    analysis.cli.query.register(app)
    places = ("--store", shelf.url, "--territory", str(tmp_path / "farm.toml"))
    nothing = ("query", "--from", "2031-01-01T00:00:00Z", *places)
    assert "unreadable list" not in CliRunner().invoke(app, nothing).stderr
    record = Record(900, RECEIVED, "ecoviv/1/s1/d1/readings", "", b"{")
    header = BatchHeader(epoch="0" * 16, highest=900, records=1)
    with closing(open_store(shelf.url)) as store:
        store.commit("gw", "readings", header, [Arrival(record, None, "no JSON", Flag(0))])
    said = CliRunner().invoke(app, nothing).stderr
    assert "No point of these names" in said
    assert "1 unreadable" in said
