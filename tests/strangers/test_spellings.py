"""The same files in other spellings, and broken off: the same values, or fewer and said so; never others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.strangers.conftest import Row, Run, territory

STATION: Row = {"id": "d", "sensors": ["weather"], "timezone": "Europe/Paris"}
BIRDNET = ("--model", "BirdNET@2.4", "--threshold", "0.5", "--duration", "60")


class Written(NamedTuple):
    """A file as its program writes it, whose it is, and (what, value, when) of its last row."""

    name: str
    text: str
    device: Row
    last: list[tuple[str, float, str]]
    words: tuple[str, ...] = ()


WRITTEN = [
    Written(
        "hobo-francais.csv",
        "Titre de tracé : haie\n"
        '"N°";"Date Heure, GMT+02:00";"Temp, °C (LGR S/N: 7, SEN S/N: 7)";"HR, % (LGR S/N: 7, SEN S/N: 7)"\n'
        "1;28/05/26 06:00:00;10,25;84,5\n2;28/05/26 06:15:00;10,75;85,25\n",
        STATION,
        [
            ("air_temperature", 10.75, "2026-05-28T04:15:00Z"),
            ("relative_humidity", 85.25, "2026-05-28T04:15:00Z"),
        ],
    ),
    Written(
        "data_94000007_0.csv",
        "1;28.05.2026 06:00;4;9,25;10,25;11,75;1500;202;0;\n"
        "2;28.05.2026 06:15;4;9,50;10,75;11,25;1512;202;0;\n",
        {"id": "d", "sensors": ["soil"], "timezone": "UTC"},
        [
            ("soil_temperature", 9.5, "2026-05-28T06:15:00Z"),
            ("air_temperature", 10.75, "2026-05-28T06:15:00Z"),
            ("air_temperature", 11.25, "2026-05-28T06:15:00Z"),
            ("soil_moisture_count", 1512.0, "2026-05-28T06:15:00Z"),
        ],
    ),
    Written(
        "table.dat",
        '"TOA5","pré","CR300","77","CPU:x","1","Hourly"\n"TIMESTAMP","RECORD","AirT_Avg","Rain_mm_Tot"\n'
        '"TS","RN","Deg C","mm"\n"","","Avg","Tot"\n'
        '"2026-05-28 06:00:00",1,10.25,0.25\n"2026-05-28 07:00:00",2,10.75,12.75\n',
        {"id": "d", "sensors": ["weather"], "timezone": "UTC+1"},
        [
            ("air_temperature", 10.75, "2026-05-28T06:00:00Z"),
            ("precipitation_amount", 12.75, "2026-05-28T06:00:00Z"),
        ],
    ),
    Written(
        "ecowitt.csv",
        "Time;Outdoor Temperature(°C);Outdoor Humidity(%);Solar Rad(w/m2);Wind(m/s)\n"
        "2026/5/28 6:00;10,25;84;0,0;12,25\n2026/5/28 6:05;10,75;85;112,5;11,75\n",
        STATION,
        [
            ("air_temperature", 10.75, "2026-05-28T04:05:00Z"),
            ("relative_humidity", 85.0, "2026-05-28T04:05:00Z"),
            ("shortwave_radiation", 112.5, "2026-05-28T04:05:00Z"),
            ("wind_speed", 11.75, "2026-05-28T04:05:00Z"),
        ],
    ),
    Written(
        "oiseaux.csv",
        "Début (s);Fin (s);Nom scientifique;Nom commun;Fichier;Confiance\n"
        "0,0;3,0;Turdus merula;Merle noir;HAIE_20260528_060000.wav;0,92\n"
        "3,0;6,0;Erithacus rubecula;Rougegorge;HAIE_20260528_060000.wav;0,75\n",
        {"id": "d", "sensors": ["acoustic"], "timezone": "Europe/Paris"},
        [("Erithacus rubecula", 0.75, "2026-05-28T04:00:03Z")],
        BIRDNET,
    ),
]
SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "as written": str.encode,
    "lines of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "a mark of order": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "old Windows": lambda text: text.encode("cp1252"),
    "blanks at the ends": lambda text: text.replace("\n", "  \n").encode(),
    "empty lines": lambda text: (text + "\n\n").encode(),
    "no last end of line": lambda text: text.rstrip("\n").encode(),
}


def replayed(
    run: Run, folder: Path, one: Written, content: bytes
) -> tuple[int, list[tuple[object, ...]], str]:
    """Exit code, (what, value, when), talk."""
    path = folder / one.name
    path.write_bytes(content)
    places = territory(folder, one.device)
    code, said, talk = run("replay", path, "--territory", places, "--as", "s/d", "--dry-run", *one.words)
    found: list[tuple[object, ...]] = [
        (row["taxon"], row["score"], row["time"])
        if "taxon" in row
        else (row["quantity"], row["value"], row["time"])
        for row in said["values"]
    ]
    return code, found, talk


@pytest.mark.parametrize("one", WRITTEN, ids=[one.name for one in WRITTEN])
def test_every_spelling_gives_the_same_values(one: Written, run: Run, tmp_path: Path) -> None:
    _, as_written, _ = replayed(run, tmp_path, one, one.text.encode())
    assert len(as_written) == 2 * len(one.last)
    for name, spelt in SPELLINGS.items():
        code, found, talk = replayed(run, tmp_path, one, spelt(one.text))
        assert code == 0, (name, talk)
        assert found == as_written, name
        assert found[len(one.last) :] == one.last, name


@pytest.mark.parametrize("one", WRITTEN, ids=[one.name for one in WRITTEN])
def test_a_file_broken_off_in_a_row_gives_no_other_value(one: Written, run: Run, tmp_path: Path) -> None:
    """Half a number is a number too: 12.75 cut short is 12, or 1.  It is left, and said."""
    whole = set(replayed(run, tmp_path, one, one.text.encode())[1])
    end = one.text.rstrip("\n")
    last_row = end.rindex("\n") + 1
    separator = "," if one.name == "table.dat" else ";"
    places = [at for at in range(last_row, len(end)) if end[at] == separator]
    for at in places[1:][-3:]:
        for content in (end[: at - 1], end[:at]):
            code, found, talk = replayed(run, tmp_path, one, content.encode())
            assert set(found) <= whole, content[last_row:]
            assert code == 1, content[last_row:]
            assert "ends in the middle of this row" in talk
