"""What a firmware is judged by: one row a rule of docs/firmware/wire.md, each with its next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

RULES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "speaks": (
        "it is heard on its own topics, at QoS 1",
        "Publish to ecoviv/1/SITE/DEVICE/KIND at QoS 1; QoS 0 is lost in silence",
    ),
    "readable": (
        "each message can be read whole, and names the site and device of its topic",
        "Check the message against docs/firmware/wire-v1.schema.json",
    ),
    "numbers": (
        "a boot counts 1, 2, 3 …, and a number keeps its bytes",
        "Number each message once, when it is queued, and repeat it byte for byte (`floor` aside)",
    ),
    "moment": (
        "each message says when: by time, or by uptime_ms",
        "Send uptime_ms always, and time with clock where it is known",
    ),
    "keeps": (
        "without a receipt it sends again, after the broker's PUBACK too",
        "Keep a message until `spooled` reaches its number; send it again after a silence of some seconds",
    ),
    "forgets": (
        "what is spooled is not sent again, and the next messages come",
        "Forget what `spooled` covers, and send what waits",
    ),
    "repeated receipts": (
        "a receipt that comes again, an older one and one of another boot change nothing",
        "Compare the receipt's boot; let `spooled` go up only, but for `floor`",
    ),
    "time": (
        "it takes the gateway's time only from a fresh answer, and says clock: gateway",
        "Use `time` only of a receipt that confirms for the first time what was sent under 10 s ago",
    ),
    "refused": (
        "what is refused without a number is let go, and the others come",
        "Compare `sha256 …` with the first 16 digits of each sent payload's SHA-256, and drop that message",
    ),
    "boot": (
        "a restart brings a new boot, counted from 1",
        "Draw a random boot id at each start; never give a number of a boot twice",
    ),
    "backlog": (
        "what had no receipt before a restart comes after it, byte for byte",
        "Write each message to flash, and sync it, before it is published",
    ),
    "broker": (
        "when the broker was killed it comes back, sends again and hears receipts again",
        "Connect anew with a growing pause, subscribe to the receipt each time, then send what is held",
    ),
    "new card": (
        "a gateway that lost its memory is told by `floor` what is held no longer",
        "Where the lowest number held is above `spooled` + 1, add `floor` with it to what is sent",
    ),
    "retained": (
        "it retains nothing",
        "Publish without the retain flag: a retained measurement comes again and again",
    ),
})  # fmt: skip
"""Row → what is right, and the next step where it is not."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a firmware holds one rule."""

    rule: str
    passed: bool | None
    """None: not tried."""
    found: str

    @property
    def next_step(self) -> str:
        """What to do; empty where there is nothing."""
        return RULES[self.rule][1] if self.passed is False else ""


@dataclass(slots=True)
class CheckResult:
    """Every row, in the order of ``RULES``."""

    site: str
    device: str
    results: dict[str, RuleResult] = field(default_factory=dict)

    def judge(self, rule: str, passed: bool | None, found: str) -> None:
        """Note how a rule holds; the first judgement that it fails stays."""
        old = self.results.get(rule)
        if old is None or old.passed is not False:
            self.results[rule] = RuleResult(rule, passed, found)

    @property
    def rows(self) -> list[RuleResult]:
        """One for each rule; what was never judged is not tried."""
        return [self.results.get(rule, RuleResult(rule, None, "not reached")) for rule in RULES]

    @property
    def passed(self) -> bool:
        """Nothing is wrong."""
        return all(row.passed is not False for row in self.rows)

    def to_json(self) -> dict[str, object]:
        """For ``--json``."""
        rows = [
            {"row": one.rule, "passed": one.passed, "found": one.found, "next": one.next_step}
            for one in self.rows
        ]
        return {"site": self.site, "device": self.device, "passed": self.passed, "rows": rows}
