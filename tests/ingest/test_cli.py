"""The commands, as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from contract import topics
from contract.batch import RAW, Drop, Gave, Record, decode_batch
from contract.errors import StoreError, UsageError
from contract.line.bus import MqttBus
from contract.reading import Flag
from ecoviv.station.broker import start_broker
from ingest.cli import register
from ingest.store import open_store
from ingest.store.sqlite import letters
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put, snapshot
from ingest.store.testing.messages import NOON, arrival, header, original, readings, record, unreadable
from ingest.values import Arrival

TERRITORY = """
[territory]
id = "demo"
zones = [{id = "meadow", arm = "control", land_use = "agriculture"}]
sites = [{id = "s1", zone = "meadow", latitude = 45, longitude = 3}]
devices = [{id = "d7", site = "s1", sensors = ["weather"]}]
"""
app = typer.Typer()
register(app)


def run(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(app, ["ingest", *arguments])
    assert outcome.exit_code == code, outcome.output
    return outcome.stdout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def test_a_ledger_without_gaps_ends_well(path: Path) -> None:
    store = SqliteStore(path)
    put(store, [arrival(1, readings(1)), arrival(2, readings(2))])
    store.close()
    assert "readings" in run("ledger", "--store", f"sqlite:{path}")
    (stream,) = json.loads(run("ledger", "--json", "--store", f"sqlite:{path}"))["streams"]
    assert (stream["sent"], stream["stored"], stream["missing"]) == (2, 2, 0)
    assert stream["days"] == [{"day": "2026-05-01", "stored": 2, "unreadable": 0, "repeats": 0}]


def test_a_gap_ends_with_1_and_is_named(path: Path) -> None:
    store = SqliteStore(path)
    put(store, [arrival(1, readings(1)), arrival(5, readings(5))])
    store.commit("other", "health", header(1), [arrival(1, readings(9))])
    store.close()
    assert "missing gw readings 2-4" in run("ledger", "--store", f"sqlite:{path}", code=1)
    run("ledger", "--gateway", "other", "--store", f"sqlite:{path}")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"dropped": (Drop(first=2, last=4, reason="no room"),)}, 1),
        ({"floor": 6}, 1),
        ({"highest": 9}, 1),
        ({"dropped": (Drop(first=1, last=1, reason="no room"),), "highest": 1}, 0),
    ],
)
def test_whatever_was_sent_and_is_not_here_ends_with_1(path: Path, told: dict[str, Any], code: int) -> None:
    """Given up with a reason, forgotten on another store's receipt, or asked for; 1 is stored."""
    store = SqliteStore(path)
    numbers = (1,) if told.get("highest") == 1 else (1, 5)
    arrivals = [arrival(n, readings(n)) for n in numbers]
    store.commit("gw", "readings", header(**{"highest": 5, "records": len(arrivals)} | told), arrivals)
    store.close()
    run("ledger", "--store", f"sqlite:{path}", code=code)
    run("ledger", "--json", "--store", f"sqlite:{path}", code=code)


def test_the_unreadable_is_listed_and_read_again_once_the_territory_knows_its_device(path: Path) -> None:
    strange = record(1, readings(1, device="d7"))
    kept = Arrival(strange, None, "device 'd7' is not in the territory", Flag(0))
    store = SqliteStore(path)
    put(store, [kept, unreadable(2, b"\xff\x00")])
    store.close()
    listed = json.loads(run("unreadable", "list", "--json", "--store", f"sqlite:{path}"))
    assert [one["reason"] for one in listed] == ["device 'd7' is not in the territory", "not JSON"]
    assert listed[0]["payload"].encode() == strange.payload
    assert listed[1]["payload_base64"] == "/wA="
    assert "2 unreadable" in run("unreadable", "list", "--store", f"sqlite:{path}")
    territory = path.with_name("territory.toml")
    territory.write_text(TERRITORY)
    retried = run("unreadable", "retry", "--territory", str(territory), "--store", f"sqlite:{path}", "--json")
    assert json.loads(retried) == {"stored": 1, "sent_again": 0, "unreadable": 1}
    assert len(json.loads(run("unreadable", "list", "--json", "--store", f"sqlite:{path}"))) == 1
    store = SqliteStore(path)
    assert (store.counts().messages, store.counts().points) == (1, 1)
    store.close()


