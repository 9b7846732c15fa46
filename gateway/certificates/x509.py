"""X.509 by the library ``cryptography``: texts (PEM) in, texts out; no file, no clock.

1. ``make_request`` makes a key (P-256) and the request for its certificate (PKCS#10).
2. ``name_in_request`` says whom a request is for, once its signature was checked.
3. ``make_authority`` makes an authority; ``Authority`` signs certificates and the list of
   those that were revoked (RFC 5280).
4. ``read_certificate``, ``issue_of_list`` and their like read what was made, here or by others.

Whatever cannot be read or made is a ``ConfigurationError`` that says why.

The only module of the gateway that knows ``cryptography``; it is imported where a certificate is made or
read, so that a gateway runs without.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from contract.errors import ConfigurationError

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    raise ConfigurationError(
        "Certificates need the library cryptography", help="pip install 'ecoviv[enrol]'"
    ) from error

_AUTHORITY = timedelta(days=3_650)
_LEAF = timedelta(days=825)
_LIST = _AUTHORITY
"""Not before the authority itself: an expired list would lock everybody out."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension)


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate, and what the table of those issued keeps of it."""

    text: str
    serial: int
    ends: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs; the key can sign anything."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> Self:
        """``ConfigurationError`` unless these two belong together."""
        with _told("The authority cannot be used"):
            own, secret = x509.load_pem_x509_certificate(certificate), _read_key(key)
            if secret.public_key() != own.public_key():
                raise ValueError("ca.key is not the key of ca.crt")
            return cls(own, secret)

    def certify(self, name: str, request: str, now: datetime, hosts: Sequence[str] = ()) -> Signed:
        """For the key in ``request``: of a server reached under ``hosts``, or else of a client."""
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        with _told(f"No certificate can be made for {name!r}"):
            public = x509.load_pem_x509_csr(request.encode()).public_key()
            builder = _builder(_named(name), self.certificate.subject, public, now, now + _LEAF)
            builder = (
                builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(_usage(signs_data=True), critical=True)
                .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
                .add_extension(self._identifier(), critical=False)
            )
            if hosts:
                names = x509.SubjectAlternativeName([_host(host) for host in hosts])
                builder = builder.add_extension(names, critical=False)
            return _signed(builder.sign(self.key, hashes.SHA256()))

    def revocation_list(self, revoked: Iterable[tuple[int, datetime]], now: datetime) -> str:
        """The list (PEM) of ``revoked``, (serial, since when), issued ``now``."""
        with _told("The list of revoked certificates cannot be signed"):
            builder = (
                x509.CertificateRevocationListBuilder()
                .issuer_name(self.certificate.subject)
                .last_update(now)
                .next_update(now + _LIST)
                .add_extension(self._identifier(), critical=False)
                .add_extension(x509.CRLNumber((now - _EPOCH) // timedelta(seconds=1)), critical=False)
            )
            for serial, since in revoked:
                entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
                builder = builder.add_revoked_certificate(entry.build())
            return _text(builder.sign(self.key, hashes.SHA256()))

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        """As the authority's own certificate tells it, whoever made that."""
        try:
            own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def make_authority(name: str, now: datetime) -> tuple[str, str]:
    """(certificate, key) of an authority that counts for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = (
        _builder(_named(name), _named(name), key.public_key(), now, now + _AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_data=False), critical=True)
        .add_extension(identifier, critical=False)
    )
    return _text(builder.sign(key, hashes.SHA256())), _key_text(key)


def make_request(name: str) -> tuple[str, str]:
    """(request, key) for a certificate of CN = ``name``; the key is new."""
    key = ec.generate_private_key(ec.SECP256R1())
    with _told(f"No certificate can be asked for {name!r}"):
        request = x509.CertificateSigningRequestBuilder().subject_name(_named(name))
        return _text(request.sign(key, hashes.SHA256())), _key_text(key)


def name_in_request(request: str) -> str:
    """As RFC 4514 writes it, ``CN=soil-1``.  The request must be signed by the key that it holds."""
    with _told("The request cannot be used"):
        asked = x509.load_pem_x509_csr(request.encode())
        if not asked.is_signature_valid:
            raise ValueError("its signature is not of its key")
        return asked.subject.rfc4514_string()


def read_certificate(certificate: bytes) -> Signed:
    """The first in the text."""
    with _told("It is no certificate"):
        return _signed(x509.load_pem_x509_certificate(certificate))


def first_host(certificate: bytes) -> str:
    """The first name or address that a server's certificate holds for."""
    with _told("The server's certificate names no host"):
        own = x509.load_pem_x509_certificate(certificate)
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return str(next(iter(names)).value)


def issue_of_list(revoked: bytes) -> datetime:
    """The second in which a list was issued."""
    with _told("It is no list of revoked certificates"):
        return x509.load_pem_x509_crl(revoked).last_update_utc


def end_of_list(revoked: bytes) -> datetime:
    """From when on a broker that reads this list lets nobody in."""
    with _told("It is no list of revoked certificates"):
        end = x509.load_pem_x509_crl(revoked).next_update_utc
        if end is None:
            raise ValueError("it names no end")
        return end


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ConfigurationError(f"{what}: {reason}", help="Check the file and the names") from error


def _builder(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_data: bool) -> x509.KeyUsage:
    """Either data, in a handshake, or certificates and lists."""
    return x509.KeyUsage(
        digital_signature=signs_data, key_cert_sign=not signs_data, crl_sign=not signs_data,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    if host.replace(".", "").isdigit() or ":" in host:
        return x509.IPAddress(ipaddress.ip_address(host))
    return x509.DNSName(host)


def _read_key(text: bytes) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(text, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError("the authority's key is neither EC nor RSA")
    return key


def _signed(certificate: x509.Certificate) -> Signed:
    return Signed(_text(certificate), certificate.serial_number, certificate.not_valid_after_utc)


def _text(
    made: x509.Certificate | x509.CertificateSigningRequest | x509.CertificateRevocationList,
) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
