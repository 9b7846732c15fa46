"""What is planted: the effects of each scenario and the size of the simulated territory.

1. ``Effects`` are changes on three classes: community, soil water, microclimate.
2. A ``Scenario`` gives restored sites some after restoration, and all sites others.
3. ``Scale`` says how many sites, seasons and days there are.
4. ``stream`` makes one independent random generator for each named part of the world, so
   that no part's numbers depend on the order in which the parts are drawn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from contract.errors import ConfigurationError, UnknownName
from contract.places import Arm

ARMS: tuple[Arm, ...] = ("restored", "control", "reference")


@dataclass(frozen=True, slots=True)
class Effects:
    """A change, from before to after."""

    community: float = 0.0
    """On the log of calling rates and, times 1.8, on the logit of occupancy [1]."""
    water: float = 0.0
    """Share of evaporation that is spared; capacity rises by 0.1 of it [1, m3/m3]."""
    buffering: float = 0.0
    """Share of the air's daily swing that the cover takes away [1]."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happened on the territory."""

    name: str
    restored: Effects
    """On restored sites after restoration."""
    everywhere: Effects
    """On restored and control sites alike after that date."""
    expected: str
    """Class of the territory that an honest verdict should reach."""
    expected_indicator: str
    """Class of an indicator of a class that was changed."""
    new_detector: bool = False
    """Restored sites got a more sensitive detector after restoration."""
    moved_to_dawn: bool = False
    """Recorders of restored sites listen more at dawn after restoration, for as many minutes as before."""


_GAIN = Effects(community=0.65, water=0.35, buffering=0.18)
_LOSS = Effects(community=-0.42, water=-0.35, buffering=-0.18)
_NONE = Effects()

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("recovery", _GAIN, _NONE, "recovering", "recovering"),
        Scenario("erosion", _LOSS, _NONE, "eroding", "eroding"),
        Scenario("no-change", _NONE, _NONE, "stable or inconclusive", "stable or inconclusive"),
        Scenario("confounded", _NONE, _NONE, "inconclusive", "inconclusive", new_detector=True),
        Scenario("schedule", _NONE, _NONE, "inconclusive", "inconclusive", moved_to_dawn=True),
        Scenario(
            "slowed-erosion",
            Effects(community=0.42, water=0.35),
            Effects(community=-0.84, water=-0.65),
            "inconclusive",
            "slowed erosion",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the world is.  The default is the demonstration's."""

    restored: int = 9
    control: int = 9
    reference: int = 3
    before: int = 2
    """Springs before restoration."""
    after: int = 3
    first_year: int = 2021
    days: int = 20
    """Recording days of each site and spring."""
    clips: int = 30
    """Sound files sent whole, over all sites and springs."""

    def __post_init__(self) -> None:
        smallest = min(self.restored, self.control, self.before, self.after, self.days)
        if smallest < 1 or self.reference < 0 or self.clips < 0:
            raise ConfigurationError(
                "A simulated territory needs restored and control sites, springs before and after, and days",
                help="Give each at least 1",
            )

    @property
    def years(self) -> tuple[int, ...]:
        """Of all springs, in order."""
        return tuple(range(self.first_year, self.first_year + self.before + self.after))

    @property
    def restored_on(self) -> date:
        """A winter's day between the last spring before and the first after."""
        return date(self.first_year + self.before, 1, 15)

    def first_day(self, year: int) -> date:
        """Of recording in the spring of ``year``."""
        return date(year, 4, 20)

    def last_day(self, year: int) -> date:
        """Of recording in the spring of ``year``."""
        return self.first_day(year) + timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class SimulatedDetector:
    """The program on the acoustic devices that names what it hears."""

    id: str = "fieldbird"
    version: str = "1.0"
    threshold: float = 0.5
    recall: float = 0.6
    """Share of true calls that it reports."""
    false_positives: float = 0.0006
    """Of each species in each minute, whatever sings."""


BETTER_DETECTOR = SimulatedDetector(version="2.0", recall=0.85)


@dataclass(frozen=True, slots=True)
class Noise:
    """What differs without any effect; spreads are standard deviations."""

    rho: float = 0.6
    """Correlation of a site's noise from one spring to the next."""
    site_year_community: float = 0.10
    """Of the log of calling rates."""
    year_community: float = 0.08
    """Shared by all sites of a spring."""
    site_year_water: float = 0.006
    """[m3/m3]"""
    site_year_buffering: float = 0.02
    """Of the slope of a site's air on the region's [1]."""
    persistence: float = 0.96
    """Share of a species' fondness of a site that stays from spring to spring."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Everything that a world is made from."""

    seed: int
    scenario: Scenario
    scale: Scale = field(default_factory=Scale)
    detector: SimulatedDetector = field(default_factory=SimulatedDetector)
    noise: Noise = field(default_factory=Noise)


def scenario_named(name: str) -> Scenario:
    """The scenario; ``UnknownName`` with the list otherwise."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise UnknownName(f"{name!r} is not a scenario", help=f"Use one of: {', '.join(SCENARIOS)}") from None


def stream(seed: int, *part: object) -> np.random.Generator:
    """The random numbers of one part of the world."""
    text = "|".join(str(piece) for piece in (seed, *part))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
