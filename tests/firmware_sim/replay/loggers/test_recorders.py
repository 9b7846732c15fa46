"""Song Meter summaries are health; AudioMoth's CONFIG.TXT says how it was set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.reading import Health
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.loggers.recorders import planned
from firmware_sim.replay.readers.reader import Findings, Question, UnknownOwner
from tests.firmware_sim.replay.loggers.conftest import PLACE, Told

Read = Callable[..., Told]
CASE = Path(__file__).resolve().parents[5] / "shared" / "cases" / "formats" / "SM3_Summary.txt"
HEAD = "DATE,TIME,LAT,,LON,,POWER(V),TEMP(C),#FILES,MIC0 TYPE,MIC1 TYPE\n"


def test_a_row_of_a_summary_is_health_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "S4A03895_A_Summary.txt"
    path.write_text(HEAD + " 2026-May-14,05:00:00,46.5010,S,1.4830,w,5.9,12.25,3,WA1,WA1\n2026-May-14,torn\n")
    (source,) = discover([path], known_maps())
    findings = Findings()
    (sent,) = source.open(Question(PLACE), findings)
    message = decode(sent.payload)
    assert isinstance(message, Health)
    assert (message.device, message.battery_voltage, message.temperature) == ("sm4", 5.9, 12.25)
    assert message.text == "position -46.50100 -1.48300; 3 files"
    assert findings.header is not None
    assert findings.header.position == (-46.501, -1.483)
    assert findings.unread == 1


def test_a_recorder_without_a_fix_or_a_thermometer(tmp_path: Path, told: Read) -> None:
    path = tmp_path / "SMM_Summary.txt"
    head = "DATE,TIME,LAT,,LON,,POWER(V),#FILES\n"
    path.write_text(head + "             2024-Mar-08,07:34:00,0.00000,N,0.00000,W,5.0,0\n")
    found = told(path, "paris")
    assert found.values == {("battery_voltage", "2024-03-08T06:34:00Z"): (5.0, 0, "point", None)}
    assert found.findings.header is not None
    assert found.findings.header.position is None


def test_a_summary_beside_recordings_never_stops_them(tmp_path: Path) -> None:
    (tmp_path / "HEDGE_A_Summary.txt").write_text(
        HEAD + "2026-May-14,05:00:00,46.5,N,1.4,E,5.9,12,3,WA1,WA1\n"
    )
    (source,) = discover([tmp_path], known_maps())
    findings = Findings()
    assert list(source.open(Question(PLACE), findings)) == []
    assert "passed over: Nobody knows whose file" in "\n".join(findings.notes)
    assert findings.unread == 0
    (alone,) = discover([tmp_path / "HEDGE_A_Summary.txt"], known_maps())
    with pytest.raises(UnknownOwner, match="HEDGE"):
        list(alone.open(Question(PLACE), Findings()))


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("audiomoth_CONFIG_1.4.4.TXT", "planned: 3 h a day without a break"),  # 08:00 to 11:00
        ("audiomoth_CONFIG_1.8.0.TXT", "planned: 30 s of every 300 s, 2.4 h a day"),  # 24 h x 30 / 300
    ],
)
def test_the_facts_of_a_config_are_said(
    name: str, plan: str, shared_data: Callable[[str], Path], told: Read
) -> None:
    found = told(shared_data(f"payloads/{name}"), None)
    assert found.reader == "audiomoth-config"
    assert plan in found.findings.notes
    assert any(note.startswith("Firmware: AudioMoth-Firmware-Basic") for note in found.findings.notes)
    assert not any("---" in note for note in found.findings.notes)
    assert found.findings.unread == 0


def test_a_schedule_of_the_sun_is_not_counted_and_one_across_midnight_is() -> None:
    assert list(planned({"Recording period 1": "Sunrise - 01:00 before, 01:00 after"})) == []
    night = {"Recording period 1": "22:00 - 04:00 (UTC)", "Recording period 2": "12:00 - 13:00 (UTC)"}
    assert list(planned(night)) == ["planned: 7 h a day without a break"]


def test_the_given_summaries(told: Read, shared_data: Callable[[str], Path]) -> None:
    real = told(shared_data("payloads/songmeter_SM3_Summary.txt"), "sm4")
    assert real.at("battery_voltage", "2021-09-21T15:01:01Z") == 6.4  # 17:01:01 in Paris
    assert len(real.values) == 2 * 40 - 2  # 39 rows below the header
    if CASE.exists():
        found = told(CASE, "sm4")
        time = "2026-05-14T03:00:00Z"
        assert (found.at("battery_voltage", time), found.at("case_temperature", time)) == (5.9, 12.25)
        assert found.findings.header is not None
        assert found.findings.header.position == (46.501, 1.483)
