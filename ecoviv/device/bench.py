"""The bench of ``ecoviv device check``: a program, or a person who pulls the plug; and a broker."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass, field

from contract.config import BrokerAddress
from contract.errors import UsageError
from contract.instant import Clock
from contract.terminal import say
from ecoviv.station.broker import RunningBroker


@dataclass(slots=True)
class LocalBench:
    """``command``: what starts the firmware here, with {host} and {port}; empty for a device of its own.

    ``broker``: ours, or None for another's.
    """

    address: BrokerAddress
    command: str
    broker: RunningBroker | None
    clock: Clock
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the firmware; ``UsageError`` where that cannot be.  A device of its own is asked for."""
        if not self.command:
            say(f"Listening on {self.address.url}. Switch the device on.")
            return
        words = shlex.split(self.command)
        places = {"{host}": self.address.host, "{port}": str(self.address.port)}
        argv = [places.get(word, word) for word in words]
        try:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )
        except (OSError, IndexError) as error:
            raise UsageError(f"--run {self.command!r} cannot be started: {error}", help="Check it") from error

    def power_cycle(self) -> None:
        """SIGKILL, and a new start; or a request."""
        if not self.command:
            say("Now take the power away from the device (pull the plug), and give it back.")
            return
        self.end()
        self.start()

    def kill_broker(self) -> bool:
        """SIGKILL, a second of nothing, a new start."""
        if self.broker is None:
            return False
        self.broker.kill()
        self.clock.sleep(1.0)
        self.broker.restart()
        return True

    def end(self) -> None:
        """Kill the program and what it has started."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
