"""The verdict ledger: append-only JSON lines, each chained to the one before by SHA-256.

1. ``append`` adds a freezing or a verdict; it refuses a ledger whose chain is broken.
2. ``verify`` walks the chain and names the first entry that was edited, removed or moved.
3. ``first_frozen`` is the freezing that counts: a plan frozen again after the fact does not.

Beside ``x.jsonl`` stands ``x.jsonl.head`` with the count and the last hash, so that a shortened ledger
shows.  Who rewrites both files, every hash included, is found only by comparing the head with one
that was printed earlier: each verdict's command and each report print it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.plan.file import whole_write
from analysis.plan.plan import Plan
from analysis.plan.tables import Frozen
from contract.errors import ConfigurationError
from contract.instant import parse_instant

_ROOT = "0" * 64


@dataclass(frozen=True, slots=True)
class Chain:
    """What ``verify`` found; ``broken`` names the first entry that is wrong, "" if none is."""

    entries: tuple[dict[str, Any], ...]
    broken: str
    head: str
    torn: bool = False
    """broken where bytes are missing, or are none of a ledger's: a damaged file rather than an edited one"""

    @property
    def intact(self) -> bool:
        """Every entry follows from the one before."""
        return self.broken == ""


def verify(path: Path, head: str | None = None) -> Chain:
    """Walk the chain of ``path``; an absent ledger is an empty one.

    ``head`` is a hash printed earlier: it must still be in the chain.
    """
    if path.exists() and not path.is_file():
        raise ConfigurationError(f"The ledger {path} is no file", help="Name another by --ledger")
    if not path.exists():
        lost = _head_of(path)[0] if _head_path(path).exists() else 0
        return Chain((), f"entries 1 to {lost}: the ledger {path} is gone" if lost else "", _ROOT)
    entries: list[dict[str, Any]] = []
    previous = _ROOT
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line == b"":
            break
        wrong, entry = _check(line, number, previous)
        if wrong:
            return Chain(tuple(entries), f"entry {number}: {wrong}", previous, not entry)
        entries.append(entry)
        previous = entry["hash"]
    whole = path.read_bytes().endswith(b"\n") or not path.stat().st_size
    return Chain(tuple(entries), _ending(path, entries, head), previous, not whole)


def _check(line: bytes, number: int, previous: str) -> tuple[str, dict[str, Any]]:
    """What is wrong with a line, "" if nothing; and the entry, empty where it is none at all."""
    try:
        entry = json.loads(line)
        written = _canonical(entry)
    except (ValueError, RecursionError):
        return "it is not JSON", {}
    if not isinstance(entry, dict) or not {"number", "previous", "hash"} <= entry.keys():
        return "it is no entry of a ledger", {}
    if written != line:
        return "its bytes are not as written", entry
    if entry["number"] != number:
        return f"it is numbered {entry['number']}: an entry was removed, added or moved", entry
    if entry["previous"] != previous:
        return "it does not follow the entry before it", entry
    body = {key: value for key, value in entry.items() if key != "hash"}
    if entry["hash"] != hashlib.sha256(_canonical(body)).hexdigest():
        return "its content was edited", entry
    return "", entry


def _ending(path: Path, entries: list[dict[str, Any]], head: str | None) -> str:
    hashes = [_ROOT, *(entry["hash"] for entry in entries)]
    if not path.read_bytes().endswith(b"\n") and entries:
        return f"entry {len(entries)}: its line is cut short"
    if b"\n\n" in path.read_bytes():
        return f"entry {len(entries) + 1}: it is empty"
    if not _head_path(path).exists():
        return f"entry {len(entries)}: the head file {_head_path(path).name} is gone" if entries else ""
    count, last = _head_of(path)
    if count > len(entries):
        return f"entry {len(entries) + 1}: it was removed; the head file counts {count}"
    if hashes[count] != last or len(entries) > count + 1:
        return f"entry {count}: the head file does not know it"
    if head is not None and head not in hashes:
        return f"entry {len(entries)}: no entry has the hash {head} that was printed earlier"
    return ""


