"""A sensor on MicroPython's Unix port or on CPython: a line of stdin is a message.

    python main.py HOST PORT SITE DEVICE QUEUE [HEALTH_MS [SILENCE_MS [CLOCK]]]

A reading is QUANTITY VALUE [UNIT [DEPTH_M]], several between semicolons.  ``queued BOOT SEQ`` on stdout
means that it cannot be lost any more.  HEALTH_MS: a health message so often (0: none), and no end with
stdin; CLOCK (``ntp``, ``rtc``, ``gps``): this machine's clock is right, else the gateway's is used.  On a
board the loop at the end is ``main.py``, with ``umqtt.simple.MQTTClient`` for ``MQTTClient``.
"""

import select
import sys
import time

from device import Device
from mqtt import MQTTClient
from queue_file import Queue


def reading(part):
    """A reading as the wire has it; ``ValueError`` if it is none."""
    fields = part.split()
    if len(fields) < 2:
        raise ValueError(part)
    said = {"quantity": fields[0], "value": finite(fields[1])}
    if len(fields) > 2:
        said["unit"] = fields[2]
    if len(fields) > 3:
        said["depth_m"] = finite(fields[3])
    return said


def finite(text):
    """A number that JSON can write."""
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def take(device, kind, members):
    """Keep and tell."""
    try:
        seq = device.keep(kind, members)
    except OSError as error:
        sys.stderr.write("not queued: %s\n" % error)
        return
    sys.stdout.write("queued %s %d\n" % (device.boot, seq))
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def take_line(device, line):
    """What was measured, as one message."""
    try:
        readings = [reading(part) for part in line.split(";")]
    except ValueError:
        sys.stderr.write("not queued, no reading: %s\n" % line)
        return
    take(device, "readings", {"readings": readings})


def now():
    """Milliseconds since 1970; MicroPython's boards count from 2000."""
    epoch = 946684800 if time.gmtime(0)[0] == 2000 else 0
    return int((time.time() + epoch) * 1000)


def main(host, port, site, name, path, health_ms="0", silence_ms="5000", clock=""):
    """Until stdin has ended and everything is spooled."""
    device = Device(
        Queue(path), lambda client_id: MQTTClient(client_id, host, int(port)), site, name,
        int(silence_ms), now if clock else None, clock or None,
    )  # fmt: skip
    stdin = sys.stdin if sys.implementation.name == "micropython" else open(0, "rb", 0)
    poll, talking, next_health = select.poll(), True, 0
    poll.register(stdin, select.POLLIN | select.POLLHUP)
    while talking or int(health_ms) or device.queue.held:
        full = len(device.queue.held) >= device.queue.most
        for _ in range(0 if full else 20):
            if not (talking and poll.poll(0)):
                break
            line = stdin.readline()
            talking = bool(line)
            if line.strip():
                take_line(device, line.strip() if isinstance(line, str) else line.strip().decode())
        if int(health_ms) and not full and device.uptime() >= next_health:
            next_health = device.uptime() + int(health_ms)
            take(device, "health", {"queued": len(device.queue.held)})
        device.step()
        if device.line is None:
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
