"""What is known beside the plan and its values: from the ledger and the territory.

``judge`` takes these codes as they are: it sees no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from analysis.plan.draw import candidates_sha256
from analysis.plan.ground import contradictions, left_out
from analysis.plan.ledger import Chain, first_frozen, frozen_candidates
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.tables import Frozen
from analysis.words.codes import CODES
from contract.places import Territory

_SHOWN = 12
"""Sentences of one kind; more would hide the first."""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier verdict of the plan, by the ledger."""

    look: int
    data_hash: str
    verdict: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """What ledger and territory say of a plan; without either, that the plan is to be believed."""

    ledger_intact: bool = True
    frozen: Frozen | None = None
    """The freezing that counts, by the ledger."""
    codes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """code -> what it is about"""
    checked: Checked | None = None
    """Which labels count; None: those that the plan declares."""
    verdicts: tuple[Past, ...] = ()
    """that were given by the rule of today"""


BELIEVED = Outside()
"""For plans of simulated territories, whose ledger nobody keeps."""


def outside(
    plan: Plan,
    chain: Chain,
    territory: Territory | None,
    witness: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    checked: Checked | None = None,
) -> Outside:
    """What ``chain``, the ledger, and ``territory`` say; a ledger without this plan is no freezing.

    ``witness``: the codes of an outside witness (``analysis.plan.witness``); ``checked``: labels that count.
    """
    codes: dict[str, Mapping[str, Any]] = dict(witness)
    frozen = first_frozen(chain, plan)
    if chain.intact and not chain.entries:
        codes["LEDGER_MISSING"] = {}
    if frozen is None and chain.intact:
        codes["PLAN_NOT_FROZEN"] = {}
    if plan.draw is not None and candidates_sha256(plan.draw) not in _candidates(
        chain, frozen or plan.frozen
    ):
        codes["RANDOM_UNVERIFIED"] = {}
    if territory is not None:
        if wrong := contradictions(plan, territory):
            codes["PLAN_NOT_OF_TERRITORY"] = {"contradictions": list(wrong[:_SHOWN]), "count": len(wrong)}
        if others := left_out(plan, territory):
            codes["SITES_LEFT_OUT"] = {"sites": list(others)}
    return Outside(chain.intact, frozen, codes, checked, _verdicts(chain, plan))


def _verdicts(chain: Chain, plan: Plan) -> tuple[Past, ...]:
    """Earlier ones of this very plan; before looks were written down none is known."""
    return tuple(
        Past(entry["look"], str(entry.get("data_hash")), str(entry.get("class")), known_codes(entry))
        for entry in chain.entries
        if entry.get("kind") == "verdict"
        and entry.get("plan_hash") == plan.sha256
        and isinstance(entry.get("look"), int)
    )


def known_codes(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes of a verdict's entry that this version knows."""
    codes = entry.get("codes")
    return tuple(code for code in codes if code in CODES) if isinstance(codes, list) else ()


def _candidates(chain: Chain, mark: Frozen | None) -> frozenset[str]:
    """Lists that were frozen before the plan was: who draws from a later one chooses."""
    return frozenset() if mark is None else frozen_candidates(chain, mark.at)
