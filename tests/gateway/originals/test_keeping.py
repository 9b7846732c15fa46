"""Of a foreign message the original is kept, below everything that was measured; of our own nothing is."""

from __future__ import annotations

import json

import pytest

from contract import topics
from contract.batch import RAW, Gave
from contract.instant import HOUR, MINUTE, SECOND
from contract.line.bus import Delivery
from contract.places import Territory
from gateway.intake import take_foreign
from gateway.spool.entry import Entry
from gateway.spool.status import read_status
from gateway.upstream.budget import OVERHEAD_BYTES, Budget
from gateway.upstream.leg import COMPANY, COMPANY_WAIT
from tests.gateway.ends import NOON, Bench, features, reading, say
from tests.gateway.test_missed import GOLDEN, say_case
from tests.gateway.upstream.test_budget import budgeted
from tests.gateway.upstream.test_forwarding import health

SECRET = "Tr0ub4dor-and-3"


def uplink(frame: int = 41, **more: object) -> bytes:
    event = json.loads((GOLDEN / "how-it-was-heard" / "uplink.json").read_bytes())
    return json.dumps(event | {"fCnt": frame} | more).encode()


def delivered(payload: bytes, territory: Territory, topic: str = "") -> list[Entry]:
    topic = topic or (GOLDEN / "how-it-was-heard" / "topic.txt").read_text().strip()
    return take_foreign(Delivery(topic, payload, False, 1, 1, topics.parse(topic)), NOON, territory)


def originals(bench: Bench) -> int:
    return bench.gateway.spool.highest[RAW]


def test_an_original_is_kept_byte_for_byte_beside_what_it_gave(territory: Territory) -> None:
    payload = uplink()
    made, original = delivered(payload, territory)
    assert (made.stream, original.stream) == ("readings", RAW)
    assert (original.payload, original.origin, original.seq) == (payload, None, 0)
    gave = Gave.parse(original.reason)
    assert gave is not None
    assert made.origin is not None
    assert gave[:4] == (*made.origin, made.seq)
    assert gave.not_understood == ("TempC_DS18B20",)


def test_a_message_that_became_none_is_kept_where_it_is_a_device_s(territory: Territory) -> None:
    case = GOLDEN / "log-of-a-decoder"
    entries = delivered(
        (case / "uplink.json").read_bytes(), territory, (case / "topic.txt").read_text().strip()
    )
    assert [entry.stream for entry in entries] == ["", RAW]
    assert Gave.parse(entries[1].reason) == Gave("s1", "soil-1", "", 0, ("decoded",))
    assert [one.stream for one in delivered(b'{"POWER":"ON"}', territory, "tele/lamp/SENSOR")] == [""]


def test_secrets_are_gone_before_a_message_is_read_or_kept(territory: Territory) -> None:
    read = delivered(uplink(adr_password=SECRET, tags={"AppKey": SECRET}), territory)
    unread = delivered(f'{{"token":"{SECRET}","x":'.encode(), territory)
    nobody = delivered(f"PASSKEY={SECRET}&tempf=70".encode(), territory, "somewhere/else")
    assert [len(entries) for entries in (read, unread, nobody)] == [2, 1, 1]
    for entry in (*read, *unread, *nobody):
        assert SECRET not in str(entry), entry
    assert b'"adr_password": ""' in read[1].payload


def test_the_same_bytes_are_the_same_message_with_or_without_their_secret(territory: Territory) -> None:
    """What does not number itself is named by a hash: of what is kept, so that a retry repeats it."""
    address, said = "zigbee2mqtt/air", b'{"temperature":21.5,"humidity":40,"password":"%s"}'
    with_map = territory.model_copy(
        update={
            "devices": tuple(
                one.model_copy(update={"address": address, "map": "zigbee2mqtt"})
                if one.id == "air-1"
                else one
                for one in territory.devices
            )
        }
    )
    with_map = Territory.model_validate(with_map.model_dump(exclude_defaults=True))
    first = delivered(said % SECRET.encode(), with_map, address)
    again = delivered(first[1].payload, with_map, address)
    assert first[0].payload == again[0].payload
    assert (first[0].origin, first[0].seq) == (again[0].origin, again[0].seq)


def test_our_own_messages_have_no_original(bench: Bench) -> None:
    for seq in range(1, 51):
        say(bench.sensor, reading(seq))
    say(bench.sensor, health(51), kind="health")
    say(bench.sensor, features("0" * 64), device="mic-1", kind="features")
    say(bench.sensor, b"\xff", kind="readings")
    bench.turn(20)
    assert (originals(bench), bench.ingest.originals()) == (0, [])
    assert RAW not in {stream for stream, _ in bench.ingest.batches}, "not even a heartbeat"


