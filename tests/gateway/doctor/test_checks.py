"""The doctor names what is wrong and the next thing to do."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract.config import BrokerAddress, broker_address
from contract.errors import StoreError
from contract.instant import DAY, HOUR, SECOND, FixedClock, SystemClock, parse_instant
from contract.places import Territory
from ecoviv.station.broker import RunningBroker, free_port
from gateway.cli import register
from gateway.doctor.broker import check_broker, check_secrets
from gateway.doctor.checks import (
    check_clock,
    check_privacy,
    check_running,
    check_sensors,
    check_spool,
    examine,
    time_keepers,
)
from gateway.doctor.finding import hours
from gateway.spool.status import read_status
from tests.gateway.ends import GATEWAY, NOON, Bench, Process, reading, say


def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


@pytest.mark.parametrize(
    ("silence", "level"),
    [(0, "ok"), (3 * HOUR, "ok"), (3 * HOUR + SECOND, "warn"), (24 * HOUR, "warn"), (25 * HOUR, "fail")],
)
def test_a_silent_sensor_is_judged_by_its_cadence(bench: Bench, silence: int, level: str) -> None:
    """The cadence of the test territory is the default, one hour."""
    say(bench.sensor, reading(1))
    bench.turn()
    heard_at = read_status(bench.folder).last_heard["s1", "soil-1"]
    findings = check_sensors(bench.territory, read_status(bench.folder), heard_at + silence)
    assert {finding.name: finding.level for finding in findings}["sensor s1/soil-1"] == level


def test_strangers_and_sensors_never_heard_are_named(bench: Bench) -> None:
    say(bench.sensor, reading(1, device="soil-9"), device="soil-9")
    bench.turn()
    texts = {f.name: f for f in check_sensors(bench.territory, read_status(bench.folder), NOON)}
    assert texts["stranger s1/soil-9"].level == "warn"
    assert "never heard" in texts["sensor s2/soil-2"].text
    assert "1 messages could not be read" in texts["unreadable"].text


def test_a_spool_that_does_not_empty_says_how_long_it_lasts(bench: Bench) -> None:
    """Half of the cap filled in 10 h leaves another 10 h."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = read_status(bench.folder)
    half = replace(status, used_bytes=status.cap_bytes // 2)
    assert half.oldest is not None
    (finding,) = check_spool(half, half.oldest + 10 * HOUR, bench.territory, 2**40)
    assert (finding.level, finding.text) == (
        "warn",
        "1 messages wait, the oldest for 10 h; at this rate there is room for 10 h",
    )


@pytest.mark.parametrize(
    ("now", "follows", "level"),
    [
        ("1970-01-01T00:01:00Z", True, "fail"),
        ("2026-11-01T00:00:00Z", False, "warn"),
        ("2026-11-01T00:00:00Z", None, "warn"),
        ("2026-11-01T00:00:00Z", True, "ok"),
    ],
)
def test_a_clock_without_source_or_from_1970_is_named(now: str, follows: bool | None, level: str) -> None:
    assert check_clock(parse_instant(now), follows).level == level


def test_the_lock_tells_whether_a_gateway_works(tmp_path: Path) -> None:
    assert check_running(tmp_path).level == "fail"
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert check_running(tmp_path).level == "ok"


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
    assert [finding.next for finding in check_secrets(address)] == [
        f"chmod 600 {key}",
        f"chmod 600 {password}",
    ]
    key.chmod(0o600)
    password.chmod(0o400)
    assert list(check_secrets(address)) == []


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
    findings = {finding["name"]: finding for finding in json.loads(doctor.stdout)["findings"]}
    assert doctor.exit_code == 0
    assert findings["gateway"]["level"] == findings["broker"]["level"] == findings["spool"]["level"] == "ok"
    assert all(finding["next"] for finding in findings.values() if finding["level"] != "ok")
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
    findings = examine(GATEWAY, territory, tmp_path, BrokerAddress(port=free_port()), FixedClock(NOON))
    assert findings[-1].name == "spool"


@pytest.mark.parametrize(
    ("span", "text"), [(90 * SECOND, "90 s"), (HOUR, "60 min"), (5 * HOUR, "5 h"), (3 * DAY, "3 days")]
)
def test_spans_are_said_in_a_unit_that_people_use(span: int, text: str) -> None:
    assert hours(span) == text


def test_a_spool_says_how_long_it_may_be_cut_off(bench: Bench) -> None:
    """Four devices, a message of 550 bytes an hour each: 2,200 bytes an hour; 22 MB last 10,000 h."""
    status = read_status(bench.folder)
    (finding,) = check_spool(status, NOON, bench.territory, 22_000_000)
    assert "there is room for 417 days" in finding.text
    (finding,) = check_spool(status, NOON, bench.territory, 0)
    assert "there is room for 0 s" in finding.text


def test_the_disk_ends_before_the_cap_does(bench: Bench) -> None:
    """1,000,000 bytes in 10 h; another 500,000 on the disk last 5 h whatever the cap says."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = replace(read_status(bench.folder), used_bytes=1_000_000)
    assert status.oldest is not None
    (finding,) = check_spool(status, status.oldest + 10 * HOUR, bench.territory, 500_000)
    assert finding.text.endswith("at this rate there is room for 5 h")


def test_the_clock_s_keepers_are_named() -> None:
    finding = check_clock(NOON + DAY, True, "chrony, no battery-backed clock")
    assert finding.text == "the clock follows a time source (chrony, no battery-backed clock)"
    assert time_keepers().endswith("battery-backed clock")


def test_a_certificate_that_is_missing_is_a_finding_not_a_crash(
    broker: RunningBroker, tmp_path: Path
) -> None:
    address = broker.address.model_copy(update={"tls": True, "ca_file": tmp_path / "none.crt"})
    (finding,) = check_broker(address, GATEWAY, SystemClock())
    assert (finding.name, finding.level) == ("broker login", "fail")
    assert "none.crt" in finding.text or "No such file" in finding.text


def test_names_made_up_without_end_are_counted_not_listed(bench: Bench) -> None:
    made_up = replace(read_status(bench.folder), last_heard={("s1", f"x-{n}"): NOON for n in range(5_000)})
    findings = [f for f in check_sensors(bench.territory, made_up, NOON) if f.name.startswith("stranger")]
    assert len(findings) == 21
    assert findings[-1].text == "4980 more, not in the territory, speak here"


def test_a_folder_of_sound_that_others_may_enter_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (finding,) = check_privacy(tmp_path)
    assert finding.next == f"chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert list(check_privacy(tmp_path)) == []
