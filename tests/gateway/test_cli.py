"""``gateway run`` as a technician meets it: wrong calls get one sentence and the right exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, EcoVivError, StoreError, UnreachableError
from ecoviv.station.broker import RunningBroker, free_port
from gateway.assembly import assembled
from tests.gateway.ends import Process

ROOT = Path(__file__).resolve().parents[2]


def start(territory: Path, state: Path, broker: str, gateway: str = "north") -> None:
    with assembled(gateway, territory, state, broker, spool_mb=16, clips_mb=16, daily_mb=0, wait_s=0.3):
        pass


def test_without_a_broker_it_says_where_it_looked(territory_file: Path, tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"No MQTT broker at 127.0.0.1:{port}") as caught:
        start(territory_file, tmp_path, f"mqtt://127.0.0.1:{port}")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(("state", "error", "code"), [("file", StoreError, 1), ("file/below", StoreError, 1)])
def test_a_state_folder_that_cannot_be_is_named(
    territory_file: Path, tmp_path: Path, state: str, error: type[EcoVivError], code: int
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match="cannot be written") as caught:
        start(territory_file, tmp_path / state, "mqtt://127.0.0.1:1")
    assert caught.value.exit_code == code


def test_a_name_that_is_no_slug_is_refused(territory_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a name for a gateway"):
        start(territory_file, tmp_path, "mqtt://127.0.0.1:1", "North Ridge")


def test_two_gateways_cannot_share_a_folder(
    broker: RunningBroker, gateway_process: Callable[..., Process], territory_file: Path, tmp_path: Path
) -> None:
    process = gateway_process()
    process.start()
    with pytest.raises(StoreError, match="Another gateway uses"):
        start(territory_file, tmp_path / "state", broker.address.url)
    assert process.end() == 0
    start(territory_file, tmp_path / "state", broker.address.url)


def test_the_gateway_imports_nothing_heavy() -> None:
    program = (
        "import sys, gateway.cli, gateway.assembly, gateway.doctor.checks, gateway.spool.status;"
        "heavy = 'numpy scipy librosa numba rich asyncio analysis ingest firmware_sim'.split();"
        "print([name for name in heavy if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_an_idle_gateway_stays_below_50_mb(
    gateway_process: Callable[..., Process],
) -> None:
    process = gateway_process()
    process.start()
    assert process.process is not None
    status = Path(f"/proc/{process.process.pid}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc, which this system lacks")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    assert int(line.split()[1]) < 50_000
    assert process.end() == 0
