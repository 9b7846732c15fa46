"""The commands sim, record and replay: what they print and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import firmware_sim.cli
from contract.errors import EcoVivError, UsageError
from ecoviv.station.broker import RunningBroker
from tests.firmware_sim.gateways import RunningGateway

APP = typer.Typer()
firmware_sim.cli.register(APP)


def _run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(APP, list(arguments))
    code = result.exception.exit_code if isinstance(result.exception, EcoVivError) else result.exit_code
    return code, result.stdout, result.stderr


def test_replay_prints_one_object_and_ends_0(
    broker: RunningBroker, gateway: RunningGateway, folder: Path
) -> None:
    code, out, _ = _run(
        "replay", str(folder), "--territory", str(folder / "territory.toml"),
        "--broker", broker.address.url, "--json",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    # A manifest and ceil(480,044 / 65,536) = 8 parts, and 30 rows.
    assert (found["sent"], found["clips"], found["audio_parts"]) == (39, 1, 8)
    assert [file["devices"] for file in found["files"]] == [["jura/sm4"], ["jura/tms"]]


def test_one_damaged_file_never_stops_the_rest_and_ends_1(
    broker: RunningBroker, gateway: RunningGateway, folder: Path
) -> None:
    (folder / "S4A03895_20201006_120000.wav").write_bytes(b"no sound")
    code, out, err = _run(
        "replay", str(folder), "--territory", str(folder / "territory.toml"), "--broker", broker.address.url
    )
    assert code == 1
    assert "does not begin as a WAV or FLAC file" in err
    assert "39 messages" in out


def test_what_is_no_recording_is_named_once_and_does_not_fail_the_run(folder: Path) -> None:
    beside = {
        "S4A03895_20201006_120000.wav": b"",
        "._S4A03895_20201006_110000.wav": b"\0\5\x16\7",
        "S4A03895_A_Summary.txt": b"DATE,TIME,LAT,,LON,,POWER(V),TEMP(C)\n",
        "GPS_log.csv": b"GPS log file\n",
        "CONFIG.TXT": b"Device ID : 24E144055E080032\n",
    }
    for name, content in beside.items():
        (folder / name).write_bytes(content)
    code, out, err = _run("replay", str(folder), "--territory", str(folder / "territory.toml"), "--dry-run")
    assert code == 0
    assert "39 messages" in out
    for name in beside:
        assert err.count(f"{name}: 1 × passed over") == 1


def test_all_unknown_recorders_are_named_in_one_run_and_the_known_go_on(folder: Path) -> None:
    known = folder / "S4A03895_20201006_110500.wav"
    assert known.exists()
    for number, name in enumerate(("FARM_A_20201006_10", "FARM_A_20201006_11", "HEDGE_20201006_10")):
        (folder / f"{name}{number:02d}00.wav").write_bytes(known.read_bytes())
    (folder / "data_90000001_0.csv").write_bytes((folder / "data_94184102_0.csv").read_bytes())
    place = folder / "territory.toml"
    code, out, err = _run("replay", str(folder), "--territory", str(place), "--dry-run", "--json")
    assert code == 3
    found = json.loads(out)
    assert found["sent"] == 39
    assert found["unknown_serials"] == ["FARM_A", "HEDGE", "90000001"]
    assert "2 files" in err
    lines = err.partition("Add to the territory file:\n")[2]
    place.write_text(place.read_text() + lines.replace("FILL-IN", "Europe/Paris"))
    code, out, err = _run("replay", str(folder), "--territory", str(place), "--dry-run", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["clips"] == 4


def test_a_dry_run_lists_every_value_that_would_be_sent(folder: Path) -> None:
    logger = folder / "data_94184102_0.csv"
    logger.write_text("0;2020.10.06 09:00;4;10.875;10.5;-200;1257;202;0\n")
    code, out, _ = _run(
        "replay", str(logger), "--territory", str(folder / "territory.toml"), "--dry-run", "--json"
    )
    assert code == 0
    at = {"site": "jura", "device": "tms", "time": "2020-10-06T09:00:00Z", "period_s": 0, "method": "point"}
    # The cells of the row, at the places of a TMS-4 (Wild et al. 2019); -200 is no value.
    assert json.loads(out)["values"] == [
        {**at, "quantity": "soil_temperature", "value": 10.875, "unit": "Cel", "depth_m": 0.06},
        {**at, "quantity": "air_temperature", "value": 10.5, "unit": "Cel", "depth_m": -0.02},
        {**at, "quantity": "soil_moisture_count", "value": 1257, "unit": "1", "depth_m": 0.07},
    ]


def test_a_dry_run_lists_nothing_where_nothing_is_said(folder: Path) -> None:
    sound = folder / "S4A03895_20201006_110500.wav"
    place = str(folder / "territory.toml")
    _, out, _ = _run("replay", str(sound), "--territory", place, "--dry-run", "--json")
    found = json.loads(out)
    assert (found["clips"], found["values"]) == (1, [])


def test_a_card_of_strangers_alone_needs_no_broker(tmp_path: Path, folder: Path) -> None:
    stranger = (folder / "S4A03895_20201006_110500.wav").rename(tmp_path / "HEDGE_20201006_100000Z.wav")
    code, out, err = _run(
        "replay", str(stranger), "--territory", str(folder / "territory.toml"), "--json",
        "--broker", "mqtt://127.0.0.1:9",
    )  # fmt: skip
    assert code == 3
    assert json.loads(out)["files"][0]["start"] == "2020-10-06T10:00:00Z"
    assert 'serial = "HEDGE"' in err
    assert "timezone" not in err


def test_a_recorders_own_text_in_a_folder_is_passed_over_but_said(
    broker: RunningBroker, gateway: RunningGateway, folder: Path
) -> None:
    (folder / "CONFIG.TXT").write_text("Device ID : 24E144055E080032\n")
    code, _, err = _run(
        "replay", str(folder), "--territory", str(folder / "territory.toml"), "--broker", broker.address.url
    )
    assert code == 0
    assert "CONFIG.TXT: 1 × passed over" in err


def test_without_a_gateway_replay_ends_4(broker: RunningBroker, folder: Path) -> None:
    code, _, _ = _run(
        "replay", str(folder / "data_94184102_0.csv"), "--as", "jura/tms", "--broker", broker.address.url,
        "--wait", "1",
    )  # fmt: skip
    assert code == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("replay", "/nowhere/at/all"), 3),
        (("replay", "{file}", "--dry-run"), 3),
        (("replay", "{file}", "--dry-run", "--as", "jura"), 2),
        (("replay", "{file}", "--dry-run", "--as", "jura/tms"), 0),
        (("replay", "{file}", "--as", "jura/tms", "--speed", "fast"), 2),
        (("replay", "{file}", "--as", "jura/tms", "--speed", "0"), 2),
        (("replay", "{file}", "--as", "jura/tms", "--shift", "soon"), 2),
        (("replay", "{file}", "--as", "jura/tms", "--zone", "Mars/Olympus", "--dry-run"), 3),
        (("sim", "--scenario", "miracle", "--dry-run"), 3),
    ],
)
def test_exit_codes(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    path = str(folder / "data_94184102_0.csv")
    assert _run(*(argument.format(file=path) for argument in arguments))[0] == code


def test_sim_dry_run_prints_counts_and_writes_the_territory(tmp_path: Path) -> None:
    out_file = tmp_path / "territory.toml"
    code, out, _ = _run(
        "sim", "--sites", "1", "--reference", "0", "--days", "2", "--clips", "1", "--dry-run", "--json",
        "--territory-out", str(out_file),
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    # Two sites, five springs, two days: 23 messages a site and day, a clip in 8 parts.
    assert found["sent"] == 2 * 5 * 2 * 23 + 9
    assert found["truth"]["scenario"] == "recovery"
    assert out_file.exists()


def test_sim_never_replaces_a_territory_that_is_not_its_own(tmp_path: Path) -> None:
    out_file = tmp_path / "territory.toml"
    arguments = (
        "sim", "--sites", "1", "--reference", "0", "--days", "1", "--clips", "0", "--dry-run",
        "--territory-out", str(out_file),
    )  # fmt: skip
    out_file.write_text("by hand")
    assert _run(*arguments)[0] == 2
    assert out_file.read_text() == "by hand"
    out_file.unlink()
    assert [_run(*arguments)[0] for _ in range(2)] == [0, 0]


def test_the_real_day_is_read_whole(shared_data: Callable[[str], Path], folder: Path) -> None:
    code, out, _ = _run(
        "replay", str(shared_data("audio/s4a_day")), "--territory", str(folder / "territory.toml"),
        "--dry-run", "--json",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    assert (found["clips"], found["unread"]) == (96, 0)
    # Midnight of 22 May 2019 in Paris, and the 10 s of the recording.
    assert min(file["first"] for file in found["files"]) == "2019-05-21T22:00:10Z"


def test_usage_errors_say_the_next_step() -> None:
    with pytest.raises(UsageError) as caught:
        firmware_sim.cli._speed("-1")
    assert "number above 0" in caught.value.help
