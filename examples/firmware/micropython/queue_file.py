"""A queue that survives a power cut on MicroPython: one file, a line a record, each with its checksum.

    CRC-32 M BOOT SEQ KIND PAYLOAD     a message: synced before anybody hears of it
    CRC-32 S BOOT SEQ                  its boot is spooled up to that number
    CRC-32 X BOOT SEQ                  this one message was let go

A line that is torn, or does not fit its checksum, is none; the next good line counts again.  Only the places
of the messages are in memory.  Runs on CPython too.
"""

import binascii
import os

SLACK = 65536


class Message:
    """One message that the device still holds."""

    def __init__(self, boot, seq, kind, at, size):
        self.boot, self.seq, self.kind = boot, seq, kind
        self.at, self.size = at, size
        self.connection = 0
        self.first_sent = None
        self.floor = 0


class Queue:
    """What is held, oldest first (``held``); ``most`` messages at most."""

    def __init__(self, path, most=500):
        self.path, self.most = path, most
        self.held, self.dead, self.end, self.damaged = [], 0, 0, 0
        names = os.listdir(path.rpartition("/")[0] or ".")
        name = path.rpartition("/")[2]
        if name not in names and name + ".new" in names:  # the power went between the two steps of `_renew`
            os.rename(path + ".new", path)
        open(path, "ab").close()
        self._load()
        self._file = open(path, "ab")
        self._reader = open(path, "rb")
        if self.dead or self.damaged:
            self._renew()

    def add(self, boot, seq, kind, payload):
        """Keep a message: it is on disk when this returns.  ``OSError`` keeps nothing."""
        if len(self.held) >= self.most:
            raise OSError("the queue is full")
        head = ("M %s %d %s " % (boot, seq, kind)).encode()
        at = self._append(head + payload, True) + 9 + len(head)
        self.held.append(Message(boot, seq, kind, at, len(payload)))

    def payload(self, message):
        """The bytes of a message."""
        self._reader.seek(message.at)
        return self._reader.read(message.size)

    def spooled(self, boot, number):
        """Forget what of ``boot`` was sent in this life and is not above ``number``; these messages."""
        return self._note("S", boot, number)

    def let_go(self, message):
        """Forget this one: its gateway keeps it, and cannot read its number."""
        self._note("X", message.boot, message.seq)

    def _note(self, mark, boot, number):
        gone = self._forget(mark, boot, number, True)
        if gone:
            line = ("%s %s %d" % (mark, boot, number)).encode()
            self._append(line, False)
            self.dead += len(line) + 10
            if self.dead > SLACK and self.dead > self.end // 2:
                self._renew()
        return gone

    def _forget(self, mark, boot, number, sent_only):
        gone = [
            one
            for one in self.held
            if one.boot == boot
            and (one.seq <= number if mark == "S" else one.seq == number)
            and (one.first_sent is not None or not sent_only)
        ]
        if gone:
            self.held = [one for one in self.held if one not in gone]
            self.dead += sum(one.size for one in gone)
        return gone

    def _append(self, body, sync):
        """Where the line begins."""
        at, line = self.end, _line(body)
        try:
            self._file.write(line)
            _sync(self._file, sync)
        except OSError:
            self._file = open(self.path, "ab")
            self._file.write(b"\n")  # ends what may be torn
            _sync(self._file, False)
            self.end = self._file.tell()
            raise
        self.end += len(line)
        return at

    def _load(self):
        with open(self.path, "rb") as file:
            for line in file:
                at, self.end = self.end, self.end + len(line)
                if line[-1:] != b"\n" or _line(line[9:-1]) != line:
                    self.damaged += len(line)
                    continue
                fields = line[9:-1].split(b" ", 4)
                mark, boot, number = fields[0].decode(), fields[1].decode(), int(fields[2])
                if mark == "M":
                    size = len(fields[4])
                    place = at + len(line) - 1 - size
                    self.held.append(Message(boot, number, fields[3].decode(), place, size))
                else:
                    self._forget(mark, boot, number, False)
                    self.dead += len(line)

    def _renew(self):
        """Write what is held into a new file and put it in the old one's place."""
        end = 0
        places = []
        with open(self.path + ".new", "wb") as file:
            for one in self.held:
                line = _line(("M %s %d %s " % (one.boot, one.seq, one.kind)).encode() + self.payload(one))
                file.write(line)
                end += len(line)
                places.append(end - 1 - one.size)
            _sync(file, True)
        self._file.close()
        self._reader.close()
        try:
            os.rename(self.path + ".new", self.path)
        except OSError:  # FAT renames onto nothing that is there
            os.remove(self.path)
            os.rename(self.path + ".new", self.path)
        if hasattr(os, "sync"):
            os.sync()
        for one, place in zip(self.held, places):
            one.at = place
        self.end, self.dead, self.damaged = end, 0, 0
        self._file = open(self.path, "ab")
        self._reader = open(self.path, "rb")


def _line(body):
    return ("%08x " % (binascii.crc32(body) & 0xFFFFFFFF)).encode() + body + b"\n"


def _sync(file, to_disk):
    file.flush()
    if to_disk and hasattr(os, "fsync"):
        os.fsync(file.fileno())
    elif to_disk and hasattr(os, "sync"):
        os.sync()
