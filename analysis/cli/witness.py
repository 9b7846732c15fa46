"""``plan witness``: an authority outside says when the plan was frozen; request, reply, proof offline.

Exit codes: 0 witnessed in time, 3 a file to correct, 5 witnessed too late.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.planned import JSON, now
from contract.errors import ConfigurationError, UsageError
from contract.terminal import say, show, show_json

if TYPE_CHECKING:
    from analysis.plan.plan import Plan

_TOO_LATE = 5


def plan_witness(
    plan: Path = typer.Argument(..., help="The frozen plan; it names the authority under [witness]."),
    request: Path | None = typer.Option(None, "--request", help="Write the request to this file."),
    reply: Path | None = typer.Option(None, "--reply", help="Verify this reply and keep it beside the plan."),
    ledger: Path | None = typer.Option(None, "--ledger", help="The ledger, if not beside the plan."),
    as_json: bool = JSON,
) -> None:
    """Have an outside authority witness when the plan was frozen (RFC 3161).

    First with --request, then with the authority's --reply; without either the reply that is kept is verified
    again.  Nothing here needs a network.

    Example: `ecoviv plan witness plan.toml --request plan.tsq`
    """
    from analysis.plan.plan import Plan
    from analysis.plan.witness import attested, is_late, pinned_root, reply_beside, request_for

    if request is not None and reply is not None:
        raise UsageError("Either --request or --reply", help="Write the request first; its reply comes later")
    loaded = Plan.load(plan)
    _frozen(loaded, plan)
    pinned_root(loaded, plan)
    if request is not None:
        _write(request, request_for(loaded))
        show_json({"request": str(request), "plan_hash": loaded.sha256}) if as_json else show(str(request))
        return
    kept = reply_beside(plan)
    if reply is None and not kept.exists():
        raise ConfigurationError(f"There is no reply {kept}", help="Write a --request, and send it")
    time = attested(loaded, plan, reply or kept)
    if reply is not None:
        _keep(loaded, plan, reply, time, ledger)
    late = is_late(loaded, time)
    if as_json:
        show_json({"witnessed": time, "late": late, "plan_hash": loaded.sha256})
    else:
        show(f"{loaded.sha256} was seen at {time}")
    if late:
        say("That is after the first season after restoration began: it shows nothing.")
        raise typer.Exit(_TOO_LATE)


def _frozen(plan: Plan, path: Path) -> None:
    if plan.frozen is None:
        raise ConfigurationError(f"{path}: frozen: this table is missing", help="Run `ecoviv plan freeze`")
    if plan.changes():
        raise ConfigurationError(
            f"{path}: frozen: the plan was edited afterwards", help="Bring back the plan that was frozen"
        )


def _write(path: Path, content: bytes) -> None:
    from analysis.plan.file import whole_write

    if path.exists() and path.read_bytes() != content:
        raise UsageError(f"{path} is there already", help="Choose another name")
    whole_write(path, content)


def _keep(plan: Plan, path: Path, reply: Path, time: str, ledger: Path | None) -> None:
    """The reply beside the plan and its hash in the ledger; an earlier good reply stays."""
    import hashlib

    from analysis.plan.file import whole_write
    from analysis.plan.ledger import append, beside, frozen_hashes, intact
    from analysis.plan.witness import NotAttested, attested, reply_beside
    from contract.instant import parse_instant

    kept, content, book = reply_beside(path), reply.read_bytes(), ledger or beside(path)
    if kept.exists():
        try:
            earlier = attested(plan, path, kept)
        except NotAttested:
            earlier = None
        if earlier is not None and parse_instant(earlier) <= parse_instant(time):
            say(f"{kept} is there already, of {earlier}; it stays.")
            return
    if plan.sha256 not in frozen_hashes(intact(book)):
        raise ConfigurationError(
            f"{book}: no freezing of this plan is in it", help="Name the ledger that the plan was frozen in"
        )
    entry = {"territory": plan.territory, "plan_hash": plan.sha256, "witnessed": time}
    append(book, "witness", now(), entry | {"reply": hashlib.sha256(content).hexdigest()})
    whole_write(kept, content)
