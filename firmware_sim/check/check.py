"""Put a firmware through what a gateway's life brings, and judge each rule of the wire by what it does.

1. Silence: no receipts.  What it says, how, and whether it says it again.
2. Receipts, then the same ones again, an old one, one of a stranger, with a wrong time.
3. A message that is refused without its number.
4. Its power goes.
5. The gateway's card is replaced.
6. The broker is killed.

Only what is published is seen: a rule about its inside is judged by what it must lead to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.batch import DeviceReceipt
from contract.config import BrokerAddress
from contract.instant import DAY, SECOND, Clock
from contract.line.bus import MqttBus
from firmware_sim.check import judging
from firmware_sim.check.bench import Bench
from firmware_sim.check.player import SHIFT, Heard, Player, filters
from firmware_sim.check.rows import CheckResult

_AT_LEAST_S = 2.0
"""How long nothing may come before it counts as nothing."""


@dataclass(slots=True)
class FirmwareCheck:
    """One check of one device.  ``wait_s``: how long each thing may take that must happen."""

    player: Player
    bench: Bench
    wait_s: float
    result: CheckResult
    patience_s: float = 5.0
    """After what silence the device repeats, as it was seen to."""
    before_power: int | None = None
    """How many messages were heard before the device lost its power."""

    def run(self) -> CheckResult:
        """Every step, in order; the result has a row for each rule."""
        if self._silence():
            self._receipts()
            self._receipts_again()
            self._refusal()
            self._power()
            self._new_card()
            self._broker()
            self._retained()
        self._judge_messages()
        return self.result

    def _until(self, condition: Callable[[], bool]) -> bool:
        return self.player.listen(self.wait_s, condition)

    def _something_new(self, count: int = 1) -> bool:
        """Wait for messages that were not heard before."""
        known = {(one.name, one.digest) for one in self.player.heard}
        start = len(self.player.heard)
        return self._until(
            lambda: len({(one.name, one.digest) for one in self.player.heard[start:]} - known) >= count
        )

    def _settle(self) -> None:
        """As long as a repeat would take, and a little more."""
        self.player.listen(max(_AT_LEAST_S, 2 * self.patience_s))

    def _silence(self) -> bool:
        player = self.player
        if not self._until(lambda: bool(player.heard)):
            self.result.judge("speaks", False, f"nothing was heard for {self.wait_s:g} s")
            return False
        once = sum(not one.at_least_once for one in player.heard)
        self.result.judge("speaks", not once, f"{once} of {len(player.heard)} at QoS 0" if once else "heard")
        known = self._until(lambda: len(player.names()) < len([one for one in player.heard if one.seq]))
        if not known:
            self.result.judge("keeps", False, f"no message came twice within {self.wait_s:g} s")
            return True
        first: dict[tuple[str, int], int] = {}
        for one in player.heard:
            if one.name in first:
                self.patience_s = (one.at - first[one.name]) / SECOND
                break
            first[one.name] = one.at
        self.result.judge("keeps", True, f"sent again after {self.patience_s:.1f} s")
        return True

    def _receipts(self) -> None:
        start = len(self.player.heard)
        self.player.answer_all()
        came = self._something_new(2)
        self._settle()
        resent = self.player.resent(start)
        found = (
            f"{len(resent)} came again"
            if resent
            else "silent"
            if not came
            else "forgotten, and the next came"
        )
        self.result.judge("forgets", came and not resent, found)

    def _receipts_again(self) -> None:
        """The last receipt five times, with a wrong time and a refusal of what is spooled; and two others."""
        start, player = len(self.player.heard), self.player
        boot, spooled = _last_told(player)
        wrong = player.time(SHIFT + DAY)
        refused = (f"{spooled}: readings.readings[0].value: a number was expected",)
        for _ in range(5):
            player.publish(
                DeviceReceipt(boot=boot, spooled=spooled, stored=spooled, time=wrong, refused=refused)
            )
        player.publish(DeviceReceipt(boot=boot, spooled=max(0, spooled - 1), stored=0))
        player.publish(DeviceReceipt(boot="of-another", spooled=2**40, stored=0))
        came = self._something_new(2)
        self._settle()
        resent = player.resent(start)
        found = f"{len(resent)} came again" if resent else "unmoved" if came else "it fell silent"
        self.result.judge("repeated receipts", came and not resent, found)
        self.result.judge("time", *judging.clocks(player.heard, SHIFT))

    def _refusal(self) -> None:
        player = self.player
        player.deaf = True
        start = len(player.heard)
        known = player.names()
        if not self._until(lambda: bool(player.names(start) - known)):
            self.result.judge("refused", None, "nothing new came")
            return
        player.refuse_from_now(min(player.names(start) - known))
        player.answer_all()
        player.listen(1.0)
        after = len(player.heard)
        others = self._something_new()
        self._settle()
        again = [one for one in player.heard[after:] if one.name == player.refuses]
        found = f"sent again {len(again)} times" if again else "let go" if others else "nothing else came"
        self.result.judge("refused", others and not again, found)
        player.read_again()

    def _power(self) -> None:
        player = self.player
        player.deaf = True
        start = len(player.heard)
        self._something_new(2)
        before = {one.name: one.digest for one in player.heard}
        told = player.told
        waiting = {one.name: one.digest for one in player.heard[start:] if one.seq > told.get(one.boot, 0)}
        boots = {boot for boot, _ in before}
        self.bench.power_cycle()
        self.before_power = restart = len(player.heard)

        def reused() -> list[Heard]:
            return [one for one in player.heard[restart:] if before.get(one.name, one.digest) != one.digest]

        def begun() -> bool:
            return any(one.seq and one.boot not in boots for one in player.heard[restart:])

        self._until(lambda: begun() or bool(reused()))
        new = begun() and not reused()
        found = "a number came again with other bytes" if reused() else "new" if new else "no new boot"
        self.result.judge("boot", new, found)
        self._judge_backlog(waiting, restart)

    def _judge_backlog(self, waiting: dict[tuple[str, int], bytes], since: int) -> None:
        if self._keeps_nothing:
            self.result.judge("backlog", None, "it keeps nothing: see `keeps`")
            return
        absent = self._came_again(waiting, since)
        found = f"{len(absent)} of {len(waiting)} never came" if absent else f"all {len(waiting)} came"
        self.result.judge("backlog", not absent, found)

    @property
    def _keeps_nothing(self) -> bool:
        keeps = self.result.results.get("keeps")
        return keeps is not None and keeps.passed is False

    def _came_again(self, waiting: dict[tuple[str, int], bytes], since: int) -> set[tuple[str, int]]:
        """Which of ``waiting`` did not come again, byte for byte, after the first ``since``."""

        def absent() -> set[tuple[str, int]]:
            came = {(one.name, one.digest) for one in self.player.heard[since:]}
            return {name for name, digest in waiting.items() if (name, digest) not in came}

        self.player.listen(self.wait_s + 2 * self.patience_s, lambda: not absent())
        return absent()

    def _broker(self) -> None:
        player = self.player
        player.answer_all()
        self._something_new(2)
        player.deaf = True
        recent = len(player.heard)
        self._something_new()
        told = player.told
        waiting = {one.name: one.digest for one in player.heard[recent:] if one.seq > told.get(one.boot, 0)}
        if not self.bench.kill_broker():
            self.result.judge("broker", None, "the broker is not ours: leave --broker out")
            player.answer_all()
            return
        start = len(player.heard)
        absent = set() if self._keeps_nothing else self._came_again(waiting, start)
        back = self._until(lambda: len(player.heard) > start)
        player.answer_all()
        self._settle()
        heeding = len(player.heard)
        self._settle()
        deaf = player.resent(heeding)
        found = (
            "it did not come back" if not back
            else f"{len(absent)} of {len(waiting)} were not sent again" if absent
            else "it does not hear receipts any more" if deaf
            else "back"
        )  # fmt: skip
        self.result.judge("broker", found == "back", found)

    def _new_card(self) -> None:
        player = self.player
        player.answer_all()
        self._something_new()
        player.forget()
        start = len(player.heard)

        def heard_whole() -> bool:
            return any(
                one.seq > 1 and player.told.get(one.boot, 0) >= one.seq for one in player.heard[start:]
            )

        fine = player.listen(self.wait_s + 2 * self.patience_s, heard_whole)
        player.give_up_gaps()
        self.result.judge("new card", fine, "it says `floor`" if fine else "the gateway waits for ever")

    def _retained(self) -> None:
        player = self.player
        bus = MqttBus(
            player.bus.address,
            f"{player.bus.client_id}-late",
            filters(player.site, player.device),
            session_s=0,
        )
        bus.connect()
        kept = [one.topic for one in bus.poll(1.0, 100) if one.retained]
        bus.close()
        self.result.judge("retained", not kept, f"retained: {kept[0]}" if kept else "nothing retained")

    def _judge_messages(self) -> None:
        """What every message says of itself; numbers as long as the power stayed."""
        heard = self.player.heard
        if heard:
            self.result.judge("readable", *judging.readable(heard))
            self.result.judge("moment", *judging.moments(heard))
            self.result.judge("numbers", *judging.numbers(heard[: self.before_power]))


def _last_told(player: Player) -> tuple[str, int]:
    boot = player.receipts[-1][1] if player.receipts else ""
    return boot, player.told.get(boot, 0)


def check_firmware(
    site: str, device: str, address: BrokerAddress, bench: Bench, *, wait_s: float, clock: Clock, own_id: str
) -> CheckResult:
    """Check the device that speaks on the broker at ``address``.

    ``UnreachableError`` without a broker; ``UsageError`` where a gateway answers the device there already.
    """
    bus = MqttBus(
        address, f"device-check-{own_id}", filters(site, device), session_s=60, retained=False, clock=clock
    )
    bus.connect()
    try:
        bus.poll(0.2, 0)  # the subscription stands before the device can say anything
        bench.start()
        return FirmwareCheck(Player(site, device, bus, clock), bench, wait_s, CheckResult(site, device)).run()
    finally:
        bus.close()
