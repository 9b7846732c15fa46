"""Out of the store, for other tools."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.instant import MINUTE, Window
from contract.reading import Flag
from ingest.export import Choice, export_csv, export_parquet
from ingest.store.sqlite.store import SqliteStore
from ingest.store.testing.acts import put
from ingest.store.testing.messages import ACI, NOON, arrival, features, readings


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    put(
        store,
        [arrival(1, readings(1, 12.5)), arrival(2, readings(2, 99.0)), arrival(3, features(1, {ACI: 140.0}))],
    )
    yield store
    store.close()


def test_csv_names_series_time_unit_and_flags(store: SqliteStore) -> None:
    out = io.StringIO()
    assert export_csv(store, out) == 3
    assert out.getvalue().splitlines() == [
        "site,device,quantity,qualifier,time,value,unit,flags",
        "s1,d1,air_temperature,,2026-05-01T12:01:00Z,12.5,Cel,",
        "s1,d1,air_temperature,,2026-05-01T12:02:00Z,99.0,Cel,RANGE|RATE",
        f"s1,d2,{ACI},channel=0,2026-05-01T12:01:00Z,140.0,,",
    ]


def test_a_window_and_a_quantity_narrow_it(store: SqliteStore) -> None:
    out = io.StringIO()
    window = Window(NOON, NOON + 2 * MINUTE)
    assert export_csv(store, out, Choice(window, "s1", "air_temperature")) == 1


def test_parquet_holds_the_same(store: SqliteStore, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra [ingest]")
    assert export_parquet(store, tmp_path / "out.parquet") == 3
    table = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert table["value"] == [12.5, 99.0, 140.0]
    assert [moment.value for moment in table["time"]] == [NOON + MINUTE, NOON + 2 * MINUTE, NOON + MINUTE]
    assert table["flags"] == ["", "RANGE|RATE", ""]
    assert Flag.RANGE | Flag.RATE == 3
