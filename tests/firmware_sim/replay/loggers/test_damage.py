"""Whatever a card does to a file: no undeclared exception, and what is lost is said."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.errors import EcoVivError
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE

SAMPLES = {
    "toa5.dat": (
        '"TOA5","N1","CR1000","E1","S","P","1","Hourly"\n"TIMESTAMP","RECORD","AirTC_Avg","Rain_Tot"\n'
        '"TS","RN","Deg C","mm"\n"","","Avg","Tot"\n'
        '"2026-05-13 23:00:00",1,10.4,0\n"2026-05-14 00:00:00",2,"NAN",0\n'
    ),
    "zl6.csv": (
        "z6-1,Port1,Port1\n2 records,TEROS 11,TEROS 11\n"
        "Timestamps, m³/m³ Water Content, °C Soil Temperature\n"
        "08/23/2024 11:45:00 PM,0.25,18\n08/24/2024 12:00:00 AM,0.25,18\n"
    ),
    "H_44.csv": "NUM_POSTE;AAAAMMJJHH;RR1;QRR1;T;GLO\n44015001;2024010100;0.8;1;6.8;250\n",
    "weewx.csv": "dateTime,usUnits,interval,outTemp,rain\n1777636800,16,10,11.5,0.02\n",
    "gw.csv": (
        "Time,Timestamp,Outdoor Temperature(℃),Outdoor Humidity(%),Wind(m/s)\n"
        "2026-05-01 14:00,1777636800,9,80,1\n"
    ),
    "wl.csv": (
        '"x"\n"Date & Time","Temp - °F","Hum - %"\n'
        '"5/13/26 11:45 PM","50","84"\n"5/14/26 12:00 AM","50","84"\n'
    ),
    "davis.txt": (
        "\t\tTemp\tOut\tWind\tHi\tWind\t\tRain\tArc.\n"
        "Date\tTime\tOut\tHum\tSpeed\tSpeed\tDir\tBar\tRate\tInt.\n"
        "13/05/26\t11:45p\t10.4\t84\t18\t36\tSSW\t1013\t0\t15\n"
    ),
    "S4A03895_Summary.txt": (
        "DATE,TIME,LAT,,LON,,POWER(V),TEMP(C),#FILES\n2026-May-14,05:00:00,46.5,S,1.4,w,5.9,12.2,3\n"
    ),
    "CONFIG.TXT": (
        "Device ID : 24F3190361DA3578\nFirmware : AudioMoth-Firmware-Basic (1.8.0)\n"
        "Recording period 1 : 08:00 - 11:00\n"
    ),
}
ROUNDS = 60


OWN = {"H_44.csv": "blain", "S4A03895_Summary.txt": "sm4"}
"""Samples that name a serial of the territory: nobody may say that they are another's."""


def sent(path: Path, device: str = "mast") -> tuple[int, Findings]:
    (source,) = discover([path], known_maps())
    findings = Findings()
    return sum(
        1 for one in source.open(Question(PLACE, ("s", device)), findings) if decode(one.payload)
    ), findings


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_itself_is_read_without_a_problem(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(SAMPLES[name])
    count, findings = sent(path, OWN.get(name, "mast"))
    assert findings.problems == []
    assert count >= (0 if name == "CONFIG.TXT" else 1)


def torn(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place]


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def spliced(content: bytes, chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(content)) for _ in range(2))
    odd = chance.choice(
        [b"", b"\x00" * 9, b"9" * 400, b"\n", b'"', b"1e999", b"inf", "−5".encode(), b";", b"nan"]
    )
    return content[:a] + odd + content[b:]


@pytest.mark.parametrize("damage", [torn, flipped, spliced], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_file_never_ends_in_an_undeclared_exception(
    name: str, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    chance = random.Random(f"{name} {damage.__name__}")
    path = tmp_path / name
    for _ in range(ROUNDS):
        path.write_bytes(damage(SAMPLES[name].encode(), chance))
        try:
            count, findings = sent(path)
        except EcoVivError:
            continue
        assert count or findings.unread or findings.notes