def test_the_rest_is_sent_again_on_its_topic_and_hidden_until_it_comes_back(path: Path) -> None:
    foreign = Arrival(Record(1, NOON, "application/7/up", "no map", b"7;8"), None, "no map", Flag(0))
    store = SqliteStore(path)
    put(store, [foreign])
    territory = path.with_name("territory.toml")
    territory.write_text(TERRITORY)
    with start_broker(path.parent / "broker", engine="iotcore") as broker:
        gateway = MqttBus(broker.address, "gateway", ("application/#",))
        gateway.connect()
        where = ("--territory", str(territory), "--store", f"sqlite:{path}", "--broker", broker.address.url)
        assert "0 stored, 1 sent again" in run("unreadable", "retry", *where)
        (delivery,) = gateway.poll(5)
        assert (delivery.topic, delivery.payload) == ("application/7/up", b"7;8")
        gateway.acknowledge([delivery])
        gateway.close()
    assert store.counts().unreadable == 0
    put(store, [foreign._replace(record=foreign.record._replace(number=2))])
    assert store.counts().unreadable == 1, "still unreadable: listed again"
    store.close()


def test_the_answer_counts_what_became_readable_afterwards(path: Path) -> None:
    """A gateway that reads two of five: one answer from the store, one from what comes back."""
    strange = [
        Arrival(Record(n, NOON, "application/7/up", "no map", b"%d" % n), None, "no map", Flag(0))
        for n in range(1, 6)
    ]
    store = SqliteStore(path)
    put(store, strange)
    store.close()
    territory = path.with_name("territory.toml")
    territory.write_text(TERRITORY)

    def stand_in(gateway: MqttBus) -> None:
        number, own = 5, SqliteStore(path)
        while number < 10:
            for delivery in gateway.poll(0.1):
                number += 1
                old = strange[number - 6]
                again = old._replace(record=old.record._replace(number=number))
                put(own, [arrival(number, readings(number)) if number <= 7 else again])
                gateway.acknowledge([delivery])
        own.close()

    with start_broker(path.parent / "broker", engine="iotcore") as broker:
        gateway = MqttBus(broker.address, "gateway", ("application/#",))
        gateway.connect()
        worker = Thread(target=stand_in, args=(gateway,))
        worker.start()
        where = ("--territory", str(territory), "--store", f"sqlite:{path}", "--broker", broker.address.url)
        told = json.loads(run("unreadable", "retry", *where, "--json"))
        worker.join()
        gateway.close()
    assert told == {
        "stored": 0, "sent_again": 5, "unreadable": 3,
        "became_readable": 2, "came_back": 3, "unanswered": 0,
    }  # fmt: skip
    assert len(json.loads(run("unreadable", "list", "--json", "--store", f"sqlite:{path}"))) == 3


def test_the_last_fifty_are_listed_and_all_if_asked(path: Path) -> None:
    store = SqliteStore(path)
    put(store, [unreadable(n, b"junk %d" % n) for n in range(1, 121)])
    store.close()
    where = ("--store", f"sqlite:{path}")
    payloads = [one["payload"] for one in json.loads(run("unreadable", "list", "--json", *where))]
    assert payloads == [f"junk {n}" for n in range(71, 121)]
    everything = json.loads(run("unreadable", "list", "--json", "--all", *where))
    assert [one["payload"] for one in everything] == [f"junk {n}" for n in range(1, 121)]
    assert "120 unreadable" in run("unreadable", "list", *where)
    lines = run("unreadable", "list", "--all", *where).splitlines()
    assert [line.split("  ")[-1] for line in lines[:-1]] == [f"junk {n}" for n in range(1, 121)]


def test_what_was_dismissed_is_on_record(path: Path) -> None:
    store = SqliteStore(path)
    put(store, [unreadable(1, b"{}"), unreadable(2, b"[]"), unreadable(3, b"x")])
    first = next(iter(store.unreadable())).id
    store.close()
    where = ("--store", f"sqlite:{path}")
    outcome = CliRunner().invoke(app, ["ingest", "unreadable", "dismiss", *where])
    assert isinstance(outcome.exception, UsageError)
    run("unreadable", "dismiss", "--id", str(first), "--by", "ranger", "--why", "a test rig", *where)
    topic = "ecoviv/1/s1/d1/readings"
    assert "2 dismissed" in run("unreadable", "dismiss", "--topic", topic, "--by", "ranger", *where)
    assert json.loads(run("unreadable", "list", "--json", *where)) == []
    done = json.loads(run("ledger", "--json", *where))["dismissed"]
    assert [(one["who"], one["why"], one["messages"], one["bytes"]) for one in done] == [
        ("ranger", "a test rig", 1, 2), ("ranger", "", 2, 3),
    ]  # fmt: skip
    assert "dismissed 1 unreadable, 2 bytes, by ranger at" in run("ledger", *where)


