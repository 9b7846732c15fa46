"""What the authority signs: fields as promised, judged by OpenSSL, refused where they are not ours."""

from __future__ import annotations

import base64
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.errors import ConfigurationError
from contract.instant import SystemClock
from gateway.certificates import authority
from gateway.certificates.issued import read_issued
from gateway.certificates.revocation import revoke_certificates, write_list
from tests.gateway.guard import certificate_of

PRIVATE = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def request_of(key: PRIVATE, *names: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_certificates_hold_what_was_promised(tmp_path: Path) -> None:
    authority.server_certificate(tmp_path, ["gateway.local", "10.0.0.5", "fe80::1"])
    authority.client_certificate(tmp_path, "soil-1")
    root, server, client = (certificate_of(tmp_path / f"{stem}.crt") for stem in ("ca", "server", "soil-1"))
    for one, stem, days in ((root, "ca", 3_650), (server, "server", 825), (client, "soil-1", 825)):
        one.verify_directly_issued_by(root)
        assert one.not_valid_after_utc - one.not_valid_before_utc == timedelta(days=days)
        assert 0 < one.serial_number < 1 << 159
        key = serialization.load_pem_private_key((tmp_path / f"{stem}.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert (key.curve.name, key.public_key()) == ("secp256r1", one.public_key())
        assert (tmp_path / f"{stem}.key").stat().st_mode & 0o777 == 0o600
        basic = one.extensions.get_extension_for_class(x509.BasicConstraints)
        assert (basic.critical, basic.value.ca) == (True, one is root)
        usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (usage.digital_signature, usage.key_cert_sign, usage.crl_sign) == (
            one is not root, one is root, one is root,
        )  # fmt: skip
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gateway.local"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.5"), ip_address("fe80::1")]
    purposes = [
        [*one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value] for one in (server, client)
    ]
    assert purposes == [[ExtendedKeyUsageOID.SERVER_AUTH], [ExtendedKeyUsageOID.CLIENT_AUTH]]
    assert len({one.serial_number for one in (root, server, client)}) == 3
    assert client.subject.rfc4514_string() == "CN=soil-1"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is not installed")
def test_openssl_accepts_them_strictly_for_their_purpose_until_they_are_revoked(tmp_path: Path) -> None:
    """An independent judge, by the rules of RFC 5280 (``-x509_strict``)."""
    authority.server_certificate(tmp_path, ["gateway.local", "10.0.0.5"])
    for name in ("soil-1", "soil-2"):
        authority.client_certificate(tmp_path, name)
    lost = (tmp_path / "soil-2.crt").rename(tmp_path / "lost")
    assert revoke_certificates(tmp_path, "soil-2", SystemClock()) == 1
    write_list(tmp_path)

    def judged(purpose: str, certificate: Path) -> str:
        files = ["-CAfile", tmp_path / "ca.crt", "-CRLfile", tmp_path / "revoked.crl", certificate]
        command = ["openssl", "verify", "-x509_strict", "-crl_check", "-purpose", purpose, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "OK" if done.returncode == 0 else done.stderr

    assert judged("sslserver", tmp_path / "server.crt") == "OK"
    assert judged("sslclient", tmp_path / "soil-1.crt") == "OK"
    assert "purpose" in judged("sslclient", tmp_path / "server.crt")
    assert "revoked" in judged("sslclient", lost)


def test_requests_are_signed_for_their_name_and_their_key(tmp_path: Path) -> None:
    authority.server_certificate(tmp_path, ["gateway.local"])
    keys = (
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65_537, 2_048),
    )
    for key in keys:
        request = request_of(key, "soil-1")
        authority.check_request("soil-1", request)
        signed = x509.load_pem_x509_certificate(authority.sign_request(tmp_path, "soil-1", request).encode())
        assert signed.public_key() == key.public_key()
        assert read_issued(tmp_path)[-1].number == signed.serial_number
    for names in (("soil-2",), ("soil-1", "soil-1"), ()):
        with pytest.raises(ConfigurationError, match="The request is for"):
            authority.check_request("soil-1", request_of(keys[0], *names))


def test_a_request_that_was_changed_or_cut_is_refused(tmp_path: Path) -> None:
    request = authority.make_request(tmp_path / "key", "soil-1")
    asked = x509.load_pem_x509_csr(request.encode())
    der = bytearray(asked.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    body = base64.encodebytes(bytes(der)).decode()
    forged = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(ConfigurationError, match="signature"):
        authority.check_request("soil-1", forged)
    for cut in range(0, len(request) - 30, 7):
        with pytest.raises(ConfigurationError):
            authority.check_request("soil-1", request[:cut] + "é" * (cut % 2))


def test_a_key_that_is_not_the_authority_s_signs_nothing(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        authority.server_certificate(tmp_path / folder, ["gateway.local"])
    (tmp_path / "other" / "ca.key").replace(tmp_path / "one" / "ca.key")
    with pytest.raises(ConfigurationError, match="not the key of"):
        authority.client_certificate(tmp_path / "one", "soil-1")
    with pytest.raises(ConfigurationError, match="not the key of"):
        write_list(tmp_path / "one")


def test_an_authority_whose_key_was_taken_away_is_not_replaced(tmp_path: Path) -> None:
    """A new one would void every certificate of the old one."""
    authority.server_certificate(tmp_path, ["gateway.local"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "ca.key"}
    (tmp_path / "ca.key").unlink()
    with pytest.raises(ConfigurationError, match=r"key .* is not here"):
        authority.server_certificate(tmp_path, ["gateway.local"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_name_that_no_certificate_can_hold_is_told(tmp_path: Path) -> None:
    for host in ("300.1.1.1", "", "käse.local", "x" * 65):
        with pytest.raises(ConfigurationError):
            authority.server_certificate(tmp_path, [host])
        assert not (tmp_path / "server.crt").exists()


def test_several_at_once_make_one_authority_and_note_everybody(tmp_path: Path) -> None:
    """A lock on the folder's file holds between threads as between programs."""
    names = [f"soil-{number}" for number in range(1, 7)]
    together = threading.Barrier(len(names))

    def work(name: str) -> None:
        together.wait(10)
        for _ in range(3):
            authority.client_certificate(tmp_path, name)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(work, names))
    root = certificate_of(tmp_path / "ca.crt")
    table = read_issued(tmp_path)
    assert len({one.number for one in table}) == 3 * len(names)
    for name in names:
        own = certificate_of(tmp_path / f"{name}.crt")
        own.verify_directly_issued_by(root)
        assert own.serial_number in {one.number for one in table if one.subject == f"/CN={name}"}
