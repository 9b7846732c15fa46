"""All checks of ``ecoviv gateway doctor``, in the order in which a technician would ask.

1. Is the gateway at work, and does the broker answer (``broker``, ``mosquitto``)?
2. Is the machine fit (``clock``, ``disk``), and what is switched on that hears people (``spool``)?
3. Does what was taken leave again (``upward``, ``spool``)?
4. Who has fallen silent, who is unknown, who cannot be read (``sensors``)?
5. What do devices say of themselves (``health``)?
6. What is said and nobody understands (``sensors``)?

Nothing here changes anything.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from contract.config import BrokerAddress
from contract.errors import StoreError
from contract.instant import Clock
from contract.places import Territory
from gateway.doctor.broker import Seen, check_broker, check_retained, check_secrets, is_here
from gateway.doctor.clock import check_clock, check_past, synchronized, time_keepers
from gateway.doctor.diagnosis import Diagnosis
from gateway.doctor.disk import check_disk, check_privacy, free_bytes
from gateway.doctor.health import check_health
from gateway.doctor.mosquitto.checks import check_mosquitto
from gateway.doctor.sensors import check_fields, check_sensors
from gateway.doctor.spool import check_clips, check_spool, check_voices
from gateway.doctor.territory import check_territory
from gateway.doctor.upward import check_upward
from gateway.spool.status import read_status


def examine(
    gateway: str,
    territory: Territory,
    state: Path,
    address: BrokerAddress,
    clock: Clock,
    broker_config: Path | None = None,
    territory_file: Path | None = None,
) -> list[Diagnosis]:
    """Every diagnosis, good ones too; ``gateway``: its id, empty for that of the spool.

    ``broker_config``: Mosquitto's file; None to look for it.  ``territory_file``: where ``territory`` stands.
    Without a spool in ``state`` the last diagnosis says so.
    """
    seen = Seen()
    diagnoses = [check_running(state), *(check_territory(state, territory_file) if territory_file else ())]
    diagnoses += [*check_broker(address, gateway, clock, seen), *check_secrets(address)]
    diagnoses += check_mosquitto(broker_config, address.port, is_here(address), territory, clock)
    diagnoses += [
        check_clock(clock.now(), synchronized(), time_keepers()),
        check_disk(state),
        *check_privacy(state),
        *check_voices(seen.said),
    ]
    try:
        status = read_status(state)
    except StoreError as error:
        return [*diagnoses, Diagnosis("spool", "fail", error.message, error.help)]
    now = clock.now()
    return [
        *diagnoses,
        *check_past(now, max(status.last_heard.values(), default=0)),
        *check_upward(status, now, seen.online if seen.asked else None, gateway),
        *check_spool(status, now, territory, free_bytes(state)),
        *check_clips(status),
        *check_sensors(territory, status, now),
        *check_retained(seen),
        *check_health(territory, status, now),
        *check_fields(status),
    ]


def check_running(state: Path) -> Diagnosis:
    """Whether a gateway holds the folder's lock."""
    lock = state / "lock"
    if lock.exists():
        with lock.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return Diagnosis("gateway", "ok", f"a gateway works in {state}")
    return Diagnosis("gateway", "fail", f"no gateway works in {state}", "Start `ecoviv gateway run` there")