def test_originals_travel_and_are_counted_apart(bench: Bench) -> None:
    say_case(bench, "how-it-was-heard")
    bench.turn(10)
    assert bench.ingest.originals() == [(GOLDEN / "how-it-was-heard" / "uplink.json").read_bytes()]
    assert len(bench.ingest.payloads()) == 1
    status = read_status(bench.folder)
    assert (status.counters["messages"], status.counters["originals"]) == (1, 1)
    assert "unreadable" not in status.counters
    assert [(one.stream, one.waiting) for one in status.streams if one.highest] == [("readings", 0), (RAW, 0)]


def test_originals_wait_for_company_but_not_for_ever(bench: Bench) -> None:
    topic = (GOLDEN / "how-it-was-heard" / "topic.txt").read_text().strip()

    def spoken(frames: range) -> int:
        for frame in frames:
            bench.sensor.publish(topic, uplink(frame))
        bench.turn(10)
        return len(bench.ingest.originals())

    assert spoken(range(1, 2)) == 1, "the first goes at once"
    assert spoken(range(2, 2 + COMPANY - 1)) == 1, "one short of company"
    assert len(bench.ingest.payloads()) == COMPANY, "values do not wait"
    assert not bench.gateway.upstream.waiting, "and nobody spins meanwhile"
    assert spoken(range(COMPANY + 1, COMPANY + 2)) == COMPANY + 1
    assert spoken(range(COMPANY + 2, COMPANY + 3)) == COMPANY + 1
    bench.clock.advance(COMPANY_WAIT - MINUTE)
    assert spoken(range(0)) == COMPANY + 1
    bench.clock.advance(MINUTE)
    assert spoken(range(0)) == COMPANY + 2


@pytest.mark.parametrize(("hour", "percent"), [(0, 0), (6, 20), (12, 40), (18, 60)])
def test_originals_take_what_the_day_so_far_has_left(bench: Bench, hour: int, percent: int) -> None:
    """80 % of 100,000 bytes, by the hour: at 6 o'clock a quarter of it, 20,000."""
    bench.clock.advance((12 + hour) * HOUR)
    budget = Budget(bench.gateway.spool, bench.clock, 100_000)
    budget.spend(max(0, percent * 1_000 - 1 - OVERHEAD_BYTES))
    assert budget.allows(RAW) == (percent > 0)
    budget.spend(1 - OVERHEAD_BYTES + (OVERHEAD_BYTES if not percent else 0))
    assert not budget.allows(RAW)
    assert budget.allows("readings")


def test_under_a_budget_values_go_first_and_originals_follow_on_a_better_day(bench: Bench) -> None:
    budgeted(bench, 300_000)
    topic = (GOLDEN / "how-it-was-heard" / "topic.txt").read_text().strip()
    for frame in range(1, 400):
        bench.sensor.publish(topic, uplink(frame, padding=str(frame**9)))
        bench.turn(1)
    bench.turn(20)
    assert len(bench.ingest.payloads()) == 399
    held = 399 - len(bench.ingest.originals())
    assert 0 < held <= 399
    assert {one.stream: one.waiting for one in read_status(bench.folder).streams}[RAW] == held
    for _ in range(3 * 24 * 12):
        bench.clock.advance(300 * SECOND)
        bench.turn(1)
    assert len(bench.ingest.originals()) == 399


def test_a_full_spool_gives_up_originals_before_anything_measured(small_bench: Bench) -> None:
    small_bench.ingest.mute = True
    topic = (GOLDEN / "how-it-was-heard" / "topic.txt").read_text().strip()
    for frame in range(1, 300):
        small_bench.sensor.publish(topic, uplink(frame, padding="x" * 3_000))
        say(small_bench.sensor, reading(frame, device="soil-2", site="s2"), device="soil-2", site="s2")
        small_bench.turn(1)
    counters = read_status(small_bench.folder).counters
    assert counters["dropped_raw"] > 0
    assert not [name for name in counters if name.startswith("dropped_") and name != "dropped_raw"]
    opening = small_bench.gateway.spool.openings[RAW][-1]
    (drop,) = small_bench.gateway.spool.drops(opening)
    assert (drop.first, drop.last, drop.reason) == (1, counters["dropped_raw"], "spool full"), "the oldest"
    small_bench.ingest.mute = False
    small_bench.clock.advance(120 * SECOND)
    small_bench.turn(200)
    assert len(small_bench.ingest.payloads()) == 598
    receipt = small_bench.gateway.spool.openings[RAW][-1]
    assert receipt.committed == 299, "what was given up is told, and done with"
