"""What the page says, in English and in French."""

from __future__ import annotations

import re
from typing import Literal

from analysis.verdict.result import Verdict
from analysis.words.codes import CODES

Tongue = Literal["en", "fr"]

PHRASES: dict[str, tuple[str, str]] = {
    "title": ("Report", "Rapport"),
    "question": (
        "Is the erosion of what is measured here being reversed?",
        "L'érosion de ce qui est mesuré ici est-elle en train de s'inverser ?",
    ),
    "no_verdict": (
        "No verdict: no frozen analysis plan was given. What was measured is shown below.",
        "Pas de verdict : aucun plan d'analyse figé n'a été fourni. Les mesures sont présentées ci-dessous.",
    ),
    "cards": ("Verdict by indicator", "Verdict par indicateur"),
    "land_uses": ("By land use", "Par usage des terres"),
    "land_use": ("land use", "usage des terres"),
    "class": ("class", "classe"),
    "codes": ("reasons", "raisons"),
    "estimate": ("contrast", "contraste"),
    "interval": ("95 % interval", "intervalle à 95 %"),
    "mde": ("smallest change that would be seen", "plus petit changement détectable"),
    "power": ("power for the planned change", "puissance pour le changement prévu"),
    "n": ("sites", "sites"),
    "n_restored": ("restored", "restaurés"),
    "n_control": ("control", "témoins"),
    "effort": ("valid effort a site and season", "effort valide par site et saison"),
    "before": ("before", "avant"),
    "after": ("after", "après"),
    "restored": ("restored", "restauré"),
    "control": ("control", "témoin"),
    "reference": ("reference", "référence"),
    "minutes": ("min", "min"),
    "odds": ("odds", "cote"),
    "better": ("better", "mieux"),
    "contrast_axis": (
        "restored against control, after minus before; right is better; grey: margin of stable",
        "restauré contre témoin, après moins avant ; à droite : mieux ; gris : marge de stabilité",
    ),
    "scale_note": (
        "Contrasts are on each indicator's own scale, oriented so that up is better.",
        "Les contrastes sont sur l'échelle de chaque indicateur, orientés : plus haut est mieux.",
    ),
    "not_tested": ("not tested", "non testé"),
    "series": ("Indicators by arm", "Indicateurs par modalité"),
    "band_note": (
        "Mean of sites with its 95 % interval (Student); it describes the seasons measured.",
        "Moyenne des sites et son intervalle à 95 % (Student) ; décrit les saisons mesurées.",
    ),
    "season": ("season", "saison"),
    "mean": ("mean", "moyenne"),
    "low": ("low", "bas"),
    "high": ("high", "haut"),
    "absent": ("What could not be computed, and why", "Ce qui n'a pas pu être calculé, et pourquoi"),
    "indicator": ("indicator", "indicateur"),
    "reason": ("reason", "raison"),
    "cells": ("sites and seasons", "sites et saisons"),
    "heatmap": ("Sound by hour and day", "Le son par heure et par jour"),
    "hour": ("hour (local)", "heure (locale)"),
    "day": ("day", "jour"),
    "calendar": ("Effort calendar", "Calendrier d'effort"),
    "valid_minutes": ("valid minutes a day", "minutes valides par jour"),
    "days": ("days", "jours"),
    "water": ("Soil water and rain", "Eau du sol et pluie"),
    "moisture": ("soil moisture [m3/m3]", "humidité du sol [m3/m3]"),
    "rain": ("rain [mm/day]", "pluie [mm/jour]"),
    "taxa": ("Taxa covered", "Taxons couverts"),
    "taxon": ("label", "étiquette"),
    "heard_share": ("valid days heard, before → after", "jours valides où entendue, avant → après"),
    "trend": ("trend a season (TRIM, 95 %)", "tendance par saison (TRIM, 95 %)"),
    "occupancy": ("occupancy, last season", "occupation, dernière saison"),
    "arm": ("arm", "modalité"),
    "species": ("species", "espèces"),
    "index": (
        "Index of all species, first season = 100",
        "Indice de toutes les espèces, première saison = 100",
    ),
    "index_note": (
        "Geometric mean of species' indices; interval over species and their errors. Description: never in"
        " the verdict.",
        "Moyenne géométrique des indices d'espèces ; intervalle sur les espèces et leurs erreurs."
        " Description : jamais dans le verdict.",
    ),
    "clips": ("validated clips", "extraits validés"),
    "precision": ("precision", "précision"),
    "score_from": ("counts from score", "compte à partir du score"),
    "unvalidated": ("not validated", "non validé"),
    "review_title": (
        "Labels heard, and who checked them",
        "Étiquettes entendues, et leur vérification",
    ),
    "review_note": (
        "A label enters a verdict only when people have checked enough of its clips with enough precision;"
        " the others are listed here and enter no indicator of the plan.",
        "Une étiquette n'entre dans un verdict que si assez d'extraits ont été vérifiés avec assez de"
        " précision ; les autres figurent ici et n'entrent dans aucun indicateur du plan.",
    ),
    "review_none": (
        "Without a plan no validation is known: every label enters, and nothing here may judge.",
        "Sans plan, aucune validation n'est connue : toute étiquette entre, et rien ici ne peut juger.",
    ),
    "detections": ("detections", "détections"),
    "review": ("review", "vérification"),
    "counts": ("enters indicators", "entre dans les indicateurs"),
    "validated": ("validated", "validé"),
    "below": ("validated, not well enough", "validé, insuffisamment"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "supporting": (
        "Supporting indicators, as tables",
        "Indicateurs d'appui, en tableaux",
    ),
    "no_taxa": ("No detector has listened yet.", "Aucun détecteur n'a encore écouté."),
    "blind": ("What this network cannot see", "Ce que ce réseau ne voit pas"),
    "held": ("What the store holds", "Ce que contient la base"),
    "held_series": ("series", "séries"),
    "site": ("site", "site"),
    "device": ("device", "appareil"),
    "quantity": ("quantity", "grandeur"),
    "points": ("points", "points"),
    "doubted": ("doubted", "douteux"),
    "first": ("first", "premier"),
    "last": ("last", "dernier"),
    "hashes": ("To check this page", "Pour vérifier cette page"),
    "plan_hash": ("analysis plan (SHA-256)", "plan d'analyse (SHA-256)"),
    "data_hash": ("data judged (SHA-256)", "données jugées (SHA-256)"),
    "version": ("EcoViv version", "version d'EcoViv"),
    "messages": ("messages stored", "messages enregistrés"),
    "unreadable": ("unreadable messages kept", "messages illisibles conservés"),
    "flagged": ("points flagged", "points signalés"),
    "conflicts": ("conflicts kept aside", "conflits mis de côté"),
    "reproduce": ("Reproduce", "Reproduire"),
    "table": ("Data table", "Tableau de données"),
    "flag_note": (
        "Points flagged for range, rate, stillness or clock stay in the store and enter no indicator.",
        "Les points signalés (plage, vitesse, blocage, horloge) restent en base mais n'entrent dans aucun"
        " indicateur.",
    ),
    "empty": ("The store holds no measurement yet.", "La base ne contient encore aucune mesure."),
}

BLIND: tuple[tuple[str, str], ...] = (
    ("Abundance: calls are not individuals.", "L'abondance : des chants ne sont pas des individus."),
    (
        "Plants, fungi, soil life, pollinators and any animal that is silent or unknown to the detector.",
        "Plantes, champignons, vie du sol, pollinisateurs et tout animal muet ou inconnu du détecteur.",
    ),
    ("Pest control, soil carbon, soil pH.", "Régulation des ravageurs, carbone et pH du sol."),
    (
        "Whether vegetation masks sound, animals moved in from next door, or labels were validated fairly:"
        " the plan must declare it.",
        "Si la végétation masque le son, si les animaux viennent d'à côté, si la validation est juste :"
        " le plan doit le déclarer.",
    ),
    (
        "Any other territory: this one is a single case, and inference is about its sites.",
        "Un autre territoire : celui-ci est un seul cas, et l'inférence porte sur ses sites.",
    ),
)

CLASSES = {
    "recovering": "en rétablissement",
    "slowed erosion": "érosion ralentie",
    "held": "maintenu",
    "eroding": "en érosion",
    "regional decline": "déclin régional",
    "lagging": "à la traîne",
    "stable": "stable",
    "mixed": "contrasté",
    "inconclusive": "non concluant",
}
TRENDS = {
    "strong increase": "forte hausse",
    "moderate increase": "hausse modérée",
    "stable": "stable",
    "uncertain": "incertain",
    "moderate decline": "déclin modéré",
    "steep decline": "fort déclin",
}
LAND_USES = {"agriculture": "agriculture", "livestock": "élevage", "forestry": "forêt"}
GROUPS = {"acoustic": "acoustique", "community": "communauté", "soil": "sol", "weather": "météo"}

_ANSWERS_FR = {
    "eroding": "Non : pour les taxons mesurés, les sites restaurés perdent face aux témoins, et déclinent.",
    "mixed": "Contrasté : face aux témoins, certains taxons mesurés se rétablissent et d'autres s'érodent.",
    "stable": "Aucun changement plus grand que les marges du plan, pour les taxons mesurés.",
}


def phrase(key: str, tongue: Tongue) -> str:
    """One phrase of the page."""
    return typeset(PHRASES[key][tongue == "fr"], tongue)


def typeset(text: str, tongue: Tongue) -> str:
    """French marks keep to their word: no line begins with a colon or a per cent sign."""
    if tongue == "en":
        return text
    return re.sub(r" (?=[:;?!%»])|(?<=«) ", "\u00a0", text)


def land_use(name: str, tongue: Tongue) -> str:
    return LAND_USES.get(name, name) if tongue == "fr" else name


def class_name(verdict: str, tongue: Tongue) -> str:
    return CLASSES.get(verdict, verdict) if tongue == "fr" else verdict


def answer(verdict: Verdict, tongue: Tongue) -> str:
    """The answer in one sentence."""
    return verdict.answer if tongue == "en" else typeset(_answer_fr(verdict), tongue)


def _answer_fr(verdict: Verdict) -> str:
    if verdict.territory == "recovering":
        if verdict.reversed:
            return "Oui : pour les taxons mesurés, un déclin mesuré s'est inversé là où l'on a restauré."
        return (
            "Une hausse attribuable à la restauration, pour les taxons mesurés ; le déclin antérieur"
            " n'a pas été mesuré, donc rien ne peut être dit « inversé »."
        )
    if verdict.territory == "inconclusive":
        because = f", parce que : {', '.join(verdict.codes)}." if verdict.codes else " avec ces données."
        return f"On ne peut pas conclure{because}"
    return _ANSWERS_FR[verdict.territory]


def reason(code: str, tongue: Tongue) -> str:
    """The sentence of a code."""
    from analysis.report.reasons import REASONS_FR

    known = CODES.get(code)
    if tongue == "fr" and code in REASONS_FR:
        return typeset(REASONS_FR[code], tongue)
    return code if known is None else known.sentence
