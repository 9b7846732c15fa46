"""What HTTP can do wrong between the journal and InfluxDB, and what a wrong address is told.

Most speak to a stub that only answers as InfluxDB does: contract tests, labelled so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, UnreachableError
from ecoviv.station.broker import free_port
from ingest.store import make_store, open_store
from ingest.store.influx.server import influx_place
from ingest.store.protocol import StoreBusy
from ingest.store.testing.acts import put
from ingest.store.testing.messages import NOON, arrival, readings

pytest.importorskip("influxdb_client", reason="InfluxDB needs the extra [ingest]")


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
