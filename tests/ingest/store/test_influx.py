"""Points in InfluxDB: the conformance suite on a real server, and its crashes.

Debian's ``influxd`` (1.6.7) is started if it is installed; ``ECOVIV_TEST_INFLUXDB_URL``
(http://host:8086/BUCKET?org=ORG, an empty bucket) names a 2.x server.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from contract.instant import MINUTE
from ecoviv.station.broker import free_port
from ecoviv.station.child import spawn, stop
from ingest.store import make_store, open_store
from ingest.store.elsewhere import PointsElsewhere
from ingest.store.influx.server import InfluxServer, influx_place
from ingest.store.sqlite.elsewhere.moving import Mover
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import TEMPERATURE, put
from ingest.store.testing.elsewhere import ElsewhereContract
from ingest.store.testing.messages import NOON, arrival, readings
from ingest.store.testing.suite import StoreContract

pytest.importorskip("influxdb_client", reason="InfluxDB needs the extra [ingest]")
_NUMBERS = itertools.count()
_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """http://… of Debian's InfluxDB 1.6.7."""
    if shutil.which("influxd") is None:
        pytest.skip("Debian's influxdb is not installed")
    folder, http = tmp_path_factory.mktemp("influxd"), free_port()
    (folder / "influxdb.conf").write_text(_CONFIG.format(folder=folder, rpc=free_port(), http=http))
    process = spawn(["influxd", "-config", str(folder / "influxdb.conf")], log=folder / "log")
    _until_it_answers(f"http://127.0.0.1:{http}/ping", process)
    yield f"http://127.0.0.1:{http}"
    stop(process)


def _until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(100):
        assert process.poll() is None
        try:
            urlopen(url).close()
        except OSError:
            pause.wait(0.1)
        else:
            return
    raise AssertionError(f"{url} does not answer")


def database(server: str, folder: Path) -> str:
    """The url of a store in a database of its own."""
    number = next(_NUMBERS)
    url = f"influxdb:{server}/eco{number}?api=1&journal={folder / f'journal{number}.db'}"
    make_store(url)
    return url


class TestInfluxPoints(ElsewhereContract):
    """On Debian's InfluxDB 1.6.7."""

    @pytest.fixture
    def elsewhere(self, influxd: str, tmp_path: Path) -> Iterator[InfluxServer]:
        opened = InfluxServer(influx_place(database(influxd, tmp_path).removeprefix("influxdb:")))
        yield opened
        opened.close()

    def again(self, elsewhere: PointsElsewhere) -> InfluxServer:
        assert isinstance(elsewhere, InfluxServer)
        return InfluxServer(elsewhere.place)


class TestInfluxStore(StoreContract):
    """On Debian's InfluxDB 1.6.7: /write, /query, InfluxQL."""

    @pytest.fixture
    def url(self, influxd: str, tmp_path: Path) -> str:
        return database(influxd, tmp_path)

    def another(self, url: str, name: str) -> str:
        server, journal = url.removeprefix("influxdb:").split("/eco")[0], Path(url.split("journal=")[1])
        return database(server, journal.parent)


@pytest.mark.skipif(
    "ECOVIV_TEST_INFLUXDB_URL" not in os.environ, reason="ECOVIV_TEST_INFLUXDB_URL is not set"
)
def test_a_2x_server_stores_and_answers(tmp_path: Path) -> None:
    store = open_store(f"influxdb:{os.environ['ECOVIV_TEST_INFLUXDB_URL']}&journal={tmp_path / 'journal.db'}")
    put(store, [arrival(1, readings(1, 10.0)), arrival(2, readings(2, 11.0))])
    assert list(store.points(TEMPERATURE).value) == [10.0, 11.0]
    store.close()


def test_a_crash_between_server_and_journal_is_healed_by_the_same_messages(
    influxd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has the points, the journal does not; sent again in another order, with a conflict."""
    store = open_store(database(influxd, tmp_path))
    rival = arrival(2, readings(1, 99.0, boot="b9"))
    move = Mover.before_commit

    def move_and_die(mover: Mover) -> None:
        move(mover)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Mover, "before_commit", move_and_die)
        with pytest.raises(KeyboardInterrupt):
            put(store, [arrival(1, readings(1, 10.0)), rival])
    assert store.counts().messages == 0
    put(store, [rival])
    put(store, [arrival(1, readings(1, 10.0))])
    assert list(store.points(TEMPERATURE).value) == [10.0]
    counts = store.counts()
    assert (counts.points, counts.conflicts, counts.duplicated) == (1, 1, 0)
    store.close()


def test_one_refused_point_loses_no_other(influxd: str, tmp_path: Path) -> None:
    """1.6.7 keeps what a retention policy allows and refuses what is older."""
    url = database(influxd, tmp_path)
    server = InfluxServer(influx_place(url.removeprefix("influxdb:")))
    store = SqliteStore(server.place.journal, elsewhere=server)
    policy = f'CREATE RETENTION POLICY "short" ON "{server.place.bucket}" DURATION 1h REPLICATION 1 DEFAULT'
    server._call("/query", "POST", [("q", policy)], "")
    put(store, [arrival(n, readings(n, float(n))) for n in range(1, 6)])
    assert list(store.points(TEMPERATURE).value) == [1.0, 2.0, 3.0, 4.0, 5.0], (
        "refused ones are read from here"
    )
    (fault,) = store.verify()
    assert "5 points stay in the journal" in fault
    put(store, [arrival(6, readings(6, 6.0))])
    assert len(store.points(TEMPERATURE).time) == 6
    store.close()


def test_a_server_of_api_2_takes_the_points(tmp_path: Path) -> None:
    """Debian's victoria-metrics speaks /api/v2/write, of which it keeps the numbers."""
    if shutil.which("victoria-metrics") is None:
        pytest.skip("Debian's victoria-metrics is not installed")
    place = f"127.0.0.1:{free_port()}"
    server = ["victoria-metrics", f"-httpListenAddr={place}", f"-storageDataPath={tmp_path / 'vm'}"]
    process = spawn([*server, "-retentionPeriod=100y"], log=tmp_path / "log")
    try:
        _until_it_answers(f"http://{place}/health", process)
        store = open_store(f"influxdb:http://{place}/eco?org=o&journal={tmp_path / 'journal.db'}")
        put(store, [arrival(n, readings(n, 10.0 + n)) for n in (1, 2, 3)])
        store.close()
        urlopen(f"http://{place}/internal/force_flush").close()
        with urlopen(f"http://{place}/api/v1/export?match[]=ecoviv_value") as answer:
            (series,) = [json.loads(text) for text in answer]
    finally:
        stop(process)
    assert series["values"] == [11.0, 12.0, 13.0]
    assert series["timestamps"] == [(NOON + n * MINUTE) // 1_000_000 for n in (1, 2, 3)]
    assert series["metric"]["quantity"] == "air_temperature"