def test_what_was_not_kept_ends_the_ledger_with_1(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST", 1)
    store = SqliteStore(path)
    put(store, [unreadable(1, b"{}"), unreadable(2, b"[]")])
    store.close()
    assert "not kept strangers: 1 unreadable, 2 bytes" in run("ledger", "--store", f"sqlite:{path}", code=1)


def test_seal_verify_backup_and_restore(path: Path) -> None:
    pytest.importorskip("duckdb", reason="sealed days need the extra [ingest]")
    url, copy = f"local:{path.parent / 'store'}", path.parent / "backup"
    store = open_store(url)
    put(store, [arrival(1, readings(1)), arrival(2, readings(2))])
    before = snapshot(store)
    store.close()
    (day,) = json.loads(run("seal", "--store", url, "--json"))
    assert day["rows"] == 2
    assert "Nothing is wrong" in run("verify", "--store", url)
    run("backup", str(copy), "--store", url)
    again = f"local:{path.parent / 'again'}"
    run("restore", str(copy), "--store", again)
    assert snapshot(open_store(again, read_only=True)) == before
    (path.parent / "again" / "sealed" / day["file"]).unlink()
    assert "is missing" in run("verify", "--store", again, code=1)


def test_export_writes_what_was_asked_for(path: Path) -> None:
    store = SqliteStore(path)
    put(store, [arrival(1, readings(1, 10.0)), arrival(2, readings(2, 11.0))])
    store.close()
    where = ("--store", f"sqlite:{path}")
    assert run("export", *where).splitlines()[1:] == [
        "s1,d1,air_temperature,,2026-05-01T12:01:00Z,10.0,Cel,",
        "s1,d1,air_temperature,,2026-05-01T12:02:00Z,11.0,Cel,",
    ]
    out = path.with_name("out.csv")
    run("export", str(out), "--from", "2026-05-01T12:02:00Z", "--site", "s1", *where)
    assert out.read_text().splitlines()[1:] == ["s1,d1,air_temperature,,2026-05-01T12:02:00Z,11.0,Cel,"]
    outcome = CliRunner().invoke(app, ["ingest", "export", "out.txt", *where])
    assert isinstance(outcome.exception, UsageError)


def test_reading_an_absent_store_is_an_error_not_an_empty_answer(path: Path) -> None:
    outcome = CliRunner().invoke(app, ["ingest", "ledger", "--store", f"sqlite:{path}"])
    assert isinstance(outcome.exception, StoreError)


def test_points_go_out_to_stdout_or_to_a_file(path: Path, tmp_path: Path) -> None:
    store = SqliteStore(path)
    put(store, [arrival(1, readings(1, 12.5)), arrival(2, readings(2, 13.0))])
    store.close()
    printed = run("export", "--store", f"sqlite:{path}")
    assert [line.split(",")[5] for line in printed.splitlines()] == ["value", "12.5", "13.0"]
    run("export", str(tmp_path / "points.csv"), "--store", f"sqlite:{path}")
    assert (tmp_path / "points.csv").read_text() == printed
    assert run("export", "--site", "s9", "--store", f"sqlite:{path}").count("\n") == 1


def test_fields_not_understood_are_listed_and_originals_sent_to_their_gateway(path: Path) -> None:
    store = SqliteStore(path)
    gave = Gave("s1", "d1", "map-air", 7, ("voc_index",))
    put(store, [original(1, b'{"voc_index":7}', gave), original(2, b'{"voc_index":8}', gave)], RAW)
    store.close()
    url = f"sqlite:{path}"
    (told,) = json.loads(run("unreadable", "fields", "--json", "--store", url))
    assert (told["device"], told["field"], told["times"]) == ("d1", "voc_index", 2)
    assert "1 fields not understood" in run("unreadable", "fields", "--store", url)
    outcome = CliRunner().invoke(app, ["ingest", "unreadable", "retry", "--originals", "--store", url])
    assert isinstance(outcome.exception, UsageError)
    with start_broker(path.parent / "broker", engine="iotcore") as broker:
        gateway = MqttBus(broker.address, "gateway", (topics.again("gw"),))
        gateway.connect()
        where = ("--store", url, "--broker", broker.address.url)
        assert json.loads(run("unreadable", "retry", "--originals", "--json", *where)) == {
            "originals_sent": 2
        }
        (delivery,) = gateway.poll(5)
        records = decode_batch(delivery.payload).records
        assert [(one.received, one.topic, one.payload) for one in records] == [
            (NOON, "zigbee2mqtt/a", b'{"voc_index":7}'),
            (NOON, "zigbee2mqtt/a", b'{"voc_index":8}'),
        ]
        gateway.acknowledge([delivery])
        assert "0 originals sent" in run("unreadable", "retry", "--originals", "--device", "d2", *where)
        gateway.close()
