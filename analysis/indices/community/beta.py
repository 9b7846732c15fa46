"""How much the composition of sites differs, and whether by turnover or by loss.

1. two rows of a site x species table give shared and unshared species (or individuals);
2. they give a dissimilarity and its two parts: turnover (replacement) and nestedness (loss),
   or for abundances balanced variation and gradients;
3. all rows together give the multiple-site versions;
4. the mean dissimilarity to reference sites, before and after, gives convergence.

Sources: Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x; Baselga 2012,
doi:10.1111/j.1466-8238.2011.00756.x; Baselga 2017, doi:10.1111/2041-210X.12693.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from contract.errors import Refused

Family = Literal["sorensen", "jaccard"]


@dataclass(frozen=True, slots=True)
class Partition:
    """A dissimilarity, 0..1, and its parts, which add up to it; nan between two empty rows."""

    turnover: Floats
    """species replaced by others (abundances: balanced variation) [1]"""
    nestedness: Floats
    """species lost without replacement (abundances: gradients) [1]"""
    total: Floats
    """Sørensen or Jaccard (abundances: Bray-Curtis or Ružička) dissimilarity [1]"""


def pairwise(table: ArrayLike, *, family: Family = "sorensen", abundance: bool = False) -> Partition:
    """Dissimilarity of every pair of rows [shape=(sites, sites) each].

    ``table`` [shape=(sites, species)]: presences (anything above 0) or, with ``abundance``, counts.
    Dissimilarity rises with unequal effort: compare rows of equal effort.
    """
    shared, smaller, larger = _pairs(_table(table, abundance))
    return _partition(shared, smaller, larger, family)


def between(
    one: ArrayLike, other: ArrayLike, *, family: Family = "sorensen", abundance: bool = False
) -> Partition:
    """Dissimilarity of row i of ``one`` from row i of ``other`` [shape=(sites,) each].

    With the same sites at two times it is temporal beta diversity, which counts change and
    says nothing of whether it was for the better.  ``Refused`` for tables of different shape.

    >>> change = between([[1, 1, 1, 1, 0]], [[1, 1, 0, 0, 1]])
    >>> [round(float(part[0]), 3) for part in (change.turnover, change.nestedness, change.total)]
    [0.333, 0.095, 0.429]
    """
    a, b = _table(one, abundance), _table(other, abundance)
    if a.shape != b.shape:
        raise Refused(
            f"tables of {a.shape} and {b.shape} cannot be compared row by row",
            help="give both the same sites and the same species, in the same order",
            codes=("BAD_COUNTS",),
        )
    shared = np.minimum(a, b).sum(axis=1)
    left, right = a.sum(axis=1) - shared, b.sum(axis=1) - shared
    return _partition(shared, np.minimum(left, right), np.maximum(left, right), family)


def multiple_site(table: ArrayLike, *, family: Family = "sorensen", abundance: bool = False) -> Partition:
    """Dissimilarity among all rows at once [shape=() each].

    It grows with the number of sites: compare only sets of equal size.
    """
    x = _table(table, abundance)
    _, smaller, larger = _pairs(x)
    shared = np.asarray(x.sum() - x.max(axis=0, initial=0.0).sum())
    upper = np.triu_indices(len(x), 1)
    return _partition(shared, smaller[upper].sum(), larger[upper].sum(), family)


def to_reference(
    site: ArrayLike, references: ArrayLike, *, family: Family = "sorensen", abundance: bool = False
) -> Partition:
    """Mean dissimilarity of each row of ``site`` from all rows of ``references`` [shape=(sites,)].

    Parameters
    ----------
    site : [shape=(sites, species)].
    references : [shape=(>=3, species)], the same species in the same order; fewer are refused.
    """
    rows, refs = _table(site, abundance), _table(references, abundance)
    if len(refs) < 3:
        raise Refused(
            f"{len(refs)} reference sites, at least 3 are needed to say what they have in common",
            help="add reference sites, or leave convergence out of the plan",
            codes=("FEW_SITES",),
        )
    shared = np.minimum(rows[:, None, :], refs[None, :, :]).sum(axis=2)
    left = rows.sum(axis=1)[:, None] - shared
    right = refs.sum(axis=1)[None, :] - shared
    parts = _partition(shared, np.minimum(left, right), np.maximum(left, right), family)
    return Partition(parts.turnover.mean(axis=1), parts.nestedness.mean(axis=1), parts.total.mean(axis=1))


def convergence(
    before: ArrayLike,
    after: ArrayLike,
    references: ArrayLike,
    *,
    family: Family = "sorensen",
    abundance: bool = False,
) -> Partition:
    """By how much each site came closer to the reference sites [shape=(sites,)], negative if away.

    Dissimilarity before minus dissimilarity after, total and parts.  The references are those
    of the plan and stay the same, so a change of theirs is not mistaken for the site's.
    """
    past = to_reference(before, references, family=family, abundance=abundance)
    now = to_reference(after, references, family=family, abundance=abundance)
    return Partition(past.turnover - now.turnover, past.nestedness - now.nestedness, past.total - now.total)


def _table(values: ArrayLike, abundance: bool) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or not np.isfinite(x).all() or (x < 0).any():
        raise Refused(
            "a site x species table must be two-dimensional, without gaps or negative counts",
            help="leave out sites without valid effort; write 0 for species that were not found",
            codes=("BAD_COUNTS",),
        )
    return x if abundance else (x > 0).astype(np.float64)


def _pairs(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Shared, smaller unshared and larger unshared amounts of every pair of rows."""
    shared = np.array([np.minimum(row, x).sum(axis=1) for row in x]).reshape(len(x), len(x))
    left = x.sum(axis=1)[:, None] - shared
    return shared, np.minimum(left, left.T), np.maximum(left, left.T)


def _partition(shared: Floats, smaller: Floats, larger: Floats, family: Family) -> Partition:
    weight = 2.0 if family == "sorensen" else 1.0
    unshared = smaller + larger
    with np.errstate(divide="ignore", invalid="ignore"):
        total = unshared / (weight * shared + unshared)
        turnover = smaller * (2.0 / weight) / (shared + smaller * (2.0 / weight))
    return Partition(np.asarray(turnover), np.asarray(total - turnover), np.asarray(total))
