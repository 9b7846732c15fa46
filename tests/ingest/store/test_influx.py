"""Points in InfluxDB: the conformance suite on a real server, and what HTTP can do wrong.

Debian's ``influxd`` (1.6.7) is started if it is installed; ``ECOVIV_TEST_INFLUXDB_URL``
(http://host:8086/BUCKET?org=ORG, an empty bucket) names a 2.x server.  The rest speaks to a
stub that only answers as InfluxDB does: contract tests, labelled so.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from contract.errors import ConfigurationError, UnreachableError
from contract.instant import MINUTE
from ecoviv.station.broker import free_port
from ecoviv.station.child import spawn, stop
from ingest.store import make_store, open_store
from ingest.store.influx.carrying import InfluxStore
from ingest.store.influx.server import influx_place
from ingest.store.protocol import StoreBusy
from ingest.store.testing.acts import TEMPERATURE, put
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
    assert isinstance(store, InfluxStore)
    rival = arrival(2, readings(1, 99.0, boot="b9"))
    carry = store._writing._far.settle  # type: ignore[union-attr]

    def carry_and_die() -> None:
        carry()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store._writing._far, "settle", carry_and_die)
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
    store = open_store(url)
    assert isinstance(store, InfluxStore)
    policy = (
        f'CREATE RETENTION POLICY "short" ON "{store.server.place.bucket}" DURATION 1h REPLICATION 1 DEFAULT'
    )
    store.server._call("/query", "POST", [("q", policy)], "")
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


class _Stub(BaseHTTPRequestHandler):
    """Answers writes with the codes it was told, then 204."""

    codes: list[int] = []  # noqa: RUF012 - one list for one server
    seen: list[tuple[str, str, bytes]] = []  # noqa: RUF012
    refused = b""
    """What makes it refuse a body."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.path, self.headers.get("Authorization", ""), body))
        code = self.codes.pop(0) if self.codes else 204
        if self.refused and self.refused in body:
            code = 400
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def stub() -> Iterator[str]:
    _Stub.codes, _Stub.seen, _Stub.refused = [], [], b""
    with HTTPServer(("127.0.0.1", 0), _Stub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("code", [429, 503])
def test_contract_a_busy_server_makes_ingest_wait(stub: str, tmp_path: Path, code: int) -> None:
    store = open_store(f"influxdb:{stub}/eco?org=o&journal={tmp_path / 'journal.db'}")
    _Stub.codes = [code]
    with pytest.raises(StoreBusy, match=str(code)):
        put(store, [arrival(1, readings(1))])
    assert put(store, [arrival(1, readings(1))]).committed == 1
    store.close()


def test_contract_the_token_goes_to_the_v2_endpoint(
    stub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    monkeypatch.setenv("ECOVIV_INFLUX_TOKEN_FILE", str(token))
    store = open_store(f"influxdb:{stub}/eco?org=o&journal={tmp_path / 'journal.db'}")
    put(store, [arrival(1, readings(1, 12.5))])
    ((path, authorization, body),) = _Stub.seen
    assert path == "/api/v2/write?org=o&bucket=eco&precision=ns"
    assert authorization == "Token secret"
    assert body.decode().startswith(
        'ecoviv,device=d1,quantity=air_temperature,site=s1 value=12.5,flags=0i,seq=1i,boot="b1",digest="'
    )
    assert body.decode().endswith(str(NOON + 60_000_000_000))
    store.close()


def test_contract_a_refused_batch_is_taken_apart(stub: str, tmp_path: Path) -> None:
    """The stub refuses whatever holds sequence 3."""
    store = open_store(f"influxdb:{stub}/eco?org=o&journal={tmp_path / 'journal.db'}")
    _Stub.refused = b"seq=3i"
    assert put(store, [arrival(n, readings(n)) for n in range(1, 6)]).committed == 5
    (fault,) = store.verify()
    assert fault.startswith("1 points stay in the journal")
    store.close()


def test_contract_a_refused_token_is_a_configuration_error(stub: str, tmp_path: Path) -> None:
    store = open_store(f"influxdb:{stub}/eco?org=o&journal={tmp_path / 'journal.db'}")
    _Stub.codes = [401]
    with pytest.raises(ConfigurationError, match="refuses the token"):
        put(store, [arrival(1, readings(1))])
    _Stub.codes = [404]
    with pytest.raises(UnreachableError, match="ecoviv ingest init"):
        put(store, [arrival(1, readings(1))])
    store.close()


def test_an_absent_server_makes_ingest_wait(tmp_path: Path) -> None:
    url = f"influxdb:http://127.0.0.1:{free_port()}/eco?journal={tmp_path / 'journal.db'}"
    store = open_store(url)
    with pytest.raises(StoreBusy, match=r"does not answer \(.*refused\)") as caught:
        put(store, [arrival(1, readings(1))])
    store.close()
    assert caught.value.exit_code == UnreachableError.exit_code
    with pytest.raises(StoreBusy) as caught:
        make_store(url)
    assert caught.value.exit_code == UnreachableError.exit_code


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "does not begin with influxdb:http://HOST"),
        ("eco", "does not begin with influxdb:http://HOST"),
        ("ftp://h/b", "does not begin with influxdb:http://HOST"),
        ("http:///b", "does not begin with influxdb:http://HOST"),
        ("http://[::1/b", "Invalid IPv6 URL"),
        ("http://h:eight/b", "eight"),
        ("http://h:8086", "must name one bucket"),
        ("http://h:8086/b/c", "must name one bucket"),
        ("http://h:8086/b?tokn=x", "unknown option 'tokn'"),
        ("http://user:secret@h:8086/b", "name or password stands in it"),
    ],
)
def test_a_wrong_place_is_explained_without_its_secret(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        influx_place(url)
    assert reason in caught.value.message
    assert "secret" not in str(caught.value)
