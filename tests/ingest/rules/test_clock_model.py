"""Wrong clocks in any order: the store ends where a plain model of the rules ends."""

from __future__ import annotations

from hypothesis import settings

from benchmarks.faults.clock import WITHOUT_SHRINKING, Clocks

TestClocks = Clocks.TestCase
TestClocks.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, derandomize=True, phases=WITHOUT_SHRINKING
)
