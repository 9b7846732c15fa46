"""The families of the calibration: what the world may be like when nothing was restored, and when it was."""

from __future__ import annotations

from math import log

from benchmarks.trials.world import Family, with_change_sd

NO_EFFECT: tuple[Family, ...] = (
    Family("8 v 8, rho 0", rho=0.0),
    Family("8 v 8, rho 0.6"),
    Family("8 v 8, rho 0.9", rho=0.9),
    Family("4 v 4, 2+3 seasons", restored=4, control=4, before=2, after=3),
    Family("5 v 12, SD ratio 2", restored=5, control=12, spread=2.0),
    Family("12 v 12", restored=12, control=12),
    Family("20 v 20", restored=20, control=20),
    Family("8 v 8, skewed", skewed=True),
    Family("8 v 8, missing seasons", missing=0.1),
    Family("8 v 8, effort down 30 % in one arm", effort_change=-0.3, counted=True),
    Family("8 v 8, rain masks", masks=True, counted=True),
    Family("8 v 8, weather years", years=0.5),
)
CLUSTERED = Family("8 v 8, clustered arms, shocks", shocks=0.25, clustered=True)
SHOCKS_ONLY = Family("8 v 8, interleaved arms, shocks", shocks=0.25)
AT_MARGIN: tuple[Family, ...] = (
    with_change_sd(
        Family("20 v 20, change at the margin", restored=20, control=20, years=0.02, effect=log(1.25)), 0.15
    ),
    with_change_sd(
        Family("20 v 20, change at minus the margin", restored=20, control=20, years=0.02, effect=-log(1.25)),
        0.15,
    ),
)
COVERAGE: tuple[Family, ...] = (
    Family("coverage 8 v 8", effect=0.2, primaries=1),
    Family("coverage 12 v 12", restored=12, control=12, effect=0.2, primaries=1),
    Family("coverage 5 v 12, SD ratio 2", restored=5, control=12, spread=2.0, effect=0.2, primaries=1),
    Family("coverage 4 v 4", restored=4, control=4, before=2, after=3, effect=0.2, primaries=1),
)
POWER = with_change_sd(Family("20 v 20, +30 %", restored=20, control=20, effect=log(1.3)), 0.255)
WORDS: tuple[Family, ...] = tuple(
    with_change_sd(
        Family(f"{n} v {n}, +{more} %, {before} before", n, n, before=before, effect=log(1 + more / 100)),
        0.255,
    )
    for n, before in ((8, 3), (12, 3), (20, 3), (20, 5), (20, 8))
    for more in (20, 30, 50)
)
"""True effects at which both words are counted, with arms drawn by lot and with matched arms."""
DETECTABLE: tuple[Family, ...] = (
    Family("20 v 20", restored=20, control=20, shifted=1),
    Family("8 v 8", shifted=1),
    Family("4 v 4", restored=4, control=4, before=2, after=3, shifted=1),
)
