"""A time-stamping authority of the test: certificates by ``cryptography``, replies by ``openssl ts``."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl, which makes replies, is not there")
_CONFIG = """\
[tsa]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
"""


class Authority:
    """A root and its time-stamping certificate in a folder; ``stamp`` answers a request now."""

    def __init__(self, folder: Path, name: str, *, days: tuple[int, int] = (-10, 3650)) -> None:
        folder.mkdir()
        self.folder, now = folder, datetime.now(UTC)
        self.root = folder / "root.pem"
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        top = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")])
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} stamps")])
        begin, end = (now + timedelta(days=one) for one in days)
        blank = x509.CertificateBuilder().not_valid_before(now - timedelta(days=100))
        root = (
            blank.subject_name(top)
            .issuer_name(top)
            .public_key(root_key.public_key())
            .serial_number(1)
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        usage = ExtendedKeyUsageOID.TIME_STAMPING
        leaf = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(top)
            .public_key(key.public_key())
            .serial_number(2)
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        self.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_CONFIG)

    def stamp(self, request: Path, reply: Path) -> Path:
        """Answer ``request`` into ``reply``."""
        assert OPENSSL is not None
        asked = [OPENSSL, "ts", "-reply", "-config", "ts.cnf", "-section", "tsa"]
        asked += ["-queryfile", str(request), "-out", str(reply)]
        subprocess.run(asked, cwd=self.folder, check=True, capture_output=True, timeout=20)
        return reply
