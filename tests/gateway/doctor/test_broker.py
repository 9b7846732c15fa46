"""The way to the broker is asked step by step, and the first failure is the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.config import BrokerAddress, broker_address
from contract.instant import SystemClock
from ecoviv.station.broker import RunningBroker, free_port
from gateway.doctor.broker import check_broker, check_secrets
from tests.gateway.ends import GATEWAY


def test_the_way_to_the_broker_is_checked_step_by_step(broker: RunningBroker) -> None:
    clock = SystemClock()
    (fine,) = check_broker(broker.address, GATEWAY, clock)
    assert (fine.name, fine.level) == ("broker", "ok")
    (nobody,) = check_broker(BrokerAddress(port=free_port()), GATEWAY, clock)
    assert (nobody.name, nobody.level) == ("broker port", "fail")
    (unknown,) = check_broker(broker_address("mqtt://no-such-host.invalid"), GATEWAY, clock)
    assert (unknown.name, unknown.level) == ("broker name", "fail")


def test_secrets_that_others_can_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, password = tmp_path / "key", tmp_path / "password"
    for path, mode in ((key, 0o644), (password, 0o640)):
        path.write_text("secret")
        path.chmod(mode)
    monkeypatch.setenv("ECOVIV_BROKER_PASSWORD_FILE", str(password))
    address = BrokerAddress(key_file=key)
    assert [diagnosis.next for diagnosis in check_secrets(address)] == [
        f"chmod 600 {key}",
        f"chmod 600 {password}",
    ]
    key.chmod(0o600)
    password.chmod(0o400)
    assert list(check_secrets(address)) == []


def test_a_certificate_that_is_missing_is_a_finding_not_a_crash(
    broker: RunningBroker, tmp_path: Path
) -> None:
    address = broker.address.model_copy(update={"tls": True, "ca_file": tmp_path / "none.crt"})
    (diagnosis,) = check_broker(address, GATEWAY, SystemClock())
    assert (diagnosis.name, diagnosis.level) == ("broker login", "fail")
    assert "none.crt" in diagnosis.text or "No such file" in diagnosis.text
