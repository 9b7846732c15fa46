"""Names that recorders write: what stands there is read, what may mean two things is not."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import TimeWithoutZone
from contract.instant import format_instant, parse_instant, parse_zone
from contract.recording.names import NamedFile, read_name

TABLE = Path(__file__).resolve().parents[2] / "golden" / "names.tsv"


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def start_of(named: NamedFile, zone: str) -> str:
    """As the table says it: an instant, ``refused`` or ``absent``."""
    if named.problems:
        return "refused"
    if named.stamp is None or not named.stamp.plausible:
        return "absent"
    try:
        return format_instant(named.stamp.instant(parse_zone(zone) if zone else None))
    except TimeWithoutZone:
        return "refused"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_a_name_gives_start_serial_and_position(row: dict[str, str]) -> None:
    named = read_name(Path(row["name"]).stem)
    assert start_of(named, row["zone"]) == row["start"]
    assert named.serial == row["serial"]
    assert " ".join(str(number) for number in named.position or ()) == row["position"]


@pytest.mark.parametrize(
    ("fold", "start"),
    [(0, "2027-10-31T00:10:00Z"), (1, "2027-10-31T01:10:00Z")],  # +02:00 first, then +01:00
)
def test_fold_says_which_pass_of_the_hour_that_comes_twice(fold: int, start: str) -> None:
    stamp = read_name("MEADOW_20271031_021000").stamp
    assert stamp is not None
    assert format_instant(stamp.instant(parse_zone("Europe/Paris"), fold)) == start


def test_fold_changes_no_time_that_states_its_zone_or_comes_once() -> None:
    for name in ("MEADOW_20271031_021000+0100", "MEADOW_20271031_041000"):
        stamp = read_name(name).stamp
        assert stamp is not None
        assert stamp.instant(parse_zone("Europe/Paris"), 0) == stamp.instant(parse_zone("Europe/Paris"), 1)


@given(
    moment=st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)),
    hours=st.integers(-12, 14),
    prefix=st.from_regex(r"[A-Z][A-Z0-9]{0,6}(_[A-Z][A-Z0-9]{1,4})?", fullmatch=True),
)
def test_what_is_written_with_its_zone_is_read_back(moment: datetime, hours: int, prefix: str) -> None:
    text = f"{moment:%Y%m%d_%H%M%S}{hours:+03d}00"
    named = read_name(f"{prefix}_{text}")
    assert named.stamp is not None
    assert named.stamp.instant(parse_zone("Asia/Tokyo")) == parse_instant(
        f"{moment:%Y-%m-%dT%H:%M:%S}{hours:+03d}:00"
    )
    assert named.serial == prefix


@given(st.text(max_size=60))
def test_any_name_is_answered(stem: str) -> None:
    read_name(stem)
