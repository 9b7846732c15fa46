"""No receipt of gateway or ingest goes out before what it promises is on the disk.

Both run as processes under load; the disk that a power cut leaves is built from what they
wrote, synced and sent (``benchmarks.faults.power``).  Without syncs the same must fail.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from benchmarks.faults.power import broken_promises, compiled, recorded, sync_eater


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    library = compiled(tmp_path)
    if library is None:
        pytest.skip("the shim needs a C compiler and Linux")
    return library


def test_no_receipt_precedes_its_sync(shim: Path, tmp_path: Path) -> None:
    for service, journal in recorded(tmp_path / "run", [shim], 1.0).items():
        assert sum(act.kind == "s" for act in journal) > 10
        broken, looked = broken_promises(service, journal, 40, 5)
        assert (broken, looked) == (0, 40), service


def test_the_control_whose_syncs_do_nothing_breaks_its_promises(
    shim: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    eater = sync_eater()
    if eater is None:
        pytest.skip("Debian's libeatmydata1 is not installed")
    caplog.set_level(logging.CRITICAL, "ecoviv.gateway")
    for service, journal in recorded(tmp_path / "run", [eater, shim], 1.0).items():
        assert not any(act.kind == "s" for act in journal)
        assert broken_promises(service, journal, 10, 5)[0] > 0, service
