"""What a check can do to the world around a device."""

from __future__ import annotations

from typing import Protocol


class Bench(Protocol):
    """Where a firmware is tried.  Each method returns when it is done, not when the device is back."""

    def start(self) -> None:
        """Switch the device on: somebody listens."""

    def power_cycle(self) -> None:
        """Take the device's power away without a word, and give it back."""

    def kill_broker(self) -> bool:
        """Kill the broker, and start it again with nothing in its memory; False if it is not ours."""
