"""What was revoked is refused: by a real Mosquitto, and the next certificate is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from contract.errors import UnreachableError
from contract.instant import SystemClock
from contract.places import Territory
from gateway.certificates import authority
from gateway.certificates.issued import ISSUED
from gateway.certificates.revocation import LIST, revoke_certificates, write_list
from gateway.enrol.credentials import enrol, revoke
from tests.gateway.ends import reading, say
from tests.gateway.guard import Guard, certificate_of, connected, start_guard


@pytest.fixture
def guard(territory: Territory, tmp_path: Path) -> Iterator[Guard]:
    folder = tmp_path / "broker"
    authority.server_certificate(folder, ["127.0.0.1"])
    enrol("service.gateway", territory, folder)
    running = start_guard(folder, tmp_path)
    yield running
    running.stop()


def kept(guard: Guard, name: str, where: Path) -> tuple[Path, Path]:
    """The device's own copy of a new certificate and key."""
    certificate, key = authority.client_certificate(guard.folder, name)
    where.mkdir()
    return certificate.rename(where / "crt"), key.rename(where / "key")


def test_a_revoked_certificate_is_refused_and_its_successor_is_not(
    guard: Guard, territory: Territory, tmp_path: Path
) -> None:
    enrol("soil-1", territory, guard.folder)
    first = kept(guard, "soil-1", tmp_path / "first")
    enrol("mic-1", territory, guard.folder)
    other = kept(guard, "mic-1", tmp_path / "other")
    guard.reload()
    device = connected(guard.by_certificate(*first), "soil-1")
    say(device, reading(1))
    assert device.flush(3)
    assert device.refusals == []

    revoke("soil-1", territory, guard.folder)
    guard.reload()
    say(device, reading(2))
    device.flush(1)
    assert not device.connected or "not authorized" in device.refusals[0].lower(), "a session from before"
    with pytest.raises(UnreachableError):
        connected(guard.by_certificate(*first), "soil-1", wait_s=1)

    enrol("soil-1", territory, guard.folder)
    second = kept(guard, "soil-1", tmp_path / "second")
    guard.reload()
    with pytest.raises(UnreachableError):
        connected(guard.by_certificate(*first), "again", wait_s=1)
    for pair in (second, other):
        connected(guard.by_certificate(*pair), "device").close()

    enrol("soil-1", territory, guard.folder)
    third = kept(guard, "soil-1", tmp_path / "third")
    guard.reload()
    for old in (first, second):
        with pytest.raises(UnreachableError):
            connected(guard.by_certificate(*old), "again", wait_s=1)
    connected(guard.by_certificate(*third), "device").close()


def test_a_password_that_was_revoked_or_replaced_ends_its_session(guard: Guard, territory: Territory) -> None:
    password = enrol("soil-1", territory, guard.folder)
    guard.reload()
    device = connected(guard.tls("soil-1", password), "soil-1")
    enrol("soil-1", territory, guard.folder)
    guard.reload()
    for _ in range(10):
        device.poll(0.1)
    assert not device.connected
    with pytest.raises(UnreachableError, match="refused"):
        connected(guard.tls("soil-1", password), "again")


def read_list(folder: Path) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl((folder / LIST).read_bytes())


def test_the_list_names_each_certificate_of_a_name_and_no_other(tmp_path: Path) -> None:
    authority.server_certificate(tmp_path, ["gateway.local"])
    serials = {}
    for name in ("soil-1", "soil-1", "soil-10", "mic-1"):
        certificate, _ = authority.client_certificate(tmp_path, name)
        serials[certificate_of(certificate).serial_number] = name
    assert revoke_certificates(tmp_path, "soil-1", SystemClock()) == 2
    assert revoke_certificates(tmp_path, "soil-1", SystemClock()) == 0
    write_list(tmp_path)
    listed = {one.serial_number for one in read_list(tmp_path)}
    assert listed == {serial for serial, name in serials.items() if name == "soil-1"}
    assert not (tmp_path / "soil-1.key").exists()
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_certificate_from_before_the_table_is_found(tmp_path: Path) -> None:
    authority.client_certificate(tmp_path, "soil-1")
    (tmp_path / ISSUED).unlink()
    assert revoke_certificates(tmp_path, "soil-1", SystemClock()) == 1


def test_two_lists_are_never_of_the_same_second(tmp_path: Path) -> None:
    """OpenSSL, and so a running broker, would go on with the first."""
    authority.server_certificate(tmp_path, ["gateway.local"])
    told = set()
    for _ in range(3):
        write_list(tmp_path)
        told.add(read_list(tmp_path).last_update_utc)
    assert len(told) == 3
