"""What is asked of a store: these sites, these seasons, these species.

1. ``planned`` takes sites, arms, seasons and species from a frozen analysis plan.
2. ``unplanned`` takes them from the territory and the calendar, where nobody has planned:
   good for looking, never for a verdict.
3. A ``Study`` reads each kind of data once and keeps it: what was listened to and heard
   (``listening``), the same by the sun (``sun_hours``), hourly values of a quantity (``hours``), and the
   weather of each season (``weather``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.study.conditions.days_weather import QUANTITIES, Days, season_weather
from analysis.study.conditions.sun_hours import SunHours, by_sun
from analysis.study.hours import SiteHours, hourly
from analysis.study.listening import Listening, listen
from analysis.study.series import OpenStore
from contract.errors import ConfigurationError
from contract.instant import Window, parse_instant, to_datetime
from contract.places import Territory

Period = Literal["before", "after", ""]


@dataclass(frozen=True, slots=True)
class StudySeason:
    """One window of comparison; ``period`` is empty where nobody has planned."""

    id: str
    window: Window
    period: Period = ""


@dataclass(slots=True)
class Study:
    """Sites x seasons of one territory, and what the store holds of them."""

    archive: OpenStore
    territory: Territory
    sites: tuple[str, ...]
    arms: dict[str, str]
    """site -> ``restored``, ``control`` or ``reference``"""
    seasons: tuple[StudySeason, ...]
    species: tuple[str, ...] = ()
    """Labels whose detections count; empty: every label that was heard."""
    thresholds: dict[str, float] = field(default_factory=dict)
    """Label -> the score from which its detections count; others count as reported."""
    validated: frozenset[str] = frozenset()
    """Labels that people checked well enough; all others are marked as not validated."""
    physics: dict[tuple[str, ...], dict[str, NDArray[Any]]] = field(default_factory=dict)
    """By species: columns of provenance, computed once (``indicators.instruments``)."""
    _listening: dict[tuple[str, str], Listening] = field(default_factory=dict)
    _by_sun: dict[tuple[str, str], SunHours] = field(default_factory=dict)
    _weather: dict[str, dict[str, Days]] = field(default_factory=dict)
    _hours: dict[str, dict[str, SiteHours]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """(sites, seasons)"""
        return len(self.sites), len(self.seasons)

    def listening(self, site: str, season: StudySeason) -> Listening:
        """What detectors listened to and heard at one site in one season."""
        if not self._listening:
            windows = [(one.id, one.window) for one in self.seasons]
            self._listening.update(listen(self.archive, self.territory, self.sites, windows, self.thresholds))
        return self._listening[site, season.id]

    def sun_hours(self, site: str, season: StudySeason) -> SunHours:
        """The same by the half hours of the sun's day at the site."""
        key = site, season.id
        if key not in self._by_sun:
            place = self.territory.site_by_id[site]
            self._by_sun[key] = by_sun(self.listening(site, season), place, season.window)
        return self._by_sun[key]

    def weather(self, season: StudySeason) -> dict[str, Days]:
        """The territory's weather of each day of a season, by word; of every station, in the plan or not."""
        if season.id not in self._weather:
            stations = {word: self._stations(quantity) for word, (quantity, _) in QUANTITIES.items()}
            self._weather.update({one.id: season_weather(stations, one.window) for one in self.seasons})
        return self._weather[season.id]

    def _stations(self, quantity: str) -> list[SiteHours]:
        others = tuple(site for site in self.territory.site_by_id if site not in set(self.sites))
        more = hourly(self.archive, self.territory, others, quantity) if others else {}
        return [*self.hours(quantity).values(), *more.values()]

    def hours(self, quantity: str) -> dict[str, SiteHours]:
        """Hourly values of one quantity by site, only of sites that measure it."""
        if quantity not in self._hours:
            self._hours[quantity] = hourly(self.archive, self.territory, self.sites, quantity)
        return self._hours[quantity]

    def of_arm(self, *arms: str) -> list[str]:
        """The sites of these arms, in order."""
        return [site for site in self.sites if self.arms[site] in arms]

    def labels(self) -> tuple[str, ...]:
        """The species that count: those named, else everything heard, sorted."""
        if self.species:
            return self.species
        cells = [self.listening(site, season) for site in self.sites for season in self.seasons]
        return tuple(sorted({taxon for cell in cells for taxon in cell.taxa}))


def planned(
    archive: OpenStore,
    territory: Territory,
    plan: Plan,
    species: tuple[str, ...] = (),
    checked: Checked | None = None,
) -> Study:
    """The study that a plan describes; ``species`` of one primary, else all validated ones.

    ``checked``: what people who listened found; without it, what the plan declares.
    """
    known = checked or Checked.declared(plan)
    if plan.territory != territory.id:
        raise ConfigurationError(
            f"The plan is of the territory {plan.territory!r}, the territory file of {territory.id!r}",
            help="Give the plan and the territory file that belong together",
        )
    for site in plan.sites:
        if site.id not in territory.site_by_id:
            raise ConfigurationError(
                f"sites: {site.id!r} of the plan is not in the territory file",
                help=f"Use one of: {', '.join(territory.site_by_id)}",
            )
    seasons = tuple(StudySeason(one.id, Window(*one.span), one.period) for one in plan.seasons)
    return Study(
        archive,
        territory,
        tuple(site.id for site in plan.sites),
        {site.id: site.arm for site in plan.sites},
        seasons,
        species or known.trusted,
        known.thresholds,
        frozenset(known.trusted),
    )


def unplanned(archive: OpenStore, territory: Territory) -> Study:
    """Every site of the territory, one season a calendar year (UTC) that has data."""
    sites = tuple(territory.site_by_id)
    arms: dict[str, str] = {site: territory.zone_of(site).arm for site in sites}
    return Study(archive, territory, sites, arms, calendar_seasons(archive))


def calendar_seasons(archive: OpenStore) -> tuple[StudySeason, ...]:
    """One season a calendar year (UTC) that holds a point or an effort."""
    years: set[int] = set()
    for series in archive.all():
        time = archive.track(series).time
        if len(time):
            years.update(range(to_datetime(int(time[0])).year, to_datetime(int(time[-1])).year + 1))
    years.update(to_datetime(effort.start).year for effort in archive.efforts())
    return tuple(StudySeason(str(year), _year(year)) for year in sorted(years))


def _year(year: int) -> Window:
    return Window(parse_instant(f"{year}-01-01T00:00:00Z"), parse_instant(f"{year + 1}-01-01T00:00:00Z"))
