"""Who can reach what waits for another, who shares a name, and what the broker may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.places import Territory
from gateway.doctor.mosquitto.checks import check_identities, check_memory, check_versions
from gateway.doctor.mosquitto.config import read_config
from gateway.enrol.credentials import enrol
from tests.gateway.doctor.mosquitto.test_checks import config_of, folder, levels
from tests.gateway.guard import connected, start_guard

__all__ = ["folder"]


@pytest.mark.parametrize("bound", ["max_queued_bytes", "memory_limit"])
def test_a_broker_without_bounds_is_named(folder: Path, bound: str) -> None:
    conf = folder / "ecoviv.conf"
    written = conf.read_text()
    assert check_memory(read_config(conf)).level == "ok"
    conf.write_text("".join(line for line in written.splitlines(True) if not line.startswith(bound)))
    told = check_memory(read_config(conf))
    assert told.level == "warn"
    (line,) = (line for line in written.splitlines() if line.startswith(bound))
    assert line in told.next, "it advises what enrol writes"


@pytest.mark.parametrize(
    ("listener", "level"),
    [
        ("listener 1883 127.0.0.1\nallow_anonymous true\n", None),
        ("listener 1883 127.0.0.1\nallow_anonymous false\n", "warn"),
        ("listener 1883\n", "warn"),
        ("listener 1883\nuse_username_as_clientid true\n", "ok"),
        ("listener 1883\nuse_username_as_clientid true\nlistener 8883\n", "warn"),
    ],
)
def test_brokers_that_let_clients_choose_their_ids_are_named(
    tmp_path: Path, listener: str, level: str | None
) -> None:
    (tmp_path / "conf").write_text(listener)
    assert levels(check_identities(read_config(tmp_path / "conf"))).get("broker client ids") == level


@pytest.mark.parametrize(("times", "named"), [(1, False), (4, True)])
def test_two_under_one_name_are_named_with_their_addresses(
    folder: Path, territory: Territory, tmp_path: Path, times: int, named: bool
) -> None:
    password = enrol("soil-1", territory, folder)
    guard = start_guard(folder, tmp_path)
    buses = [connected(guard.plain("soil-1", password), "x") for _ in range(times + 1)]
    found = {diagnosis.name: diagnosis for diagnosis in check_versions(config_of(guard), territory)}
    guard.stop()
    for bus in buses:
        bus.close()
    assert ("client soil-1" in found) == named
    if named:
        assert f"{times} times" in found["client soil-1"].text
        assert "127.0.0.1" in found["client soil-1"].text


def test_a_device_that_takes_another_s_session_is_named(
    folder: Path, territory: Territory, tmp_path: Path
) -> None:
    """Where clients choose their ids, Mosquitto ends the session of whoever used the id before."""
    words = {name: enrol(name, territory, folder) for name in ("service.gateway", "soil-1")}
    conf = folder / "ecoviv.conf"
    conf.write_text(conf.read_text().replace("use_username_as_clientid true\n", ""))
    guard = start_guard(folder, tmp_path)
    gateway = connected(guard.plain("service.gateway", words["service.gateway"]), "gateway-north")
    thief = connected(guard.plain("soil-1", words["soil-1"]), "gateway-north")
    gateway.poll(0.5)
    assert gateway.connections > 1 or not gateway.connected
    assert levels(check_identities(config_of(guard)))["broker client ids"] == "warn"
    found = {diagnosis.name: diagnosis for diagnosis in check_versions(config_of(guard), territory)}
    told = found["client gateway-north"].text
    assert told.startswith("service.gateway, soil-1 log in under the one client id gateway-north")
    for bus in (thief, gateway):
        bus.close()
    guard.stop()
