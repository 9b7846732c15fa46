"""Two commands, one reader: replay and indices say the same of every name and every header.

Each file is given to ``ecoviv replay --dry-run --json`` and to ``ecoviv indices --json`` with the same
territory; what they say of its start, serial and position is compared with each other and the table.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

import analysis.cli.sound
import firmware_sim.cli
from contract.instant import parse_instant
from tests.contract.recording.files import wamd, wav

APP = typer.Typer()
analysis.cli.sound.register(APP)
firmware_sim.cli.register(APP)
OWN = Path(__file__).parent / "golden" / "names.tsv"
SHARED = Path(__file__).resolve().parents[2] / "shared"
COMMON = ("start", "start_source", "serial", "position", "reason")
TERRITORY = """\
[territory]
id = "t"
[[zones]]
id = "z"
arm = "control"
land_use = "forestry"
[[sites]]
id = "s"
zone = "z"
latitude = 46.6
longitude = 6.1
[[devices]]
id = "d"
site = "s"
sensors = ["acoustic"]
"""


def rows(path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, zone, start, serial, position) of a table of names."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as stream:
        for cells in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
            if not cells[0].startswith("#") and cells[0] != "name":
                name, zone, start, serial, position = [*cells, "", "", "", ""][:5]
                yield name, zone, start, serial, position


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(APP, [str(word) for word in words])
    return done.exit_code, done.stdout


def both(path: Path, zone: str, *more: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What replay and indices say of the file; replay ends 1 exactly where there is no start."""
    place = path.parent / "territory.toml"
    place.write_text(TERRITORY + (f'timezone = "{zone}"\n' if zone else ""))
    options = ("--territory", place, "--as", "d", "--json", *more)
    code, out = run("replay", path, "--dry-run", *options)
    (sent,) = json.loads(out)["files"]
    ended, out = run("indices", path, "--profile", "ecoviv-1", *options)
    measured = json.loads(out.splitlines()[0])
    assert ended == 0
    assert code == (1 if sent["start"] is None else 0)
    assert {name: sent[name] for name in COMMON} == {name: measured[name] for name in COMMON}
    assert sent["warnings"] == measured["header"].get("warnings", [])
    return sent, measured


def sound(path: Path) -> Path:
    samples = np.random.default_rng(1).normal(0, 0.1, 24_000)
    soundfile.write(path, samples, 12_000, format="FLAC" if path.suffix == ".flac" else "WAV")
    return path


@pytest.mark.parametrize(("name", "zone", "start", "serial", "position"), list(rows(OWN)))
def test_every_name_of_our_table(
    name: str, zone: str, start: str, serial: str, position: str, tmp_path: Path
) -> None:
    sent, _ = both(sound(tmp_path / name), zone)
    assert_said(sent, start, serial, position)
    assert (sent["serial"] or "") == serial


LISTED = list(rows(SHARED / "cases" / "formats" / "names.tsv"))


@pytest.mark.skipif(not LISTED, reason="reference cases absent: ../shared/cases/formats/names.tsv")
@pytest.mark.parametrize(("name", "zone", "start", "serial", "position"), LISTED or [("",) * 5])
def test_every_name_that_was_collected(
    name: str, zone: str, start: str, serial: str, position: str, tmp_path: Path
) -> None:
    sent, _ = both(sound(tmp_path / name), zone)
    assert_said(sent, start, serial, position)


def assert_said(sent: dict[str, Any], start: str, serial: str, position: str) -> None:
    """As the table has it; where a start is refused or absent, there is a reason."""
    assert " ".join(str(number) for number in sent["position"] or ()) == position
    if start.startswith(("refused", "absent")):
        assert sent["start"] is None
        assert sent["reason"]
        return
    assert parse_instant(sent["start"]) == parse_instant(start)
    assert sent["reason"] is None
    assert (sent["serial"] or "") == serial


@pytest.mark.parametrize(("fold", "start"), [("first", "00:30:00Z"), ("second", "01:30:00Z")])
def test_fold_says_which_pass_to_both(fold: str, start: str, tmp_path: Path) -> None:
    path = sound(tmp_path / "MILL_20271031_023000.wav")
    sent, _ = both(path, "Europe/Paris", "--fold", fold)
    assert sent["start"] == f"2027-10-31T{start}"


def comments() -> list[str]:
    path = SHARED / "data" / "payloads" / "audiomoth_wav_comments.tsv"
    return [line.split("\t")[1] for line in path.read_text().splitlines()[1:]] if path.exists() else []


HEADERS = {
    "guano": wav(guano="Timestamp: 2027-05-01T20:00:00.1234567+1\nSerial: A1\nLoc Position: 46.5 1.4"),
    "guano without zone": wav(guano="Timestamp: 2027-05-01T20:00:00"),
    "wamd": wav(own=wamd((2, "SMA01234"), (5, "2027-05-01 20:00:00+02:00"), (6, "WGS84,46.5,N,1.4,W"))),
    "conflict": wav(guano="Timestamp: 2027-05-01T20:00:00Z", own=wamd((5, "2027-05-01 21:00:00+00:00"))),
    "zone that is none": wav(guano="Timestamp: 2027-05-01T20:00:00+99"),
    "bext": wav(origination=("2027-05-01", "20:00:00")),
    "first AudioMoth": wav(
        "Recorded at 20:00:00 01/05/2027 by AudioMoth 0123456789ABCDEF at gain setting 2 while battery"
        " state was 3.8V"
    ),
    **{f"comment {number}": wav(text) for number, text in enumerate(comments())},
}


@pytest.mark.parametrize("case", HEADERS)
@pytest.mark.parametrize("name", ["talk.wav", "MILL_20270501_200000.wav", "MILL_20270501_180000Z.wav"])
def test_every_header_is_read_alike(case: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HEADERS[case])
    both(path, "Europe/Paris")


def test_the_reference_recordings_are_read_alike(tmp_path: Path) -> None:
    folder = SHARED / "data" / "audio"
    if not folder.exists():
        pytest.skip("reference data absent: ../shared/data/audio")
    days = sorted((folder / "s4a_day").glob("*.flac"))[::24]
    for path in [*folder.glob("*.[wW][aA][vV]"), *folder.glob("*.flac"), *days]:
        link = tmp_path / path.name
        link.symlink_to(path)
        both(link, "Europe/Paris")


def test_a_damaged_file_has_one_length_for_both(tmp_path: Path) -> None:
    """Size 0, 44 bytes too large, and 5,000 bytes cut: the same duration and the same warning."""
    whole = sound(tmp_path / "x.wav").read_bytes()
    size = len(whole) - 44
    for stated, kept in ((0, size), (size + 44, size), (size, size - 5_000)):
        path = tmp_path / "MILL_20270501_200000Z.wav"
        path.write_bytes(whole[:40] + stated.to_bytes(4, "little") + whole[44 : 44 + kept])
        sent, measured = both(path, "UTC")
        assert measured["duration_s"] == kept / 2 / 12_000
        length = (parse_instant(sent["first"]) - parse_instant(sent["start"])) / 1e9
        assert length == pytest.approx(measured["duration_s"])
        assert "sizes_wrong" in sent["warnings"][0]
