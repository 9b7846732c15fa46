"""Imported tables: what a spreadsheet writes is read or refused in one sentence, never guessed."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.verdict.panel_file import read_panels
from contract.errors import ConfigurationError, EcoVivError
from tests.analysis.verdict.conftest import content

IMPORTED = {
    "bees": {"scale": "log", "polarity": 1, "group": "community"},
    "orchids": {"scale": "logit", "polarity": 1, "group": "community"},
}
PLAN = Plan.from_content(
    content(primaries=("bees", "orchids", "hill-q1", "soil-moisture")) | {"imported": IMPORTED}, "plan"
)
SITES, SEASONS = [site.id for site in PLAN.sites], [season.id for season in PLAN.seasons]
CELLS = [(site, season) for site in SITES for season in SEASONS]
LOGS = np.random.default_rng(5).normal(1.0, 0.4, len(CELLS)).tolist()
"""Values on a log scale; as natural ones they are their exponentials."""
NAMES = ["indicator", "site", "season", "value", "effort"]


def table(values: list[float], name: str = "bees", scale: str = "", mark: str = ".", sep: str = ",") -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=sep, lineterminator="\n")
    writer.writerow([*NAMES, *(["scale"] if scale else [])])
    for (site, season), value in zip(CELLS, values, strict=True):
        text = repr(value).replace(".", mark)
        writer.writerow([name, site, season, text, 60, *([scale] if scale else [])])
    return sink.getvalue()


def read(folder: Path, text: str | bytes) -> list[Panel]:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_panels(path, PLAN)


def refused(folder: Path, text: str | bytes) -> str:
    with pytest.raises(EcoVivError) as caught:
        read(folder, text)
    assert caught.value.exit_code == 3
    assert "table.csv" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.help
    return caught.value.message


@pytest.mark.parametrize(("sep", "mark"), [(",", "."), (";", "."), (";", ","), ("\t", ","), ("\t", ".")])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_table_is_the_same_in_every_spreadsheet(tmp_path: Path, sep: str, mark: str, bom: str) -> None:
    plain = read(tmp_path, table(LOGS))[0].digest()
    dressed = bom + table(LOGS, mark=mark, sep=sep).replace("\n", "\r\n")
    assert read(tmp_path, dressed)[0].digest() == plain


def test_a_natural_value_is_converted_where_the_table_says_so(tmp_path: Path) -> None:
    natural = [math.exp(value) for value in LOGS]
    found = read(tmp_path, table(natural, scale="natural"))[0]
    assert found.values.ravel() == pytest.approx(LOGS, abs=1e-12)  # log is the inverse of exp
    shares = [1 / (1 + math.exp(-value)) for value in LOGS]
    found = read(tmp_path, table(shares, "orchids", scale="natural"))[0]
    assert found.values.ravel() == pytest.approx(LOGS, abs=1e-12)  # and logit of the logistic function


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("bees", [math.exp(value) * 200 for value in LOGS]),  # counts of a few hundred
        ("hill-q1", [math.exp(value + 1) for value in LOGS]),  # effective species, 3 to 20
        ("orchids", [1 / (1 + math.exp(-value)) for value in LOGS]),  # shares
        ("orchids", [100 / (1 + math.exp(-value)) for value in LOGS]),  # per cent
    ],
)
def test_natural_units_are_not_taken_for_logarithms(tmp_path: Path, name: str, values: list[float]) -> None:
    said = refused(tmp_path, table(values, name))
    assert name in said
    assert "scale" in said
    assert ", line " in said


def test_what_no_scale_holds_is_refused_even_where_it_is_stated(tmp_path: Path) -> None:
    assert "log scale" in refused(tmp_path, table([560.81, *LOGS[1:]], scale="log"))
    assert "logit scale" in refused(tmp_path, table([40.0, *LOGS[1:]], "orchids", scale="logit"))


@pytest.mark.parametrize(
    ("name", "first", "said"),
    [
        ("bees", 0.0, "no logarithm"),
        ("bees", -2.0, "no logarithm"),
        ("orchids", 1.0, "no share"),
        ("orchids", 55.0, "per cent"),
    ],
)
def test_what_has_no_place_on_the_scale_is_named_with_its_line(
    tmp_path: Path, name: str, first: float, said: str
) -> None:
    shares = [1 / (1 + math.exp(-value)) for value in LOGS]
    message = refused(tmp_path, table([first, *shares[1:]], name, scale="natural"))
    assert said in message
    assert "line 2: value" in message


def test_a_scale_is_one_and_the_indicator_s(tmp_path: Path) -> None:
    assert "judged on the log scale" in refused(tmp_path, table(LOGS, scale="logit"))
    mixed = table(LOGS, scale="log").replace(",60,log\n", ",60,natural\n", 1)
    assert "scale differs between the lines of bees" in refused(tmp_path, mixed)


def test_a_comma_that_may_be_thousands_is_refused(tmp_path: Path) -> None:
    whole = [float(k % 3) for k in range(len(CELLS))]
    text = table(whole, sep=";").replace(".0;", ";")
    assert read(tmp_path, text)[0].effort[0, 0] == 60
    assert "thousands" in refused(tmp_path, text.replace(";60\n", ";1,234\n", 1))
    # with points elsewhere the comma can only be thousands; a comma elsewhere that is none settles it
    assert "thousands" in refused(tmp_path, table(LOGS, sep=";").replace(";60\n", ";1,234\n", 1))
    settled = read(tmp_path, table(LOGS, mark=",", sep=";").replace(";60\n", ";1,234\n", 1))
    assert settled[0].effort[0, 0] == 1.234
    # between commas a comma in a number is never decimal
    assert "'1,234'" in refused(tmp_path, table(LOGS).replace(",60\n", ',"1,234"\n', 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "header"),
        ("\ufeff", "header"),
        ("indicator\n", "no comma"),
        ("indicator;site,season\n", "two separators"),
        ("indicator,site,season,value,effort\n", "no lines"),
        ("indicator,site,season,value,effort\n\n,,,,\n", "no lines"),
        ("indicator,site,season,value,effort,effort\nbees,s00,y0,1,2,3\n", "two columns"),
        ("indicator,site,season,value,effort\nbees,s00,y0,1\n", "line 2: 4 cells"),
        ("indicator,site,season,value,effort\nbees,s00,y0,1,2,3\n", "line 2: 6 cells"),
        ('indicator,site,season,value,effort\nbees,s00,y0,"1,2\n', "cannot be read"),
        ("indicator,site,season,value,effort\nbees,s00,y0,1_0,2\n", "'1_0'"),
        ("indicator,site,season,value,effort\nbees,s00,y0,\u0661,2\n", "value is"),
        ("indicator,site,season,value,effort\nbees,s00,y0,nan,2\n", "'nan'"),
        ("indicator,site,season,value,effort\nbees,s00,y0,1e999,2\n", "'1e999'"),
        ("indicator,site,season,value,effort\n\n\nbees,s00,y0,x,2\n", "line 4: value is 'x'"),
        (b"\xff\xfei\x00n\x00", "cannot be read"),
        (b"indicator,site\x00,season,value,effort\nbees,s00,y0,1,2\n", "table.csv"),
    ],
)
def test_a_hostile_table_is_refused_in_one_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_what_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(EcoVivError, match=path.name) as caught:
            read_panels(path, PLAN)
        assert caught.value.exit_code == 3


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path, noise: bytes) -> None:
    for begin in (b"", b"indicator,site,season,value,effort\nbees,s00,y0,", table(LOGS).encode()[:200]):
        said = ""
        try:
            read(tmp_path, begin + noise)
        except ConfigurationError as error:
            said = error.message
        assert not said or "table.csv" in said


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.floats(-2, 2, width=32), min_size=len(CELLS), max_size=len(CELLS)),
    st.sampled_from([(",", "."), (";", ","), (";", "."), ("\t", ",")]),
    st.randoms(use_true_random=False),
)
def test_order_and_spelling_change_no_panel(
    tmp_path: Path, values: list[float], how: tuple[str, str], chance: object
) -> None:
    values = [round(value, 4) + 0.00001 for value in values]  # five decimals: no comma can be thousands
    first, *rest = table(values, scale="log", sep=how[0], mark=how[1]).splitlines()
    shuffled = rest.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = read(tmp_path, "\n".join([first, *shuffled]) + "\n")[0]
    assert found.values.ravel().tolist() == pytest.approx(values)
    assert found.digest() == read(tmp_path, table(values, scale="log"))[0].digest()
