"""In which order a logger's program wrote day, month and year: told by the rows of the file.

1. ``Date`` splits what stands before the time of day into its three numbers.
2. ``order_of`` keeps the orders in which all dates exist; of those the one in which the file spans
   the fewest days, because a logger writes at even steps; of equals the first that its program writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

Order = str
"""``YMD``, ``DMY`` or ``MDY``."""

_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?", re.ASCII)
_FIRST_YEAR = 2000
"""No logger that is read here wrote files before."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the rows say of the order."""

    order: Order
    alternatives: tuple[Order, ...]
    """Orders in which the same dates exist too, and that nothing but a program's habit rules out."""


def numbers_of(text: str) -> tuple[str, str, str] | None:
    """The three numbers of a date, as they stand; None where it is none."""
    found = _DATE.fullmatch(text.strip())
    return None if found is None else (found[1], found[3], found[4])


def date_in(order: Order, numbers: tuple[str, str, str]) -> date:
    """The date that ``numbers`` are in ``order``; ``ValueError`` where there is none."""
    parts = dict(zip(order, numbers, strict=True))
    if len(parts["D"]) > 2 or len(parts["M"]) > 2 or len(parts["Y"]) not in {1, 2, 4}:
        raise ValueError(f"{numbers} is no date in the order {order}")
    year = int(parts["Y"]) + (_FIRST_YEAR if len(parts["Y"]) <= 2 else 0)
    return date(year, int(parts["M"]), int(parts["D"]))


def order_of(texts: Iterable[str], habits: Sequence[Order], since: int = _FIRST_YEAR) -> Ordered | None:
    """The order of the dates ``texts``; None where none fits all that are dates.

    ``habits``: the orders that the program writes, its usual one first; ``since``: the first year that
    is likely, an earlier one counts only where no other order exists.
    """
    dates = {numbers for text in texts if (numbers := numbers_of(text)) is not None}
    spans: dict[Order, tuple[bool, int]] = {}
    for order in habits:
        try:
            days = [date_in(order, numbers) for numbers in dates]
        except ValueError:
            continue
        if days:
            spans[order] = (min(days).year < since, (max(days) - min(days)).days)
    if not spans:
        return None
    best = min(spans.values())
    alike = [order for order in habits if spans.get(order) == best]
    return Ordered(alike[0], tuple(alike[1:]))
