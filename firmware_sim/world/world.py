"""A seeded landscape with a known truth.

1. ``World(seed, scenario)`` lays out the sites, draws the community and plans the faults.
2. ``territory`` and ``territory_toml``: the places, as the services read them.
3. ``messages``: everything that the devices say, day by day, in order of time; some twice,
   some late.  Same seed, same bytes.
4. ``truth``: what was planted; ``plan_facts``: what a field team would know beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from contract.instant import DAY, day_of
from contract.places import Territory
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.world.device import SimulatedDevice
from firmware_sim.world.facts import PlanFacts, draw_plan_facts
from firmware_sim.world.faults import Fault, delay, is_repeated, plan_faults
from firmware_sim.world.nature.acoustic import SCHEDULE
from firmware_sim.world.nature.community import Community, draw_community
from firmware_sim.world.nature.landscape import SENSORS, Parcel, lay_out, territory, territory_toml
from firmware_sim.world.scenario import Scale, WorldSettings, scenario_named, stream
from firmware_sim.world.spring import Spring
from firmware_sim.world.truth import planted_truth

_DUSK = 4
_CLIP_SLOTS = (0, 1, 3, _DUSK)
"""Dawn, dawn, day and dusk: places in the daily schedule."""


@dataclass(slots=True)
class World:
    """One territory and what happened on it."""

    seed: int
    scenario: str = "recovery"
    scale: Scale = field(default_factory=Scale)
    settings: WorldSettings = field(init=False)
    parcels: tuple[Parcel, ...] = field(init=False)
    community: Community = field(init=False)
    faults: tuple[Fault, ...] = field(init=False)
    clips: frozenset[tuple[int, str, int, int]] = field(init=False)
    """(year, site, day, slot) of the recordings that are sent whole."""

    def __post_init__(self) -> None:
        self.settings = WorldSettings(self.seed, scenario_named(self.scenario), self.scale)
        self.parcels = lay_out(self.settings)
        self.community = draw_community(self.settings, self.parcels)
        self.faults = plan_faults(self.settings, self.parcels)
        self.clips = self._choose_clips()

    def territory(self) -> Territory:
        """Zones, sites and devices."""
        return territory(self.settings, self.parcels)

    def territory_toml(self) -> str:
        """The territory file's content."""
        return territory_toml(self.territory())

    def truth(self) -> dict[str, object]:
        """What was planted, ready for JSON."""
        return planted_truth(self.settings, self.parcels, self.community, self.faults)

    def plan_facts(self) -> PlanFacts:
        """What a field team knows before the analysis: seasons, species, validation, sites."""
        return draw_plan_facts(self.settings, self.parcels)

    @property
    def expected_messages(self) -> int:
        """About how many messages will come, before drawing them; exact but for faults."""
        daily = len(SCHEDULE) * 2 + 1 + 24 // 4 + 24 // 6
        site_days = len(self.parcels) * len(self.scale.years) * self.scale.days
        return site_days * daily + len(self.clips) * 9

    def spring(self, year: int) -> Spring:
        """The drawn season of one year."""
        clips = frozenset((site, day, slot) for when, site, day, slot in self.clips if when == year)
        faults = tuple(fault for fault in self.faults if _year_of(fault) == year)
        return Spring(self.settings, self.parcels, self.community, year, faults, clips)

    def messages(self) -> Iterator[Outgoing]:
        """Everything that is said, in order of time, repeats included; one day in memory."""
        devices = {
            parcel.device(sensor): SimulatedDevice(self.seed, parcel.site, parcel.device(sensor), sensor)
            for parcel in self.parcels
            for sensor in SENSORS
        }
        for year in self.scale.years:
            spring = self.spring(year)
            spring.start(devices)
            late: list[Outgoing] = []
            for day in range(self.scale.days):
                said = late + [_delayed(message) for message in spring.day_messages(day, devices)]
                end = spring.midnight + (day + 1) * DAY
                late = [message for message in said if message.instant >= end]
                yield from _repeated(message for message in said if message.instant < end)
            yield from _repeated(late)

    def _choose_clips(self) -> frozenset[tuple[int, str, int, int]]:
        """Spread over years and arms; the first is taken with a dead microphone, if one is planned."""
        chosen: dict[tuple[int, str, int, int], None] = {}
        for fault in self.faults:
            if fault.kind == "dead_microphone" and not chosen:
                site = fault.device.rsplit("-", 1)[0]
                year = _year_of(fault)
                day = (day_of(fault.window.start) - self.scale.first_day(year)).days
                chosen[year, site, day, _DUSK] = None
        rng = stream(self.seed, "clips")
        wanted = min(self.scale.clips, len(self.parcels) * len(self.scale.years) * self.scale.days)
        senders = self.parcels[:: max(1, len(self.parcels) // 6)]
        while len(chosen) < wanted:
            parcel = senders[len(chosen) % len(senders)]
            year = self.scale.years[int(rng.integers(len(self.scale.years)))]
            slot = _CLIP_SLOTS[int(rng.integers(len(_CLIP_SLOTS)))]
            chosen[year, parcel.site, int(rng.integers(self.scale.days)), slot] = None
        return frozenset(list(chosen)[: self.scale.clips])


def _year_of(fault: Fault) -> int:
    return day_of(fault.window.start).year


def _delayed(message: Outgoing) -> Outgoing:
    late = delay(message.device, message.boot, message.seq)
    return replace(message, instant=message.instant + late) if late else message


def _repeated(messages: Iterable[Outgoing]) -> Iterator[Outgoing]:
    for message in sorted(messages, key=lambda m: (m.instant, m.device, m.boot, m.seq)):
        yield message
        if is_repeated(message.device, message.boot, message.seq):
            yield message
