"""A territory in a notebook: pandas frames of what was measured, heard and computed.

    from ecoviv.notebook import open_territory

    with open_territory("ecoviv-demo/recovery-1") as territory:
        heard = territory.detections()

1. ``open_territory`` takes a folder that `ecoviv init`, `up` or `demo` made, as a rule the
   current one, or the territory file; the store is found beside it, or named; a
   ``plan.toml`` beside the territory sets seasons.
2. ``readings``, ``sunlight``, ``detections``, ``effort`` and ``indicators`` are frames, one row a fact;
   times are UTC, flags are words, and what has no value has a reason.
3. ``ecoviv.notebook.methods`` has statistics that no indicator needs.

Reading only: nothing here can change a store.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from analysis.indicators.compute import compute_all
from analysis.plan.plan import Plan
from analysis.study.query import flag_names
from analysis.study.series import OpenStore, open_for_reading, unit_of
from analysis.study.study import planned, unplanned
from analysis.study.sunlight import sunlight
from analysis.words.absence import Absent
from contract.config import load_territory
from contract.instant import Window, parse_instant
from contract.nearby import find_both
from contract.places import Territory

if TYPE_CHECKING:
    from collections.abc import Sequence

_READINGS = ("time", "site", "device", "quantity", "qualifier", "unit", "value", "flags")
_DETECTIONS = ("time", "site", "device", "taxon", "score", "model", "threshold", "flags")
_EFFORT = (
    "time", "site", "device", "duration_s", "valid_s", "method", "threshold", "firmware", "flags",
)  # fmt: skip
_EVER = Window(-(2**62), 2**62)


@dataclass(frozen=True, slots=True)
class OpenTerritory:
    """A territory and its store, open for reading."""

    territory: Territory
    archive: OpenStore
    plan: Plan | None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self.archive.close()

    def sites(self) -> pd.DataFrame:
        """One row a site: arm, land use, latitude, longitude [deg]."""
        rows = []
        for site in self.territory.sites:
            zone = self.territory.zone_of(site.id)
            rows.append((site.id, zone.arm, zone.land_use, site.latitude, site.longitude))
        return pd.DataFrame(rows, columns=["site", "arm", "land_use", "latitude", "longitude"])

    def readings(
        self,
        quantity: str | None = None,
        *,
        site: str | None = None,
        device: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Points of series, also doubted ones: filter on ``flags == ""`` for those beyond doubt.

        ``quantity`` as in ``ecoviv query``; ``start`` and ``end`` with zone, end exclusive.
        ``UnknownName`` where the store holds nothing of a name.
        """
        window = _window(start, end)
        frames = []
        for series in self.archive.named(site=site, device=device, quantity=quantity):
            track = self.archive.track(series, window)
            words = {flags: "+".join(flag_names(flags)) for flags in set(track.flags.tolist())}
            frames.append(
                pd.DataFrame(
                    {
                        "time": pd.to_datetime(track.time, utc=True),
                        "site": series.site,
                        "device": series.device,
                        "quantity": series.quantity,
                        "qualifier": series.qualifier,
                        "unit": unit_of(series.quantity),
                        "value": track.value,
                        "flags": [words[flags] for flags in track.flags.tolist()],
                    },
                    columns=_READINGS,
                )
            )
        kept = [frame for frame in frames if len(frame)]
        return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=_READINGS)

    def detections(
        self, *, site: str | None = None, start: str | None = None, end: str | None = None
    ) -> pd.DataFrame:
        """Every sound that a detector named; a score is not a probability."""
        rows = [
            (heard.time, heard.site, heard.device, heard.taxon, heard.score, heard.model, heard.threshold,
             "+".join(flag_names(heard.flags)))
            for heard in self.archive.detections(_window(start, end), site=site)
        ]  # fmt: skip
        return _timed(rows, _DETECTIONS)

    def effort(
        self, *, site: str | None = None, start: str | None = None, end: str | None = None
    ) -> pd.DataFrame:
        """Every excerpt listened to, also those in which nothing was heard."""
        names = ("start", "site", "device", "duration_s", "valid_s", "method", "threshold", "firmware")
        rows = [
            (*(getattr(one, name) for name in names), "+".join(flag_names(one.flags)))
            for one in self.archive.efforts(_window(start, end), site=site)
        ]
        return _timed(rows, _EFFORT)

    def sunlight(self, *, start: str | None = None, end: str | None = None) -> pd.DataFrame:
        """Radiation of each local day at each site with a sensor [MJ m-2 d-1], nan where hours are missing.

        ``flags`` is ``above_clear_sky`` on days brighter than a clear sky lets them be (FAO-56, eq. 37): the
        value is kept, the sensor doubted.  ``start`` and ``end`` with zone, end exclusive.
        """
        study, window = unplanned(self.archive, self.territory), _window(start, end) or _EVER
        found = {site: sunlight(study, site, window) for site in study.sites}
        rows = [
            (np.datetime64(int(day), "D"), site, float(value), "above_clear_sky" if above else "")
            for site, light in found.items()
            if not isinstance(light, Absent)
            for day, value, above in zip(light.day, light.shortwave, light.above_clear_sky, strict=True)
        ]
        return pd.DataFrame(rows, columns=["day", "site", "shortwave_mj", "flags"])

    def indicators(self, *names: str) -> pd.DataFrame:
        """One row an indicator, site and season: value and effort, or the reason for none.

        Seasons are the plan's, or calendar years where there is no plan.
        """
        if self.plan is None:
            study = unplanned(self.archive, self.territory)
        else:
            study = planned(self.archive, self.territory, self.plan)
        computed = compute_all(study, names) if names else compute_all(study)
        return pd.DataFrame([row for one in computed for row in one.rows()])


def open_territory(
    place: Path | str | None = None, store: str | None = None, *, plan: Path | str | None = None
) -> OpenTerritory:
    """The territory in a folder or file; ``store`` is a URL such as ``sqlite:store.db``.

    What is not named is taken from ``ECOVIV_TERRITORY`` and ``ECOVIV_STORE``, else found as
    ``contract.nearby`` says; a ``place`` that is named is no environment's business.
    ``ConfigurationError`` where there is no territory file or no store near it.
    """
    if place is None:
        named, folder = os.environ.get("ECOVIV_TERRITORY"), Path()
        store = store or os.environ.get("ECOVIV_STORE")
    else:
        named, folder = (None, Path(place)) if Path(place).is_dir() else (str(place), Path(place).parent)
    file, url = find_both(Path(named) if named else None, store, folder=folder)
    territory = load_territory(file)
    planned_in = Path(plan) if plan is not None else file.with_name("plan.toml")
    frozen = Plan.load(planned_in) if plan is not None or planned_in.exists() else None
    return OpenTerritory(territory, open_for_reading(url), frozen)


def _window(start: str | None, end: str | None) -> Window | None:
    if start is None and end is None:
        return None
    first = _EVER.start if start is None else parse_instant(start)
    return Window(first, _EVER.end if end is None else parse_instant(end))


def _timed(rows: Sequence[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame
