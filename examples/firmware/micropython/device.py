"""A device on MicroPython that keeps each message until a gateway has it: wire 1 over ``umqtt``'s interface.

1. ``keep`` numbers a message and writes it to the queue; what it returns cannot be lost any more.
2. ``step`` keeps the line up, hands over a window of messages, and heeds the receipts.
3. All of the window goes again after a reconnection, and after a silence that doubles up to a minute.

``dial`` makes a client in the shape of ``umqtt.simple.MQTTClient``, not connected yet.
"""

import binascii
import hashlib
import json
import os
import time

WINDOW = 20
LONGEST_MS = 60000
FRESH_MS = 10000


class Device:
    """``read_clock`` gives the milliseconds since 1970 and ``clock`` how they are known, or both are None."""

    def __init__(self, queue, dial, site, device, silence_ms=5000, read_clock=None, clock=None):
        self.queue, self.dial, self.site, self.device = queue, dial, site, device
        self.silence_ms, self.read_clock, self.clock = silence_ms, read_clock, clock
        self.boot = "m" + binascii.hexlify(os.urandom(8)).decode()
        self.seq = 0
        self.line, self.connection = None, 0
        self.told = {}
        self.tries, self.pause_ms, self.sending = 0, 200, False
        self.ticks, self.uptime_ms = ticks_ms(), 0
        self.moved = self.dial_at = self.pinged = 0
        self.gateway_base_ms, self.said_ms = None, 0

    def uptime(self):
        """Since the boot [ms]; the board's own counter turns over after some days, this one does not."""
        now = ticks_ms()
        self.uptime_ms += ticks_diff(now, self.ticks)
        self.ticks = now
        return self.uptime_ms

    def keep(self, kind, members):
        """A message with ``members`` (a dict), kept; its number."""
        now = self.uptime()
        said = (
            '{"v":1,"kind":"%s","site":"%s","device":"%s","boot":"%s","seq":%d,%s"uptime_ms":%d,'
            '"firmware":"ecoviv-micropython 1",%s'
        ) % (
            kind, self.site, self.device, self.boot, self.seq + 1, self._time(now), now,
            json.dumps(members)[1:],
        )  # fmt: skip
        self.queue.add(self.boot, self.seq + 1, kind, said.encode())
        self.seq += 1
        return self.seq

    def step(self):
        """One turn; a lost line is taken up again by a later one."""
        now = self.uptime()
        try:
            if self.line is None and now >= self.dial_at:
                self._connect()
            if self.line is not None:
                self._hand_over(now)
                self.line.check_msg()
                if now - self.pinged > 10000:
                    self.pinged = now
                    self.line.ping()
        except OSError:
            self.line = None
            self.dial_at = now + self.pause_ms + os.urandom(1)[0]
            self.pause_ms = min(self.pause_ms * 2, LONGEST_MS)

    def _connect(self):
        line = self.dial("%s-%s" % (self.device, self.boot))
        line.set_callback(self._receive)
        line.connect()
        line.subscribe(("ecoviv/1/%s/%s/receipt" % (self.site, self.device)).encode(), 1)
        self.line, self.pause_ms = line, 200
        self.connection += 1

    def _hand_over(self, now):
        patience = min(self.silence_ms << min(self.tries, 6), LONGEST_MS)
        waiting = bool(self.queue.held) and self.queue.held[0].connection > 0
        again = waiting and now - self.moved > patience
        if again or not waiting:
            self.moved = now
            self.tries = self.tries + 1 if again else 0
        for one in self.queue.held[:WINDOW]:
            gone = one not in self.queue.held  # a receipt may arrive while another is handed over
            if gone or (one.connection == self.connection and not again):
                continue
            one.floor = self._floor(one)
            topic = "ecoviv/1/%s/%s/%s" % (self.site, self.device, one.kind)
            one.connection = self.connection
            if one.first_sent is None:
                one.first_sent = now
            self.line.publish(topic.encode(), self._written(one), False, 1)

    def _floor(self, message):
        """The lowest number held of its boot, where the gateway waits for lower ones; else 0."""
        lowest = min([one.seq for one in self.queue.held if one.boot == message.boot] + [message.seq])
        return lowest if lowest > self.told.get(message.boot, 0) + 1 else 0

    def _written(self, message):
        payload = self.queue.payload(message)
        return payload[:-1] + (',"floor":%d}' % message.floor).encode() if message.floor else payload

    def _receive(self, topic, payload):
        try:
            receipt = json.loads(payload)
            boot, spooled = receipt["boot"], int(receipt.get("spooled", 0))
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # not from a gateway of this version: what is held is sent again
        if boot:
            self.told[boot] = spooled
            gone = self.queue.spooled(boot, spooled)
            if gone:
                self.moved, self.tries = self.uptime(), 0
                self._set_clock(receipt.get("time"), gone[-1].first_sent)
        for refused in receipt.get("refused", ()):
            self._let_go(refused)

    def _let_go(self, refused):
        """What has no legible number the gateway keeps as it is: repeating it would never end."""
        if refused[:7] != "sha256 ":
            return
        for one in self.queue.held[:WINDOW]:
            digest = binascii.hexlify(hashlib.sha256(self._written(one)).digest()).decode()
            if one.first_sent is not None and digest[:16] == refused[7:23]:
                self.queue.let_go(one)
                return

    def _set_clock(self, said, sent):
        """The gateway's time counts if it answers what was sent under 10 s ago."""
        now = self.uptime()
        if said and said[-1] == "Z" and now - sent < FRESH_MS:
            date, clock = said[:-1].split("T")
            year, month, day = [int(part) for part in date.split("-")]
            hour, minute, second = clock.split(":")
            ms = (int(hour) * 60 + int(minute)) * 60000 + int(float(second) * 1000)
            self.gateway_base_ms = days_before(year, month, day) * 86400000 + ms - now

    def _time(self, now):
        if self.read_clock is None and self.gateway_base_ms is None:
            return ""
        at = self.gateway_base_ms + now if self.read_clock is None else self.read_clock()
        self.said_ms = max(at, self.said_ms + 1)  # two values of a series at one time would be a conflict
        return '"time":"%s","clock":"%s",' % (iso(self.said_ms), self.clock or "gateway")


def ticks_ms():
    """The board's counter [ms]."""
    return time.ticks_ms() if hasattr(time, "ticks_ms") else int(time.monotonic() * 1000)


def ticks_diff(after, before):
    """From ``before`` to ``after`` [ms], also where the counter turned over between."""
    return time.ticks_diff(after, before) if hasattr(time, "ticks_diff") else after - before


def days_before(year, month, day):
    """Days from 1970-01-01, in the Gregorian calendar."""
    year -= month < 3
    of_year = (153 * (month + (9 if month < 3 else -3)) + 2) // 5 + day - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + of_year - 719468


def iso(ms):
    """ISO 8601 of so many milliseconds after 1970."""
    days, rest = ms // 86400000, ms % 86400000
    year = days // 366 + 1970
    while days_before(year + 1, 1, 1) <= days:
        year += 1
    month = 12
    while days_before(year, month, 1) > days:
        month -= 1
    day = days - days_before(year, month, 1) + 1
    clock = (rest // 3600000, rest // 60000 % 60, rest // 1000 % 60, rest % 1000)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % ((year, month, day) + clock)
