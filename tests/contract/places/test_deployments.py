"""Where a device was when: every instant has one answer, and what cannot be is named by its key.

Instants are reckoned by hand: 2026-05-01T00:00Z is 1,777,593,600 s; Paris is two hours ahead in May.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.config import load_territory
from contract.errors import ConfigurationError
from contract.instant import SECOND, parse_instant
from contract.places import Territory

MAY = 1_777_593_600 * SECOND
SITES = ("n1", "n2", "s1")


def territory(*devices: dict[str, Any]) -> Territory:
    return Territory.model_validate(
        {
            "id": "valley",
            "zones": [{"id": "meadow", "arm": "control", "land_use": "livestock"}],
            "sites": [{"id": name, "zone": "meadow", "latitude": 45, "longitude": 5} for name in SITES],
            "devices": [{"sensors": ["soil"], **device} for device in devices],
            "calibrations": [
                {"id": name, "a": 0, "b": 1, "c": 0, "source": "a curve"} for name in ("loam", "clay")
            ],
        }
    )


MOVED = {
    "id": "soil-1",
    "serial": "94184102",
    "depth_m": 0.08,
    "soil_calibration": "loam",
    "deployment": [
        {"site": "n1", "from": date(2026, 3, 1), "until": date(2026, 4, 1)},
        {"site": "n2", "from": date(2026, 5, 1), "serial": "95000001", "depth_m": 0.3, "calibration": "clay"},
    ],
}


@pytest.mark.parametrize(
    ("when", "site"),
    [
        ("2026-02-01T00:00:00Z", "n1"),  # before it began: its clock is wrong
        ("2026-03-01T00:00:00Z", "n1"),
        ("2026-03-31T23:59:59.999999999Z", "n1"),
        ("2026-04-01T00:00:00Z", None),
        ("2026-04-30T23:59:59Z", None),
        ("2026-05-01T00:00:00Z", "n2"),
        ("2040-01-01T00:00:00Z", "n2"),
    ],
)
def test_a_device_is_where_it_was_then(when: str, site: str | None) -> None:
    found = territory(MOVED).device_by_id["soil-1"].at(parse_instant(when))
    assert (None if found is None else found.site) == site


def test_each_deployment_says_what_differs_and_the_device_the_rest() -> None:
    device = territory(MOVED).device_by_id["soil-1"]
    then, now = (stay.device for stay in device.stays)
    assert (then.serial, then.depth_m, then.soil_calibration) == ("94184102", 0.08, "loam")
    assert (now.serial, now.depth_m, now.soil_calibration) == ("95000001", 0.3, "clay")
    assert (device.site, device.serial, device.depth_m) == ("n2", "95000001", 0.3), "itself: the last one"
    assert device.sites == ("n1", "n2")
    assert device.began == parse_instant("2026-03-01T00:00:00Z")


def test_a_height_takes_the_place_of_a_depth() -> None:
    table = {
        "id": "air", "site": "n1", "depth_m": 0.1,
        "deployment": [{"from": date(2026, 1, 1)}, {"from": date(2026, 5, 1), "height_m": 2.0}],
    }  # fmt: skip
    then, now = (stay.device for stay in territory(table).device_by_id["air"].stays)
    assert (then.depth_m, then.height_m) == (0.1, None)
    assert (now.depth_m, now.height_m) == (None, 2.0)


def test_without_dates_it_is_always_there() -> None:
    device = territory({"id": "soil-1", "site": "n1"}).device_by_id["soil-1"]
    assert device.began is None
    assert device.at(-(2**62)) is device
    assert device.at(2**62) is device


@pytest.mark.parametrize(
    ("since", "zone", "instant"),
    [
        (date(2026, 5, 1), "", MAY),
        (date(2026, 5, 1), "Europe/Paris", MAY - 7200 * SECOND),
        ("2026-05-01", "+02:00", MAY - 7200 * SECOND),
        (datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=2))), "", MAY + 7 * 3600 * SECOND),
        ("2026-05-01T09:00:00+02:00", "Europe/Paris", MAY + 7 * 3600 * SECOND),
    ],
)
def test_a_day_begins_at_midnight_of_its_device(since: object, zone: str, instant: int) -> None:
    table = {"id": "x", "timezone": zone, "deployment": [{"site": "n1", "from": since}]}
    assert territory(table).device_by_id["x"].began == instant


TOML = """
[territory]
id = "valley"
[[zones]]
id = "meadow"
arm = "control"
land_use = "livestock"
[[sites]]
id = "n1"
zone = "meadow"
latitude = 45
longitude = 5
[[devices]]
id = "soil-1"
sensors = ["soil"]
"""


@pytest.mark.parametrize(
    ("deployments", "key"),
    [
        ("site = 'n1'\nfrom = 2026-05-01T09:00:00", "devices.0.deployment.0.from"),  # no zone
        ("site = 'n1'\nfrom = 'May'", "devices.0.deployment.0.from"),
        ("site = 'n1'\nfrom = 5", "devices.0.deployment.0.from"),
        ("site = 'n9'\nfrom = 2026-05-01", "devices.soil-1.deployment.0.site"),
        ("from = 2026-05-01", "devices.0.site"),
        ("site = 'n1'\ncalibration = 'sand'", "devices.soil-1.deployment.0.calibration"),
        ("site = 'n1'\nstart = 2026-05-01", "devices.0.deployment.0.start"),
        ("site = 'n1'\nfrom = 2026-05-01\nuntil = 2026-05-01", "devices.soil-1.deployment.0.until"),
        ("site = 'n1'\n%ssite = 'n1'\nuntil = 2026-05-01", "devices.soil-1.deployment.1.from"),
        (
            "site = 'n1'\nfrom = 2026-01-01\nuntil = 2026-05-02\n%ssite = 'n1'\nfrom = 2026-05-01",
            "devices.soil-1.deployment.1.from",
        ),
        (
            "site = 'n1'\nfrom = 2026-05-01\n%ssite = 'n1'\nfrom = 2026-01-01",
            "devices.soil-1.deployment.1.from",
        ),
    ],
)
def test_what_cannot_be_is_named_by_its_key(tmp_path: Path, deployments: str, key: str) -> None:
    path, head = tmp_path / "territory.toml", "[[devices.deployment]]\n"
    path.write_text(TOML + head + deployments.replace("%s", head))
    with pytest.raises(ConfigurationError) as caught:
        load_territory(path)
    assert f"{key}: " in caught.value.message + ": "
    assert str(path) in caught.value.message


def test_both_spellings_of_the_table_are_read(tmp_path: Path) -> None:
    path = tmp_path / "territory.toml"
    for name in ("deployment", "deployments"):
        path.write_text(f"{TOML}[[devices.{name}]]\nsite = 'n1'\nfrom = 2026-05-01\n")
        assert load_territory(path).devices[0].began == MAY


def test_a_serial_goes_from_one_device_to_the_next() -> None:
    place = territory(
        {"id": "a", "site": "n1", "serial": "7", "deployment": [{"until": "2026-05-01"}]},
        {"id": "b", "site": "n2", "serial": "7", "deployment": [{"from": "2026-05-01"}]},
    )
    owners = [place.serials.at("7", MAY + step) for step in (-1, 0)]
    assert [owner.id for owner in owners if owner] == ["a", "b"]
    assert place.device_by_serial["7"].id == "b"


def test_two_never_have_one_serial_at_once() -> None:
    with pytest.raises(ValueError, match=r"devices\.serial: '7' appears twice.*a, b"):
        territory(
            {"id": "a", "site": "n1", "serial": "7", "deployment": [{"until": "2026-05-02"}]},
            {"id": "b", "site": "n2", "serial": "7", "deployment": [{"from": "2026-05-01"}]},
        )


def test_a_device_may_speak_from_each_site_of_its_own_only() -> None:
    place = territory(MOVED)
    assert [place.misplaced(site, "soil-1") for site in ("n1", "n2")] == ["", ""]
    assert (
        place.misplaced("s1", "soil-1") == "device 'soil-1' is at site 'n1', 'n2' in the territory, not 's1'"
    )


Cuts = list[tuple[int, int | None, str]]


@st.composite
def histories(draw: st.DrawFn) -> Cuts:
    """(begin, stated end or None, site): seconds, in order and apart."""
    edges = sorted(draw(st.sets(st.integers(0, 400), min_size=1, max_size=12)))
    cuts: Cuts = []
    for number, begin in enumerate(edges):
        limit = edges[number + 1] if number + 1 < len(edges) else begin + 40
        end = draw(st.none() | st.integers(begin + 1, limit))
        cuts.append((begin, end, draw(st.sampled_from(SITES))))
    return cuts


def scan(cuts: Cuts, second: int) -> str | None:
    """The same answer, looked for one after the other."""
    if second < cuts[0][0]:
        return cuts[0][2]
    found = None
    for begin, end, site in cuts:
        if begin <= second:
            found = site if end is None or second < end else None
    return found


@given(histories(), st.integers(-10, 450))
def test_a_look_up_finds_what_a_scan_finds(cuts: Cuts, second: int) -> None:
    def text(moment: int) -> str:
        return (datetime(2026, 5, 1, tzinfo=timezone.utc) + timedelta(seconds=moment)).isoformat()  # noqa: UP017

    told = [
        {"site": site, "from": text(begin), "serial": f"of-{site}"}
        | ({} if end is None else {"until": text(end)})
        for begin, end, site in cuts
    ]
    place = territory({"id": "x", "deployment": told})
    found = place.devices[0].at(MAY + second * SECOND)
    wanted = scan(cuts, second)
    assert (None if found is None else found.site) == wanted
    if second >= cuts[0][0] and wanted is not None:
        owner = place.serials.at(f"of-{wanted}", MAY + second * SECOND)
        assert owner is not None
        assert owner.site == wanted
    assert [one.at(0) for one in (found,) if one] == [found] * (found is not None), "of then: always there"
