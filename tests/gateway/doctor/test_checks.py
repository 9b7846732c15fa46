"""The doctor names what is wrong and the next thing to do."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.config import BrokerAddress
from contract.errors import StoreError
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from ecoviv.station.broker import RunningBroker, free_port
from gateway.cli import register
from gateway.doctor.checks import check_running, examine
from gateway.doctor.disk import check_privacy
from gateway.spool.status import read_status
from tests.gateway.ends import GATEWAY, NOON, Process


def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def test_the_lock_tells_whether_a_gateway_works(tmp_path: Path) -> None:
    assert check_running(tmp_path).level == "fail"
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert check_running(tmp_path).level == "ok"


def test_doctor_and_status_speak_of_a_working_gateway(
    broker: RunningBroker, gateway_process: Callable[..., Process], territory_file: Path, tmp_path: Path
) -> None:
    process = gateway_process()
    process.start()
    options = ["--state", str(tmp_path / "state"), "--json"]
    doctor = CliRunner().invoke(
        app(),
        ["gateway", "doctor", "--territory", str(territory_file), "--broker", broker.address.url, *options],
    )
    said = {one["name"]: one for one in json.loads(doctor.stdout)["findings"]}
    assert doctor.exit_code == 0
    assert {said[name]["level"] for name in ("gateway", "broker", "spool")} == {"ok"}
    assert all(one["next"] for one in said.values() if one["level"] != "ok")
    status = CliRunner().invoke(app(), ["gateway", "status", *options])
    assert json.loads(status.stdout)["streams"]["readings"] == {"highest": 0, "committed": 0, "waiting": 0}
    assert process.end() == 0


def test_doctor_exits_1_where_data_are_at_risk(territory_file: Path, tmp_path: Path) -> None:
    arguments = [
        "--territory",
        str(territory_file),
        "--broker",
        f"127.0.0.1:{free_port()}",
        "--state",
        str(tmp_path),
    ]
    result = CliRunner().invoke(app(), ["gateway", "doctor", *arguments])
    assert result.exit_code == 1
    assert "fail broker port" in result.stdout
    assert "→ Start the broker there" in result.stdout


def test_status_without_a_spool_says_so(tmp_path: Path, territory: Territory) -> None:
    with pytest.raises(StoreError, match="no spool"):
        read_status(tmp_path)
    diagnoses = examine(GATEWAY, territory, tmp_path, BrokerAddress(port=free_port()), FixedClock(NOON))
    assert diagnoses[-1].name == "spool"


def test_a_folder_of_sound_that_others_may_enter_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (diagnosis,) = check_privacy(tmp_path)
    assert diagnosis.next == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert list(check_privacy(tmp_path)) == []


def test_a_ring_that_anybody_may_look_into_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ring = tmp_path / "clips"
    ring.mkdir(mode=0o750)
    assert list(check_privacy(tmp_path)) == []
    ring.chmod(0o755)
    (diagnosis,) = check_privacy(tmp_path)
    assert (diagnosis.level, diagnosis.next) == ("fail", f"chmod o-rwx {ring}")