def append(path: Path, kind: str, at: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Add one entry, on disk before this returns; raises when the chain is broken."""
    parse_instant(at)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        chain = intact(path)
        body = {"number": len(chain.entries) + 1, "at": at, "kind": kind, **content, "previous": chain.head}
        entry = {**body, "hash": hashlib.sha256(_canonical(body)).hexdigest()}
        with path.open("ab") as sink:
            sink.write(_canonical(entry) + b"\n")
            sink.flush()
            os.fsync(sink.fileno())
        whole_write(_head_path(path), f"{entry['number']} {entry['hash']}\n")
    return entry


def readable(path: Path, *, named: bool) -> Chain:
    """The chain of ``path``, broken or not; ``ConfigurationError`` where it is damaged or no ledger.

    ``named``: somebody asked for this very file, which must then be there.
    """
    if named and not path.exists() and not _head_path(path).exists():
        raise ConfigurationError(f"There is no ledger {path}", help="Check --ledger")
    chain = verify(path)
    if chain.torn:
        raise ConfigurationError(
            f"{path}: {chain.broken}", help="Restore the ledger from a copy, or name another by --ledger"
        )
    return chain


def intact(path: Path) -> Chain:
    """The chain of ``path``; ``ConfigurationError`` names the entry where it is broken."""
    chain = verify(path)
    if not chain.intact:
        raise ConfigurationError(
            f"The ledger {path} is broken at {chain.broken}",
            help="Keep it as it is, restore a copy, or begin a new one with --ledger",
        )
    return chain


def frozen_hashes(chain: Chain) -> frozenset[str]:
    """Of every plan that was frozen in this ledger."""
    return frozenset(str(one.get("plan_hash")) for one in chain.entries if one.get("kind") == "freeze")


def beside(plan: Path) -> Path:
    """Where the ledger of the plan in this file lies, if nobody names another place."""
    return plan.with_suffix(".ledger.jsonl")


def frozen_entry(plan: Plan, file: str = "") -> dict[str, Any]:
    """What the ledger keeps of a freezing; ``file`` is the plan's name."""
    assert plan.frozen is not None
    named = {"file": file} if file else {}
    return {
        "territory": plan.territory,
        "plan_hash": plan.sha256,
        "sections": dict(plan.frozen.sections),
        **named,
    }


def refuse_another(chain: Chain, plan: Plan, path: Path, book: Path, *, territories: bool = False) -> None:
    """``ConfigurationError`` where the ledger ``book`` is that of another plan than the one in ``path``.

    A plan frozen again under its name is the plan corrected; under another name it is a second plan, whose
    freezings could not be told from corrections.  ``territories``: also where it is of another territory;
    ledgers that have several of them from before are read by territory.
    """
    freezings = [one for one in chain.entries if one.get("kind") == "freeze"]
    for one in freezings if territories else ():
        if one.get("territory") != plan.territory:
            raise _another(book, one, "territory", plan.territory)
    own = [one for one in freezings if one.get("territory") == plan.territory]
    files = {one["file"]: one for one in own if "file" in one}
    if len(files) > 1:
        raise _another(book, next(one for name, one in files.items() if name != path.name), "file", path.name)
    if files and path.name not in files and all(one.get("plan_hash") != plan.sha256 for one in own):
        raise _another(book, next(iter(files.values())), "file", path.name)


def _another(book: Path, entry: Mapping[str, Any], key: str, mine: str) -> ConfigurationError:
    return ConfigurationError(
        f"{book}, entry {entry['number']}: {key}: it is the ledger of {entry[key]!r}, not of {mine!r}",
        help="Keep one ledger a plan: name another by --ledger; a corrected plan keeps its file's name",
    )


def first_frozen(chain: Chain, plan: Plan) -> Frozen | None:
    """The freezing of this territory that counts, None where the ledger has none.

    The last one before the first season after restoration began; if there is none, the very first.
    """
    marks = [
        _mark(entry)
        for entry in chain.entries
        if entry.get("kind") == "freeze" and entry.get("territory") == plan.territory
    ]
    if not marks:
        return None
    begins = min((one.span[0] for one in plan.seasons if one.period == "after"), default=2**62)
    early = [mark for mark in marks if parse_instant(mark.at) < begins]
    return early[-1] if early else marks[0]


def _mark(entry: Mapping[str, Any]) -> Frozen:
    try:
        return Frozen(sha256=entry["plan_hash"], at=entry["at"], sections=entry["sections"])
    except (KeyError, ValidationError) as error:
        raise ConfigurationError(
            f"The ledger's entry {entry.get('number')} is a freezing without plan_hash, at or sections",
            help="It was written by another program or a newer version: judge with that one",
        ) from error


def frozen_candidates(chain: Chain, at: str) -> frozenset[str]:
    """Hashes of the lists of candidates that were frozen by ``at``."""
    latest = parse_instant(at)
    return frozenset(
        str(entry.get("candidates"))
        for entry in chain.entries
        if entry.get("kind") == "candidates" and parse_instant(str(entry.get("at"))) <= latest
    )


def _canonical(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _head_path(path: Path) -> Path:
    return path.with_name(path.name + ".head")


def _head_of(path: Path) -> tuple[int, str]:
    words = _head_path(path).read_bytes().split()
    known = len(words) == 2 and words[0].isdigit() and len(words[0]) < 12
    return (int(words[0]), words[1].decode(errors="replace")) if known else (2**31, "")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One writer at a time, by a lock on a file of its own."""
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
