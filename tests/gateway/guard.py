"""A real Mosquitto with the files that ``enrol`` wrote, on free ports of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from pydantic import SecretStr

from contract.config import BrokerAddress
from contract.line.bus import MqttBus
from ecoviv.station.broker import free_port, mosquitto_path
from ecoviv.station.child import spawn, stop


@dataclass(slots=True)
class Guard:
    """``ports``: by the number that the written file names."""

    folder: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes]
    log: Path

    def plain(self, name: str = "", password: str = "") -> BrokerAddress:
        secret = SecretStr(password) if password else None
        return BrokerAddress(port=self.ports["1883"], username=name, password=secret)

    def tls(self, name: str, password: str) -> BrokerAddress:
        return BrokerAddress(
            port=self.ports["8883"],
            tls=True,
            ca_file=self.folder / "ca.crt",
            username=name,
            password=SecretStr(password),
        )

    def by_certificate(self, certificate: Path, key: Path) -> BrokerAddress:
        return BrokerAddress(
            port=self.ports["8884"],
            tls=True,
            ca_file=self.folder / "ca.crt",
            cert_file=certificate,
            key_file=key,
        )

    def reload(self) -> None:
        """As ``systemctl reload`` does; Mosquitto says so in its log when it has."""
        seen = self.log.read_text().count("Reloading config")
        self.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            if self.log.read_text().count("Reloading config") > seen:
                break
            threading.Event().wait(0.02)
        threading.Event().wait(0.1)

    def stop(self) -> None:
        stop(self.process)


def start_guard(folder: Path, work: Path, *, more: str = "") -> Guard:
    """Start it with ``folder/ecoviv.conf``, its ports exchanged for free ones."""
    program = mosquitto_path()
    if program is None:
        pytest.skip("Debian's mosquitto is not installed")
    ports = {number: free_port() for number in ("1883", "8883", "8884")}
    text = (folder / "ecoviv.conf").read_text()
    for number, port in ports.items():
        bound = "" if number == "1883" else " 127.0.0.1"
        text = text.replace(f"listener {number}", f"listener {port}{bound}")
    text = text.replace("persistence true", "persistence false")
    owner = "user root\n" if os.geteuid() == 0 else ""
    log = work / "mosquitto.log"
    (work / "test.conf").write_text(f"log_dest file {log}\n{more}{text}{owner}pid_file {work / 'pid'}\n")
    log.touch()
    guard = Guard(folder, ports, spawn([program, "-c", str(work / "test.conf")], log=work / "out"), log)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", ports["1883"])) == 0:
                return guard
        assert guard.process.poll() is None, log.read_text()
        threading.Event().wait(0.05)
    raise AssertionError(log.read_text())


def connected(address: BrokerAddress, name: str, *names: str, wait_s: float = 3.0) -> MqttBus:
    bus = MqttBus(address, name, names)
    bus.connect(wait_s)
    return bus


def certificate_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
