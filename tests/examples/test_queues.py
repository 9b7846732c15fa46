"""What a queue file holds after damage: what no fault has touched, and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ecoviv.station.broker import RunningBroker, free_port
from tests.examples.sensors import FIRMWARE, Command, Fed, micropython, posix
from tests.firmware_sim.gateways import AnsweringGateway, RunningGateway

SENT = 6


@pytest.fixture(params=["posix", "micropython"])
def command(request: pytest.FixtureRequest) -> Command:
    if request.param == "micropython":
        return micropython()
    return posix(request.getfixturevalue("posix_program"))


@pytest.fixture
def held(command: Command, tmp_path: Path) -> Fed:
    """Killed with six messages in its queue; there was no broker."""
    client = Fed(command, tmp_path, free_port())
    client.start()
    for _ in range(SENT):
        client.feed_line()
    deadline = time.monotonic() + 20
    while len(client.reported()) < SENT:
        assert time.monotonic() < deadline, (tmp_path / "talk").read_text()
        time.sleep(0.02)
    client.kill()
    return client


def heard_of(client: Fed, broker: RunningBroker) -> list[int]:
    """The numbers that arrive when the client is started again, with nothing more to say."""
    client.port = broker.address.port
    running = RunningGateway(broker.address, AnsweringGateway())
    try:
        client.start()
        deadline, heard = time.monotonic() + 20, -1
        while len(running.gateway.payloads) != heard:
            assert time.monotonic() < deadline
            heard = len(running.gateway.payloads)
            time.sleep(1.5)
        client.kill()
    finally:
        running.stop()
    boots = {boot for boot, _ in client.reported()}
    return sorted(seq for _, boot, seq in running.gateway.payloads if boot in boots)


def second_record_broken(content: bytes) -> bytes:
    at = content.index(b"0.002")
    return content[:at] + b"0.003" + content[at + 5 :]


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], list[int]]] = {
    "none": (lambda content: content, [1, 2, 3, 4, 5, 6]),
    "the end torn off": (lambda content: content[:-7], [1, 2, 3, 4, 5]),
    "half a record behind": (lambda content: content + content[:40], [1, 2, 3, 4, 5, 6]),
    "zeros behind": (lambda content: content + bytes(5000), [1, 2, 3, 4, 5, 6]),
    "a byte turned in the second": (second_record_broken, [1, 3, 4, 5, 6]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_gives_what_is_whole(damage: str, held: Fed, broker: RunningBroker) -> None:
    change, whole = DAMAGE[damage]
    held.queue.write_bytes(change(held.queue.read_bytes()))
    assert heard_of(held, broker) == whole


def test_after_damage_new_messages_are_kept_as_well(held: Fed, broker: RunningBroker) -> None:
    held.queue.write_bytes(held.queue.read_bytes()[:-7])
    for _ in range(2):
        held.start()
        held.feed_line()
        deadline = time.monotonic() + 20
        while len(held.reported()) < held.lines:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        held.kill()
    assert heard_of(held, broker) == [1, 1, 1, 2, 3, 4, 5]


def test_a_second_program_is_refused_the_queue(posix_program: Path, tmp_path: Path) -> None:
    words = posix(posix_program)(free_port(), tmp_path / "queue")
    first = subprocess.Popen(words, stdin=subprocess.PIPE)
    assert first.stdin is not None
    while not (tmp_path / "queue").exists():
        time.sleep(0.02)
    time.sleep(0.2)
    second = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    first.kill()
    first.wait()
    first.stdin.close()
    assert second.returncode == 1
    assert b"queue" in second.stderr


def test_a_file_does_not_grow_with_what_has_gone(
    command: Command, broker: RunningBroker, tmp_path: Path
) -> None:
    """1,000 messages of more than 2 kB are more than 2 MB; what may lie dead is 1 MiB at most."""
    running = RunningGateway(broker.address, AnsweringGateway())
    client = Fed(command, tmp_path, broker.address.port)
    client.start()
    for _ in range(1_000):
        client.feed_line(readings=40)
    assert client.finish(120) == 0
    running.stop()
    sizes = [len(payload) for payload in running.gateway.payloads.values()]
    assert (len(sizes), min(sizes) > 2_000) == (1_000, True)
    assert client.queue.stat().st_size < 1_500_000


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_the_digest_is_that_of_the_standard(size: int, posix_program: Path, tmp_path: Path) -> None:
    text = bytes(n * 7 % 251 for n in range(size))
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "print.c").write_text(
        '#include "ecoviv.h"\nint main(int n, char **names) { static char all[2000], digits[17];'
        'FILE *file = fopen(names[1], "rb"); size_t size = fread(all, 1, sizeof all, file);'
        "ev_digest(all, size, digits); return n == 2 && puts(digits) > 0 ? 0 : 1; }\n"
    )
    folder = FIRMWARE / "posix"
    built = ["cc", "-I", str(folder), str(tmp_path / "print.c"), str(folder / "digest.c"), "-lm"]
    subprocess.run([*built, "-o", str(tmp_path / "print")], check=True)
    said = subprocess.run([str(tmp_path / "print"), str(tmp_path / "text")], capture_output=True, check=True)
    assert said.stdout.decode().strip() == hashlib.sha256(text).hexdigest()[:16]


def test_the_calendar_of_the_micropython_client_is_that_of_the_library() -> None:
    program = (
        "import datetime, device\n"
        "epoch = datetime.datetime(1970, 1, 1)\n"
        "for n in range(0, 47_500, 7):\n"
        "    moment = epoch + datetime.timedelta(days=n, milliseconds=n * 1_001 % 86_400_000)\n"
        "    ms = (moment - epoch) // datetime.timedelta(milliseconds=1)\n"
        "    assert device.iso(ms) == moment.isoformat(timespec='milliseconds') + 'Z', (ms, device.iso(ms))\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=FIRMWARE / "micropython", check=True)
