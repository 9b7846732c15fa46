"""One order of trust: GUANO, wamd, tags, comment, name; a time with a zone goes before all without."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instant import format_instant, parse_zone
from contract.places import Device, Site, Territory, Zone
from contract.recording.flac import parse_tags
from contract.recording.guano import parse_guano
from contract.recording.header import Header, read_header
from contract.recording.start import NOWHERE, Bearings, settle
from contract.recording.wamd import parse_wamd
from tests.contract.recording.files import chunk, flac, wamd, wav

Written = Callable[..., Path]
PARIS = Bearings(zone=parse_zone("Europe/Paris"))
PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=50, longitude=14),),
    devices=(
        Device(id="mill", site="s", sensors=("acoustic",), serial="OLD_MILL", timezone="Asia/Tokyo"),
        Device(id="other", site="s", sensors=("acoustic",), serial="SMA09999", timezone="America/Lima"),
    ),
)
COMMENT = "Recorded at 20:00:00 01/05/2027 (UTC+2) by AudioMoth 24E144055E080032 at medium gain."


def settled(path: Path, bearings: Bearings = NOWHERE) -> Header:
    header = read_header(path)
    settle(header, bearings)
    return header


def start_of(header: Header) -> str | None:
    return None if header.start is None else format_instant(header.start)


@pytest.mark.parametrize(
    ("stamp", "start"),
    [
        ("2027-05-01T20:00:00.1234567+02:00", "2027-05-01T18:00:00.1234567Z"),
        ("2027-05-01T20:00:00+02", "2027-05-01T18:00:00Z"),
        ("2027-05-01T20:00:00+1", "2027-05-01T19:00:00Z"),
        ("2027-05-01 20:00:00-0330", "2027-05-01T23:30:00Z"),
        ("2027-05-01T20:00:00Z", "2027-05-01T20:00:00Z"),
        ("2027-05-01T20:00:00.5 +02:00", "2027-05-01T18:00:00.5Z"),
        ("2027-05-01T20:00:00 UTC", "2027-05-01T20:00:00Z"),
        ("2027-05-01T24:00:00Z", "2027-05-02T00:00:00Z"),
    ],
)
def test_guano_s_time_is_read_in_every_spelling(stamp: str, start: str, written: Written) -> None:
    header = settled(written("x.wav", wav(guano=f"GUANO|Version: 1.0\nTimestamp: {stamp}\n")), PARIS)
    assert (start_of(header), header.start_source) == (start, "guano")


def test_wamd_gives_time_serial_position_and_prefix(written: Written) -> None:
    body = wamd(
        (1, "SM4"), (2, "SMA01234"), (3, "2.3.1"), (4, "OLD_MILL"), (5, "2027-05-01 20:00:00.250-03:30"),
        (6, "WGS84,12.34567,S,045.67891,W,310"), (0x15, "12.25C"),
    )  # fmt: skip
    header = settled(written("OLD_MILL_20270501_200000.wav", wav(own=body)), PARIS)
    assert (start_of(header), header.start_source) == ("2027-05-01T23:30:00.25Z", "wamd")
    assert (header.serial, header.position) == ("SMA01234", (-12.34567, -45.67891))
    assert header.serials == ["SMA01234", "OLD_MILL"]
    assert (header.model, header.firmware, header.temperature_c) == ("SM4", "2.3.1", 12.25)
    assert header.warnings == []


def test_the_tags_of_a_flac_file_are_read(written: Written) -> None:
    content = flac(
        "RecordingStart=2027-05-01T20:00:00+10:00", "SensorUid=9041", "SENSORLOCATION=-27.3888 +152.8808"
    )
    header = settled(written("20270501T200000+1000_REC.flac", content), PARIS)
    assert (start_of(header), header.start_source) == ("2027-05-01T10:00:00Z", "tags")
    assert (header.serial, header.position, header.warnings) == ("9041", (-27.3888, 152.8808), [])


def test_a_comment_survives_the_way_from_wav_to_flac(written: Written) -> None:
    info = chunk(b"LIST", b"INFO" + chunk(b"ICMT", COMMENT.encode() + b"\0"))
    for content in (flac(f"COMMENT={COMMENT}"), flac(kept=info)):
        header = settled(written("x.flac", content))
        assert (start_of(header), header.start_source) == ("2027-05-01T18:00:00Z", "icmt")
        assert header.serial == "24E144055E080032"


def test_bext_is_believed_last(written: Written) -> None:
    content = wav(origination=("2027-05-01", "20:00:00"))
    header = settled(written("talk.wav", content), PARIS)
    assert (start_of(header), header.start_source) == ("2027-05-01T18:00:00Z", "bext")
    header = settled(written("MILL_20270501_210000.wav", content), PARIS)
    assert (start_of(header), header.start_source) == ("2027-05-01T19:00:00Z", "filename")
    assert "start_disagrees" in header.warnings[-1]


ZONED = "Timestamp: 2027-05-01T20:00:00+02:00"
BARE = "Timestamp: 2027-05-01T20:00:00"
WAMD_ZONED, WAMD_BARE = wamd((5, "2027-05-01 20:00:01+02:00")), wamd((5, "2027-05-01 20:00:01"))


@pytest.mark.parametrize(
    ("name", "content", "source", "start"),
    [  # 20:00 +02:00 is 18:00Z; in Paris 20:00 is 18:00Z too
        ("M_20270501_200000.wav", wav(COMMENT, ZONED, WAMD_ZONED), "guano", "2027-05-01T18:00:00Z"),
        ("M_20270501_200000.wav", wav(COMMENT, BARE, WAMD_ZONED), "wamd", "2027-05-01T18:00:01Z"),
        ("M_20270501_200000.wav", wav(COMMENT, BARE, WAMD_BARE), "icmt", "2027-05-01T18:00:00Z"),
        ("M_20270501_180002Z.wav", wav("", BARE, WAMD_BARE), "filename", "2027-05-01T18:00:02Z"),
        ("M_20270501_200000.wav", wav("", BARE, WAMD_BARE), "guano", "2027-05-01T18:00:00Z"),
        ("M_20270501_200000.wav", wav("", "", WAMD_BARE), "wamd", "2027-05-01T18:00:01Z"),
        ("M_20270501_200000.wav", wav(), "filename", "2027-05-01T18:00:00Z"),
    ],
)
def test_the_first_with_a_zone_counts_else_the_first(
    name: str, content: bytes, source: str, start: str, written: Written
) -> None:
    header = settled(written(name, content), PARIS)
    assert (header.start_source, start_of(header)) == (source, start)
    assert not any("_disagrees" in warning for warning in header.warnings)


@pytest.mark.parametrize(
    ("name", "disagrees"),
    [
        ("20270501_180000.WAV", False),  # the name is in UTC
        ("20270501_200000T.WAV", False),  # the name is local
        ("20270501_210000+0300.WAV", False),  # the same instant, elsewhere
        ("20270501_190000.WAV", True),
        ("SITE-A_20260501_200000.WAV", True),
        ("20270501_200000Z.WAV", True),  # the same wall time in two stated zones
        ("no stamp.WAV", False),
    ],
)
def test_header_and_file_name_that_disagree_are_reported(
    name: str, disagrees: bool, written: Written
) -> None:
    header = settled(written(name, wav(COMMENT)))
    assert (start_of(header), header.start_source) == ("2027-05-01T18:00:00Z", "icmt")
    assert any(warning.startswith("start_disagrees") for warning in header.warnings) == disagrees


def test_two_recorders_or_two_places_in_one_header_are_reported(written: Written) -> None:
    guano = "Serial: SMA01234\nLoc Position: 50.0 14.0"
    body = wamd((2, "SMA05678"), (6, "WGS84,50.01,N,14.0,E"))
    header = settled(written("x.wav", wav(guano=guano, own=body)))
    assert (header.serial, header.position) == ("SMA01234", (50.0, 14.0))
    assert [warning.partition(":")[0] for warning in header.warnings] == [
        "serial_disagrees",
        "position_disagrees",
    ]


def test_a_broken_guano_line_does_not_take_the_others_with_it(written: Written) -> None:
    guano = (
        "GUANO|Version: 1.0\nno colon here\nTimestamp: 2027-05-01T20:00:00+9900\nMake: X\nLoc Position: a b"
    )
    header = settled(written("x.wav", wav(guano=guano)))
    assert (header.make, header.start) == ("X", None)
    assert any("guano_line_unreadable" in warning for warning in header.warnings)


def test_a_stated_zone_is_never_replaced_even_where_it_cannot_be_read(written: Written) -> None:
    for name, content in (
        ("MILL_20270501_200000.wav", wav(guano="Timestamp: 2027-05-01T20:00:00+9900")),
        ("MILL_20270501_200000.wav", wav(COMMENT.replace("UTC+2", "CEST"))),
        ("MILL_20270501_200000CEST.wav", wav(guano=BARE)),
    ):
        header = settled(written(name, content), PARIS)
        assert header.start is None
        assert header.reason
    zoned = settled(
        written("MILL_20270501_180000Z.wav", wav(guano="Timestamp: 2027-05-01T20:00:00+9900")), PARIS
    )
    assert start_of(zoned) == "2027-05-01T18:00:00Z"


@pytest.mark.parametrize(
    ("name", "content", "start"),
    [
        ("MILL_20270501_200000Z.wav", wav(), "2027-05-01T20:00:00Z"),
        ("MILL_20270501_200000+1000.wav", wav(), "2027-05-01T10:00:00Z"),
        ("OLD_MILL_20270501_200000.wav", wav(), "2027-05-01T11:00:00Z"),  # Tokyo is nine hours ahead
        ("OLD_MILL_20270501_200000Z.wav", wav(), "2027-05-01T20:00:00Z"),
        ("OLD_MILL_0+1_20270501$200000.wav", wav(), "2027-05-01T11:00:00Z"),
        ("x_20270501_200000.wav", wav(own=wamd((4, "OLD_MILL"))), "2027-05-01T11:00:00Z"),
        ("OLD_MILL_20270501_200000.wav", wav(guano="Serial: SMA09999"), "2027-05-02T01:00:00Z"),  # Lima, -5
        ("MILL_20270501_200000.wav", wav(), "2027-05-01T18:00:00Z"),  # no device: --zone
    ],
)
def test_the_device_s_zone_is_asked_only_where_the_file_states_none(
    name: str, content: bytes, start: str, written: Written
) -> None:
    bearings = Bearings(territory=PLACE, zone=parse_zone("Europe/Paris"))
    assert start_of(settled(written(name, content), bearings)) == start


def test_a_clock_that_was_never_set_says_no_time_and_the_next_source_is_asked(written: Written) -> None:
    never = COMMENT.replace("2027", "1970")
    header = settled(written("x.wav", wav(never)))
    assert (header.start, header.start_source) == (None, "none")
    assert "never set" in header.reason
    assert "clock_implausible" in header.warnings
    header = settled(written("x_20270501_200000Z.wav", wav(never)))
    assert (start_of(header), header.start_source) == ("2027-05-01T20:00:00Z", "filename")
    assert "clock_implausible" in header.warnings


def test_a_time_without_zone_stays_without_start(written: Written) -> None:
    header = settled(written("MILL_20270501_200000.wav", wav()))
    assert (header.start, header.local_time) == (None, "2027-05-01T20:00:00")
    assert "time_without_zone" in header.warnings
    assert "no zone" in header.reason


@pytest.mark.parametrize(
    "text", ["20:00:00 01/17/2027 (UTC)", "25:61:00 01/05/2027 (UTC+2)", "20:00:00 31/02/2027"]
)
def test_a_time_that_no_calendar_knows_is_reported(text: str, written: Written) -> None:
    comment = f"Recorded at {text} by AudioMoth 24E144055E080032 at medium gain while battery was 4.2V."
    header = settled(written("20270501_200000.wav", wav(comment)))
    assert header.start is None
    assert any(warning.startswith("time_unreadable") for warning in header.warnings)


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(
        st.builds(
            "{}: {}".format,
            st.sampled_from(["Timestamp", "Loc Position", "TE", "Length", "Note", "A|B", "", "|"]),
            st.text(max_size=30),
        ),
        max_size=6,
    )
)
def test_any_guano_is_answered(lines: list[str]) -> None:
    fields, _ = parse_guano("\n".join(lines))
    assert all(fields.values())


@given(st.binary(max_size=200))
def test_any_wamd_and_any_tags_are_answered(body: bytes) -> None:
    assert all(parse_wamd(body).values())
    assert all(parse_tags(body).values())


def test_what_is_cut_off_is_left_out() -> None:
    body = wamd((1, "SM4"), (5, "2027-05-01 20:00:00Z"))
    assert parse_wamd(body[:-1]) == {"model": "SM4"}
    tags = (
        struct.pack("<I", 0)
        + struct.pack("<I", 2)
        + struct.pack("<I", 3)
        + b"A=1"
        + struct.pack("<I", 9)
        + b"B=2"
    )
    assert parse_tags(tags) == {"A": "1"}
