"""One spring of the whole territory, day by day: what every device samples and says.

1. ``Spring`` draws the weather, the air and the soil of every site for the season.
2. ``day_messages`` lets every device sample one day and say it, in order of its sequence.
3. Faults act where they would in the field: on a probe, on a clock, on a microphone, on the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from contract.instant import DAY, HOUR, MINUTE, SECOND
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.world.arrays import Floats
from firmware_sim.world.device import UPDATED_FIRMWARE, SimulatedDevice
from firmware_sim.world.faults import Fault, bend
from firmware_sim.world.messages import (
    Sample,
    clip_messages,
    health_message,
    heard_messages,
    readings_message,
    unreadable_message,
)
from firmware_sim.world.nature.acoustic import (
    AT_DAWN,
    SCHEDULE,
    Slot,
    draw_soundscape,
    recognise,
    simple_indices,
    valid_seconds,
)
from firmware_sim.world.nature.community import Community, effects_on, lasting_noise
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.nature.soil import DEEP_M, DEPTH_M, SHALLOW_M, SoilYear, soil_of_sites
from firmware_sim.world.nature.sound import synthesise, wav_bytes
from firmware_sim.world.nature.weather import (
    SPIN_UP_DAYS,
    Weather,
    air_of_sites,
    draw_weather,
    humidity_of_sites,
)
from firmware_sim.world.scenario import BETTER_DETECTOR, SimulatedDetector, WorldSettings, stream

_SOIL_EVERY, _WEATHER_EVERY = 4, 6
"""Hours between messages."""
_CLIP_AFTER = 65 * SECOND
"""A clip is recorded just after the minute that the firmware listened to."""
_CAPACITY = 0.30
"""Field capacity of ordinary ground [m3/m3]."""


@dataclass(slots=True)
class Spring:
    """The season of one year."""

    settings: WorldSettings
    parcels: tuple[Parcel, ...]
    community: Community
    year: int
    faults: tuple[Fault, ...]
    clips: frozenset[tuple[str, int, int]]
    """(site, day, slot) of the recordings that are sent whole."""
    weather: Weather = field(init=False)
    air: Floats = field(init=False)
    """[degC, shape=(sites, h)]"""
    humidity: Floats = field(init=False)
    soil: SoilYear = field(init=False)
    wind: Floats = field(init=False)
    """Share of the region's wind that arrives [shape=(sites,)]."""
    _by_device: dict[str, list[Fault]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        noise, index = self.settings.noise, self.settings.scale.years.index(self.year)
        effects = [effects_on(self.settings, parcel, self.year) for parcel in self.parcels]
        sites, rng = len(self.parcels), stream(self.settings.seed, "ground")
        slope = 1.0 + rng.normal(0, 0.03, sites) - np.array([e.buffering for e in effects])
        slope += noise.site_year_buffering * lasting_noise(self.settings, "buffering", sites)[index]
        offset, texture = rng.normal(0, 0.4, sites), rng.normal(0, 0.012, sites)
        self.wind = rng.uniform(0.7, 1.0, sites)
        spared = np.array([e.water for e in effects])
        self.weather = draw_weather(self.settings, self.year)
        own = stream(self.settings.seed, "probes", self.year)
        self.air = air_of_sites(self.weather, slope, offset, own)
        self.humidity = humidity_of_sites(self.weather, self.air)
        self.soil = soil_of_sites(
            self.weather,
            self.air,
            capacity=_CAPACITY + texture + 0.1 * spared,
            spared=spared,
            offset=noise.site_year_water * lasting_noise(self.settings, "water", sites)[index],
            rng=own,
        )
        for fault in self.faults:
            self._by_device.setdefault(fault.device, []).append(fault)
        self._bend_probes()

    @property
    def midnight(self) -> int:
        """Of the first recording day [ns UTC]."""
        return self.weather.start + SPIN_UP_DAYS * DAY

    def detector_of(self, parcel: Parcel) -> SimulatedDetector:
        """Which program listens there in this spring."""
        new = self.settings.scenario.new_detector and self._restored(parcel)
        return BETTER_DETECTOR if new else self.settings.detector

    def schedule_of(self, parcel: Parcel) -> tuple[Slot, ...]:
        """When its recorder listens in this spring."""
        moved = self.settings.scenario.moved_to_dawn and self._restored(parcel)
        return AT_DAWN if moved else SCHEDULE

    def _restored(self, parcel: Parcel) -> bool:
        return parcel.arm == "restored" and self.year >= self.settings.scale.restored_on.year

    def start(self, devices: dict[str, SimulatedDevice]) -> None:
        """Fresh batteries: every device begins a new boot at midnight of the first day.

        A new detector comes with a new firmware.
        """
        for parcel in self.parcels:
            if self.detector_of(parcel) is not self.settings.detector:
                devices[parcel.device("acoustic")].firmware = UPDATED_FIRMWARE
        for device in devices.values():
            device.start(self.midnight)

    def day_messages(self, day: int, devices: dict[str, SimulatedDevice]) -> Iterator[Outgoing]:
        """Everything that is said on one day, site by site."""
        for parcel in self.parcels:
            yield from self._soil_day(parcel, day, devices[parcel.device("soil")])
            yield from self._weather_day(parcel, day, devices[parcel.device("weather")])
            yield from self._acoustic_day(parcel, day, devices[parcel.device("acoustic")])

    def _soil_day(self, parcel: Parcel, day: int, device: SimulatedDevice) -> Iterator[Outgoing]:
        soil, site = self.soil, parcel.number
        columns = (
            ("soil_moisture", DEPTH_M, 4, soil.moisture[site]),
            ("soil_temperature", SHALLOW_M, 2, soil.shallow[site]),
            ("soil_temperature", DEEP_M, 2, soil.deep[site]),
        )
        for hours in _hours_of_day(self.midnight + day * DAY, _SOIL_EVERY):
            at = [self.weather.hour_at(hour) for hour in hours]
            samples = [
                Sample(quantity, round(float(values[index]), digits), hour, depth)
                for hour, index in zip(hours, at, strict=True)
                for quantity, depth, digits, values in columns
            ]
            yield from self._say(device, hours[-1], samples)

    def _weather_day(self, parcel: Parcel, day: int, device: SimulatedDevice) -> Iterator[Outgoing]:
        site, wind = parcel.number, self.wind[parcel.number] * self.weather.wind
        for hours in _hours_of_day(self.midnight + day * DAY, _WEATHER_EVERY):
            samples = []
            for hour in hours:
                at = self.weather.hour_at(hour)
                samples += [
                    Sample("air_temperature", round(float(self.air[site, at]), 2), hour),
                    Sample("relative_humidity", round(float(self.humidity[site, at]), 1), hour),
                    Sample(
                        "precipitation_amount", round(float(self.weather.rain[at - 1]), 1), hour, None, 3600.0
                    ),
                    Sample("wind_speed", round(float(wind[at]), 2), hour),
                ]
            yield from self._say(device, hours[-1], samples)

    def _say(self, device: SimulatedDevice, instant: int, samples: Sequence[Sample]) -> Iterator[Outgoing]:
        """One message of readings, unless the device is silent; after a restart in a new boot."""
        faults = self._by_device.get(device.name, ())
        if any(f.kind == "dropout" and instant in f.window for f in faults):
            return
        for fault in faults:
            if fault.kind == "wrong_clock" and device.started < fault.window.start <= instant:
                device.start(fault.window.start, set_at=fault.window.end)
        if any(f.kind == "unreadable" and instant - HOUR * 4 < f.window.start <= instant for f in faults):
            yield unreadable_message(device, instant)
        message = readings_message(device, instant, samples)
        if message is not None:
            yield message

    def _acoustic_day(self, parcel: Parcel, day: int, device: SimulatedDevice) -> Iterator[Outgoing]:
        faults = self._by_device.get(device.name, ())
        rng = stream(self.settings.seed, "sound", self.year, parcel.site, day)
        detector = self.detector_of(parcel)
        rate = self.community.rate[self.settings.scale.years.index(self.year), parcel.number]
        if any(f.kind == "unreadable" and self._day_of(f) == day for f in faults):
            yield unreadable_message(device, self.midnight + day * DAY + HOUR)
        for index, slot in enumerate(self.schedule_of(parcel)):
            instant = self.midnight + day * DAY + slot.minute * MINUTE
            at = self.weather.hour_at(instant)
            dead = any(f.kind == "dead_microphone" and instant in f.window for f in faults)
            wind, rain = float(self.weather.wind[at]), float(self.weather.rain[at])
            soundscape = draw_soundscape(rate, slot, wind=wind, rain=rain, dead=dead, rng=rng)
            yield from heard_messages(
                device,
                instant,
                reports=recognise(soundscape, detector, rng),
                indices=simple_indices(soundscape),
                valid_s=valid_seconds(soundscape),
                detector=detector,
            )
            if (parcel.site, day, index) in self.clips:
                own = stream(self.settings.seed, "clip", self.year, parcel.site, day, index)
                next_moment = draw_soundscape(rate, slot, wind=wind, rain=rain, dead=dead, rng=own)
                sound = wav_bytes(synthesise(next_moment, own))
                yield from clip_messages(device, instant + _CLIP_AFTER, sound)
        yield health_message(device, self.midnight + (day + 1) * DAY - 5 * MINUTE)

    def _day_of(self, fault: Fault) -> int:
        return (fault.window.start - self.midnight) // DAY

    def _bend_probes(self) -> None:
        hours = self.weather.start + np.arange(self.weather.hours, dtype=np.int64) * HOUR
        for parcel in self.parcels:
            bend(self.soil.deep[parcel.number], hours, self._by_device.get(parcel.device("soil"), []))


def _hours_of_day(midnight: int, every: int) -> list[list[int]]:
    """The full hours of a day in groups, one group a message [ns UTC]."""
    return [[midnight + hour * HOUR for hour in range(first, first + every)] for first in range(0, 24, every)]
