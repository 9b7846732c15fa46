"""``gateway run --http``: what it refuses to open, and what to do then."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, EcoVivError, UnreachableError, UsageError
from gateway.assembly import assembled
from gateway.http.listening import listen, read_token, shown

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("8090", UsageError),
        ("127.0.0.1", UsageError),
        ("127.0.0.1:99999", UsageError),
        ("127.0.0.1:80 90", UsageError),
        ("::1:8090", UsageError),
        ("", UsageError),
        ("no-such-host.invalid:8090", UnreachableError),
        ("0.0.0.0:0", ConfigurationError),
        ("[::]:0", ConfigurationError),
        ("192.0.2.1:8090", ConfigurationError),
    ],
)
def test_an_address_that_cannot_be_is_refused(address: str, error: type[EcoVivError]) -> None:
    with pytest.raises(error) as caught:
        listen(address, "")
    assert caught.value.help


def test_with_a_token_it_listens_for_everybody() -> None:
    with listen("0.0.0.0:0", "0123456789abcdef") as listener:
        assert shown(listener).startswith("http://0.0.0.0:")


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UnreachableError, match=f"cannot listen on 127.0.0.1:{port}"):
            listen(f"127.0.0.1:{port}", "")


@pytest.mark.parametrize(
    "content", [b"", b"short\n", b"0123456789 abcdef", b"a/b" * 10, b"\xff" * 20, b"a" * 201]
)
def test_a_token_that_is_none_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_token(path)
    assert "0123456789" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_token(tmp_path / "other")


def test_a_token_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    assert read_token(tmp_path / "token") == "0123456789abcdef"


def test_the_door_is_refused_before_a_broker_is_looked_for(territory_file: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="Anybody who reaches"),
        assembled(
            "north", territory_file, tmp_path, "mqtt://127.0.0.1:1", spool_mb=16, clips_mb=16, daily_mb=0,
            wait_s=0.1, http="0.0.0.0:0",
        ),
    ):  # fmt: skip
        pass


def test_without_the_option_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys, gateway.cli, gateway.assembly;"
        "print([name for name in sys.modules if name.startswith('gateway.http')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
