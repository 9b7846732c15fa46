"""Files of detections as programs write them, values ours, and what a reader makes of one."""

from __future__ import annotations

import sqlite3
import wave
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from contract.instant import parse_zone
from contract.places import Device, Site, Territory, Zone
from contract.reading import Detections
from contract.values import Row, values_of
from contract.wire import decode
from firmware_sim.replay.readers.detections.detections import detections_reader
from firmware_sim.replay.readers.detections.told import Told
from firmware_sim.replay.readers.reader import Findings, Question

BIRDNET = Told(model=("BirdNET", "2.4"), threshold=0.1)
PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=46.6, longitude=6.1),),
    devices=(
        Device(id="woo", site="s", sensors=("acoustic",), serial="WOO", timezone="Europe/Paris"),
        Device(id="far", site="s", sensors=("acoustic",), serial="FAR", timezone="UTC"),
    ),
)
CSV = "Start (s),End (s),Scientific name,Common name,Confidence,File\n"
RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one file."""

    messages: tuple[Detections, ...]
    findings: Findings

    @property
    def rows(self) -> list[Row]:
        return [row for message in self.messages for row in values_of(message)]

    @property
    def brief(self) -> list[tuple[object, ...]]:
        """(taxon, score, time, duration) of each."""
        return [(row["taxon"], row["score"], row["time"], row["duration_s"]) for row in self.rows]

    @property
    def efforts(self) -> list[float]:
        return [message.excerpt.valid_s for message in self.messages]


def sound(path: Path, seconds: float) -> Path:
    """Silence, 8 kHz."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(2 * round(8_000 * seconds)))
    return path


def read(path: Path, told: Told = BIRDNET, **more: object) -> Answer:
    """By the reader that the file's content chooses."""
    asked = {"territory": PLACE, "told": told} | more
    question, findings = Question(**asked), Findings()  # type: ignore[arg-type]
    reader = detections_reader(path)
    assert reader is not None, f"nobody knows {path.name}"
    messages = []
    for seq, outgoing in enumerate(reader.read(path, question, findings), 1):
        message = decode(outgoing.payload)
        assert isinstance(message, Detections)
        assert (outgoing.kind, outgoing.topic) == ("detections", f"ecoviv/1/s/{message.device}/detections")
        assert message.seq == outgoing.seq >= 1
        assert len([m for m in messages if m.device == message.device]) == seq - 1 or message.seq < seq
        messages.append(message)
    return Answer(tuple(messages), findings)


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_text(content, encoding=encoding)
    return path


PI = (
    "CREATE TABLE detections (Date DATE, Time TIME, Sci_Name VARCHAR(100) NOT NULL,"
    " Com_Name VARCHAR(100) NOT NULL, Confidence FLOAT, Lat FLOAT, Lon FLOAT, Cutoff FLOAT, Week INT,"
    " Sens FLOAT, Overlap FLOAT, File_Name VARCHAR(100) NOT NULL)"
)


def station_database(path: Path, *rows: tuple[object, ...]) -> Path:
    """BirdNET-Pi's ``birds.db``."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(PI)
        base.executemany(f"INSERT INTO detections VALUES ({','.join('?' * 12)})", rows)
    return path


PARIS = parse_zone("Europe/Paris")
