"""The desk: answers devices that present a claim code, and makes the broker read the change.

1. ``open_desk`` gives itself a credential that lasts as long as it works.
2. ``step`` hears a claim (the broker has checked the code), puts the device's own secret
   into force, answers, and tells the broker to reload its files: from then on the code is
   void, its session is closed, and the new credential counts.
3. Codes whose time is over are taken out; whatever else changes the files meanwhile, such as
   `enrol` or `enrol --revoke`, is made known to the broker too.

Runs as the user who owns the broker's files, beside the broker.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr, ValidationError

from contract import topics
from contract.config import BrokerAddress
from contract.errors import ConfigurationError, EcoVivError, UnreachableError
from contract.instant import SECOND, Clock
from contract.line.bus import Bus, Delivery, MqttBus
from contract.line.service import Service
from contract.places import Territory
from gateway.certificates.revocation import LIST
from gateway.enrol.acl import DESK
from gateway.enrol.claims import Redemption, expire, redeem
from gateway.enrol.credentials import enrol_desk

MAX_CLAIM_BYTES = 16_384
_LOOK_EVERY = 2 * SECOND
_TRIES = 20
_LOG = logging.getLogger("ecoviv.claims")


def tell_broker(pid_file: Path) -> None:
    """Make the Mosquitto whose number is in ``pid_file`` read its files again."""
    try:
        number = int(pid_file.read_text().strip())
        named = Path(f"/proc/{number}/comm")
        if named.exists() and named.read_text().strip() != "mosquitto":
            raise ConfigurationError(
                f"Process {number} of {pid_file} is not mosquitto",
                help="Name the broker's pid_file with --pid-file",
            )
        os.kill(number, signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The broker cannot be told to reload its files: {error}",
            help="Name its pid_file with --pid-file, and run this as its user or as root",
        ) from error


@dataclass(slots=True)
class Desk(Service):
    """One desk at work.  ``bus`` hears ``topics.CLAIM_FILTER``."""

    folder: Path
    territory: Territory
    bus: Bus
    clock: Clock
    reload: Callable[[], None]
    _look_at: int = field(default=0, init=False)
    _known: tuple[int, ...] = field(default=(), init=False)
    """When the files were written that the broker has read."""

    def __post_init__(self) -> None:
        self._known = self._written()

    def adopt(self, territory: Territory) -> None:
        """Claims are answered, and rights written, by ``territory`` from now on."""
        self.territory = territory

    def step(self, timeout_s: float = 0.5) -> list[str]:
        """Answer what has come; the devices whose claim was accepted."""
        if self.clock.monotonic() >= self._look_at:
            self._look_at = self.clock.monotonic() + _LOOK_EVERY
            expire(self.territory, self.folder, self.clock)
            self._reload()
        deliveries = self.bus.poll(timeout_s)
        accepted = [device for delivery in deliveries if (device := self._answer(delivery))]
        self.bus.acknowledge(deliveries)
        if accepted:
            self.bus.flush(2.0)
            self._reload()
        return accepted

    def _written(self) -> tuple[int, ...]:
        paths = (self.folder / name for name in ("passwords", "acl", LIST))
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)

    def _reload(self) -> None:
        written = self._written()
        if written != self._known:
            self.reload()
            self._known = written

    def _answer(self, delivery: Delivery) -> str:
        device = delivery.place.device if isinstance(delivery.place, topics.ClaimTopic) else ""
        try:
            if len(delivery.payload) > MAX_CLAIM_BYTES:
                raise ConfigurationError(
                    "The claim is too long", help=f"Send at most {MAX_CLAIM_BYTES} bytes"
                )
            sent = Redemption.model_validate_json(delivery.payload)
            certificate = redeem(device, sent, self.territory, self.folder, self.clock)
        except ValidationError as error:
            return self._refuse(device, f"It is not a claim: {error.errors()[0]['msg']}")
        except EcoVivError as error:
            return self._refuse(device, str(error))
        authority = (self.folder / "ca.crt").read_text()
        self._say(device, {"ok": True, "certificate": certificate, "authority": authority})
        _LOG.info("%s has its own credential now", device)
        return device

    def _refuse(self, device: str, reason: str) -> str:
        _LOG.warning("the claim of %r was refused: %s", device, reason)
        self._say(device, {"ok": False, "reason": reason})
        return ""

    def _say(self, device: str, answer: dict[str, object]) -> None:
        self.bus.publish(topics.claim_answer(device), json.dumps(answer).encode())


@contextmanager
def open_desk(
    folder: Path, territory: Territory, address: BrokerAddress, clock: Clock, pid_file: Path
) -> Iterator[Desk]:
    """A desk that is connected; its credential goes with it."""

    def reload() -> None:
        tell_broker(pid_file)

    password = enrol_desk(territory, folder)
    reload()
    known = address.model_copy(update={"username": DESK, "password": SecretStr(password)})
    bus = MqttBus(known, "claims", (topics.CLAIM_FILTER,), session_s=0, clock=clock)
    with closing(bus):
        _connect(bus)
        yield Desk(folder, territory, bus, clock, reload)


def _connect(bus: MqttBus) -> None:
    """The broker takes a moment to read its files."""
    for attempt in range(_TRIES):
        try:
            bus.connect(5.0)
            return
        except UnreachableError:
            if attempt == _TRIES - 1:
                raise
            bus.clock.sleep(0.25)
