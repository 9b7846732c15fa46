"""Every regular expression of the product answers long texts at once: nobody can make it count for hours.

1. All of them are collected: the compiled ones of every module, and those written inside a function.
2. Of each the texts that could keep it busy are made from its own parts: what stands before a repetition,
   the repetition many times, then what makes the whole fail.
3. A microsecond a letter is the bound, asked of 200 letters, then of 1,600 and more while the time of a
   letter grows.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from re import _parser as grammar  # type: ignore[attr-defined]
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contract", "gateway", "ingest", "firmware_sim", "analysis", "ecoviv")
LENGTHS = (200, 1_600, 12_800, 102_400)
LONGEST_S, AT_ONCE_S = 0.1, 0.00004
MANY = 60
_METHODS = ("fullmatch", "match", "search", "sub", "finditer", "findall", "split")
_USED = re.compile(rf"\.({'|'.join(_METHODS)})\(")
_LETTERS = ' 1a.-("_\n'
_ENDS = (None, "!", "x", "!" * 90)
SHOWN = {
    ("gateway/formats/secrets.py", "_NAMED_LAST"): 120,
    ("gateway/formats/secrets.py", "_LABELS_BEFORE"): 220,
}
"""Patterns that are shown no more than so many letters."""


class Pattern(NamedTuple):
    """One regular expression, where it stands, and how it is asked there."""

    file: str
    name: str
    compiled: re.Pattern[Any]
    methods: frozenset[str]


def patterns() -> Iterator[Pattern]:
    """All of the product."""
    for path in sorted(one for room in ROOMS for one in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "re." not in text or path.name == "__main__.py":
            continue
        file = path.relative_to(ROOT).as_posix()
        yield from _written_inside(file, ast.parse(text))
        module = importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        methods = frozenset(_USED.findall(text)) or frozenset({"fullmatch"})
        for name, value in vars(module).items():
            if re.search(rf"^{re.escape(name)}\b", text, re.MULTILINE):
                own = frozenset(re.findall(rf"\b{name}\.({'|'.join(_METHODS)})\(", text)) or methods
                yield from (Pattern(file, name, one, own) for one in _compiled(value))


def _written_inside(file: str, tree: ast.AST) -> Iterator[Pattern]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=method), args=[ast.Constant(value=text), *_]
            ) if method in _METHODS:
                yield Pattern(file, f"line {node.lineno}", re.compile(text), frozenset({method}))


def _compiled(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _compiled(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _compiled(one)


class Way(NamedTuple):
    """One way to keep a pattern busy."""

    letter: str
    target: int | None
    """Which of its repetitions is pumped; None: all."""
    end: str | None
    """What makes it fail; None: the last letter is missing."""

    def text(self, tree: Any, letters: int) -> str:
        """Of about so many letters."""
        made = _Sample(self.letter, self.target, letters).of(tree)
        return made[:-1] if self.end is None else made + self.end


def ways(tree: Any) -> dict[str, Way]:
    """Text of the first length -> how it is made; none where nothing can be pumped."""
    pumped = _Sample("", -1, 1).count(tree)
    targets = [*range(pumped), *([None] if pumped > 1 else [])]
    every = (Way(*one) for one in product(_LETTERS, targets, _ENDS))
    return {one.text(tree, LENGTHS[0]): one for one in every}


class _Sample:
    """A text that a pattern matches, with one of its repetitions pumped, or all where ``target`` is None."""

    def __init__(self, letter: str, target: int | None, letters: int) -> None:
        self._letter, self._target, self._letters, self._seen = letter, target, letters, 0

    def count(self, tree: Any) -> int:
        """How many repetitions can be pumped."""
        self.of(tree)
        return self._seen

    def of(self, tree: Any) -> str:
        return "".join(self._one(str(op), value) for op, value in tree)

    def _one(self, op: str, value: Any) -> str:
        match op:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL":
                return self._letter if self._letter and ord(self._letter) != value else chr(value ^ 1)
            case "ANY":
                return self._letter or "x"
            case "IN":
                return self._of_class(value)
            case "BRANCH":
                parts = [self.of(one) for one in value[1]]
                return max(parts, key=len)
            case "SUBPATTERN":
                return self.of(value[-1])
            case "ATOMIC_GROUP":
                return self.of(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(*value)
        return ""

    def _repeated(self, least: int, most: Any, body: Any) -> str:
        number = self._seen
        self._seen += int(most) > MANY
        inner = self.of(body)
        wanted = int(most) > MANY and self._target in (None, number)
        times = (
            min(int(most), -(-self._letters // max(1, len(inner))))
            if wanted
            else max(least, 1 if most else 0)
        )
        return inner * times

    def _of_class(self, members: Any) -> str:
        source = [(str(op), value) for op, value in members]
        if self._letter and _accepts(source, self._letter):
            return self._letter
        return next((one for one in "a1 A.-é\x01" if _accepts(source, one)), "x")


_CATEGORIES = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
}  # fmt: skip


def _accepts(members: list[tuple[str, Any]], letter: str) -> bool:
    found, negated = False, False
    for op, value in members:
        match op:
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= ord(letter) == value
            case "RANGE":
                found |= value[0] <= ord(letter) <= value[1]
            case "CATEGORY":
                kind = str(value)
                found |= _CATEGORIES[kind.replace("NOT_", "")](letter) != ("NOT_" in kind)
    return found != negated


def slow(one: Pattern) -> str:
    """Of which text the pattern is too slow: its beginning, and how it is asked; empty where of none."""
    source = one.compiled.pattern
    tree = grammar.parse(source if isinstance(source, str) else source.decode("latin-1"))
    for (text, way), method in product(ways(tree).items(), sorted(one.methods)):
        if _is_slow(one, method, way, tree, text):
            return f"{one.file} {one.name} {method} {text[:40]!r}"
    return ""


def _is_slow(one: Pattern, method: str, way: Way, tree: Any, text: str) -> bool:
    """At any of the lengths, which are only gone through where the first is not answered at once."""
    most, before = SHOWN.get((one.file, one.name), max(LENGTHS)), 0.0
    for letters in LENGTHS:
        if letters > most or (taken := _least(one, method, text)) < AT_ONCE_S:
            return False
        if taken > LONGEST_S * letters / max(LENGTHS):
            return True
        if before and taken / letters < 1.7 * before:
            return False
        before, text = taken / letters, way.text(tree, min(8 * letters, max(LENGTHS)))
    return False


def _least(one: Pattern, method: str, text: str) -> float:
    """Of three tries, if the first is slow [s]."""
    taken = _seconds(one, method, text)
    return taken if taken < AT_ONCE_S else min(taken, *(_seconds(one, method, text) for _ in range(2)))


def _seconds(one: Pattern, method: str, text: str) -> float:
    given: Any = text if isinstance(one.compiled.pattern, str) else text.encode()
    ask = getattr(one.compiled, method)
    began = time.process_time()
    match method:
        case "sub":
            ask(given[:0], given)
        case "finditer":
            for found in ask(given):
                if len(found[0]) == 1:  # contract.wire stops at a lone quote
                    break
        case _:
            ask(given)
    return time.process_time() - began


def test_no_pattern_counts_for_hours() -> None:
    """A microsecond a letter, whatever the letters are."""
    every = {(one.file, one.name, one.compiled.pattern): one for one in patterns()}
    assert len(every) > 150
    assert list(filter(None, map(slow, every.values()))) == []
