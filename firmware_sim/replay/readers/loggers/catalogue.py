"""The kinds of files, in the order in which a file is held against them."""

from __future__ import annotations

from pathlib import Path

from firmware_sim.replay.readers.loggers.ecowitt import Ecowitt
from firmware_sim.replay.readers.loggers.hobo.kind import Hobo
from firmware_sim.replay.readers.loggers.messages import Kind, LoggerReader
from firmware_sim.replay.readers.loggers.meteo_france import MeteoFrance
from firmware_sim.replay.readers.loggers.meter import Meter
from firmware_sim.replay.readers.loggers.recorders import AudioMothConfig, SongMeterSummary
from firmware_sim.replay.readers.loggers.station_file import HEAD_BYTES, decoded
from firmware_sim.replay.readers.loggers.toa5 import Toa5
from firmware_sim.replay.readers.loggers.tomst import looks_like_tomst, tomst_reader
from firmware_sim.replay.readers.loggers.weatherlink import WeatherLinkTable, WeatherLinkText
from firmware_sim.replay.readers.loggers.weewx.database import WeewxDatabase
from firmware_sim.replay.readers.loggers.weewx.table import WeewxImport, WeewxTable
from firmware_sim.replay.readers.reader import Reader

KINDS: tuple[Kind, ...] = (
    Hobo(),
    Toa5(),
    Meter(),
    MeteoFrance(),
    WeewxDatabase(),
    WeewxTable(),
    WeewxImport(),
    WeatherLinkTable(),
    WeatherLinkText(),
    Ecowitt(),
)


def pick_logger(path: Path) -> Reader | None:
    """The reader of the first kind whose whole shape the file has, or None."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    text = decoded(head)
    if looks_like_tomst(text):
        return tomst_reader(path, decoded(path.read_bytes()))
    for companion in (SongMeterSummary(), AudioMothConfig()):
        if companion.fits(text):
            return companion
    for kind in KINDS:
        if kind.fits(path, text):
            return LoggerReader(kind)
    return None
