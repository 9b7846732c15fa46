"""The scale of an imported value: stated, and then converted; or not stated, and then at least possible.

Statistics work on an indicator's own scale: log, logit or as measured.  A table says in the column
``scale`` what its values are: that scale, or ``natural`` (a positive number where the scale is log, a share
between 0 and 1 where it is logit), which is converted.  Values without that column are taken to be on the
scale, unless they cannot be: the arms would be compared by what is not a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import Scale
from analysis.verdict.tables.lines import Line
from contract.errors import ConfigurationError

NATURAL = "natural"

_FARTHEST = {"logit": 12.0, "log": 30.0}
"""Beyond it no share (1 in 160,000) and no positive quantity (1 to 10^13) has a value, stated or not."""
_SITES_APART = 1.5
"""Standard deviation of sites' means on a log scale: the middle two thirds differ by a factor of 20."""
_SEASONS_APART = 3.0
"""Distance of the typical site's highest and lowest season on a log scale: a factor of 20."""
_STATE = "Add a column `scale`: the scale's name, or `natural` to have the values converted"


def stated(lines: Sequence[Line], name: str, scale: Scale) -> str | None:
    """What the lines of one indicator say of their scale: ``scale``, ``natural`` or None."""
    said = {line.cells.get("scale", ""): line for line in reversed(lines)}
    for text, line in said.items():
        if text not in ("", scale, NATURAL):
            raise line.wrong(
                "scale",
                f"is {text!r}, but {name} is judged on the {scale} scale",
                f"Write {scale} or natural",
            )
    if len(said) > 1:
        line = next(iter(said.values()))
        raise line.wrong(
            "scale", f"differs between the lines of {name}", "State one scale in all lines of an indicator"
        )
    return next(iter(said)) or None


def on_scale(line: Line, name: str, value: float, scale: Scale) -> float:
    """A value in natural units, on the scale; nan stays nan."""
    if scale == "identity" or math.isnan(value):
        return value
    if scale == "log":
        if value <= 0:
            raise line.wrong("value", f"of {name} is {value:g}, which has no logarithm", _NO_ZERO)
        return math.log(value)
    if not 0 < value < 1:
        raise line.wrong(
            "value", f"of {name} is {value:g}, which is no share between 0 and 1 (nor per cent)", _NO_ZERO
        )
    return math.log(value / (1 - value))


_NO_ZERO = "Give successes and trials, which have room for zeros, or leave the cell empty"


def possible(lines: Sequence[Line], name: str, values: Floats, scale: Scale, *, is_stated: bool) -> None:
    """Refuse ``values`` (sites, seasons) that cannot be on ``scale``."""
    known = values[np.isfinite(values)]
    if scale == "identity" or not len(known):
        return
    line = next(line for line in lines if line.cells.get("value", "") not in ("", "NA"))
    farthest = float(known[np.argmax(np.abs(known))])
    if abs(farthest) > _FARTHEST[scale]:
        line = _where(lines, farthest) or line
        raise _refusal(line, name, scale, f"is {farthest:g}")
    if is_stated:
        return
    if scale == "logit" and known.min() >= 0 and known.max() <= 1:
        raise _refusal(line, name, scale, "lies between 0 and 1 in every line, as shares do")
    if scale == "log" and _too_far(values):
        raise _refusal(line, name, scale, "differs between sites or seasons by factors of more than 20")


def _too_far(values: Floats) -> bool:
    """Whether sites, or the seasons of the typical site, lie farther apart than logarithms do."""
    rows = [row[np.isfinite(row)] for row in values]
    means = np.array([row.mean() for row in rows if len(row)])
    ranges = np.array([row.max() - row.min() for row in rows if len(row) > 1])
    return (len(means) > 1 and float(means.std(ddof=1)) > _SITES_APART) or (
        len(ranges) > 0 and float(np.median(ranges)) > _SEASONS_APART
    )


def _where(lines: Sequence[Line], value: float) -> Line | None:
    return next((line for line in lines if line.cells.get("value") and line.number("value") == value), None)


def _refusal(line: Line, name: str, scale: Scale, said: str) -> ConfigurationError:
    return line.wrong("value", f"of {name} {said}, which is not on the {scale} scale", _STATE)
