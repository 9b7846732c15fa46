"""A gateway without the extra ``enrol``: what needs no certificate works, the rest says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gateway.certificates
from contract.errors import ConfigurationError
from contract.instant import SystemClock
from contract.places import Territory
from gateway.certificates import authority
from gateway.doctor.mosquitto.checks import check_files
from gateway.doctor.mosquitto.config import read_config
from gateway.enrol.claims import Redemption, offer, redeem
from gateway.enrol.credentials import enrol, read_passwords, revoke
from gateway.enrol.label import check_label

CLOCK = SystemClock()


@pytest.fixture
def folder(territory: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that were made where the library is; from now on it is not."""
    where = tmp_path / "broker"
    authority.server_certificate(where, ["127.0.0.1"])
    enrol("service.gateway", territory, where)
    enrol("mic-1", territory, where)
    for path in authority.client_certificate(where, "mic-1"):
        path.unlink()
    monkeypatch.delattr(gateway.certificates, "x509")
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "gateway.certificates.x509")
    monkeypatch.setitem(sys.modules, "cryptography", None)
    return where


def test_the_doctor_does_not_know_when_certificates_end_and_says_why(folder: Path) -> None:
    findings = list(check_files(read_config(folder / "ecoviv.conf"), CLOCK))
    assert {finding.level for finding in findings} == {"unknown"}
    for file in ("server.crt", "revoked.crl"):
        assert any(file in finding.text and "need the library" in finding.text for finding in findings)
    assert {finding.next for finding in findings} == {"pip install 'ecoviv[enrol]'"}


def test_passwords_are_given_and_taken_all_the_same(folder: Path, territory: Territory) -> None:
    enrol("soil-1", territory, folder)
    revoke("soil-1", territory, folder)
    offer("soil-1", territory, folder, CLOCK, 1)
    assert redeem("soil-1", Redemption(password="p" * 20), territory, folder, CLOCK) == ""
    assert sorted(read_passwords(folder)) == ["mic-1", "service.gateway", "soil-1"]


def test_what_needs_a_certificate_names_the_extra(folder: Path, territory: Territory) -> None:
    """A request to the desk is refused and costs no code; the desk goes on."""
    offer("soil-1", territory, folder, CLOCK, 1)
    steps = (
        lambda: authority.server_certificate(folder, ["127.0.0.1"]),
        lambda: authority.client_certificate(folder, "soil-1"),
        lambda: redeem("soil-1", Redemption(request="x"), territory, folder, CLOCK),
        lambda: check_label("label.svg"),
    )
    for step in steps:
        with pytest.raises(ConfigurationError, match="Certificates need") as told:
            step()
        assert told.value.help == "pip install 'ecoviv[enrol]'"
    assert "claim.soil-1" in read_passwords(folder)


def test_a_certificate_that_cannot_be_listed_is_not_marked_as_revoked(
    folder: Path, territory: Territory
) -> None:
    """Marked, but on no list, it would count for ever."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for step in (revoke, enrol):
        with pytest.raises(ConfigurationError, match="Certificates need"):
            step("mic-1", territory, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("more", "code"), [([], 0), (["--host", "gateway.local"], 3), (["--certificate"], 3)]
)
def test_the_command_needs_it_for_certificates_only(
    territory_file: Path, tmp_path: Path, more: list[str], code: int
) -> None:
    program = (
        "import sys; sys.modules['cryptography'] = None;"
        "import gateway.service, gateway.doctor.checks, gateway.enrol.desk, gateway.enrol.redeem;"
        "from ecoviv.cli import main; main()"
    )
    words = ["gateway", "enrol", "soil-1", "--territory", str(territory_file), "--folder", str(tmp_path)]
    command = [sys.executable, "-c", program, *words, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("pip install 'ecoviv[enrol]'" in done.stderr) == bool(code)
    assert (tmp_path / "passwords").exists() == (not code)
