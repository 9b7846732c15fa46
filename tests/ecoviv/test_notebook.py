"""A territory in a notebook: frames that say what the store holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.batch import BatchHeader, Record
from contract.errors import ConfigurationError, UnknownName
from contract.instant import HOUR, parse_instant, to_datetime
from contract.reading import Detection, Detections, Excerpt, Flag, Model, Reading, Readings
from contract.wire import WireMessage, encode
from ecoviv.notebook import open_territory
from ingest.store import open_store
from ingest.values import Arrival

TERRITORY = """\
[territory]
id = "farm"
[[zones]]
id = "meadow"
arm = "control"
land_use = "livestock"
[[sites]]
id = "s1"
zone = "meadow"
latitude = 46.6
longitude = 1.1
[[devices]]
id = "d1"
site = "s1"
sensors = ["weather", "acoustic"]
"""
START = to_datetime(parse_instant("2021-05-01T04:00:00Z"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "territory.toml").write_text(TERRITORY)
    said: list[WireMessage] = [
        Readings(
            site="s1", device="d1", boot="b", seq=1, time=START,
            readings=(Reading(quantity="air_temperature", value=12.5),
                      Reading(quantity="air_pressure", value=2000.0)),
        ),
        Detections(
            site="s1", device="d1", boot="b", seq=2, time=START,
            excerpt=Excerpt(start=START, duration_s=60.0, valid_s=42.0),
            model=Model(id="net", version="1", threshold=0.5),
            detections=(Detection(taxon="Parus major", score=0.8, offset_s=3.0, duration_s=2.0),),
        ),
    ]  # fmt: skip
    store = open_store(f"sqlite:{tmp_path / 'store.db'}")
    received = parse_instant("2021-05-01T04:01:00Z")
    arrivals = [
        Arrival(Record(n, received, f"ecoviv/1/s1/d1/{m.kind}", "", encode(m)), m, "", Flag(0))
        for n, m in enumerate(said, 1)
    ]
    store.commit("gw", "readings", BatchHeader(epoch="0" * 16, highest=2, records=2), arrivals)
    store.close()
    return tmp_path


def test_readings_are_rows_with_time_unit_and_flags(folder: Path) -> None:
    with open_territory(folder) as territory:
        frame = territory.readings()
    assert frame[["quantity", "unit", "value", "flags"]].values.tolist() == [
        ["air_pressure", "hPa", 2000.0, "range"],
        ["air_temperature", "Cel", 12.5, ""],
    ]
    assert str(frame["time"].iloc[0]) == "2021-05-01 04:00:00+00:00"


def test_a_quantity_and_a_window_choose(folder: Path) -> None:
    with open_territory(folder) as territory:
        assert len(territory.readings("air_temperature", start="2021-05-01T00:00:00Z")) == 1
        assert len(territory.readings("air_temperature", start="2021-06-01T00:00:00Z")) == 0
        with pytest.raises(UnknownName):
            territory.readings("moonlight")


def test_detections_and_effort_say_what_was_heard_and_listened_to(folder: Path) -> None:
    with open_territory(folder) as territory:
        heard, effort = territory.detections(), territory.effort()
    assert heard[["taxon", "score", "model"]].values.tolist() == [["Parus major", 0.8, "net@1"]]
    assert str(heard["time"].iloc[0]) == "2021-05-01 04:00:03+00:00"  # three seconds into the excerpt
    assert effort[["method", "valid_s"]].values.tolist() == [["net@1", 42.0]]


def test_days_brighter_than_a_clear_sky_are_flagged_and_kept(folder: Path) -> None:
    # at 46.6 N on 1 May Ra is 37.1, so Rso 27.8 MJ m-2 at sea level: 310 W m-2 all day are 26.8, 330 are 28.5
    store = open_store(f"sqlite:{folder / 'store.db'}")
    first, received = parse_instant("2021-05-01T00:00:00Z"), parse_instant("2021-05-04T00:00:00Z")
    points = tuple(
        Reading(quantity="shortwave_radiation", value=310.0 if hour < 24 else 330.0, time=to_datetime(at))
        for hour in range(60)
        for at in (first + hour * HOUR,)
    )
    said = Readings(site="s1", device="d1", boot="b", seq=3, time=to_datetime(first), readings=points)
    record = Record(3, received, "ecoviv/1/s1/d1/readings", "", encode(said))
    header = BatchHeader(epoch="0" * 16, highest=3, records=1)
    store.commit("gw", "readings", header, [Arrival(record, said, "", Flag(0))])
    store.close()
    with open_territory(folder) as territory:
        frame = territory.sunlight()
    assert frame["day"].astype(str).tolist() == ["2021-05-01", "2021-05-02", "2021-05-03"]
    assert frame["flags"].tolist() == ["", "above_clear_sky", ""]  # the third day has half its hours
    assert frame["shortwave_mj"][:2].tolist() == pytest.approx([310 * 0.0864, 330 * 0.0864])
    assert frame["shortwave_mj"].isna().tolist() == [False, False, True]


def test_indicators_without_enough_data_have_reasons(folder: Path) -> None:
    with open_territory(folder) as territory:
        frame = territory.indicators("hill-q1", "soil-moisture")
    assert frame["value"].isna().all()
    assert frame["reason"].tolist() == [
        "1 valid days of listening, 20 needed",
        "no soil_moisture of the depth and period that most sites share",
    ]


def test_the_file_may_be_named_and_the_store_apart(folder: Path, tmp_path: Path) -> None:
    store = f"sqlite:{folder / 'store.db'}"
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "farm.toml").write_text(TERRITORY)
    with open_territory(other / "farm.toml", store) as territory:
        assert territory.sites()["arm"].tolist() == ["control"]
    with pytest.raises(ConfigurationError, match="store"):
        open_territory(other / "farm.toml")


def test_the_current_folder_and_the_environment_need_no_name(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with open_territory() as territory:
        assert len(territory.readings()) == 2
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    with pytest.raises(ConfigurationError, match="none was found"):
        open_territory()
    monkeypatch.setenv("ECOVIV_TERRITORY", str(folder / "territory.toml"))
    with open_territory() as territory:
        assert len(territory.readings()) == 2
