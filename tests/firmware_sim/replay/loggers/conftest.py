"""A territory, and one way to read a file into rows that can be compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.instant import format_instant
from contract.places import Device, Site, Territory, Zone
from contract.reading import Readings
from contract.values import values_of
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.reader import Findings, Question

PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=46.5, longitude=1.5),),
    devices=(
        Device(id="mast", site="s", sensors=("weather", "soil"), timezone="UTC+1"),
        Device(id="paris", site="s", sensors=("weather",), timezone="Europe/Paris"),
        Device(id="probe", site="s", sensors=("soil",), timezone="UTC"),
        Device(id="blain", site="s", sensors=("weather",), serial="44015001"),
        Device(id="sm4", site="s", sensors=("acoustic",), serial="S4A03895", timezone="Europe/Paris"),
    ),
)


@dataclass(frozen=True)
class Told:
    """What came out of a file: (quantity, time) -> (value, period [s], method, depth [m])."""

    values: dict[tuple[str, str], tuple[object, ...]]
    findings: Findings
    reader: str

    def at(self, quantity: str, time: str) -> object:
        """The value, or None."""
        row = self.values.get((quantity, time))
        return None if row is None else row[0]

    @property
    def quantities(self) -> set[str]:
        """All that were read."""
        return {quantity for quantity, _ in self.values}

    @property
    def said(self) -> str:
        """Everything that was noted or wrong."""
        return "\n".join([*self.findings.notes, *self.findings.problems])


@pytest.fixture
def told() -> Callable[..., Told]:
    """``told(path, "mast")``: the file as that device's."""

    def read(path: Path, device: str | None = "mast") -> Told:
        (source,) = discover([path], known_maps())
        findings = Findings()
        given = None if device is None else ("s", device)
        rows: dict[tuple[str, str], tuple[object, ...]] = {}
        for number, outgoing in enumerate(source.open(Question(PLACE, given), findings), 1):
            message = decode(outgoing.payload)
            assert (message.boot, message.seq) == (outgoing.boot, outgoing.seq)
            if isinstance(message, Readings) and device is not None:
                assert message.seq == number
                assert outgoing.readings == len(message.readings)
            for row in values_of(message):
                key = (str(row["quantity"]), str(row["time"] or format_instant(0)))
                found = (row["value"], row["period_s"], row["method"], row["depth_m"])
                assert key not in rows or row["depth_m"] != rows[key][3] or row["method"] != rows[key][2]
                rows.setdefault(key, found)
        return Told(rows, findings, source.reader.name if source.reader else "")

    return read
