"""A code typed in the field becomes a credential that only the device knows; real Mosquitto."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from contract import topics
from contract.config import BrokerAddress
from contract.errors import ConfigurationError, UnknownName, UnreachableError
from contract.instant import HOUR, SystemClock
from contract.places import Territory
from contract.testing.fixed_clock import FixedClock
from gateway.certificates import authority
from gateway.enrol.claims import LETTERS, Redemption, expire, normal, offer, read_ends, redeem
from gateway.enrol.credentials import enrol, read_passwords, revoke
from gateway.enrol.label import claim_link, draw
from gateway.enrol.redeem import redeem_code
from tests.gateway.ends import NOON, PROGRAM, Process, reading, say
from tests.gateway.guard import Guard, certificate_of, connected, start_guard

CLOCK = SystemClock()
SECRET = "s" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority.server_certificate(tmp_path / "broker", ["127.0.0.1"])
    return tmp_path / "broker"


@pytest.fixture
def guard(folder: Path, territory: Territory, territory_file: Path, tmp_path: Path) -> Iterator[Guard]:
    """The broker, and ``ecoviv gateway claims`` beside it."""
    enrol("service.gateway", territory, folder)
    running = start_guard(folder, tmp_path)
    process = Process(
        [
            sys.executable, "-c", PROGRAM, "gateway", "claims", "--territory", str(territory_file),
            "--folder", str(folder), "--broker", running.plain().url, "--pid-file", str(tmp_path / "pid"),
        ],
        tmp_path / "claims.log",
    )  # fmt: skip
    process.start()
    yield running
    assert process.end() == 0, process.log.read_text()
    running.stop()


def until(true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it never came true")


def accepts(address: BrokerAddress, name: str = "probe") -> bool:
    try:
        connected(address, name, wait_s=1).close()
    except UnreachableError:
        return False
    return True


def test_a_code_is_used_once_and_gives_the_device_its_own_password(
    guard: Guard, territory: Territory, tmp_path: Path
) -> None:
    before = enrol("soil-1", territory, guard.folder)
    claim = offer("soil-1", territory, guard.folder, CLOCK, 1)
    until(lambda: accepts(guard.tls("claim.soil-1", claim.code)))
    assert accepts(guard.tls("soil-1", before)), "what it had counts until the code is used"

    typed = claim.shown.lower().replace("1", "l").replace("0", "o")
    with pytest.raises(ConfigurationError, match="does not take the code"):
        redeem_code("soil-2", typed, guard.tls("", ""), tmp_path / "wrong", CLOCK)
    credential = redeem_code("soil-1", typed, guard.tls("", ""), tmp_path / "device", CLOCK)

    assert credential.password is not None
    assert credential.password.stat().st_mode & 0o077 == 0
    password = credential.password.read_text().strip()
    device = connected(guard.tls("soil-1", password), "soil-1")
    say(device, reading(1))
    assert device.flush(3)
    assert device.refusals == []
    device.close()
    assert not accepts(guard.tls("soil-1", before))
    assert not accepts(guard.tls("claim.soil-1", claim.code))
    with pytest.raises(ConfigurationError, match="does not take the code"):
        redeem_code("soil-1", claim.code, guard.tls("", ""), tmp_path / "device", CLOCK)
    assert credential.password.read_text().strip() == password, "a code in vain costs no credential"
    assert sorted(path.name for path in (tmp_path / "device").iterdir()) == ["soil-1.password"]
    kept = "".join(path.read_text() for path in guard.folder.iterdir())
    assert claim.code not in kept
    assert password not in kept


def test_a_device_that_keeps_its_key_gets_a_certificate(
    guard: Guard, territory: Territory, tmp_path: Path
) -> None:
    claim = offer("mic-1", territory, guard.folder, CLOCK, 1)
    until(lambda: accepts(guard.tls("claim.mic-1", claim.code)))
    found = redeem_code("mic-1", claim.code, guard.tls("", ""), tmp_path / "d", CLOCK, certificate=True)
    assert found.certificate is not None
    assert found.key is not None
    address = guard.by_certificate(found.certificate, found.key)
    until(lambda: accepts(address))
    revoke("mic-1", territory, guard.folder)
    until(lambda: not accepts(address))


def test_a_code_opens_nothing_but_its_own_claim(guard: Guard, territory: Territory) -> None:
    claim = offer("soil-1", territory, guard.folder, CLOCK, 1)
    until(lambda: accepts(guard.tls("claim.soil-1", claim.code)))
    bus = connected(guard.tls("claim.soil-1", claim.code), "claim", "#")
    for topic in (
        topics.sensor("s1", "soil-1", "readings"),
        topics.claim("soil-2"),
        topics.claim_answer("soil-1"),
        topics.up("north", "readings"),
        topics.status("soil-1"),
    ):
        bus.publish(topic, b"forged")
        bus.flush(3)
        (refusal,) = bus.refusals
        assert refusal.lower().endswith("not authorized")
        bus.refusals.clear()
    for sent in (
        b"",
        b"{}",
        b"[" * 10_000,
        b"x" * 100_000,
        json.dumps({"password": "short"}).encode(),
        json.dumps({"password": SECRET + "\n:"}).encode(),
        json.dumps({"password": SECRET, "request": "x"}).encode(),
        json.dumps({"request": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"}).encode(),
        json.dumps({"request": authority.make_request(guard.folder / "key", "soil-2")}).encode(),
    ):
        bus.publish(topics.claim("soil-1"), sent)
        (answer,) = bus.poll(5)
        assert answer.topic == topics.claim_answer("soil-1")
        assert json.loads(answer.payload)["ok"] is False, sent[:80]
        bus.acknowledge([answer])
    assert accepts(guard.tls("claim.soil-1", claim.code)), "a mistake uses no code up"
    bus.close()


def test_a_code_ends_with_its_time(folder: Path, territory: Territory) -> None:
    clock = FixedClock(NOON)
    offer("soil-1", territory, folder, clock, 2)
    offer("soil-2", territory, folder, clock, 4)
    clock.advance(2 * HOUR - 1)
    assert expire(territory, folder, clock) == []
    clock.advance(1)
    with pytest.raises(UnknownName, match="No claim code"):
        redeem("soil-1", Redemption(password=SECRET), territory, folder, clock)
    assert expire(territory, folder, clock) == ["soil-1"]
    assert (list(read_ends(folder)), list(read_passwords(folder))) == (["soil-2"], ["claim.soil-2"])


def test_a_new_code_voids_the_one_before_and_revoking_voids_both(folder: Path, territory: Territory) -> None:
    clock = FixedClock(NOON)
    offer("soil-1", territory, folder, clock, 2)
    first = read_passwords(folder)["claim.soil-1"]
    offer("soil-1", territory, folder, clock, 2)
    assert read_passwords(folder)["claim.soil-1"] != first
    enrol("soil-1", territory, folder)
    assert list(read_passwords(folder)) == ["soil-1"]
    offer("soil-1", territory, folder, clock, 2)
    revoke("soil-1", territory, folder)
    assert read_passwords(folder) == {}
    with pytest.raises(UnknownName):
        redeem("soil-1", Redemption(password=SECRET), territory, folder, clock)


def test_only_devices_of_the_territory_behind_a_certificate_get_a_code(
    folder: Path, territory: Territory, tmp_path: Path
) -> None:
    with pytest.raises(UnknownName):
        offer("service.gateway", territory, folder, CLOCK, 1)
    with pytest.raises(ConfigurationError, match="in clear"):
        offer("soil-1", territory, tmp_path / "other", CLOCK, 1)


def test_a_code_is_long_enough_and_forgives_what_gloves_type() -> None:
    assert len(LETTERS) == 32
    assert normal(" oil0-abcd\n-efgh") == "0110ABCDEFGH"


def test_the_label_says_how_to_know_the_broker_and_is_drawn(
    folder: Path, territory: Territory, tmp_path: Path
) -> None:
    segno = pytest.importorskip("segno", reason="labels need the extra [label]")
    claim = offer("soil-1", territory, folder, CLOCK, 1)
    link = claim_link(claim, territory, folder)
    certificate = certificate_of(folder / "server.crt")
    assert link == (
        f"ecoviv:claim?v=1&host=127.0.0.1&port=8883&site=s1&device=soil-1&code={claim.code}"
        f"&cert={certificate.fingerprint(hashes.SHA256()).hex()}"
    )
    for ending, begins in ((".svg", b"<?xml"), (".png", b"\x89PNG")):
        path = tmp_path / f"label{ending}"
        assert draw(link, str(path)) == ""
        assert path.read_bytes().startswith(begins)
        assert path.stat().st_mode & 0o077 == 0
    lines = [
        line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in draw(link, "-").splitlines()
    ]
    dark = [[mark in low for mark in line] for line in lines for low in ("▄ ", "▀ ")]
    wanted = [[bool(bit) for bit in row] for row in segno.make_qr(link, error="m").matrix_iter(border=2)]
    assert dark[: len(wanted)] == wanted


def test_a_code_that_nobody_answers_is_told_and_costs_nothing(
    folder: Path, territory: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk is not running."""
    monkeypatch.setattr("gateway.enrol.redeem._WAIT_S", 1.0)
    claim = offer("soil-1", territory, folder, CLOCK, 1)
    guard = start_guard(folder, tmp_path)
    with pytest.raises(UnreachableError, match="Nobody answers the claim"):
        redeem_code("soil-1", claim.code, guard.tls("", ""), tmp_path / "device", CLOCK)
    assert list((tmp_path / "device").iterdir()) == []
    assert accepts(guard.tls("claim.soil-1", claim.code))
    guard.stop()
