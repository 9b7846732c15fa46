"""A real gateway with its door open: what slow and wrong clients cost those who use the broker."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract import topics
from contract.batch import DeviceReceipt
from contract.instant import SECOND, SystemClock
from contract.line.bus import MqttBus
from ecoviv.station.broker import RunningBroker, free_port
from tests.gateway.ends import Process, client, reading, say
from tests.gateway.http.visitors import TOKEN, post

CLOCK = SystemClock()


@contextmanager
def slow_clients(port: int, number: int) -> Iterator[Callable[[], int]]:
    """``number`` clients that send a letter at each call, and come again when they are sent away.

    The call returns how many it had to bring again.
    """
    socks: list[socket.socket] = []

    def nudge() -> int:
        gone = select.select(socks, [], [], 0)[0] if socks else []
        for sock in gone:
            socks.remove(sock)
            sock.close()
        for _ in range(number - len(socks)):
            socks.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            socks[-1].setblocking(False)
        for sock in socks:
            try:
                sock.send(b"G")
            except OSError:
                continue  # sent away: it comes again at the next call
        return len(gone)

    yield nudge
    for sock in socks:
        sock.close()


def seconds_until_spooled(bus: MqttBus, seq: int) -> float:
    """From handing a message to the broker until the gateway says that it is on disk [s]."""
    before = CLOCK.monotonic()
    say(bus, reading(seq))
    while CLOCK.monotonic() - before < 10 * SECOND:
        deliveries = bus.poll(0.05)
        bus.acknowledge(deliveries)
        told = [DeviceReceipt.model_validate_json(one.payload) for one in deliveries]
        if any(receipt.spooled >= seq for receipt in told):
            break
    return (CLOCK.monotonic() - before) / SECOND


def test_two_hundred_slow_clients_delay_no_receipt_by_a_second(
    broker: RunningBroker, gateway_process: Callable[..., Process]
) -> None:
    port = free_port()
    gateway_process("--http", f"127.0.0.1:{port}").start()
    sensor = client(broker, "sensor", topics.sensor_receipt("s1", "soil-1"))
    alone = [seconds_until_spooled(sensor, seq) for seq in range(1, 11)]
    crowded, sent_away = [], 0
    with slow_clients(port, 200) as nudge:
        for seq in range(11, 23):
            sent_away += nudge()
            crowded.append(seconds_until_spooled(sensor, seq))
    assert sent_away > 184  # more came than may be inside
    assert max(crowded) < max(alone) + 1
    sensor.close()


def test_the_token_stands_neither_in_the_process_list_nor_in_the_log(
    broker: RunningBroker, gateway_process: Callable[..., Process], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    port = free_port()
    gateway = gateway_process("--http", f"0.0.0.0:{port}", "--http-token-file", str(tmp_path / "token"))
    gateway.start()
    assert gateway.process is not None
    for request, status in (
        (post(f"/ecowitt/{TOKEN}", b"PASSKEY=a1a2a3a4a5a6a7a8&tempf=50&newfield=1"), b"200"),
        (post(f"/ecowitt/{TOKEN}x", b"PASSKEY=a1a2a3a4a5a6a7a8&tempf=50"), b"401"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(request)
            assert sock.recv(1_000).split()[1] == status
    arguments = Path(f"/proc/{gateway.process.pid}/cmdline")
    if not arguments.exists():
        pytest.skip("arguments are read from /proc, which this system lacks")
    assert TOKEN.encode() not in arguments.read_bytes()
    assert gateway.end() == 0
    log = gateway.log.read_text()
    assert TOKEN not in log
    assert "a1a2a3a4a5a6a7a8" not in log
    spool = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"air-1" in spool
    assert TOKEN.encode() not in spool
    assert b"a1a2a3a4a5a6a7a8" not in spool
