"""An outside witness of a freezing: a time-stamping authority's reply over the plan's hash (RFC 3161).

1. ``request_for`` is the question as a file; its imprint is the plan's SHA-256, so that nothing but the hash
   leaves the house.  Who sends it, and how, is not ours.
2. ``attested`` verifies a reply without a network: signature, chain to the root certificate that the plan
   pins, purpose, and the imprint; it gives the authority's time.
3. ``witness_codes`` says what a verdict must know.

The only module that knows ``rfc3161_client``; it loads where a plan names a witness.
Source: Adams et al. 2001, RFC 3161, doi:10.17487/RFC3161.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.plan.plan import Plan
from contract.errors import ConfigurationError
from contract.instant import SECOND, format_instant, parse_instant

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_MOST_BYTES = 1_000_000
_ANOTHER = "Give the authority's reply to this plan's request, as it came"


class NotAttested(ConfigurationError):
    """A reply that can be read and that does not speak for this plan."""


def reply_beside(plan: Path) -> Path:
    """Where the reply to the plan in this file is kept."""
    return plan.with_suffix(".tsr")


def request_for(plan: Plan) -> bytes:
    """The request to be sent to an authority; the same plan makes the same bytes."""
    with _installed():
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    builder = TimestampRequestBuilder().data(plan.content_bytes()).hash_algorithm(HashAlgorithm.SHA256)
    return bytes(builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes())


def attested(plan: Plan, path: Path, reply: Path) -> str:
    """The time at which the authority saw the hash of the plan in ``path``, ISO 8601.

    ``NotAttested`` for a reply that does not speak for this plan, ``ConfigurationError`` for what is no
    reply, and for a root certificate that is not the pinned one.
    """
    root = pinned_root(plan, path)
    with _installed():
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    content = _read(reply, "reply")
    try:
        said = decode_timestamp_response(content)
        imprint, time = bytes(said.tst_info.message_imprint.message), said.tst_info.gen_time
    except (ValueError, LookupError) as error:
        raise ConfigurationError(f"{reply}: this is no time-stamp reply: {error}", help=_ANOTHER) from error
    if imprint != hashlib.sha256(plan.content_bytes()).digest():
        raise NotAttested(f"{reply}: it is of {imprint.hex()}, the plan is {plan.sha256}", help=_ANOTHER)
    try:
        VerifierBuilder(roots=[root]).build().verify_message(said, plan.content_bytes())
    except (VerificationError, ValueError, LookupError) as error:
        raise NotAttested(
            f"{reply}: it does not verify by {_named(plan, path)}: {error}",
            help="Ask the authority whose root certificate the plan pins",
        ) from error
    whole = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return format_instant(int(whole.timestamp()) * SECOND)


def pinned_root(plan: Plan, path: Path) -> Certificate:
    """The root certificate that the plan in ``path`` pins; ``ConfigurationError`` where it is another."""
    if plan.witness is None:
        raise ConfigurationError(
            f"{path}: witness: this table is missing",
            help='Before freezing write [witness] with root = "root.pem" and the sha256 of that file',
        )
    file = _named(plan, path)
    content = _read(file, "root certificate")
    if hashlib.sha256(content).hexdigest() != plan.witness.sha256:
        raise ConfigurationError(
            f"{path}: witness.sha256: it is not that of {file}",
            help="Bring the pinned certificate back",
        )
    with _installed():
        from cryptography import x509
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except ValueError as error:
        raise ConfigurationError(
            f"{file}: this is no certificate: {error}",
            help="Give the authority's root, PEM or DER",
        ) from error


def is_late(plan: Plan, time: str) -> bool:
    """Whether ``time`` is not before the first season after restoration."""
    after = [season.span[0] for season in plan.seasons if season.period == "after"]
    return bool(after) and parse_instant(time) >= after[0]


def witness_codes(plan: Plan, path: Path) -> dict[str, dict[str, Any]]:
    """Code -> what it is about, of the plan in ``path``; nothing where it names none, or has a good one."""
    if plan.witness is None:
        return {}
    reply = reply_beside(path)
    if not reply.exists():
        return {"WITNESS_MISSING": {"why": reply.name}}
    try:
        time = attested(plan, path, reply)
    except NotAttested as error:
        return {"WITNESS_BROKEN": {"why": error.message}}
    return {"WITNESS_LATE": {"why": time}} if is_late(plan, time) else {}


def _named(plan: Plan, path: Path) -> Path:
    assert plan.witness is not None
    return path.parent / plan.witness.root


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"The {what} {path} cannot be read: {error.strerror}", help="Check the path"
        ) from error
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{path}: too long for a {what}", help="Check the path")
    return content


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            "A witness needs the library rfc3161-client", help="pip install 'ecoviv[evidence]'"
        ) from error
