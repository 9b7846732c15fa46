"""``ecoviv device check``: our clients hold every rule; one with a planted fault fails its row alone."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.check.rows import RULES
from tests.examples.sensors import FIRMWARE, PLACE, build, micropython, why_not_built

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 8

FAULTS: dict[str, tuple[str, str, str]] = {
    "speaks": ("payload, 1, false", "payload, 0, false", "it publishes at QoS 0"),
    "readable": (
        "kind, site, device, boot, (unsigned",
        "kind, site, site, boot, (unsigned",
        "its messages name another device than its topic",
    ),
    "numbers": ("begin = now_ms", "seq = 1, begin = now_ms", "it begins to count at 2"),
    "moment": ('"seq\\":%llu%s,\\"uptime_ms\\":', '"seq\\":%llu%s,\\"uptime\\":', "it says no uptime"),
    "keeps": (
        "    if (reason >= 128)",
        "    if (queue.count)\n        evq_let_go(&queue, 0);\n    if (reason >= 128)",
        "it forgets after the broker's PUBACK",
    ),
    "time": ("rest && sent && now - sent < FRESH", "rest", "it takes the time of any receipt"),
    "refused": ('fprintf(stderr, "refused %s\\n", refused);', "return;", "it ignores what is refused"),
    "boot": ('"p%016llx", (unsigned long long)random', '"p1"', "it counts again without a new boot"),
    "backlog": ("if (evq_open(", "if (unlink(path) > 9 || evq_open(", "it forgets when it restarts"),
    "broker": (
        "        mosquitto_subscribe_v5(line, NULL, receipts,",
        "        connection++ ? (void)(connected = 1) : (void)mosquitto_subscribe_v5(line, NULL, receipts,",
        "it listens to receipts on its first connection only",
    ),
    "new card": ("return lowest->seq > spooled + 1 ?", "return 0 ?", "it never says floor"),
    "retained": ("payload, 1, false", "payload, 1, true", "it retains what it says"),
}  # fmt: skip
"""The row that fails → what is replaced in the client's source, by what, and the fault that this is."""
_SHORT = ("keeps", "boot", "new card")
TRIED = tuple(FAULTS) if os.environ.get("ECOVIV_TEST_ALL_FAULTS") else _SHORT
"""Each takes twenty seconds of waiting: three of them as a rule, all where that is asked for."""


def checked(command: str) -> tuple[int, dict[str, Any]]:
    """Exit code and printed object of ``ecoviv device check`` on a broker of its own."""
    words = ["device", "check", "/".join(PLACE), "--run", command, "--wait", str(WAIT_S), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ecoviv", *words], cwd=ROOT, capture_output=True, timeout=280
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def wrong(said: dict[str, Any]) -> set[str]:
    return {row["row"] for row in said["rows"] if row["passed"] is False}


def faulty(row: str, folder: Path) -> Path:
    """The C client with one fault."""
    old, new, _ = FAULTS[row]
    shutil.copytree(FIRMWARE / "posix", folder)
    source = folder / "sensor.c"
    text = source.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the client"
    source.write_text(text.replace(old, new))
    return build(folder, "-Wno-unused", sources=folder)


@pytest.fixture(scope="module")
def results(
    mosquitto: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, dict[str, Any]]]:
    """Row → what the check says of a client with that fault; "" → of the client as it is."""
    if reason := why_not_built():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("faults")
    programs = {"": build(folder)} | {row: faulty(row, folder / row.replace(" ", "-")) for row in TRIED}
    site, device = PLACE
    commands = {
        row: f"{program} -p {{port}} -s {site} -d {device} -q {program}.queue -e 150 -r 500"
        for row, program in programs.items()
    }
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(commands, pool.map(checked, commands.values()), strict=True))


def test_our_posix_client_holds_every_rule(results: dict[str, tuple[int, dict[str, Any]]]) -> None:
    code, said = results[""]
    assert code == 0, said
    assert {row["row"]: row["passed"] for row in said["rows"]} == dict.fromkeys(RULES, True)


def test_our_micropython_client_holds_every_rule(mosquitto: None, tmp_path: Path) -> None:
    client = micropython(health_ms=150, silence_ms=500, clock="")
    words = ["{port}" if word == "0" else word for word in client(0, tmp_path / "queue")]
    code, said = checked(shlex.join(words))
    assert code == 0, said
    assert {row["row"]: row["passed"] for row in said["rows"]} == dict.fromkeys(RULES, True)


@pytest.mark.parametrize("row", TRIED)
def test_a_fault_fails_its_row_alone(row: str, results: dict[str, tuple[int, dict[str, Any]]]) -> None:
    code, said = results[row]
    assert (wrong(said), code) == ({row}, 1), said
    [step] = [one["next"] for one in said["rows"] if one["row"] == row]
    assert step == RULES[row][1]
