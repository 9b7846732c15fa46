"""The way up: is ingest there, does it confirm, is it allowed to be sent anything, and under which name?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contract.instant import HOUR, MINUTE, day_of
from gateway.doctor.diagnosis import Diagnosis, span_text
from gateway.spool.status import Status

PATIENCE = 2 * MINUTE
"""What waits longer has not been confirmed at the first, second or third occasion [ns]."""
_READINGS_SHARE = 0.8
"""Of a day's budget, after which readings wait (``gateway.upstream.budget``)."""
_INGEST = "ingest"
"""How the names of its workers begin."""


def check_upward(
    status: Status, now: int, online: Mapping[str, bool] | None, gateway: str
) -> Iterator[Diagnosis]:
    """``now`` [ns UTC]; ``online``: who said at the broker whether it is there, None where none was asked.

    ``gateway``: the id that was asked for, empty for that of the spool.
    """
    if gateway and status.gateway and gateway != status.gateway:
        yield Diagnosis(
            "gateway id", "warn", f"this spool is of the gateway {status.gateway}, not of {gateway}",
            f"Use --id {status.gateway}, or the --state folder of {gateway}",
        )  # fmt: skip
    for topic, reason, at in status.refusals:
        if now - at <= HOUR:
            yield Diagnosis(
                "gateway rights", "fail", f"the broker refuses what this gateway says on {topic}: {reason}",
                f"Enrol gateway.{status.gateway}, or run the gateway with the --id that its credential names",
            )  # fmt: skip
    spent = _spent(status, now)
    yield from spent
    if online is not None:
        yield from _check_ingest(status, now, online, bool(spent))


def waits_for(status: Status, now: int) -> int:
    """For how long the oldest message has waited [ns]; 0 if none waits."""
    return 0 if status.oldest is None else max(0, now - status.oldest)


def _spent(status: Status, now: int) -> list[Diagnosis]:
    limit = status.budget_bytes
    if not limit or status.budget_day != day_of(now).isoformat():
        return []
    if status.sent_today < limit * _READINGS_SHARE:
        return []
    text = f"{status.sent_today / 2**20:.2f} of today's {limit / 2**20:.2f} MiB upstream are spent"
    return [
        Diagnosis(
            "budget", "warn", f"{text}: readings wait for midnight UTC, nothing is lost",
            "Wait, or raise --daily-mb",
        )
    ]  # fmt: skip


def _check_ingest(status: Status, now: int, online: Mapping[str, bool], spent: bool) -> Iterator[Diagnosis]:
    workers = {name: there for name, there in online.items() if name.startswith(_INGEST)}
    here = sorted(name for name, there in workers.items() if there)
    waited = waits_for(status, now)
    late = waited > PATIENCE and not spent
    if here and not late:
        yield Diagnosis("ingest", "ok", f"{', '.join(here)} is connected to this broker")
    elif here:
        yield Diagnosis(
            "ingest", "warn",
            f"{', '.join(here)} is connected and confirms nothing for {span_text(waited)}: its store takes"
            " nothing (locked by another program, a full disk), or it hears another gateway's messages only",
            "Read what `ecoviv ingest run` says on its machine; end what holds the store",
        )  # fmt: skip
    elif workers:
        gone = ", ".join(sorted(workers))
        yield Diagnosis(
            "ingest", "warn", f"{gone} has left this broker; what comes waits here, and nothing is lost",
            "Start `ecoviv ingest run`, or look at its machine and the link to it",
        )  # fmt: skip
    elif late:
        yield Diagnosis(
            "ingest", "warn", "no ingest has ever been at this broker",
            "Start `ecoviv ingest run` with this broker, or name the broker at which it is",
        )  # fmt: skip
