"""What nobody understands is counted per device and per shape of topic, and shown."""

from __future__ import annotations

import json
from pathlib import Path

from gateway.doctor.sensors import check_fields
from gateway.formats.format import SET_A_CODEC
from gateway.missed import MAX_NAMES, Missed, load_missed
from gateway.spool.status import read_status
from tests.gateway.ends import Bench

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats" / "chirpstack"
SECOND = 10**9


def say_case(bench: Bench, name: str) -> None:
    case = GOLDEN / name
    bench.sensor.publish((case / "topic.txt").read_text().strip(), (case / "uplink.json").read_bytes())


def test_fields_that_no_map_reads_are_counted_by_device(bench: Bench) -> None:
    say_case(bench, "how-it-was-heard")
    say_case(bench, "two-hours-ahead")
    bench.turn()
    bench.clock.advance(60 * SECOND)
    say_case(bench, "log-of-a-decoder")
    say_case(bench, "status")
    bench.turn()
    status = read_status(bench.folder)
    counted = {(one.who, one.name): one.times for one in status.missed}
    assert counted == {("s1/soil-1", "TempC_DS18B20"): 2, ("s1/soil-1", "decoded"): 1}
    (told,) = check_fields(status)
    assert (told.name, told.level) == ("not understood s1/soil-1", "warn")
    assert "TempC_DS18B20 (2 times, '0.0')" in told.text
    assert "JS error: Error: unknown frame" in told.text
    as_json = status.as_json()["not_understood"]
    assert json.dumps(as_json).count("s1/soil-1") == 2


def test_counts_survive_a_restart(bench: Bench) -> None:
    say_case(bench, "how-it-was-heard")
    bench.turn()
    bench.reopen()
    say_case(bench, "two-hours-ahead")
    bench.turn()
    bench.clock.advance(60 * SECOND)
    say_case(bench, "status")
    bench.turn()
    assert [one.times for one in read_status(bench.folder).missed] == [2]


def test_what_holds_no_measurement_leaves_no_record(bench: Bench) -> None:
    for name in ("join-is-no-measurement", "txack-is-no-measurement", "log-of-a-counter"):
        say_case(bench, name)
    bench.turn()
    assert bench.ingest.payloads() == []
    say_case(bench, "network-commands-only")
    bench.turn()
    assert len(bench.ingest.payloads()) == 1, "how it was heard is health of the device"


def test_an_uplink_that_nobody_decoded_is_kept_beside_how_it_was_heard(bench: Bench) -> None:
    say_case(bench, "decoder-failed")
    bench.turn()
    batches = [batch for stream, batch in bench.ingest.batches if stream != "raw"]
    kept = [(one.topic, one.reason) for batch in batches for one in batch.records]
    assert sorted(kept) == [
        (
            "application/9/device/0102030405060708/event/up",
            f"undecoded: {SET_A_CODEC}",
        ),
        ("ecoviv/1/s1/soil-1/readings", ""),
    ]


def test_topics_that_fit_nobody_are_one_line_a_shape(bench: Bench) -> None:
    for eui in ("1112131415161718", "2122232425262728"):
        case = (GOLDEN / "how-it-was-heard" / "uplink.json").read_bytes()
        bench.sensor.publish(
            f"application/9/device/{eui}/event/up", case.replace(b"0102030405060708", eui.encode())
        )
    bench.turn()
    (one,) = read_status(bench.folder).missed
    assert (one.who, one.name, one.times) == ("", "application/#/device/#/event/up", 2)
    named = [told.name for told in check_fields(read_status(bench.folder))]
    assert "topics" in named


def test_names_from_outside_are_bounded() -> None:
    missed = Missed()
    missed.hear(((f"s1/d{at}", "x" * 1000, "y" * 1000) for at in range(2 * MAX_NAMES)), 0)
    assert len(missed.known) == MAX_NAMES
    assert len(missed.dump()) < MAX_NAMES * 400
    assert Missed.load(missed.dump()).known == missed.known
    assert load_missed("no JSON") == load_missed('[["a"]]') == []
