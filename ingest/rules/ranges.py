"""Sets of record numbers as sorted, disjoint, inclusive ranges: pure.

1. ``runs`` turns numbers into ranges; ``merged`` joins two sets of ranges.
2. ``gaps`` lists what is absent up to a number.
"""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]
"""(first, last), both included."""


def runs(numbers: Iterable[int]) -> list[Range]:
    """The ranges that hold exactly ``numbers``."""
    out: list[Range] = []
    for number in sorted(set(numbers)):
        if out and number == out[-1][1] + 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return out


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same set of numbers in the fewest ranges."""
    out: list[Range] = []
    for first, last in sorted(ranges):
        if last < first:
            continue
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def contiguous(ranges: list[Range]) -> int:
    """The number up to which everything from 1 is in the merged ``ranges``; 0 if 1 is not."""
    return ranges[0][1] if ranges and ranges[0][0] <= 1 else 0


def gaps(ranges: list[Range], highest: int) -> list[Range]:
    """What the merged ``ranges`` lack between 1 and ``highest``."""
    out: list[Range] = []
    following = 1
    for first, last in ranges:
        if first > highest:
            break
        if first > following:
            out.append((following, first - 1))
        following = max(following, last + 1)
    if following <= highest:
        out.append((following, highest))
    return out


def size(ranges: Iterable[Range]) -> int:
    """How many numbers ``ranges`` hold."""
    return sum(last - first + 1 for first, last in ranges)
