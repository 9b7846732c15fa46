"""What an AudioMoth says about a recording in one English sentence.

1. The ICMT comment of a WAV file: time, device, gain, battery, temperature, filter,
   trigger and the reason why recording stopped, in every wording since firmware 1.0.
2. A wording that is not recognised yields what was recognised; nothing is guessed.
3. Firmware 1.0 writes no zone: it asks its clock by ``gmtime``, so its times are UTC.

The wording changed at firmware 1.0.1, 1.2.0, 1.2.1, 1.2.2, 1.4.0, 1.4.2, 1.6.0 and 1.8.0
(Open Acoustic Devices, https://github.com/OpenAcousticDevices/AudioMoth-Firmware-Basic).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIME = re.compile(
    r"Recorded at (?P<time>\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) (?P<day>\d{2})/(?P<month>\d{2})/(?P<year>\d{4})"
    r"(?: \((?P<zone>[^)]{1,20})\))?"
)
_FIRST_FIRMWARE = re.compile(
    r"Recorded at [\d:]{8} [\d/]{10} by AudioMoth [0-9A-Fa-f]{16} at gain setting \d while battery state was"
)
_DEVICE = re.compile(r"(?:by AudioMoth|during deployment) ([0-9A-Fa-f]{16})")
_GAIN = re.compile(r"at (?:gain setting (?P<number>\d)|(?P<word>[a-z]+(?:-[a-z]+)?) gain)")
_BATTERY = re.compile(
    r"battery(?: state)? was (?P<bound><|>|less than|greater than)? ?(?P<volts>\d+(?:\.\d+)?)V"
)
_TEMPERATURE = re.compile(r"temperature was (-?\d+(?:\.\d+)?)C")
_FILTER = re.compile(
    r"(?P<kind>Low-pass|High-pass|Band-pass) filter (?:applied )?with (?:cut-off )?frequenc(?:y|ies) of "
    r"(?P<first>\d+(?:\.\d+)?)kHz(?: and (?P<second>\d+(?:\.\d+)?)kHz)?"
)
_TRIGGER = re.compile(r"((?:Amplitude|Frequency trigger \([^)]*\)) threshold was [^.]*(?:\.\d[^.]*)*)\.")
_STOPPED = re.compile(r"Recording (?:stopped|cancelled before completion) (?:due to|by) ([a-zA-Z ]+)\.")


@dataclass(frozen=True, slots=True)
class AudioMothComment:
    """One ICMT comment.  ``None`` where the comment does not say.

    ``local_time`` ISO without zone; ``zone`` as written (``UTC+1``), or ``UTC`` of
    firmware 1.0; ``device`` 16 hex digits;
    ``gain`` the manufacturer's word or number; ``battery_v`` [V] with ``battery_bound`` ``<``,
    ``>`` or empty; ``temperature_c`` [degC]; ``high_pass_hz``/``low_pass_hz`` [Hz] of the digital
    filter; ``trigger`` and ``stopped`` as written; ``external_microphone`` as stated.
    """

    local_time: str | None
    zone: str | None
    device: str | None
    gain: str | None
    battery_v: float | None
    battery_bound: str
    temperature_c: float | None
    high_pass_hz: float | None
    low_pass_hz: float | None
    trigger: str | None
    stopped: str | None
    external_microphone: bool


def parse_comment(text: str) -> AudioMothComment | None:
    """The comment, or None where ``text`` is not an AudioMoth's."""
    if not text.startswith("Recorded at") or not _DEVICE.search(text):
        return None
    time, device, gain = _TIME.match(text), _DEVICE.search(text), _GAIN.search(text)
    battery, temperature = _BATTERY.search(text), _TEMPERATURE.search(text)
    trigger, stopped = _TRIGGER.search(text), _STOPPED.search(text)
    high_pass, low_pass = _pass_band(text)
    bound = (battery["bound"] or "") if battery else ""
    return AudioMothComment(
        local_time=f"{time['year']}-{time['month']}-{time['day']}T{time['time']}" if time else None,
        zone=_zone(text, time["zone"] if time else None),
        device=device[1].upper() if device else None,
        gain=(gain["number"] or gain["word"]) if gain else None,
        battery_v=float(battery["volts"]) if battery else None,
        battery_bound={"less than": "<", "greater than": ">"}.get(bound, bound),
        temperature_c=float(temperature[1]) if temperature else None,
        high_pass_hz=high_pass,
        low_pass_hz=low_pass,
        trigger=trigger[1] if trigger else None,
        stopped=stopped[1] if stopped else None,
        external_microphone="using external microphone" in text,
    )


def _zone(text: str, stated: str | None) -> str | None:
    """As written; UTC where the wording is that of firmware 1.0, which wrote none."""
    return stated or ("UTC" if _FIRST_FIRMWARE.match(text) else None)


def _pass_band(text: str) -> tuple[float | None, float | None]:
    """(high-pass, low-pass) [Hz]; a band-pass may name its two corners in either order."""
    match = _FILTER.search(text)
    if match is None:
        return None, None
    corners = sorted(float(value) * 1000.0 for value in (match["first"], match["second"]) if value)
    if match["kind"] == "High-pass":
        return corners[0], None
    if match["kind"] == "Low-pass":
        return None, corners[-1]
    return (corners[0], corners[-1]) if len(corners) == 2 else (None, None)
