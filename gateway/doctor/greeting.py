"""What a port answers to who speaks first: MQTT or TLS; and what is wrong with a certificate.

Asked only after a log-in failed, so that "does not answer" becomes the one line to correct.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from contract.config import BrokerAddress
from gateway.doctor.diagnosis import Diagnosis

_WAIT_S = 3.0
_CONNECT = b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x02ec"
"""MQTT 5, 3.1: CONNECT with a clean start, 10 s to live, no properties, client id ``ec``."""
_CONNACK = 0x20
_CERTIFICATES = (
    ("hostname mismatch", "the broker's certificate is for another name",
     "Write the name that the certificate has into --broker, or enrol with --host and this name"),
    ("ip address mismatch", "the broker's certificate is for another address",
     "Write the name that the certificate has into --broker, or enrol with --host and this address"),
    ("has expired", "the broker's certificate has ended, or this machine's clock is far ahead",
     "Look at the clock; then enrol with --host again and restart the broker"),
    ("not yet valid", "the broker's certificate has yet to begin: this machine's clock is behind",
     "Set this machine's clock"),
    ("certificate verify failed", "who made the broker's certificate is not known here",
     "Name the authority: ECOVIV_BROKER_CA_FILE=…/ca.crt from the folder of `ecoviv gateway enrol`"),
)  # fmt: skip
"""(words of OpenSSL, what it means, next step), the special before the general."""


def check_greeting(address: BrokerAddress, failure: str) -> Iterator[Diagnosis]:
    """Why a log-in that ended in ``failure`` cannot have worked; nothing where the port is not to blame."""
    if not address.tls and _speaks_tls(address):
        yield Diagnosis(
            "broker TLS", "fail", f"port {address.port} speaks TLS, and the address says mqtt://",
            f"Write mqtts://{address.host}:{address.port}, or the port without TLS; the authority's file is"
            " named by ECOVIV_BROKER_CA_FILE",
        )  # fmt: skip
    if address.tls and _speaks_plainly(address):
        yield Diagnosis(
            "broker TLS", "fail", f"port {address.port} does not speak TLS, and the address says mqtts://",
            f"Write the port with TLS (8883 as a rule), or mqtt://{address.host}:{address.port} on the"
            " broker's own machine",
        )  # fmt: skip
    for words, text, step in _CERTIFICATES:
        if address.tls and words in failure.lower():
            yield Diagnosis("broker certificate", "fail", f"{text} ({failure})", step)
            return


def _speaks_tls(address: BrokerAddress) -> bool:
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address.host, address.port), _WAIT_S) as plain,
            unchecked.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False


def _speaks_plainly(address: BrokerAddress) -> bool:
    try:
        with socket.create_connection((address.host, address.port), _WAIT_S) as plain:
            plain.sendall(_CONNECT)
            return plain.recv(1)[:1] == bytes([_CONNACK])
    except OSError:
        return False
