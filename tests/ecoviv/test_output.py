"""What the commands print, as a pipe and as terminals of 80 and 40 letters get it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from contract.batch import BatchHeader, Record
from contract.instant import SECOND, parse_instant, to_datetime
from contract.reading import Flag, Reading, Readings
from contract.wire import encode
from ingest.store import open_store
from ingest.values import Arrival

ROOT = Path(__file__).resolve().parents[2]
LONG = "t" * 120
SITE, DEVICE, GATEWAY = (
    "meadow-" + "s" * 20,
    "soil-probe-" + "d" * 20,
    "gateway-of-the-upper-valley-" + "g" * 8,
)
START = parse_instant("2026-05-01T12:00:00Z")
TERRITORY = f"""\
[territory]
id = "farm"
zones = [{{id = "meadow", arm = "control", land_use = "agriculture"}}]
sites = [{{id = "{SITE}", zone = "meadow", latitude = 45, longitude = 3}}]
devices = [{{id = "{DEVICE}", site = "{SITE}", sensors = ["weather"]}}]
"""


def environment(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", **more}


def piped(cwd: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecoviv", *words],
        cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def on_terminal(cwd: Path, columns: int, *words: str) -> str:
    """What a terminal ``columns`` letters wide gets, stdout and stderr, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-m", "ecoviv", *words]
    running = subprocess.Popen(
        command, cwd=cwd, env=environment(TERM="xterm"), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    got = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the last writer has closed the terminal
            break
        if not piece:
            break
        got += piece
    os.close(ours)
    assert running.wait(60) in (0, 1)
    return re.sub(r"\x1b\[[0-9;]*m", "", got.decode()).replace("\r\n", "\n")


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A folder with a territory of long ids and a store that heard from it, and from a liar."""
    (tmp_path / "territory.toml").write_text(TERRITORY)
    store = open_store(f"sqlite:{tmp_path / 'store.db'}")
    said = Readings(
        site=SITE, device=DEVICE, boot="b" * 30, seq=1, time=to_datetime(START),
        readings=(Reading(quantity="air_temperature", value=12.3456),),
    )  # fmt: skip
    lie = Record(12345, START + SECOND, "a/\x1b[2J[red]b", "", b"\x1b]0;owned\x07 [bold]")
    arrivals = [
        Arrival(Record(1, START, f"ecoviv/1/{SITE}/{DEVICE}/readings", "", encode(said)), said, "", Flag(0)),
        Arrival(lie, None, "not \x1b[31m\u202eJSON", Flag(0)),
    ]
    store.commit(GATEWAY, "readings", BatchHeader(epoch="0" * 16, highest=12345, records=2), arrivals)
    store.close()
    return tmp_path


FAILING = (
    "up {folder}/absent.toml",
    "query --territory {folder}/absent.toml --store sqlite:{folder}/absent.db",
    "demo --out {folder}",
    "ingest ledger --store sqlite:{folder}/absent.db",
    "ingest export --store {folder}/territory.toml",
    "gateway status --state {folder}/absent",
    "gateway doctor --territory {folder}/absent.toml",
    "plan freeze {folder}/absent.toml",
    "verdict verify {folder}/absent.jsonl",
    "init {folder}/territory.toml/inner",
    "replay {folder}/absent --territory {folder}/absent.toml",
    "demo --no-such-option-{folder}",
    "no-such-command-{folder}",
    "gateway {folder}",
    "plan init",
)


@pytest.mark.parametrize("command", FAILING)
def test_an_error_is_one_line_and_its_remedy_another(tmp_path: Path, command: str) -> None:
    """However long the path, and whatever the width that the shell last saw."""
    folder = tmp_path / LONG
    folder.mkdir()
    (folder / "territory.toml").write_text("kept")
    words = command.format(folder=folder).split()
    done = piped(tmp_path, *words, COLUMNS="40", TMPDIR=str(folder))
    assert done.returncode != 0
    message, remedy = done.stderr.splitlines()
    assert remedy.startswith("Next: ")
    if "{folder}" in command:
        assert str(folder) in message + remedy
    assert "\x1b" not in done.stderr
    assert "─" not in done.stderr


def test_a_file_that_cannot_be_measured_is_one_line(tmp_path: Path) -> None:
    done = piped(tmp_path, "indices", str(tmp_path / LONG / "absent.wav"), COLUMNS="40")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / LONG / "absent.wav") in line


def test_paths_and_json_are_one_line(station: Path) -> None:
    out = station / LONG / "page.html"
    out.parent.mkdir()
    done = piped(station, "report", "--out", str(out), COLUMNS="40")
    assert done.stdout == f"{out}\n"
    assert done.stderr.splitlines() == [
        "Using the territory territory.toml; --territory or ECOVIV_TERRITORY names another",
        "Using the store store.db; --store or ECOVIV_STORE names another",
    ]
    for words in (("query",), ("ingest", "ledger"), ("ingest", "unreadable", "list")):
        printed = piped(station, *words, "--json", COLUMNS="40").stdout
        assert printed.count("\n") == 1
        json.loads(printed)
        assert "\x1b" not in printed


def test_the_environment_names_store_and_territory(
    station: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    apart = tmp_path_factory.mktemp("apart")
    names = {"ECOVIV_STORE": f"sqlite:{station}/store.db", "ECOVIV_TERRITORY": f"{station}/territory.toml"}
    done = piped(apart, "query", "--csv", **names)
    assert done.stdout.splitlines()[1].startswith(f"{SITE},{DEVICE},air_temperature")
    assert done.stderr == ""
    assert piped(apart, "query").returncode == 3


@pytest.mark.parametrize("columns", [200, 80, 40])
@pytest.mark.parametrize(
    ("command", "whole"),
    [
        ("query", (SITE, "air_temperature", "12.3456")),
        ("query --by hour", (SITE, DEVICE, "12.3456")),
        ("ingest ledger", (GATEWAY, "12343")),
        ("ingest unreadable list", ("1",)),
        ("indicators list", ("species-detection-rate@2", "growing-degree-days@1")),
        ("indicators compute --indicator growing-degree-days", ("growing-degree-days",)),
    ],
)
def test_ids_and_numbers_are_whole_on_every_terminal(
    station: Path, command: str, whole: tuple[str, ...], columns: int
) -> None:
    """12343 are missing: 12345 sent, 2 stored."""
    shown = on_terminal(station, columns, *command.split())
    for word in whole:
        assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", shown), shown
    assert "…" not in shown
    table = [line for line in shown.splitlines() if line[:1] in "┏┃┡│└┌"]
    assert all(len(line) <= columns for line in table if line)


def test_what_is_left_out_on_a_narrow_terminal_is_said(station: Path) -> None:
    assert "Left out for want of room: epoch" in on_terminal(station, 80, "ingest", "ledger")
    assert "Left out" not in on_terminal(station, 200, "ingest", "ledger")
    assert "Left out" not in piped(station, "ingest", "ledger", COLUMNS="40").stderr


@pytest.mark.parametrize("columns", [200, 40])
def test_a_message_from_outside_does_not_speak_to_the_terminal(station: Path, columns: int) -> None:
    shown = on_terminal(station, columns, "ingest", "unreadable", "list")
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert r"\x1b[31m\u202eJSON" in shown
    if columns == 200:
        assert r"a/\x1b[2J[red]b" in shown


LINES = ("indicators list", "indices explain ACI", "query --json", "query --csv", "ingest export", "query")


@pytest.mark.parametrize("command", LINES)
def test_a_reader_of_the_first_line_is_no_failure(station: Path, command: str) -> None:
    pipe = f"{sys.executable} -m ecoviv {command} | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", pipe], cwd=station, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_an_error_that_nobody_reads_keeps_its_exit_code(tmp_path: Path) -> None:
    command = f"{sys.executable} -m ecoviv up absent.toml 2>&1 | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment(), timeout=60)
    assert done.returncode == 3


def test_a_terminal_without_unicode_gets_escapes_and_no_traceback(station: Path) -> None:
    done = piped(station, "query", "--by", "hour", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "12.3456" in done.stdout


@pytest.mark.parametrize("answer", [None, b"", b"no http\r\n"])
@pytest.mark.parametrize("api", ["", "&api=1"])
def test_making_a_store_on_a_dead_server_ends_with_4(tmp_path: Path, answer: bytes | None, api: str) -> None:
    """Nobody listens, somebody hangs up, somebody speaks another language."""
    pytest.importorskip("influxdb_client", reason="needs the extra [ingest]")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if answer is None:
            server.close()
        command = ["ingest", "init", "--store", f"influxdb:http://127.0.0.1:{port}/b?org=o&journal=j.db{api}"]
        running = subprocess.Popen(
            [sys.executable, "-m", "ecoviv", *command],
            cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        server_answers(server, running, answer)
    assert running.stderr is not None
    said = running.stderr.read()
    running.stderr.close()
    assert running.wait(60) == 4, said
    assert "does not answer" in said
    assert "Traceback" not in said


def server_answers(server: socket.socket, running: subprocess.Popen[str], answer: bytes | None) -> None:
    """Take every connection, say ``answer`` and hang up, until the program has ended."""
    if answer is None:
        running.wait(60)
        return
    server.settimeout(0.2)
    while running.poll() is None:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        with connection:
            connection.sendall(answer)
