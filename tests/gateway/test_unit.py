"""The systemd unit is valid, small in rights, and holds no secret."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.errors import ConfigurationError
from gateway.unit import claims_unit, unit, write_unit
from tests.gateway.doctor.test_checks import app


def test_the_unit_is_printed_and_boxed_in(territory_file: Path) -> None:
    result = CliRunner().invoke(
        app(), ["gateway", "install", "--territory", str(territory_file), "--dry-run"]
    )
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for wanted in (
        "Type=notify",
        "WatchdogSec=60",
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "MemoryMax=200M",
        "LoadCredential=broker-password:/etc/ecoviv/gateway.password",
    ):
        assert wanted in lines


def test_the_claims_run_as_the_broker_s_user_and_write_its_folder_only(
    territory_file: Path, tmp_path: Path
) -> None:
    arguments = ["--territory", str(territory_file), "--claims", str(tmp_path / "broker"), "--dry-run"]
    result = CliRunner().invoke(app(), ["gateway", "install", *arguments])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for wanted in ("User=mosquitto", f"ReadWritePaths={tmp_path / 'broker'}", "ProtectSystem=strict"):
        assert wanted in lines
    assert not [line for line in lines if line.startswith(("LoadCredential", "Environment"))]
    with pytest.raises(ConfigurationError):
        claims_unit(territory_file, "mqtt://127.0.0.1", tmp_path / "a b")


@pytest.mark.parametrize("name", ["ecoviv-gateway.service", "ecoviv-claims.service"])
def test_systemd_finds_no_fault_in_the_unit(territory_file: Path, tmp_path: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = unit("north", territory_file, "mqtt://127.0.0.1:1883")
    if "claims" in name:
        text = claims_unit(territory_file, "mqtt://127.0.0.1:1883", tmp_path / "broker")
    path = tmp_path / name
    path.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    faults = [line for line in done.stderr.splitlines() if name in line]
    assert faults == []


@pytest.mark.parametrize(
    ("name", "broker"),
    [("No Slug", "mqtt://127.0.0.1"), ("north", "http://x"), ("north", "mqtt://a b"), ("north", "mqtt://%h")],
)
def test_wrong_arguments_are_told_before_the_next_boot(territory_file: Path, name: str, broker: str) -> None:
    with pytest.raises(ConfigurationError):
        unit(name, territory_file, broker)


@pytest.mark.parametrize(
    "name", ["my territory.toml", "a%h.toml", "a\nUser=root\n.toml", "a;b.toml", "$HOME.toml"]
)
def test_a_path_that_systemd_would_read_otherwise_is_refused(
    territory_file: Path, tmp_path: Path, name: str
) -> None:
    shutil.copy(territory_file, tmp_path / name)
    with pytest.raises(ConfigurationError, match="means something else to systemd"):
        unit("north", tmp_path / name, "mqtt://127.0.0.1")


@pytest.mark.parametrize("place", ["/home/eva/territory.toml", "/root/territory.toml", "/tmp/territory.toml"])
def test_a_territory_that_the_service_could_not_read_is_told_at_once(place: str) -> None:
    with pytest.raises(ConfigurationError, match="boxed in"):
        write_unit("text", Path(place))
