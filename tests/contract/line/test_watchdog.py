"""systemd hears that a service is ready, alive and leaving."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from contract.instant import SECOND
from contract.line.watchdog import Watchdog
from contract.testing.fixed_clock import FixedClock


def test_systemd_hears_ready_and_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of such a socket has 107 letters at most
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("notify")
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        clock = FixedClock(0)
        watchdog = Watchdog(clock)
        watchdog.ready()
        for _ in range(25):
            watchdog.alive()
            clock.advance(SECOND)
        watchdog.stopping()
        systemd.setblocking(False)
        heard = [systemd.recv(64) for _ in range(5)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]
