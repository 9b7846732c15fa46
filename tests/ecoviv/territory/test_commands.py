"""The territory file in people's hands: nothing but the move is changed, and all contradictions are told."""

from __future__ import annotations

import json
import os
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from contract.config import load_territory
from contract.instant import parse_instant
from ecoviv.cli import main

EXAMPLE = files("ecoviv").joinpath("example/territory.toml").read_text(encoding="utf-8")


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["ecoviv", "territory", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "territory.toml"
    found.write_text(EXAMPLE)
    return found


def moved(path: Path, capsys: Any, monkeypatch: Any, *words: str) -> tuple[int, str, str]:
    return run(capsys, monkeypatch, "move", *words, "--territory", str(path))


def test_a_move_adds_lines_and_touches_no_other(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o640)
    code, out, err = moved(
        path, capsys, monkeypatch, "n1-soil", "s1", "--from", "2026-05-01", "--serial", "9"
    )
    assert code == 0, err
    assert "n1-soil is at s1 since 2026-05-01T00:00:00Z" in err
    old, new = EXAMPLE.splitlines(), path.read_text().splitlines()
    added = [line for line in new if line not in old]
    head = "[[devices.deployment]]"
    assert added == [head, "until = 2026-05-01", head, "from = 2026-05-01", 'serial = "9"']
    rest = iter(new)
    assert all(line in rest for line in old), "every line and comment of before, in its order"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["territory.toml"]
    device = load_territory(path).device_by_id["n1-soil"]
    then, now = (device.at(parse_instant(f"2026-0{month}-30T00:00:00Z")) for month in (4, 5))
    assert then is not None
    assert now is not None
    assert (then.site, then.serial, now.site, now.serial) == ("n1", "94184102", "s1", "9")
    assert "from = 2026-05-01" in out


def test_moves_follow_each_other_and_what_was_replaced_stays_replaced(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (
        ("s1", "--from", "2026-05-01", "--serial", "9"),
        ("n1", "--from", "2026-06-01T09:00:00+02:00"),
    ):
        assert moved(path, capsys, monkeypatch, "n1-soil", *words)[0] == 0
    code, out, _ = run(capsys, monkeypatch, "show", "n1-soil", "--territory", str(path), "--json")
    rows = [
        (row["site"], row["from"], row["until"], row["serial"])
        for row in json.loads(out)["devices"]["n1-soil"]
    ]
    assert code == 0
    assert rows == [
        ("n1", None, "2026-05-01T00:00:00Z", "94184102"),
        ("s1", "2026-05-01T00:00:00Z", "2026-06-01T07:00:00Z", "9"),
        ("n1", "2026-06-01T07:00:00Z", None, "9"),
    ]


@pytest.mark.parametrize("prepare", [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.rstrip("\n"),
    lambda text: text.replace("[[devices]]", "  [[ devices ]]  # one"),
    lambda text: text.replace('name = "Hedge by the spring"', 'name = """Hedge\n[[devices]]\nby"""'),
])  # fmt: skip
def test_however_it_is_written_it_says_the_same_and_the_move_or_stays(
    path: Path, prepare: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(prepare(EXAMPLE).encode())
    before = path.read_bytes()
    wanted = tomllib.loads(before.decode("utf-8-sig"))
    code, _, err = moved(path, capsys, monkeypatch, "s1-weather", "n1", "--from", "2026-05-01")
    after = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    if code == 0:
        (told,) = (one.pop("deployment") for one in after["devices"] if one["id"] == "s1-weather")
        assert [one["site"] for one in told] == ["s1", "n1"]
        assert after == wanted
        assert path.read_bytes()[:3] == before[:3]
    else:
        assert (code, path.read_bytes()) == (3, before)
        assert "Write by hand: [[devices.deployment]]" in err


def test_devices_written_inline_are_left_and_the_lines_are_told(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = EXAMPLE.partition("# An instrument.")[0]
    path.write_text('devices = [{id = "x", site = "n1", sensors = ["soil"]}]\n' + head)
    before = path.read_bytes()
    code, _, err = moved(path, capsys, monkeypatch, "x", "s1", "--from", "2026-05-01")
    assert (code, path.read_bytes()) == (3, before)
    assert 'Write by hand: [[devices.deployment]]; site = "n1"; until = 2026-05-01' in err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("nobody", "s1", "--from", "2026-05-01"), 3, "no device 'nobody'"),
        (("n1-soil", "nowhere", "--from", "2026-05-01"), 3, "no site 'nowhere'"),
        (("n1-soil", "s1", "--from", "soon"), 2, "write a day"),
        (("n1-soil", "s1", "--from", "2026-05-01T09:00:00"), 2, "its zone"),
        (("n1-soil", "s1", "--from", "2026-05-01", "--calibration", "clay"), 3, "deployment.1.calibration"),
        (("n1-soil", "s1", "--from", "2026-05-01", "--serial", "S4A03895"), 3, "appears twice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    path: Path, words: tuple[str, ...], code: int, why: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = path.read_bytes()
    ended, _, err = moved(path, capsys, monkeypatch, *words)
    assert ended == code
    assert why in err
    assert path.read_bytes() == before


def test_a_move_into_the_past_of_another_is_refused(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert moved(path, capsys, monkeypatch, "n1-soil", "s1", "--from", "2026-05-01")[0] == 0
    code, _, err = moved(path, capsys, monkeypatch, "n1-soil", "n1", "--from", "2026-04-01")
    assert code == 3
    assert "devices.n1-soil.deployment.2.from" in err


def test_check_tells_every_contradiction_with_file_and_key(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, monkeypatch, "check", "--territory", str(path))[:2] == (
        0, f"{path}: 2 sites and 3 devices, no contradiction\n",
    )  # fmt: skip
    text = EXAMPLE.replace('site = "s1"\n', 'site = "s9"\n').replace(
        'serial = "20024354"', 'serial = "94184102"'
    )
    path.write_text(text.replace('soil_calibration = "loam"', 'soil_calibration = "sand"'))
    code, out, _ = run(capsys, monkeypatch, "check", "--territory", str(path), "--json")
    assert code == 3
    assert [row["key"] for row in json.loads(out)["contradictions"]] == [
        "devices.n1-soil.soil_calibration", "devices.s1-weather.site", "devices.serial",
    ]  # fmt: skip
    path.write_text(
        EXAMPLE.replace("cadence_s = 900", "cadence_s = -1").replace('arm = "control"', 'arm = "x"')
    )
    code, out, _ = run(capsys, monkeypatch, "check", "--territory", str(path))
    assert code == 3
    assert [line.split(": ")[:2] for line in out.splitlines()] == [
        [str(path), key] for key in ("zones.1.arm", *(f"devices.{n}.cadence_s" for n in range(3)))
    ]
