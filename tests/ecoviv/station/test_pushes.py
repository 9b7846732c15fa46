"""`ecoviv up --http`: the gateway's HTTP door, opened and explained by the station."""

from __future__ import annotations

import http.client
import shutil
import socket
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, UnreachableError, UsageError
from ecoviv.station.broker import free_port
from ecoviv.station.door import own_address
from ecoviv.station.pushes import Pushes, advice, check
from ecoviv.station.supervisor import Station
from gateway.spool.status import read_status

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "0123456789abcdef0123"
PUSH = "stationtype=GW2000A_V2.1.5&dateutc=2026-07-15+15:26:14&tempf=50.0"
"""Names as an Ecowitt gateway writes them; 50 °F are 10 °C."""


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "http.token"
    path.write_text(TOKEN + "\n")
    return path


def answered(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("POST", path, PUSH, {"Content-Type": "application/x-www-form-urlencoded"})
        return line.getresponse().status
    finally:
        line.close()


def test_a_push_reaches_the_gateway_of_a_station_and_only_with_the_token(tmp_path: Path, token: Path) -> None:
    territory = Path(shutil.copy(ROOT / "ecoviv" / "example" / "territory.toml", tmp_path))
    port = free_port()
    pushes = Pushes(f"127.0.0.1:{port}", token)
    station = Station(territory, tmp_path / "state", pushes=pushes, services=("ingest", "gateway"))
    station.start()
    try:
        assert answered(port, "/ecowitt/wrong-wrong-wrong-1/s1-weather") == 401
        assert answered(port, f"/ecowitt/{TOKEN}/s1-weather") == 200
        heard = read_status(tmp_path / "state" / "gateway").as_lines()
    finally:
        station.stop()
    assert any(line.startswith("s1/s1-weather last heard") for line in heard)


def test_what_would_stop_the_gateway_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="could write measurements"):
        check(Pushes("0.0.0.0:0"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check(Pushes("127.0.0.1:0", tmp_path / "no.token"))
    with pytest.raises(UsageError, match="no address to listen on"):
        check(Pushes("8090"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UnreachableError, match="cannot listen"):
            check(Pushes(f"127.0.0.1:{other.getsockname()[1]}"))


def test_the_advice_names_server_port_and_path_and_never_the_token(token: Path) -> None:
    said = advice(Pushes("0.0.0.0:8090", token))
    for wanted in (f"server {own_address()},", "port 8090", "/ecowitt/", str(token)):
        assert wanted in said
    assert TOKEN not in said
    assert "server 127.0.0.1, port 8090" in advice(Pushes("http://127.0.0.1:8090/"))
    assert "server ::1, port 8090" in advice(Pushes("[::1]:8090"))
