"""The device's side of a claim: for sensors that are small computers, and as a model for firmware.

1. Make a secret (or a key and the request for its certificate) and write it down first.
2. Log in as ``claim.DEVICE`` with the code, listen for the answer, send what was made.
3. Log in with the new credential.  If the answer was lost this tells whether it counts.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from contract import topics
from contract.config import BrokerAddress
from contract.errors import ConfigurationError, EcoVivError, UnreachableError
from contract.instant import SECOND, Clock
from contract.line.bus import MqttBus
from gateway.certificates.authority import make_request
from gateway.enrol.acl import CLAIM
from gateway.enrol.claims import normal
from gateway.files import write_secret

_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Credential:
    """Files in the device's own folder."""

    device: str
    password: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def as_words(self) -> dict[str, str]:
        """User name and paths, as the command prints them; never a secret."""
        files = {"password_file": self.password, "certificate": self.certificate, "key": self.key}
        return {"username": self.device, **{word: str(path) for word, path in files.items() if path}}


def redeem_code(
    device: str, code: str, address: BrokerAddress, folder: Path, clock: Clock, *, certificate: bool = False
) -> Credential:
    """Exchange ``code`` for a credential in ``folder``; ``UnreachableError`` if nobody answers.

    What is there already is replaced only when the new one counts.
    """
    kept = folder / f"{device}.{'key' if certificate else 'password'}"
    made = kept.with_name(f"{kept.name}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sent = _make(made, device, certificate)
        if certificate:
            answer = _ask(device, code, address, sent, clock)
            write_secret(folder / f"{device}.crt", str(answer["certificate"]))
            write_secret(folder / "ca.crt", str(answer["authority"]))
        else:
            own = {"username": device, "password": SecretStr(sent["password"])}
            _exchange(device, code, address, sent, clock, address.model_copy(update=own))
        made.replace(kept)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error}", help="Choose another --out"
        ) from error
    finally:
        made.unlink(missing_ok=True)
    if certificate:
        return Credential(device, certificate=folder / f"{device}.crt", key=kept)
    return Credential(device, password=kept)


def _make(made: Path, device: str, certificate: bool) -> dict[str, str]:
    if certificate:
        return {"request": make_request(made, device)}
    password = secrets.token_urlsafe(24)
    write_secret(made, password + "\n")
    return {"password": password}


def _exchange(
    device: str, code: str, address: BrokerAddress, sent: dict[str, str], clock: Clock, own: BrokerAddress
) -> None:
    """Until the new password counts; an answer that was lost does no harm."""
    try:
        _ask(device, code, address, sent, clock)
    except UnreachableError as lost:
        try:
            _try(own, device, clock, tries=3)
        except UnreachableError:
            raise lost from None
        return
    _try(own, device, clock, tries=20)


def _ask(
    device: str, code: str, address: BrokerAddress, sent: dict[str, str], clock: Clock
) -> dict[str, object]:
    claimant = address.model_copy(
        update={
            "username": CLAIM + device,
            "password": SecretStr(normal(code)),
            "cert_file": None,
            "key_file": None,
        }
    )
    bus = MqttBus(claimant, f"claim-{device}", (topics.claim_answer(device),), session_s=0, clock=clock)
    try:
        bus.connect(_WAIT_S)
        bus.publish(topics.claim(device), json.dumps(sent).encode())
        deadline = clock.monotonic() + int(_WAIT_S * SECOND)
        while clock.monotonic() < deadline:
            for delivery in bus.poll(0.2):
                return _read(delivery.payload)
    except UnreachableError as error:
        if "refused" not in error.message:
            raise
        raise ConfigurationError(
            f"The broker does not take the code of {device!r}",
            help="Check what was typed and the device's name; codes count once and for some hours",
        ) from error
    finally:
        bus.close()
    raise UnreachableError(
        "Nobody answers the claim", help="Start `ecoviv gateway claims` beside the broker, then try again"
    )


def _read(payload: bytes) -> dict[str, object]:
    answer: dict[str, object] = json.loads(payload)
    if not answer.get("ok"):
        raise ConfigurationError(f"The claim was refused: {answer.get('reason')}", help="Ask for a new code")
    return answer


def _try(address: BrokerAddress, device: str, clock: Clock, *, tries: int) -> None:
    """Log in, until the broker has read its files."""
    last: EcoVivError | None = None
    for _ in range(tries):
        bus = MqttBus(address, device, session_s=0, clock=clock)
        try:
            bus.connect(2.0)
            return
        except UnreachableError as error:
            last = error
            clock.sleep(0.25)
        finally:
            bus.close()
    assert last is not None
    raise last
