"""Statistics that a notebook may ask for and no indicator needs: pure functions of arrays.

Richness of counts
    ``rarefied`` at a common number of individuals; ``chao1``, ``ace`` how many species there are at
    least; ``species_pool`` the same from presences at sites; ``shannon``, ``simpson`` diversity of one
    count; ``abundance``, ``incidence`` make what ``hill_by_coverage`` compares at one coverage.
Composition
    ``pairwise`` and ``multiple_site`` dissimilarity, turnover and nestedness; ``convergence`` towards
    reference sites; ``permanova`` whether groups of sites differ.
Occupancy and abundance
    ``fit_royle_nichols`` abundance from detections that repeat; ``odds_growth_index`` one index of the
    occupancies of many species.
Trend and change
    ``mann_kendall``, ``mann_kendall_hamed_rao``, ``mann_kendall_prewhitened`` and
    ``seasonal_mann_kendall`` whether a series is monotone; ``sen_slope`` how steep;
    ``staggered_effects`` restoration that began in different years.
Uncertainty
    ``block_weights``, ``site_draws``, ``bootstrap_hill``, ``mean_over_sites`` and ``basic_interval``: a
    bootstrap over sites and blocks of days.
Sound
    ``saturation`` share of a spectrogram above its background.
Weather of old stations
    ``thornthwaite``, ``hargreaves`` monthly demand from temperature alone; ``spi``, ``spei`` drought
    against a reference period; ``et0_daily`` with ``vapour_pressure_daily``, ``wind_at_2m`` and
    ``shortwave_from_sunshine``; ``above_clear_sky`` days whose radiation no sky lets through.

Descriptions, never a verdict: that is ``ecoviv verdict``'s, by a plan frozen before.  What each needs, its
units, its source and what it does not mean is in its own docstring: ``help(methods.rarefied)``.
"""

from __future__ import annotations

from analysis.indices.acoustic.soundscape import saturation
from analysis.indices.community.beta import convergence, multiple_site, pairwise
from analysis.indices.community.hill import abundance, hill_by_coverage, incidence
from analysis.indices.community.richness import ace, chao1, rarefied, shannon, simpson, species_pool
from analysis.indices.ground.drought_index import spei, spi
from analysis.indices.ground.evapotranspiration import et0_daily, vapour_pressure_daily, wind_at_2m
from analysis.indices.ground.monthly_demand import hargreaves, thornthwaite
from analysis.indices.ground.radiation import above_clear_sky, shortwave_from_sunshine
from analysis.stats.bootstrap import (
    basic_interval,
    block_weights,
    bootstrap_hill,
    mean_over_sites,
    site_draws,
)
from analysis.stats.mann_kendall import (
    mann_kendall,
    mann_kendall_hamed_rao,
    mann_kendall_prewhitened,
    seasonal_mann_kendall,
    sen_slope,
)
from analysis.stats.models.multispecies import odds_growth_index
from analysis.stats.models.royle_nichols import fit_royle_nichols
from analysis.stats.permanova import permanova
from analysis.stats.starts.staggered import staggered_effects

__all__ = [
    "above_clear_sky",
    "abundance",
    "ace",
    "basic_interval",
    "block_weights",
    "bootstrap_hill",
    "chao1",
    "convergence",
    "et0_daily",
    "fit_royle_nichols",
    "hargreaves",
    "hill_by_coverage",
    "incidence",
    "mann_kendall",
    "mann_kendall_hamed_rao",
    "mann_kendall_prewhitened",
    "mean_over_sites",
    "multiple_site",
    "odds_growth_index",
    "pairwise",
    "permanova",
    "rarefied",
    "saturation",
    "seasonal_mann_kendall",
    "sen_slope",
    "shannon",
    "shortwave_from_sunshine",
    "simpson",
    "site_draws",
    "species_pool",
    "spei",
    "spi",
    "staggered_effects",
    "thornthwaite",
    "vapour_pressure_daily",
    "wind_at_2m",
]
