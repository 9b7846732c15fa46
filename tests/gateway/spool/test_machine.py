"""Any sequence of sending, repeating, power cuts and silence ends with every message stored once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contract.config import load_territory
from contract.instant import SECOND
from tests.gateway.ends import TERRITORY, Bench, make_bench, reading, say

BOOTS = ("b1", "b2", "b3")


class Road(RuleBasedStateMachine):
    """The model: which sequences of each boot were sent, and the highest receipt told for each."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "territory.toml").write_text(TERRITORY)
        self.making = make_bench(self.folder, load_territory(self.folder / "territory.toml"), 64 * 2**20)
        self.bench: Bench = next(self.making)
        self.sent: dict[str, set[int]] = {boot: set() for boot in BOOTS}
        self.told: dict[str, tuple[int, int]] = {}

    @rule(boot=st.sampled_from(BOOTS), seq=st.integers(1, 30))
    def send(self, boot: str, seq: int) -> None:
        """New, repeated or out of order, as it comes."""
        say(self.bench.sensor, reading(seq, boot=boot))
        self.sent[boot].add(seq)

    @rule(boot=st.sampled_from(BOOTS), first=st.integers(1, 25), count=st.integers(2, 40))
    def send_run(self, boot: str, first: int, count: int) -> None:
        for seq in range(first, first + count):
            self.send(boot, seq)

    @rule(turns=st.integers(1, 4))
    def work(self, turns: int) -> None:
        self.bench.turn(turns)

    @rule(seconds=st.sampled_from([1, 7, 40]))
    def wait(self, seconds: int) -> None:
        self.bench.clock.advance(seconds * SECOND)

    @rule(shift=st.sampled_from([-86_400, 86_400, -1_777_000_000]))
    def jump_the_wall_clock(self, shift: int) -> None:
        """The gateway's clock is set back to 1970, or a day forth; its monotonic time goes on."""
        self.bench.clock.instant = max(0, self.bench.clock.instant + shift * SECOND)

    @rule()
    def cut_the_power(self) -> None:
        self.bench.reopen()

    @rule(mute=st.booleans())
    def silence_ingest(self, mute: bool) -> None:
        self.bench.ingest.mute = mute

    @invariant()
    def receipts_never_promise_too_much(self) -> None:
        if not hasattr(self, "bench"):
            return
        stored = set(self.bench.ingest.payloads())
        for boot, (spooled, safe) in self.bench.heard().items():
            assert safe <= spooled
            assert set(range(1, spooled + 1)) <= self.sent[boot]
            assert {reading(seq, boot=boot) for seq in range(1, safe + 1)} <= stored
            self.told[boot] = max((spooled, safe), self.told.get(boot, (0, 0)))

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.bench.ingest.mute = False
        for _ in range(25):
            self.bench.clock.advance(2 * SECOND)
            self.bench.turn(3)
        wanted = {reading(seq, boot=boot) for boot, seqs in self.sent.items() for seq in seqs}
        assert set(self.bench.ingest.payloads()) == wanted
        self.receipts_never_promise_too_much()
        for boot, seqs in self.sent.items():
            prefix = next(n for n in range(100) if n + 1 not in seqs)
            assert self.told.get(boot, (0, 0)) == (prefix, prefix)
        self.making.close()
        shutil.rmtree(self.folder)


TestRoad = Road.TestCase
TestRoad.settings = settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True)
