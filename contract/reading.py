"""What sensors say: the messages of wire version 1 as types.

1. ``Envelope`` is what every message carries: who, when, by which clock, which number.
2. Five kinds follow; ``AudioPart``, one piece of a clip, is the only binary kind.
3. ``Flag`` marks a suspicious value; the value itself is never changed.  Bytes: ``contract.wire``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    model_validator,
)

from contract.instant import day_and_hour, from_datetime
from contract.places import Slug
from contract.quantities import QUANTITIES, UNITS, is_definition_id, qualifier_of

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
BootId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(max_length=500)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Duration = Annotated[float, Field(ge=0, le=366 * 86_400, allow_inf_nan=False)]
ClockSource = Literal["gps", "ntp", "gateway", "rtc", "none"]
Method = Literal["point", "mean", "sum", "min", "max", "total"]  # total: a counter that only grows

MAX_SEQUENCE, MAX_UPTIME_MS = 2**53 - 1, 2**39  # more than 17 years
AGAIN_BOOT = "zz-again-"  # before the boot of what is read again: it ranks after what was read at first
UNCOUNTED_BOOTS, FOREIGN_BOOTS = ("go-", "map-", AGAIN_BOOT), ("lora-", "go-", "map-", AGAIN_BOOT)
"""How boots begin whose numbers others count: from anywhere, and the uncounted with holes."""
EARLIEST, LATEST = datetime(1969, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
"""A clock may be wrong between these; moved by any uptime, times still fit 64 bits of nanoseconds."""
MAX_READINGS = MAX_DETECTIONS = MAX_VALUES = 1_000
PART_BYTES = 65_536
Time = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST, strict=False), BeforeValidator(day_and_hour)]
Moment = Annotated[AwareDatetime, BeforeValidator(day_and_hour)]
"""A time that others write: with its zone, and never a number."""
Count = Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
SequenceNumber = Annotated[int, Field(ge=1, le=MAX_SEQUENCE)]
Uptime = Annotated[int, Field(ge=0, le=MAX_UPTIME_MS)]
Firmware = Annotated[str, StringConstraints(max_length=40)]
Channel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,20}$")]


class Flag(IntFlag):
    """Why a stored value is suspicious.  Ingest adds flags; nothing removes a value."""

    RANGE = 1  # Outside the plausible range of its quantity
    RATE = 2  # Changed faster than is credible
    STUCK = 4  # Unchanged for longer than is credible
    GAP = 8  # First value after a silence of more than three times the expected cadence
    CLOCK = 16  # The device's clock is doubted
    REANCHORED = 32  # Its time was reconstructed, from uptime or by who passed it on; original kept
    IDENTITY = 64  # Its message shares (device, boot, sequence) with another of different content
    UNIT = 128  # It fits another common unit far better than the stated one
    DOUBTED = 256  # Of a detection: what named it, or who checked it, doubts it, or it names no species


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Envelope(_Wire):
    """What every message carries."""

    v: Literal[1] = 1
    site: Slug
    device: Slug
    boot: BootId
    """New at each start of the device."""
    seq: SequenceNumber
    """1, 2, 3 … within a boot."""
    time: Time | None = None
    """The device's own time; may be missing."""
    clock: ClockSource = "none"
    uptime_ms: Uptime | None = None
    """Milliseconds since the boot."""
    firmware: Firmware = ""
    said_time: Time | None = None
    """What the sender's clock said, where who passed the message on knew better: ``time`` is that."""
    floor: SequenceNumber | None = None
    """The lowest sequence of this boot that the device still holds: what lies below will not come."""

    @property
    def identity(self) -> tuple[str, str, int]:
        """(device, boot, sequence): the name of this message."""
        return self.device, self.boot, self.seq

    @property
    def instant(self) -> int | None:
        """The device's time [ns UTC], if it has one."""
        return None if self.time is None else from_datetime(self.time)


class Reading(_Wire):
    """One measured value, in the unit of its quantity."""

    quantity: str
    value: Number
    unit: str | None = None
    """If given, it must be the table's unit in a common spelling: a safeguard, never a conversion."""
    time: Time | None = None
    """If it differs from the message's."""
    depth_m: Number | None = None
    """Below the surface, positive down; negative above [m]."""
    period_s: Duration = 0
    """What the value summarises; 0 for a point value."""
    method: Method = "point"
    channel: Channel = ""
    """Which of several probes, where no depth tells them apart."""

    @model_validator(mode="after")
    def _names_a_quantity(self) -> Self:
        row = QUANTITIES.get(self.quantity)
        if row is None:
            raise ValueError(f"{self.quantity!r} is not a quantity")
        if self.unit is not None and self.unit not in UNITS[self.quantity]:
            raise ValueError(f"{self.quantity} is in {row.unit}, not {self.unit!r}")
        return self

    @property
    def qualifier(self) -> str:
        """What tells its series from others of the same quantity; empty for a plain point value."""
        return qualifier_of(self.depth_m, self.period_s, self.method, self.channel)


