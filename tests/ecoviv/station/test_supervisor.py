"""A station starts whole, mends itself and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from contract.errors import ConfigurationError, EcoVivError
from ecoviv.station.supervisor import Station, last_words

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def territory(tmp_path: Path) -> Path:
    path = tmp_path / "territory.toml"
    path.write_text((ROOT / "ecoviv" / "example" / "territory.toml").read_text())
    return path


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_station_restarts_what_died_and_stops_in_order(territory: Path, tmp_path: Path) -> None:
    station = Station(territory, tmp_path / "state")
    station.start()
    try:
        victim = station.processes["gateway"]
        victim.kill()
        victim.wait()
        assert station.watch() == ["gateway"]
        assert station.processes["gateway"].poll() is None
    finally:
        station.stop()
    assert all(process.poll() is not None for process in station.processes.values())
    assert port_is_free(station.address.port)


def test_a_second_station_in_the_same_folder_is_refused_and_touches_nothing(
    territory: Path, tmp_path: Path
) -> None:
    first = Station(territory, tmp_path / "state", services=("ingest",))
    first.start()
    try:
        kept = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*.conf")}
        said = first.log("ingest").read_bytes()
        note = (tmp_path / "state" / "station.json").read_bytes()
        second = Station(territory, tmp_path / "state", services=("ingest",))
        with pytest.raises(ConfigurationError, match="already") as caught:
            second.start()
        second.stop()
        assert "--state" in caught.value.help
        assert {path: path.read_bytes() for path in kept} == kept
        assert first.log("ingest").read_bytes() == said != b""
        assert (tmp_path / "state" / "station.json").read_bytes() == note
        assert first.processes["ingest"].poll() is None
    finally:
        first.stop()
    again = Station(territory, tmp_path / "state", services=("ingest",))
    again.start()
    again.stop()


def test_a_service_that_cannot_start_is_named_with_its_log(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    station = Station(missing, tmp_path / "state")
    with pytest.raises(EcoVivError, match="did not start") as caught:
        station.start()
    assert "log" in caught.value.help
    assert station.broker is not None
    assert port_is_free(station.address.port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_ends_everything_on_any_signal(territory: Path, tmp_path: Path, number: int) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "ecoviv", "up", str(territory), "--state", str(tmp_path / "state")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert up.stderr is not None
    assert "Running on" in up.stderr.readline()
    family = psutil.Process(up.pid).children(recursive=True)
    assert len(family) >= 4
    up.send_signal(number)
    assert up.wait(20) == 130
    up.stderr.close()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_nothing_survives_a_killed_up(territory: Path, tmp_path: Path) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "ecoviv", "up", str(territory), "--state", str(tmp_path / "state")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert up.stderr is not None
    assert "Running on" in up.stderr.readline()
    family = psutil.Process(up.pid).children(recursive=True)
    up.kill()
    up.wait()
    up.stderr.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(
        p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family
    ):
        time.sleep(0.1)
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


def test_why_a_service_did_not_start_is_told_with_its_reason() -> None:
    log = "older\nStoreError: Another gateway uses it.\nNext: Stop it.\n"
    assert last_words(log) == "StoreError: Another gateway uses it. Next: Stop it"
    assert last_words("") == "it said nothing"
