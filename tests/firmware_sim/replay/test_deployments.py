"""A file belongs to where its device was when it recorded, whenever the file is read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigurationError
from contract.instant import format_instant
from contract.places import Territory
from contract.reading import Readings
from contract.recording.start import named_device
from contract.wire import decode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.plan import ReplayPlan, plan_replay
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.reader import Question
from tests.firmware_sim.replay.test_audio_files import _wav

ROWS = """\
0;2020.10.06 09:00;4;10.875;10.5;12.375;1000;202;0
1;2020.10.06 09:15;4;10.875;10.625;11;1000;202;0
2;2020.10.06 09:30;4;10.875;10.75;10.875;1000;202;0
3;2020.10.06 09:45;4;10.875;10.75;10.875;1000;202;0
"""


def place(deployments: list[dict[str, Any]], **more: Any) -> Territory:
    device = {"id": "x", "sensors": ["soil"], "serial": "94184102", "deployment": deployments} | more
    return Territory.model_validate(
        {
            "id": "t",
            "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
            "sites": [{"id": name, "zone": "z", "latitude": 50, "longitude": 14} for name in ("n1", "n2")],
            "devices": [device, {"id": "other", "site": "n1", "sensors": ["soil"]}],
            "calibrations": [
                {"id": "loam", "a": 0, "b": 1e-4, "c": 0, "source": "made by hand"},
                {"id": "clay", "a": 0, "b": 2e-4, "c": 0, "source": "made by hand"},
            ],
        }
    )


MOVED = [
    {"site": "n1", "from": "2020-10-01", "until": "2020-10-06T09:15:00Z", "calibration": "loam"},
    {"site": "n2", "from": "2020-10-06T09:30:00Z", "calibration": "clay"},
]


def plan(path: Path, territory: Territory, given: str = "") -> ReplayPlan:
    told = named_device(given, territory) if given else None
    return plan_replay([path], Question(territory=territory, given=told), maps=known_maps())


def sent(path: Path, territory: Territory, given: str = "") -> tuple[list[Outgoing], ReplayPlan]:
    made = plan(path, territory, given)
    return list(made.messages()), made


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(ROWS)
    return path


def test_each_row_goes_to_the_site_of_its_time_with_the_curve_of_then(rows: Path) -> None:
    messages, made = sent(rows, place(MOVED))
    told = []
    for one in messages:
        message = decode(one.payload)
        assert isinstance(message, Readings)
        assert (message.site, message.boot, message.seq) == (one.site, one.boot, one.seq)
        assert one.topic == f"ecoviv/1/{one.site}/x/readings"
        (wet,) = (r.value for r in message.readings if r.quantity == "soil_moisture")
        told.append((format_instant(one.instant)[11:16], one.site, one.seq, wet))
    assert told == [("09:00", "n1", 1, 0.1), ("09:30", "n2", 1, 0.2), ("09:45", "n2", 2, 0.2)]
    assert len({one.boot for one in messages}) == 2, "a recording of its own at each site: no gap anywhere"
    (report,) = made.files.values()
    assert report.findings.problems == [f"{rows}: device x was nowhere at 2020-10-06T09:15:00Z"]


def test_the_same_file_gives_the_same_identities(rows: Path) -> None:
    first, second = (Counter((m.boot, m.seq, m.payload) for m in sent(rows, place(MOVED))[0]) for _ in "12")
    assert first == second


def test_a_replaced_logger_gives_its_own_rows_only(rows: Path) -> None:
    replaced = place(
        [
            {"site": "n1", "until": "2020-10-06T09:30:00Z"},
            {"site": "n1", "from": "2020-10-06T09:30:00Z", "serial": "95000001"},
        ]
    )
    messages, made = sent(rows, replaced)
    assert [format_instant(one.instant)[11:16] for one in messages] == ["09:00", "09:15"]
    (report,) = made.files.values()
    assert report.findings.unread == 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("other", "--as says other, but the serial '94184102' belongs to x"),
        ("n2/x", "--as says n2/x, but at 2020-10-06T09:00:00Z it was at n1"),
    ],
)
def test_what_contradicts_the_caller_is_refused(rows: Path, given: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        sent(rows, place(MOVED), given)
    assert caught.value.exit_code == 3


def test_a_file_without_serial_given_by_device_alone_is_placed_by_its_times(rows: Path) -> None:
    nameless = rows.rename(rows.with_name("data_1_0.csv"))
    messages, _ = sent(nameless, place(MOVED), "x")
    assert [one.site for one in messages] == ["n1", "n2", "n2"]


def test_a_recording_goes_to_where_its_recorder_was(tmp_path: Path) -> None:
    territory = place(MOVED, sensors=["acoustic"], serial="S4A03895", timezone="UTC")
    sites = {}
    for clock in ("050000", "092000", "120000"):
        path = _wav(tmp_path / f"S4A03895_20201006_{clock}.wav")
        messages, made = sent(path, territory)
        (report,) = made.files.values()
        sites[clock] = ({one.site for one in messages}, report.findings.unread)
    assert sites == {"050000": ({"n1"}, 0), "092000": (set(), 1), "120000": ({"n2"}, 0)}


def test_a_recorder_that_changed_hands_keeps_the_zone_of_its_owner_then(tmp_path: Path) -> None:
    territory = Territory.model_validate(
        place([{"site": "n1"}]).model_dump(by_alias=True)
        | {
            "devices": [
                {"id": "a", "site": "n1", "sensors": ["acoustic"], "serial": "S4A03895", "timezone": "+02:00",
                 "deployment": [{"until": "2020-10-06"}]},
                {"id": "b", "site": "n2", "sensors": ["acoustic"], "serial": "S4A03895", "timezone": "UTC",
                 "deployment": [{"from": "2020-10-06"}]},
            ]
        }
    )  # fmt: skip
    found = []
    for day in ("05", "07"):
        messages, made = sent(_wav(tmp_path / f"S4A03895_202010{day}_050000.wav"), territory)
        (report,) = made.files.values()
        found.append((messages[0].device, str(report.to_json()["start"])))
    assert found == [("a", "2020-10-05T03:00:00Z"), ("b", "2020-10-07T05:00:00Z")]
