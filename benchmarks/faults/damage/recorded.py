"""One whole file of each kind that a replay reads, after what the programs write; the values are made up.

``SAMPLES`` (``recorded.toml``): kind -> (name of the file, its bytes).  ``databases`` makes those of SQLite.
``place`` is a territory with a device for each.  Sources of the shapes: docs/devices.md.
"""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

from contract.places import Device, Site, Territory, Zone

SAMPLES: dict[str, tuple[str, bytes]] = {
    kind: (one["name"], one["text"].encode())
    for kind, one in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}


def place() -> Territory:
    """A device for each sample: ``mast`` for those that name nobody."""
    return Territory(
        id="t",
        zones=(Zone(id="z", arm="control", land_use="forestry"),),
        sites=(Site(id="s", zone="z", latitude=46.5, longitude=1.5),),
        devices=(
            Device(id="mast", site="s", sensors=("weather", "soil", "acoustic"), timezone="Europe/Paris"),
            Device(id="woo", site="s", sensors=("acoustic",), serial="WOO", timezone="Europe/Paris"),
            Device(id="blain", site="s", sensors=("weather",), serial="44015001"),
            Device(id="sm4", site="s", sensors=("acoustic",), serial="S4A03895", timezone="Europe/Paris"),
        ),
    )


def databases(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Likewise, of weewx and of BirdNET-Pi."""
    weewx, birds = folder / "weewx.sdb", folder / "birds.db"
    with closing(sqlite3.connect(weewx)) as base, base:
        base.execute(
            "CREATE TABLE archive (dateTime INTEGER NOT NULL PRIMARY KEY, usUnits INTEGER NOT NULL,"
            " interval INTEGER NOT NULL, outTemp REAL, pressure REAL, windSpeed REAL, rain REAL, kelp REAL)"
        )
        base.executemany("INSERT INTO archive VALUES (?, 1, 10, 50, 29.92, 10, 0.1, NULL)",
                         [(1_777_636_800 + 600 * number,) for number in range(40)])  # fmt: skip
    with closing(sqlite3.connect(birds)) as base, base:
        base.execute(
            "CREATE TABLE detections (Date DATE, Time TIME, Sci_Name VARCHAR(100) NOT NULL, Com_Name"
            " VARCHAR(100) NOT NULL, Confidence FLOAT, Lat FLOAT, Lon FLOAT, Cutoff FLOAT, Week INT,"
            " Sens FLOAT, Overlap FLOAT, File_Name VARCHAR(100) NOT NULL)"
        )
        base.executemany("INSERT INTO detections VALUES ('2026-05-14', ?, 'Turdus merula', 'Merle noir',"
                         " 0.92, 46.6, 6.1, 0.7, 18, 1.25, 0, 'x.wav')",
                         [(f"05:{number:02}:03",) for number in range(40)])  # fmt: skip
    return {
        "weewx": (weewx.name, weewx.read_bytes()),
        "birdnet-pi-database": (birds.name, birds.read_bytes()),
    }
