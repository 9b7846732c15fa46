"""A store on a shelf: filled with messages as ingest would, read as analysis does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract import topics
from contract.batch import BatchHeader, Record
from contract.instant import HOUR, MINUTE, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import Detection, Detections, Excerpt, Features, Flag, Model, Reading, Readings
from contract.wire import WireMessage, encode
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World
from ingest.rules.check import examine
from ingest.store import open_store
from ingest.values import Arrival

SCALES = {
    "recovery": Scale(restored=4, control=4, reference=0, before=2, after=2, clips=0),
    "confounded": Scale(restored=4, control=4, reference=0, before=2, after=2, days=10, clips=0),
}
RECEIVED = parse_instant("2026-01-01T00:00:00Z")
"""After everything that is said in these tests."""


def territory(arms: Iterable[str], *, zone: str = "UTC") -> Territory:
    """Sites s1, s2 … of these arms, each with one device for everything (d1, d2 …)."""
    arms = list(arms)
    zones = [
        {"id": arm, "arm": arm, "land_use": "agriculture"}
        | ({"restored_on": "2022-01-01"} if arm == "restored" else {})
        for arm in sorted(set(arms))
    ]
    sites = [
        {"id": f"s{i}", "zone": arm, "latitude": 46.5 + i / 100, "longitude": 1.0}
        for i, arm in enumerate(arms, 1)
    ]
    devices = [
        {"id": f"d{i}", "site": f"s{i}", "sensors": ["acoustic", "soil", "weather"], "timezone": zone}
        for i in range(1, len(arms) + 1)
    ]
    return Territory.model_validate({"id": "t", "zones": zones, "sites": sites, "devices": devices})


@dataclass
class Shelf:
    """A store and builders of what devices say."""

    url: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, *messages: WireMessage) -> None:
        arrivals = [Arrival(self._record(message), message, "", Flag(0)) for message in messages]
        last = arrivals[-1].record.number
        store = open_store(self.url)
        store.commit(
            "gw", "readings", BatchHeader(epoch="0" * 16, highest=last, records=len(arrivals)), arrivals
        )
        store.close()

    def _record(self, message: WireMessage) -> Record:
        topic = topics.sensor(message.site, message.device, message.kind)
        return Record(next(self._numbers), RECEIVED, topic, "", encode(message))

    def hours(
        self, site: int, quantity: str, start: str, values: Iterable[float], **more: float | str
    ) -> Readings:
        """One value an hour from ``start``."""
        first = parse_instant(start)
        readings = tuple(
            Reading(quantity=quantity, value=value, time=to_datetime(first + i * HOUR), **more)  # type: ignore[arg-type]
            for i, value in enumerate(values)
        )
        return Readings(
            site=f"s{site}", device=f"d{site}", boot="b", seq=next(self._numbers), time=to_datetime(first),
            readings=readings,
        )  # fmt: skip

    def heard(
        self,
        site: int,
        start: str,
        *taxa: str,
        minutes: float = 10,
        version: str = "1",
        threshold: float = 0.5,
    ) -> Detections:
        """One excerpt of ``minutes`` valid minutes in which ``taxa`` were heard."""
        excerpt = Excerpt(
            start=to_datetime(parse_instant(start)), duration_s=minutes * 60, valid_s=minutes * 60
        )
        return Detections(
            site=f"s{site}", device=f"d{site}", boot="b", seq=next(self._numbers), time=excerpt.start,
            firmware="fw", excerpt=excerpt, model=Model(id="net", version=version, threshold=threshold),
            detections=tuple(Detection(taxon=t, score=0.9, offset_s=1.0, duration_s=1.0) for t in taxa),
        )  # fmt: skip

    def measured(self, site: int, start: str, values: dict[str, float], *, minutes: float = 1) -> Features:
        """One excerpt and its acoustic indices."""
        excerpt = Excerpt(
            start=to_datetime(parse_instant(start)), duration_s=minutes * 60, valid_s=minutes * 60
        )
        return Features(
            site=f"s{site}", device=f"d{site}", boot="e", seq=next(self._numbers), time=excerpt.start,
            excerpt=excerpt, values=values,
        )  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    url = f"sqlite:{tmp_path / 'store.db'}"
    open_store(url).close()
    return Shelf(url)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[World, str]]:
    """``small_world(scenario)``: a few sites, 2 + 2 springs, and the store of all it said."""
    made: dict[str, tuple[World, str]] = {}

    def make(scenario: str) -> tuple[World, str]:
        if scenario not in made:
            url = f"sqlite:{tmp_path_factory.mktemp(scenario) / 'store.db'}"
            world = World(1, scenario, SCALES[scenario])
            _fill(world, url)
            made[scenario] = (world, url)
        return made[scenario]

    return make


def _fill(world: World, url: str) -> None:
    place, store = world.territory(), open_store(url)
    records = (
        Record(n, RECEIVED + n * MINUTE, m.topic, "", m.payload) for n, m in enumerate(world.messages(), 1)
    )
    while batch := list(itertools.islice(records, 5000)):
        arrivals = [examine(record, place) for record in batch]
        header = BatchHeader(epoch="0" * 16, highest=batch[-1].number, records=len(batch))
        store.commit("gw", "readings", header, arrivals)
    store.close()
