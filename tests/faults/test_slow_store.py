"""A store that does not take anything for a while: back-pressure, flat memory, nothing lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.nest import Nest
from benchmarks.faults.store import KINDS, slow_store


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    if sys.platform != "linux":
        pytest.skip("services that start in a moment take Linux")
    with Nest() as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_while_the_store_takes_nothing(nest: Nest, tmp_path: Path, kind: str) -> None:
    if kind == "busy":
        pytest.importorskip("influxdb_client", reason="InfluxDB needs the extra [ingest]")
    found = slow_store(nest, tmp_path, kind, 2.0)
    if "skipped" in found:
        pytest.skip(found["skipped"])
    assert found["said meanwhile"] > 0
    assert found["stored meanwhile"] == 0
    assert [found[name] for name in ("lost", "twice", "points absent", "ledger gaps")] == [0, 0, 0, 0]
    assert max(found["ingest grew MiB"], found["gateway grew MiB"]) < 20
    if kind == "busy":
        assert found["refusals"] > 0
        assert found["server points"] == 4 * found["sent"]
