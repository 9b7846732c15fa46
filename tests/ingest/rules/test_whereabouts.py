"""What was said or recorded belongs to where the device was then, whenever it arrives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.batch import BatchHeader, Record
from contract.instant import DAY, HOUR, parse_instant, to_datetime
from contract.places import Territory
from contract.reading import Detections, Excerpt, Flag, Model, Reading, Readings
from contract.wire import WireMessage, encode
from ingest.rules.check import examine
from ingest.rules.clocks import before_deployment
from ingest.store.sqlite.store import SqliteStore
from ingest.values import Arrival, Portion

MOVED = parse_instant("2026-05-01T00:00:00Z")
LATER = MOVED + 60 * DAY
PLACE = Territory.model_validate(
    {
        "id": "valley",
        "zones": [{"id": "meadow", "arm": "control", "land_use": "livestock"}],
        "sites": [
            {"id": name, "zone": "meadow", "latitude": 45, "longitude": 3} for name in ("n1", "n2", "s1")
        ],
        "devices": [
            {
                "id": "x",
                "sensors": ["weather"],
                "deployment": [
                    {"site": "n1", "from": "2026-03-01", "until": "2026-04-20"},
                    {"site": "n2", "from": "2026-05-01"},
                ],
            }
        ],
    }
)


def said(site: str, at: int | None, own: tuple[int | None, ...] = (None,), seq: int = 1) -> Readings:
    return Readings(
        site=site, device="x", boot="b", seq=seq, time=None if at is None else to_datetime(at), clock="rtc",
        readings=tuple(
            Reading(quantity="air_temperature", value=7.25, time=None if t is None else to_datetime(t))
            for t in own
        ),
    )  # fmt: skip


def arrival(message: WireMessage, received: int = LATER) -> Arrival:
    topic = f"ecoviv/1/{message.site}/x/{message.kind}"
    return examine(Record(1, received, topic, "", encode(message)), PLACE)


def site(found: Arrival) -> str:
    assert found.message is not None, found.reason
    assert json.loads(found.record.payload)["site"] == found.message.site, "what is kept says the same"
    return found.message.site


@pytest.mark.parametrize("named", ["n1", "n2"])
@pytest.mark.parametrize(("at", "belongs"), [(MOVED - 20 * DAY, "n1"), (MOVED, "n2"), (LATER, "n2")])
def test_a_message_belongs_to_the_site_of_its_time_whatever_its_topic_says(
    named: str, at: int, belongs: str
) -> None:
    found = arrival(said(named, at))
    assert site(found) == belongs
    assert found.flags == Flag(0), "being late is no fault"
    assert found.record.topic == f"ecoviv/1/{named}/x/readings", "the topic stays as it was heard"


def test_a_site_where_it_never_was_is_refused_with_the_reason() -> None:
    found = arrival(said("s1", LATER))
    assert found.message is None
    assert "'n1', 'n2' in the territory, not 's1'" in found.reason


def test_what_it_says_while_it_is_nowhere_is_kept_unread_and_told() -> None:
    found = arrival(said("n1", MOVED - 5 * DAY))
    assert found.message is None
    assert "nowhere at 2026-04-26T00:00:00Z" in found.reason
    assert "at n2 since 2026-05-01T00:00:00Z" in found.reason


@pytest.mark.parametrize("named", ["n1", "n2"])
def test_a_time_before_its_first_deployment_is_flagged_and_stays_where_it_says(named: str) -> None:
    found = arrival(said(named, parse_instant("2026-02-28T23:59:59Z")))
    assert (site(found), found.flags) == (named, Flag.CLOCK)


@pytest.mark.parametrize("wrong", [None, parse_instant("1999-01-01T00:00:00Z"), LATER + HOUR])
def test_without_a_time_that_can_be_right_it_belongs_where_it_was_received(wrong: int | None) -> None:
    assert site(arrival(said("n2", wrong), MOVED - 20 * DAY)) == "n1"


def test_a_recording_belongs_to_its_start_not_to_when_it_was_listened_to() -> None:
    start = to_datetime(MOVED - 20 * DAY)
    message = Detections(
        site="n2", device="x", boot="edge", seq=1, time=to_datetime(LATER), clock="ntp",
        excerpt=Excerpt(start=start, duration_s=60, valid_s=60),
        model=Model(id="m", version="1", threshold=0.5), detections=(),
    )  # fmt: skip
    assert site(arrival(message)) == "n1"


def test_history_of_one_site_moves_there_and_of_two_is_kept_unread() -> None:
    before = MOVED - 20 * DAY
    assert site(arrival(said("n2", LATER, (before, before + HOUR)))) == "n1"
    found = arrival(said("n2", LATER, (before, None)))
    assert found.message is None
    assert "two sites, n1 and n2" in found.reason


@given(st.integers(), st.none() | st.integers())
def test_only_a_time_before_the_first_deployment_is_doubted_for_it(time: int, began: int | None) -> None:
    assert before_deployment(time, began) is (began is not None and time < began)
    assert not before_deployment(None, began)


def test_the_store_keeps_each_series_at_its_site_and_a_repeat_once(tmp_path: Path) -> None:
    old, new = said("n2", MOVED - 20 * DAY, seq=1), said("n2", MOVED + HOUR, seq=2)
    arrivals = [
        examine(Record(n, LATER, f"ecoviv/1/{one.site}/x/readings", "", encode(one)), PLACE)
        for n, one in enumerate((old, new, old), 1)
    ]
    store = SqliteStore(tmp_path / "store.db")
    header = BatchHeader(epoch="0123456789abcdef", highest=3, records=3)
    store.commit_all([Portion("gw", "readings", header, arrivals)], [])
    assert sorted(one.site for one in store.series()) == ["n1", "n2"]
    assert (store.counts().messages, store.counts().repeats) == (2, 1)
    store.close()
