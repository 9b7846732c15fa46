"""What a message says, one row a value: for people and checks that look before anything is sent.

``values_of`` serves ``replay --dry-run`` and ``gateway map --try``.  A row's keys are those of
``VALUE_KEYS`` where something was measured, ``HEARD_KEYS`` where something was heard.
"""

from __future__ import annotations

from collections.abc import Iterator

from contract.instant import SECOND, format_instant, from_datetime
from contract.quantities import QUANTITIES
from contract.reading import ClipManifest, Detections, Features, Health, Readings
from contract.wire import WireMessage

VALUE_KEYS = ("site", "device", "quantity", "value", "unit", "time", "period_s", "method", "depth_m")
HEARD_KEYS = (
    "site", "device", "taxon", "score", "time", "duration_s", "model", "version", "threshold", "effort_s",
    "det_prob", "doubt",
)  # fmt: skip
_HEALTH = {
    "battery_voltage": "battery_voltage",
    "battery_level": "battery_level",
    "temperature": "case_temperature",
    "free_mb": "free_space",
    "signal_strength": "signal_strength",
    "signal_to_noise_ratio": "signal_to_noise_ratio",
}
"""Field of a ``Health`` message → the quantity that it is, in the unit of that."""

Row = dict[str, object]


def values_of(message: WireMessage, received: int | None = None) -> Iterator[Row]:
    """The rows of ``message``, in its order; none of a clip or of an excerpt in which nothing was heard.

    ``received`` [ns UTC] stands in for the time of a message that states none; without it ``time`` is None.
    """
    at = received if message.instant is None else message.instant
    match message:
        case Readings():
            yield from _measured(message, at)
        case Features():
            start = from_datetime(message.excerpt.start)
            for name, value in message.values.items():
                yield _row(message, name, value, None, start, message.excerpt.duration_s, "point", None)
        case Detections():
            yield from _heard(message)
        case Health():
            for name, value in health_of(message):
                yield _row(message, name, value, QUANTITIES[name].unit, at, 0, "point", None)
        case ClipManifest():
            return


def health_of(message: Health) -> Iterator[tuple[str, float]]:
    """(quantity, value) of what ``message`` says of its device, each in the unit of its quantity."""
    for field, name in _HEALTH.items():
        value = getattr(message, field)
        if value is not None:
            yield name, value
    if message.uptime_ms is not None:
        yield "uptime", message.uptime_ms / 1_000


def _measured(message: Readings, at: int | None) -> Iterator[Row]:
    for reading in message.readings:
        time = at if reading.time is None else from_datetime(reading.time)
        unit = QUANTITIES[reading.quantity].unit
        yield _row(
            message, reading.quantity, reading.value, unit, time,
            reading.period_s, reading.method, reading.depth_m,
        )  # fmt: skip


def _heard(message: Detections) -> Iterator[Row]:
    start = from_datetime(message.excerpt.start)
    model = message.model
    for heard in message.detections:
        time = format_instant(start + round(heard.offset_s * SECOND))
        cells = (
            message.site, message.device, heard.taxon, heard.score, time, heard.duration_s,
            model.id, model.version, model.threshold, message.excerpt.valid_s,
            heard.det_prob, heard.doubt or None,
        )  # fmt: skip
        yield dict(zip(HEARD_KEYS, cells, strict=True))


def _row(
    message: WireMessage, name: str, value: float, unit: str | None, time: int | None,
    period_s: float, method: str, depth_m: float | None,
) -> Row:  # fmt: skip
    told = None if time is None else format_instant(time)
    cells = (message.site, message.device, name, value, unit, told, period_s, method, depth_m)
    return dict(zip(VALUE_KEYS, cells, strict=True))
