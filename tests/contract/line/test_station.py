"""Broker, log-in and gateway of the station near by are found; what is named counts before them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract.config import BrokerAddress
from contract.errors import ConfigurationError
from contract.line.station import find_broker, leave_note, secret_file, take_note_away
from contract.nearby import find_gateway, find_station

THERE = BrokerAddress(host="127.0.0.2", port=1884)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one, and an environment that names no log-in."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ECOVIV_BROKER")]:
        monkeypatch.delenv(name)
    return tmp_path


def station(folder: Path, *, doctor: str = "") -> Path:
    folder.mkdir(parents=True)
    leave_note(folder, THERE)
    if doctor:
        secret = secret_file(folder, "doctor")
        secret.parent.mkdir()
        secret.write_text(doctor)
    return folder


def test_without_a_station_the_broker_is_this_machines(here: Path) -> None:
    assert find_broker(None, "doctor") == BrokerAddress(host="127.0.0.1", port=1883)
    assert find_station() is None
    assert find_gateway(None) == Path("gateway-state")


def test_a_station_near_by_lends_its_address_and_log_in_and_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    station(here / "ecoviv-state", doctor="secret\n")
    found = find_broker(None, "doctor")
    assert (found.url, found.username, found.secret()) == (
        "mqtt://127.0.0.2:1884",
        "doctor.station",
        "secret",
    )
    said = capsys.readouterr().err
    assert "Using the broker mqtt://127.0.0.2:1884" in said
    assert "secret" not in said
    take_note_away(here / "ecoviv-state")
    assert find_broker(None, "doctor").url == "mqtt://127.0.0.1:1883"


def test_its_broker_named_by_hand_lends_the_log_in_and_another_does_not(here: Path) -> None:
    station(here / "ecoviv-state", doctor="secret")
    assert find_broker("mqtt://127.0.0.2:1884", "doctor").username == "doctor.station"
    assert find_broker("mqtt://127.0.0.2:1885", "doctor").username == ""
    assert find_broker(None, "replay").username == ""


def test_a_log_in_of_the_environment_counts_before_the_stations(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station(here / "ecoviv-state", doctor="secret")
    monkeypatch.setenv("ECOVIV_BROKER_USERNAME", "service.doctor")
    monkeypatch.setenv("ECOVIV_BROKER_PASSWORD", "mine")
    found = find_broker(None, "doctor")
    assert (found.username, found.secret()) == ("service.doctor", "mine")


def test_the_station_of_a_gateway_that_is_named_is_the_one_beside_it(here: Path) -> None:
    other = station(here / "elsewhere" / "s", doctor="of-the-other")
    assert find_broker(None, "doctor", state=other / "gateway").secret() == "of-the-other"


def test_a_gateway_is_found_where_run_and_up_make_it_and_two_are_a_question(here: Path) -> None:
    kept = here / "ecoviv-state" / "gateway" / "spool.db"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert find_gateway(None) == Path("ecoviv-state/gateway")
    assert find_gateway(Path("mine")) == Path("mine")
    (here / "gateway-state").mkdir()
    (here / "gateway-state" / "spool.db").touch()
    with pytest.raises(ConfigurationError, match="more than one") as caught:
        find_gateway(None)
    assert caught.value.help.startswith("Name one: --state")


def test_a_note_that_is_no_note_is_named(here: Path) -> None:
    folder = here / "ecoviv-state"
    folder.mkdir()
    (folder / "station.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"station\.json"):
        find_broker(None, "doctor")
