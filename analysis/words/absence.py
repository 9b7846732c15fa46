"""Why a site and season has no value: every reason, in English and in French.

Absence is a result: it has a code, a sentence and the figures that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

_KINDS: dict[str, tuple[str, str, str]] = {
    "nothing_heard": (
        "NO_DATA",
        "nothing was heard, and the plan names no species",
        "rien n'a été entendu, et le plan ne nomme aucune espèce",
    ),
    "no_species": ("NO_DATA", "no species was heard", "aucune espèce n'a été entendue"),
    "few_days_heard": (
        "LOW_EFFORT",
        "{n} valid days of listening, {least} needed",
        "{n} jours d'écoute valides, {least} requis",
    ),
    "few_incidences": (
        "LOW_COVERAGE",
        "{n} incidences, {least} needed",
        "{n} incidences, {least} requises",
    ),
    "low_coverage": (
        "LOW_COVERAGE",
        "a sample coverage of {n}, {least} needed",
        "une couverture d'échantillonnage de {n}, {least} requise",
    ),
    "no_coverage": (
        "LOW_COVERAGE",
        "no site before restoration has data enough to set the coverage",
        "aucun site avant restauration n'a assez de données pour fixer la couverture",
    ),
    "no_hill": (
        "LOW_COVERAGE",
        "no Hill number of order {n} at a coverage of {least}",
        "pas de nombre de Hill d'ordre {n} à une couverture de {least}",
    ),
    "no_estimate": (
        "LOW_COVERAGE",
        "the data give no estimate of order {n}",
        "les données ne donnent pas d'estimation d'ordre {n}",
    ),
    "no_bats": (
        "NO_DATA",
        "no label that counts is a bat's",
        "aucune étiquette retenue n'est celle d'une chauve-souris",
    ),
    "few_night_minutes": (
        "LOW_EFFORT",
        "{n} valid minutes of night, {least} needed",
        "{n} minutes de nuit valides, {least} requises",
    ),
    "few_neighbours": (
        "FEW_SITES",
        "{n} other sites of the arm with data, {least} needed",
        "{n} autres sites de la modalité avec données, {least} requis",
    ),
    "no_texture": (
        "NO_DATA",
        "the territory file states no soil of this site (texture, or field capacity and wilting point)",
        "le fichier du territoire ne décrit pas le sol du site (texture, ou capacité au champ et point de"
        " flétrissement)",
    ),
    "few_balance": (
        "SHORT_BASELINE",
        "{n} complete years of rain and evapotranspiration, {least} needed",
        "{n} années complètes de pluie et d'évapotranspiration, {least} requises",
    ),
    "few_references": (
        "FEW_SITES",
        "{n} reference sites with data, {least} needed",
        "{n} sites de référence avec données, {least} requis",
    ),
    "no_activity": (
        "NO_DATA",
        "acoustic activity is not measured",
        "l'activité acoustique n'est pas mesurée",
    ),
    "no_indices": (
        "NO_DATA",
        "acoustic indices are not measured",
        "les indices acoustiques ne sont pas mesurés",
    ),
    "few_days_sound": (
        "LOW_EFFORT",
        "{n} valid days of sound, {least} needed",
        "{n} jours de son valides, {least} requis",
    ),
    "silent": (
        "NO_VARIATION",
        "no sound stood out of its background on any day",
        "aucun son n'a dépassé son fond, aucun jour",
    ),
    "few_mornings": (
        "LOW_EFFORT",
        "{n} mornings with a timed chorus, {least} needed",
        "{n} matins au chœur chronométré, {least} requis",
    ),
    "no_baseline": (
        "SHORT_BASELINE",
        "no other season before restoration to compare with",
        "aucune autre saison avant restauration à comparer",
    ),
    "short_baseline": (
        "SHORT_BASELINE",
        "{n} days of sound in the baseline and {later} in the season, {least} needed in each",
        "{n} jours de son de référence et {later} dans la saison, {least} requis pour chacun",
    ),
    "still_baseline": (
        "NO_VARIATION",
        "no index varied in the baseline",
        "aucun indice n'a varié dans la référence",
    ),
    "not_measured": (
        "NO_DATA",
        "no {what} of the depth and period that most sites share",
        "pas de {what} à la profondeur et à la période communes à la plupart des sites",
    ),
    "few_days": (
        "LOW_EFFORT",
        "{n} valid days of {what}, {least} needed",
        "{n} jours valides de {what}, {least} requis",
    ),
    "dry_as_dust": (
        "NO_DATA",
        "a mean soil moisture of {n} has no logarithm",
        "une humidité moyenne de {n} n'a pas de logarithme",
    ),
    "no_swing": (
        "NO_VARIATION",
        "the air varied by less than 2 K on every day",
        "l'air a varié de moins de 2 K chaque jour",
    ),
    "few_pairs": (
        "LOW_EFFORT",
        "{n} days paired with other controls, {least} needed",
        "{n} jours appariés à d'autres témoins, {least} requis",
    ),
    "few_pairs_in_season": (
        "LOW_EFFORT",
        "{n} paired days in the season, {least} needed",
        "{n} jours appariés dans la saison, {least} requis",
    ),
    "few_runs": (
        "LOW_EFFORT",
        "{n} dry spells of five days after rain, {least} needed",
        "{n} périodes sèches de cinq jours après pluie, {least} requises",
    ),
    "few_years": (
        "SHORT_BASELINE",
        "{n} complete years of rain, {least} needed for a drought index",
        "{n} années complètes de pluie, {least} requises pour un indice de sécheresse",
    ),
    "few_sites": (
        "FEW_SITES",
        "{n} sites with the species, {least} needed",
        "{n} sites avec l'espèce, {least} requis",
    ),
    "few_visited": ("FEW_SITES", "{n} sites visited, {least} needed", "{n} sites visités, {least} requis"),
    "few_seasons": ("SHORT_BASELINE", "{n} seasons, {least} needed", "{n} saisons, {least} requises"),
    "no_fit": ("NO_FIT", "the model gives no answer: {what}", "le modèle ne donne pas de réponse : {what}"),
    "at_boundary": (
        "NO_FIT",
        "the estimate lies at a bound: all or no sites seem occupied",
        "l'estimation est à une borne : tous ou aucun des sites semblent occupés",
    ),
    "few_species": (
        "LOW_COVERAGE",
        "{n} species with a trend, {least} needed",
        "{n} espèces avec tendance, {least} requises",
    ),
}


@dataclass(frozen=True, slots=True)
class Absent:
    """No value, and why."""

    code: str
    reason: str
    """In English, with the figures."""
    raison: str
    """In French."""

    def in_(self, language: str) -> str:
        return self.raison if language == "fr" else self.reason


def absent(kind: str, **figures: object) -> Absent:
    """The absence of this kind, its figures filled in."""
    code, english, french = _KINDS[kind]
    return Absent(code, english.format(**figures), french.format(**figures))
