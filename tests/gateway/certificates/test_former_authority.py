"""Folders whose authority, table and list the program ``openssl`` wrote go on as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from contract.errors import ConfigurationError, UnreachableError
from contract.instant import SystemClock
from contract.places import Territory
from gateway.certificates import authority
from gateway.certificates.issued import ISSUED, note, read_issued, stamp
from gateway.certificates.revocation import LIST, revoke_certificates, write_list
from gateway.enrol.claims import offer
from gateway.enrol.credentials import enrol, revoke
from gateway.enrol.label import claim_link
from tests.gateway.certificates.former import KEPT, LOST, MIC, make_former
from tests.gateway.guard import certificate_of, connected, start_guard


@pytest.fixture
def former(tmp_path: Path) -> Path:
    folder = tmp_path / "broker"
    make_former(folder)
    return folder


def test_what_was_revoked_stays_revoked_and_the_rest_can_be(former: Path) -> None:
    old = x509.load_pem_x509_crl((former / LIST).read_bytes())
    assert [(one.number, one.state) for one in read_issued(former)] == [(MIC, "V"), (LOST, "R"), (KEPT, "V")]
    assert read_issued(former)[1].since() == datetime(2026, 11, 24, 14, 16, 5, tzinfo=UTC)
    assert revoke_certificates(former, "soil-1", SystemClock()) == 1
    write_list(former)
    new = x509.load_pem_x509_crl((former / LIST).read_bytes())
    assert {one.serial_number for one in new} == {LOST, KEPT}
    assert [one.revocation_date_utc for one in new if one.serial_number == LOST] == [
        datetime(2026, 11, 24, 14, 16, 5, tzinfo=UTC)
    ]
    root = certificate_of(former / "ca.crt").public_key()
    for one in (old, new):
        assert one.is_signature_valid(root)  # type: ignore[arg-type]
    identifiers = [one.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier) for one in (old, new)]
    assert identifiers[0].value.key_identifier == identifiers[1].value.key_identifier
    assert new.issuer.public_bytes() == old.issuer.public_bytes()


def test_the_table_is_written_as_openssl_writes_it(former: Path) -> None:
    before = (former / ISSUED).read_text()
    (former / ISSUED).unlink()
    note(former, MIC, datetime(2029, 2, 26, 14, 16, 5, tzinfo=UTC), "mic-1")
    assert (former / ISSUED).read_text() == before.splitlines(keepends=True)[0]
    note(former, 0xABC, datetime(2051, 1, 2, 3, 4, 5, tzinfo=UTC), "late")
    assert (former / ISSUED).read_text().endswith("V\t20510102030405Z\t\t0ABC\tunknown\t/CN=late\n")
    assert stamp(datetime(2049, 1, 2, 3, 4, 5, tzinfo=UTC)) == "490102030405Z"


@pytest.mark.parametrize(
    "line",
    [
        "R\t290226141605Z\t\t7A\tunknown\t/CN=x",
        "R\t290226141605Z\t269924141605Z\t7A\tunknown\t/CN=x",
        "V\t290226141605Z\t\t7G\tunknown\t/CN=x",
        "V\t290226141605Z\t\t7A\t/CN=x",
        "Q\t290226141605Z\t\t7A\tunknown\t/CN=x",
    ],
)
def test_a_line_that_is_no_certificate_is_told_by_its_number(former: Path, line: str) -> None:
    with (former / ISSUED).open("a") as table:
        table.write(line + "\n")
    with pytest.raises(ConfigurationError, match="line 4 is no certificate"):
        revoke_certificates(former, "soil-1", SystemClock())


def test_a_reason_after_the_time_is_read_over(former: Path) -> None:
    table = former / ISSUED
    table.write_text(table.read_text().replace("261124141605Z\t", "261124141605Z,keyCompromise\t"))
    assert read_issued(former)[1].since() == datetime(2026, 11, 24, 14, 16, 5, tzinfo=UTC)


def test_a_certificate_of_before_is_noted_once(former: Path) -> None:
    assert revoke_certificates(former, "mic-1", SystemClock()) == 1
    assert len(read_issued(former)) == 3


def test_a_label_names_the_former_certificate_s_host(former: Path, territory: Territory) -> None:
    claim = offer("soil-1", territory, former, SystemClock(), 1)
    assert "host=gateway.local&" in claim_link(claim, territory, former)


def test_mosquitto_goes_on_with_the_former_authority_and_list(
    former: Path, territory: Territory, tmp_path: Path
) -> None:
    """The list of before is read first, then replaced."""
    listed = (former / LIST).read_bytes()
    authority.server_certificate(former, ["127.0.0.1"])
    enrol("soil-2", territory, former)
    pair = authority.client_certificate(former, "soil-2")
    assert (former / LIST).read_bytes() == listed
    guard = start_guard(former, tmp_path)
    own = [path.rename(tmp_path / path.name) for path in pair]
    connected(guard.by_certificate(own[0], own[1]), "soil-2").close()
    revoke("soil-2", territory, former)
    guard.reload()
    with pytest.raises(UnreachableError):
        connected(guard.by_certificate(own[0], own[1]), "soil-2", wait_s=1)
    guard.stop()
