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
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import analysis.cli.query
from contract.errors import EcoVivError, TimeWithoutZone, UnknownName, UsageError
from ecoviv.station.broker import start_broker
from tests.analysis.conftest import Shelf

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