class Readings(Envelope):
    """Values of a soil or weather sensor."""

    kind: Literal["readings"] = "readings"
    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=MAX_READINGS)]
    _set_aside: tuple[str, ...] = PrivateAttr(())
    _aside: bytes = PrivateAttr(b"")

    @property
    def set_aside(self) -> tuple[str, ...]:
        """Why each reading that the bytes hold beside these was no reading; empty as a rule."""
        return self._set_aside

    @property
    def aside(self) -> bytes:
        """The message with nothing but what was set aside, as wire bytes; empty without any."""
        return self._aside

    def put_aside(self, reasons: tuple[str, ...], payload: bytes) -> None:
        """Note what was set aside when this was read from bytes."""
        self._set_aside, self._aside = reasons, payload


class Excerpt(_Wire):
    """The stretch of sound that something was computed from."""

    start: Time
    duration_s: Duration
    valid_s: Duration
    """Seconds that count as effort: not dead, frozen or clipped."""
    channel: Annotated[int, Field(ge=0, le=63)] = 0
    clip: Sha256 | None = None
    """Content hash of the clip, where there is one."""
    sample_rate_hz: Annotated[int, Field(gt=0, le=MAX_SEQUENCE)] | None = None


class Finding(_Wire):
    """One quality figure and the threshold that it was judged by."""

    value: Number
    threshold: Number
    flagged: bool


class Features(Envelope):
    """Acoustic indices of one excerpt, by definition id; absences with their reason."""

    kind: Literal["features"] = "features"
    excerpt: Excerpt
    values: Annotated[dict[str, Number], Field(max_length=MAX_VALUES)] = {}
    """Definition id → value, in the unit of the definition."""
    absent: Annotated[dict[str, Text], Field(max_length=MAX_VALUES)] = {}
    """Definition id → why there is no value."""
    quality: Annotated[dict[Label, Finding], Field(max_length=50)] = {}
    """Figure → what it was, and whether it was flagged."""

    @model_validator(mode="after")
    def _names_definitions(self) -> Self:
        for name in (*self.values, *self.absent):
            if not is_definition_id(name):
                raise ValueError(f"{name!r} is not a definition id such as ACI@maad-1.5.2#1a2b3c4d")
        return self


class Model(_Wire):
    """The detector: another version is another instrument."""

    id: Label
    version: Label
    threshold: Number
    """Scores below it were not reported."""


class Detection(_Wire):
    """One heard sound."""

    taxon: Label
    """As the detector's model names it."""
    score: Annotated[float, Field(ge=0, le=1)]
    """The model's own, which is no probability."""
    offset_s: Duration
    """From the start of the excerpt [s]."""
    duration_s: Duration
    det_prob: Annotated[float, Field(ge=0, le=1)] | None = None
    """That anything called at all, where a detector scores that and the class (``score``) apart."""
    doubt: Annotated[str, StringConstraints(max_length=120)] = ""
    """Why it enters no rate: unlikely there, judged wrong, no scientific name; empty as a rule."""


class Detections(Envelope):
    """What a detector heard in one excerpt.  Empty means: listened, heard nothing."""

    kind: Literal["detections"] = "detections"
    excerpt: Excerpt
    model: Model
    detections: Annotated[tuple[Detection, ...], Field(max_length=MAX_DETECTIONS)] = ()


class ClipManifest(Envelope):
    """Announces an audio file that follows in parts."""

    kind: Literal["clip"] = "clip"
    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=2**31)]
    """[bytes]"""
    parts: Annotated[int, Field(ge=1, le=32_768)]
    """How many pieces follow."""
    name: Annotated[str, StringConstraints(pattern=r"^[^/\\\x00]{1,120}$")]
    """File name; its ending tells the container."""
    start: Time
    start_source: Annotated[str, StringConstraints(max_length=40)]
    header: Annotated[dict[Label, Text], Field(max_length=60)] = {}
    """What the recorder wrote beside the sound: gain, battery, temperature …"""


class Health(Envelope):
    """How the device itself is doing."""

    kind: Literal["health"] = "health"
    battery_voltage: Positive | None = None
    """[V]"""
    battery_level: Percent | None = None
    """How full it is [%]."""
    temperature: Number | None = None
    """Inside the case [Cel]."""
    free_mb: Positive | None = None
    """Room on its card [MB]."""
    signal_strength: Number | None = None
    """Of its radio link, as last received [dBm]."""
    signal_to_noise_ratio: Number | None = None
    """Of the same [dB]."""
    queued: Count | None = None
    """Messages waiting on the device."""
    gain_db: Number | None = None
    """Of its microphone [dB]."""
    last_seq: Count | None = None
    """The highest sequence that it gave in this boot."""
    text: Text = ""


Message = Annotated[Readings | Features | Detections | ClipManifest | Health, Field(discriminator="kind")]
KINDS = ("readings", "features", "detections", "clip", "health")


@dataclass(frozen=True, slots=True)
class AudioPart:
    """One piece of a clip, at most ``PART_BYTES``."""

    boot: str
    seq: int
    """Counted with the device's other messages."""
    sha256: str
    """Of the whole clip, 64 hexadecimal digits."""
    index: int
    """0 … count - 1"""
    count: int
    content: bytes
